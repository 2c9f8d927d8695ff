"""Search, trends, calibration and rule quality in a real browser: by keyboard, in both languages and themes, axe-core clean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from review_calls import PASSWORD, fill
from review_server import serving
from test_review_judging import Somebody, finding

from pipeline.profile import Profile
from pipeline.review.names import keep_names
from pipeline.review.rule_quality import Bounds
from pipeline.store import open_store

pytestmark = pytest.mark.browser
PROFILE = {"products": [{"name": "电梯媒体"}], "competitors": [{"name": "分众传媒"}]}
TALK = "talk.no_interruption"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store with calls, rulings and rounds, served."""
    folder = tmp_path_factory.mktemp("insight")
    patch = pytest.MonkeyPatch()
    patch.setattr("pipeline.review.rule_pages.bounds", lambda: Bounds(3, 0.75, 0.95))
    with open_store(str(folder / "s.db")) as store:
        fill(store, folder)
        with store.writing() as session:
            keep_names(session, Profile.model_validate(PROFILE))
        coach = Somebody(store, "free")
        for call_id in ("call-a1", "call-a2", "call-b1"):
            coach.does(
                "finding",
                call_id=call_id,
                target=finding(coach.case(call_id), "interruption"),
                ruling="reject",
            )
        _rounds(Somebody(store, "root"), coach, Somebody(store, "coach1"))
        with serving(store) as port:
            yield f"http://127.0.0.1:{port}"
    patch.undo()


def _rounds(root: Somebody, *people: Somebody) -> None:
    """One closed round and one open."""

    def post(who: Somebody, path: str, body: Any) -> Any:
        answer = who.client.post(f"/api/v1/calibration{path}", json=body, headers={"x-csrf-token": who.token})
        assert answer.status_code == 200, answer.text
        return answer.json()

    about = {
        "name": "三月",
        "calls": ["call-a1", "call-a2"],
        "people": ["free", "coach1"],
        "criteria": [TALK, "voice.courtesy"],
    }
    key = post(root, "", about)["id"]
    for who, verdict in zip(people, ("pass", "fail"), strict=True):
        for call_id in about["calls"]:
            post(
                who,
                f"/{key}/calls/{call_id}/verdicts",
                {"verdicts": [{"criterion": TALK, "verdict": verdict}]},
            )
    post(root, f"/{key}/close", {})
    post(root, "", {**about, "name": "四月", "people": ["coach1", "coach2"]})


@pytest.fixture
def enter(browser: Any, address: str) -> Iterator[Any]:
    """Pages of somebody signed in; errors, and requests to elsewhere, fail the test."""
    contexts, trouble = [], []

    def sign_in(name: str, **options: Any) -> Any:
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((address, "data:")) else trouble.append(asked.url),
        )
        page.goto(address)
        page.fill("#username", name)
        page.fill("#password", PASSWORD)
        page.click(".sign-in button")
        page.wait_for_selector("h1")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert trouble == []


PAGES = {
    "search": "/search?q=预算", "search-empty": "/search", "search-none": "/search?q=zanzibar", "trends": "/trends",
    "heard": "/heard?kind=objection", "calibration": "/calibration", "round-open": "/calibration/2",
    "round-closed": "/calibration/1", "blind": "/calibration/2/calls/call-a1", "rules": "/rules",
}  # fmt: skip
SIGHTS = {
    "light-en": {"color_scheme": "light", "locale": "en-US"}, "dark-zh": {"color_scheme": "dark", "locale": "zh-CN"},
    "phone": {"color_scheme": "light", "locale": "zh-CN", "viewport": {"width": 360, "height": 760}},
}  # fmt: skip


@pytest.mark.parametrize("sight", SIGHTS)
def test_every_page_is_clean_and_fits(enter, address, sight):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    ).Axe()
    root, coach = enter("root", **SIGHTS[sight]), enter("coach1", **SIGHTS[sight])
    wrong = []
    for name, path in PAGES.items():
        page = coach if name == "blind" else root
        assert page.goto(address + path).status == 200
        until(page, "document.title !== ''")
        shot(page, f"{name}-{sight}")
        if page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]:
            wrong.append((name, "runs off the side"))
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        wrong += [(name, each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found]
    assert wrong == [], "\n".join(map(str, wrong))


def until(page: Any, condition: str) -> None:
    """Wait for a condition; the pages' policy lets no text be run as script, so it is asked again and again."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


def shot(page: Any, name: str) -> None:
    folder = os.environ.get("CALLGAUGE_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"insight-{name}.png"), full_page=True)


def test_a_search_by_keyboard_plays_its_second(enter, address):
    page = enter("free")
    page.goto(address + "/search")
    until(page, "document.activeElement.type === 'search'")  # the browser gives it the focus after loading
    page.keyboard.type("没有预算")
    page.keyboard.press("Enter")
    page.wait_for_selector("mark")
    assert page.locator("mark").first.inner_text() == "没有预算"
    play = page.locator("a.play").first
    second = float(play.get_attribute("data-at"))
    play.focus()
    page.keyboard.press("Enter")
    until(page, "!document.getElementById('passing-audio').paused")
    until(page, f"document.getElementById('passing-audio').currentTime >= {second}")
    assert page.evaluate("document.getElementById('passing-audio').currentTime") < second + 20
    page.click("#passing-call")
    until(page, "document.getElementById('audio') && document.getElementById('audio').currentTime > 20")


def test_a_round_is_judged_blind_by_keyboard(enter, address):
    page = enter("coach2")
    page.goto(address + "/calibration")
    page.click("text=四月")
    page.click("text=call-a1")
    assert page.locator("text=Machine").count() == 0
    page.locator("a.play").nth(3).click()
    until(page, "document.getElementById('passing-audio').currentTime > 10")
    page.locator(f"input[name='v:{TALK}']").first.focus()
    page.keyboard.press("ArrowDown")  # half
    page.locator(f"input[name='r:{TALK}']").fill("一次")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/call-a2")
    page.go_back()
    page.reload()
    assert page.locator(f"input[name='v:{TALK}']:checked").get_attribute("value") == "partial"


def test_a_figure_of_a_trend_leads_to_words_that_play(enter, address):
    page = enter("root")
    page.goto(address + "/trends")
    page.locator("section.trend td a").first.click()
    page.wait_for_selector("a.play")
    page.locator("a.play").first.click()
    until(page, "!document.getElementById('passing-audio').paused")
