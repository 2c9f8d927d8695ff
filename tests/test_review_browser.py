"""The call page and the queue in a real browser: hearing, marking, judging, what is typed, what others do."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import shot, until

pytestmark = pytest.mark.browser
SAVED = "document.getElementById('saved').textContent === 'Saved'"


@pytest.fixture
def case(enter: Any, address: str) -> Any:
    """A call as a coach sees it, its sound ready."""
    page = enter("free")
    page.goto(f"{address}/calls/call-b1")
    until(page, "audio.readyState >= 1")
    return page


def near(page: Any, second: float) -> None:
    until(page, f"!audio.seeking && Math.abs(audio.currentTime - {second}) < 1.2")


def test_both_sides_are_drawn_and_everything_plays_its_second(case):
    assert case.locator("svg.lanes rect.turn.s-agent").count() > 1
    assert case.locator("svg.lanes rect.turn.s-customer").count() > 1
    assert case.locator("svg.lanes .s-agent path.curve").count() >= 1
    assert case.locator("svg.lanes .s-customer path.curve").count() >= 1
    word = case.locator("#turn-6 .w[data-s]").nth(2)
    for spot in (
        case.locator("#mark-f9"),
        word,
        case.locator(".finding .quote[data-s]").nth(4),
        case.locator("#turn-4 .time"),
    ):
        second = float(spot.get_attribute("data-s"))
        spot.click()
        near(case, second)
        until(case, "!audio.paused")
    case.evaluate("audio.currentTime = 18.0")
    case.wait_for_selector("#turn-2 .w.now")


def test_speed_loop_and_skipping_silence(case):
    case.select_option("#speed", "2")
    assert case.evaluate("audio.playbackRate") == 2
    mark = case.locator("#mark-f9")
    first = float(mark.get_attribute("data-s"))
    case.check("#loop")
    mark.click()
    until(case, f"audio.currentTime > {first} + 1")
    until(case, f"audio.currentTime < {first} + 1")  # it went back by itself
    case.uncheck("#loop")
    case.check("#skip-silence")
    case.evaluate("audio.pause()")
    spans = case.evaluate(
        "[...document.querySelectorAll('.w[data-s]')].map((w) => [Number(w.dataset.s), Number(w.dataset.e)])"
    )
    last, following = max(
        ((end, min((start for start, _ in spans if start > end), default=end)) for _, end in spans),
        key=lambda gap: gap[1] - gap[0],
    )
    assert following - last > 2
    case.select_option("#speed", "1")
    case.evaluate(f"audio.currentTime = {last} + 0.7; audio.play()")
    until(case, f"audio.currentTime >= {following} - 0.5")
    case.reload()
    assert case.is_checked("#skip-silence")  # it is remembered
    assert case.input_value("#speed") == "1"


def test_words_or_seconds_chosen_fill_the_form(case):
    case.evaluate("""() => { const words = document.querySelectorAll('#turn-2 .w'); const range = document.createRange();
        range.setStart(words[2].firstChild, 0); range.setEnd(words[5].firstChild, 1);
        getSelection().removeAllRanges(); getSelection().addRange(range); }""")
    until(case, "document.getElementById('missed-quote').value !== ''")
    assert case.input_value("#missed-turn") == "2"
    assert case.input_value("#missed-speaker") == "agent"
    form = case.locator("form.act").filter(has=case.locator("#missed-quote"))
    form.locator("select[name=kind]").select_option("hard_sell")
    form.locator("select[name=target]").select_option("talk.no_hard_sell")
    form.locator("button.strong").click()
    until(case, SAVED)
    assert "Added by" in case.inner_text("#criterion-talk\\.no_hard_sell")
    case.evaluate("audio.currentTime = 30")
    near(case, 30)
    case.locator("h1").click()
    case.keyboard.press("[")
    case.evaluate("audio.currentTime = 33")
    near(case, 33)
    case.click("[data-now=missed-end]")
    assert (case.input_value("#missed-start"), case.input_value("#missed-end")) == ("30.0", "33.0")
    form.locator("select[name=kind]").select_option("impatient")
    form.locator("select[name=target]").select_option("talk.patience")
    form.locator("button.strong").click()
    until(case, SAVED)
    assert "0:30" in case.inner_text("#criterion-talk\\.patience")


def test_what_is_typed_outlives_the_page_until_it_is_sent(case):
    note = case.locator("form.act").filter(has=case.locator("input[name=actions]"))
    note.locator("textarea").fill("let them finish their sentence")
    until(case, "document.getElementById('saved').textContent === 'Draft kept'")
    case.reload()
    assert note.locator("textarea").input_value() == "let them finish their sentence"
    note.locator("input[name=due]").fill("2026-12-24")
    with case.expect_response("**/draft"):  # the draft that is left, which is none
        note.locator("button").click()
    until(case, SAVED)
    assert "let them finish their sentence" in case.inner_text(".notes article.note")
    case.reload()
    assert note.locator("textarea").input_value() == ""


@pytest.mark.parametrize(("locale", "reason"), [("en-US", "Text: is needed"), ("zh-CN", "内容：必填")])
def test_a_refusal_is_told_in_the_reader_s_language_alone(enter, address, locale, reason):
    page = enter("free", locale=locale)
    page.goto(f"{address}/calls/call-b1")
    note = page.locator("form.act").filter(has=page.locator("input[name=actions]"))
    note.locator("textarea").fill("  ")
    note.locator("button").click()
    until(page, f"document.getElementById('saved').textContent.trim() === '{reason}'")
    page.wait_for_timeout(1500)  # nor does what is kept as a draft meanwhile take its place
    assert page.inner_text("#saved").strip() == reason


def test_a_double_click_is_one_plan(enter, address):
    page = enter("free")
    page.goto(f"{address}/plans/new?agent=B01&criterion=talk.no_hard_sell")
    page.locator("[name=goal]").fill("only once")
    page.locator(".plan-form button").dblclick()
    page.wait_for_selector("body.plan")
    page.goto(f"{address}/plans")
    assert page.locator("td", has_text="only once").count() == 1


def test_undo_by_one_key(case):
    before = case.inner_text("#human-percent")
    finding = case.locator(".finding[data-finding]", has=case.locator(".disagree[aria-pressed=false]")).last
    name = finding.get_attribute("data-finding")
    finding.locator(".disagree").click()
    until(case, f"document.querySelector('[data-finding={name}].rejected') !== null")
    case.keyboard.press("u")
    until(case, f"document.querySelector('[data-finding={name}].rejected') === null")
    assert case.inner_text("#human-percent") == before
    case.click(".history summary")
    assert case.locator(".history li.undone").count() >= 1  # nothing is taken out
    assert case.locator(".history li:has-text('Undid')").count() >= 1


def test_two_reviewers_and_the_second_sees(enter, address):
    first, second = enter("coach1"), enter("sup1")
    for page in (first, second):
        page.goto(f"{address}/calls/call-a2")
        until(page, "audio.readyState >= 1")
    article = second.locator("#criterion-talk\\.plain_language")
    article.locator("summary.set-verdict").click()
    article.locator("input[name=reason]").fill("said in plain words")
    first.locator(".agree").first.click()
    until(first, SAVED)
    article.locator("button.strong").click()
    second.wait_for_selector(".conflict")
    assert "coach1" in second.inner_text(".conflict")
    assert (
        article.locator("input[name=reason]").input_value() == "said in plain words"
    )  # nothing typed is lost
    shot(second, "conflict")
    article.locator("button.strong").click()
    until(second, SAVED)
    first.evaluate("look()")  # what the page does by itself every few seconds
    until(first, "document.querySelector('#criterion-talk\\\\.plain_language .said') !== null")
    assert "sup1" in first.inner_text("#saved")


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_runs_off_the_side(enter, address, width):
    page = enter("root", viewport={"width": width, "height": 800})
    for path in (
        "/queue",
        "/calls/call-a1",
        "/scorecards",
        "/scorecards/A01",
        "/plans",
        "/plans/new",
        "/people",
        "/audit",
    ):
        page.goto(address + path)
        shot(page, f"narrow-{width}{path.replace('/', '-')}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
