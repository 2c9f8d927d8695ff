"""Whole days in a real browser: a coach's, an agent's, a supervisor's, an intruder's, over one store."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import shot, until

pytestmark = pytest.mark.browser
SAVED = "document.getElementById('saved').textContent === 'Saved'"


def holders(page: Any) -> dict[str, str]:
    rows = page.locator("tr[data-call]")
    return {
        rows.nth(i).get_attribute("data-call"): " ".join(rows.nth(i).locator(".holder").all_inner_texts())
        for i in range(rows.count())
    }


def test_a_coachs_day(enter, address):
    page = enter("coach1")
    assert page.locator("a.row").all_inner_texts() == ["call-a2", "call-a1"]
    shot(page, "queue")
    # a view of one's own
    page.select_option("select[name=reason]", "fatal")
    page.click(".filters button.strong")
    page.fill("#view-name", "一票否决")
    page.click(".keep button")
    assert page.inner_text("h1") == "Queue · 一票否决"
    page.goto(f"{address}/queue")
    # hear from the list what is in doubt, and disagree
    page.keyboard.press("j")
    page.keyboard.press("p")
    until(page, "!sound.paused && sound.currentTime > 0")
    row = page.locator("tr[data-call=call-a2]")
    assert "In doubt" in row.inner_text()
    page.keyboard.press("d")
    until(page, SAVED)
    assert row.count() == 0  # the doubt is settled, so it waits no more
    assert not page.evaluate("sound.paused")
    page.goto(f"{address}/queue?reason=all")
    assert "judged" in row.inner_text()
    page.keyboard.press("j")
    # take one on, give the other away
    page.keyboard.press("x")
    page.select_option("#give select", "coach1")
    page.click("#give button")
    assert holders(page)["call-a2"] == "coach1"
    page.click("text=Given to me")
    assert page.locator("a.row").all_inner_texts() == ["call-a2"]
    # the call: correct, decide, comment, coach
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#axis")
    until(page, "audio.readyState >= 1")
    machine = page.inner_text("#machine-percent")
    page.keyboard.press("j")
    until(page, "document.querySelectorAll('.finding.chosen').length === 1")
    page.keyboard.press("p")
    until(page, "!audio.paused")
    page.locator("[data-finding]").filter(has_text="您先听我说完").first.locator(".disagree").click()
    until(page, SAVED)
    assert not page.evaluate("audio.paused")  # the sound goes on while the judgement is saved
    assert page.inner_text("#human-percent") not in ("–", machine)
    assert page.inner_text("#machine-percent") == machine
    page.evaluate("audio.pause()")
    page.locator("[data-finding]").filter(has_text="我们公司今年没有预算").first.locator(".disagree").click()
    page.wait_for_selector(".to-decide")  # what the engine can't judge without it goes to a person
    undecided = page.locator(".to-decide a").count()
    assert undecided
    page.click("[data-show=review]")
    article = page.locator(".judge.r-needs_review:visible").first
    assert page.locator(".judge.r-pass:visible").count() == 0
    decided = article.get_attribute("id")
    article.locator("select[name=verdict]").select_option("pass")
    article.locator("input[name=reason]").fill("he asked for the price himself")
    article.locator("button.strong").click()
    until(page, f"document.getElementById('{decided}').classList.contains('r-pass')")
    assert page.locator(".to-decide a").count() == undecided - 1
    page.evaluate("audio.currentTime = 21")
    comment = page.locator("form.act").filter(has=page.locator("input[value=comment]"))
    comment.locator("textarea").fill("here")
    comment.locator("[name=at_s]").focus()
    comment.locator("button").click()
    until(page, "document.querySelector('.note .time') !== null")
    assert page.locator(".note .time").inner_text() == "0:21"
    note = page.locator("form.act").filter(has=page.locator("input[name=actions]"))
    note.locator("textarea").fill("let them finish")
    note.locator("input[name=actions]").fill("two calls a day")
    note.locator("input[name=due]").fill("2026-12-24")
    note.locator("button").click()
    page.wait_for_selector(".note >> text=two calls a day")
    # a plan, with this very moment
    page.click("text=Make a coaching plan")
    assert page.input_value("[name=agent_id]") == "A01"
    page.select_option("[name=criterion]", "talk.no_interruption")
    page.fill("[name=goal]", "lets customers finish")
    page.fill("[name=since]", "2024-05-06")
    page.fill("[name=action]", "count to two")
    page.click(".plan-form button")
    assert page.locator("#rates tr").nth(0).inner_text().split("\t")[3:4] == ["0"]
    assert page.locator("#rates tr").nth(1).inner_text().split("\t")[3:4] == ["2"]
    plan = page.url
    page.go_back()
    page.goto(f"{address}/calls/call-a2")
    link = page.locator("form.act").filter(has=page.locator("input[value=moment]"))
    link.locator("[name=at_s]").fill("21")
    link.locator("[name=text]").fill("listen to the breath")
    link.locator("button").click()
    until(page, SAVED)
    page.click("#done")
    until(page, "document.querySelector('.state .chip').innerText.trim() === 'Done'")
    shot(page, "call")
    page.goto(plan)
    page.click(".tick")
    page.wait_for_selector("li.done")
    shot(page, "plan")
    page.click("text=▶ call-a2 · 0:21")
    until(page, "!audio.seeking && Math.abs(audio.currentTime - 21) < 1")


def test_an_agents_and_a_supervisors_day(enter, address):
    agent = enter("bob")
    assert agent.locator("a.row").count() == 2
    agent.click("text=My scorecard")
    before = float(agent.inner_text("#score-mean"))
    shot(agent, "card-before")
    agent.click("text=call-b1")
    until(agent, "audio.readyState >= 1")
    assert agent.locator(".agree").count() == 0
    agent.click("#mark-f9")
    until(agent, "!audio.seeking && audio.currentTime > 15")
    agent.click("text=Acknowledge")
    until(agent, "document.querySelector('.state').innerText.includes('Acknowledged')")
    article = agent.locator("article:has(.make-appeal)").first
    criterion = article.get_attribute("id")
    article.locator("summary.make-appeal").click()
    article.locator("input[name=reason]").fill("the customer had asked")
    article.locator("button", has_text="Send").click()
    until(agent, "document.querySelector('.appeal') !== null")
    shot(agent, "appeal")
    coach = enter("coach2")
    coach.goto(f"{address}/queue?reason=appeal")
    coach.click("text=call-b1")
    form = coach.locator(f"[id='{criterion}'] .appeal form")
    assert form.locator("input[name=final]").count() == 0  # only a supervisor's word is the last
    form.locator("select[name=decision]").select_option("denied")
    form.locator("input[name=reason]").fill("I hear no question")
    form.locator("button").click()
    until(coach, "document.querySelector('.appeal .chip') !== null")
    supervisor = enter("root")
    supervisor.goto(f"{address}/scorecards")
    assert supervisor.locator("a.row").count() == 2
    supervisor.goto(f"{address}/calls/call-b1")
    machine = supervisor.inner_text("#machine-percent")
    form = supervisor.locator(f"[id='{criterion}'] .appeal form")
    form.locator("select[name=decision]").select_option("upheld")
    form.locator("select[name=verdict]").select_option("pass")
    form.locator("input[name=reason]").fill("it is as the agent says")
    form.locator("input[name=final]").check()
    form.locator("button").click()
    until(supervisor, "document.querySelectorAll('.appeal .chip').length === 2")
    ruled = supervisor.inner_text(f"[id='{criterion}'] .appeal")
    assert "coach2 · Coach · 20" in ruled
    assert "root · Administrator · 20" in ruled
    after = supervisor.inner_text("#human-percent")
    assert float(after.rstrip("%")) > float(machine.rstrip("%"))
    # both see the scorecard follow
    for page in (agent, supervisor):
        page.goto(f"{address}/scorecards/B01")
        assert float(page.inner_text("#score-mean")) > before
    shot(supervisor, "card-after")
    agent.goto(f"{address}/calls/call-b1")
    assert agent.inner_text("#human-percent") == after
    assert agent.locator(f"[id='{criterion}'] form").count() == 0  # what is final is final


TRIES = {
    "A01": {
        "/queue": 403, "/calls/call-b1": 404, "/calls/call-b1/audio": 404, "/calls/call-b1/rev": 404, "/audit": 403,
        "/people": 403, "/plans/new": 403, "/scorecards/B01": 404, "/scorecards/nobody": 404, "/mine": 200,
        "/scorecards/A01": 200, "/next": 200,
    },
    "coach2": {
        "/calls/call-a1": 404, "/calls/call-a1/audio": 404, "/scorecards/A01": 404, "/plans/new?agent=A01": 404,
        "/audit": 403, "/people": 403, "/plans/1": 404, "/scorecards/B01": 200, "/queue": 200,
    },
    "bob": {"/plans/1": 404, "/scorecards/A01": 404, "/calls/call-a1": 404, "/calls/call-a1/rev": 404},
    "sup1": {"/calls/call-b1": 404, "/scorecards/B01": 404, "/people": 403, "/audit": 403, "/scorecards/A01": 200},
    "owner": {"/people": 403, "/audit": 403, "/plans/new": 403, "/calls/call-a1": 200, "/scorecards": 200},
    "audi": {"/people": 403, "/plans/new": 403, "/audit": 200, "/calls/call-b1": 200},
}  # fmt: skip
POSTS = {
    "/assign": {"A01": 403, "coach2": 404, "owner": 403, "audi": 403, "sup1": 303},
    "/views": {"A01": 403},
    "/plans": {"A01": 403, "coach2": 404, "owner": 403, "audi": 403},
    "/calls/call-a1/acts": {"A01": 403, "coach2": 404, "owner": 403, "audi": 403},
    "/calls/call-a1/draft": {"coach2": 404, "bob": 404},
}
BODIES = {
    "/assign": {"call:call-a1": "1", "to": ""},
    "/views": {"name": "x", "query": ""},
    "/plans": {"agent_id": "A01", "criterion": "talk.no_hard_sell", "goal": "x"},
    "/calls/call-a1/acts": {
        "act": "verdict",
        "target": "talk.no_hard_sell",
        "verdict": "pass",
        "reason": "x",
        "rev": "0",
    },
    "/calls/call-a1/draft": {"fields": "{}"},
}


@pytest.mark.parametrize("name", ["A01", "bob", "coach2", "sup1", "owner", "audi"])
def test_an_intruders_day(enter, address, name):
    page = enter(name)
    for path, status in TRIES.get(name, {}).items():
        answer = page.goto(address + path)
        assert answer.status == status, path
        if status != 200:
            assert "call-" not in page.inner_text("main")
    page.goto(f"{address}/mine")
    token = page.locator("[name=csrf_token]").first.input_value()
    for path, by in POSTS.items():
        if name in by:
            for given, status in (("forged", 403), (token, by[name])):
                answer = page.context.request.post(
                    address + path, form={**BODIES[path], "csrf_token": given}, max_redirects=0
                )
                assert answer.status == status, path


def test_a_stranger_is_sent_to_sign_in(open_page, address):
    page = open_page(home=address)
    for path in ("/queue", "/scorecards", "/scorecards/A01", "/plans", "/plans/1", "/calls/call-a1"):
        page.goto(address + path)
        assert page.url.startswith(f"{address}/login"), path
