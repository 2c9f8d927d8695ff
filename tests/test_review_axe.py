"""Every page of the coaching app by axe-core, in light and dark, in both languages; and on paper."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import accessible, shot, until

pytestmark = pytest.mark.browser
pytest.importorskip("axe_playwright_python")


@pytest.fixture(scope="module")
def plan(browser: Any, address: str) -> str:
    """A plan with everything in it, and a call with everything done to it; the plan's path."""
    from review_calls import PASSWORD

    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(address)
    page.fill("#username", "root")
    page.fill("#password", PASSWORD)
    page.click(".sign-in button")
    page.wait_for_selector("h1")
    token = page.locator("[name=csrf_token]").first.input_value()

    def post(path: str, **form: str) -> str:
        answer = page.context.request.post(
            f"{address}{path}", form={"csrf_token": token, **form}, max_redirects=0
        )
        assert answer.status == 303, answer.text()
        return answer.headers["location"]

    made = post(
        "/plans", agent_id="A01", criterion="talk.no_hard_sell", goal="a goal", since="2024-05-01", action="an action",
        call_id="call-a1", at_s="21",
    )  # fmt: skip
    post(f"{made}/acts", act="comment", text="a comment")
    post("/views", name="a view", query="reason=fatal")
    for rev, act in enumerate(
        (
            {"act": "finding", "target": "f9", "ruling": "reject"},
            {"act": "finding", "target": "f12", "ruling": "confirm"},
            {
                "act": "missed",
                "kind": "rude",
                "target": "voice.courtesy",
                "start_s": "3",
                "end_s": "4",
                "turn": "",
            },
            {"act": "verdict", "target": "talk.objections", "verdict": "pass", "reason": "x"},
            {"act": "comment", "text": "at a second", "at_s": "12"},
            {"act": "note", "text": "a note", "actions": "do this", "due": "2026-12-24"},
        )
    ):
        post("/calls/call-a1/acts", rev=str(rev), **act)
    context.close()
    return made


PAGES = {
    "root": ("/queue", "/calls/call-a1", "/scorecards", "/scorecards/A01", "/plans", "/plans/new?agent=A01", "/people",
             "/account", "/audit", "/no/such/page", "/queue?agent=nobody", "/scorecards?period=1999-01"),
    "A01": ("/mine", "/scorecards/A01", "/calls/call-a1", "/plans"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible(enter, address, plan, name, language):
    page = enter(name, locale="zh-CN" if language == "zh" else "en-US")
    for path in (*PAGES[name], plan):
        page.goto(address + path)
        until(page, f"document.documentElement.dataset.lang === '{language}'")
        # colours are the same in either language
        accessible(page, path, themes=("light", "dark") if language == "en" else ("light",))
        page.emulate_media(color_scheme="dark")
        shot(page, f"dark-{language}-{name}{path.split('?')[0].replace('/', '-')}")


def test_signing_in_is_accessible(open_page, address):
    page = open_page(home=address)
    page.goto(f"{address}/login")
    accessible(page, "/login")


def test_on_paper_there_are_no_buttons(enter, address, plan):
    page = enter("root")
    page.emulate_media(media="print")
    for path in ("/queue", "/calls/call-a1", "/scorecards", "/scorecards/A01", plan):
        page.goto(address + path)
        page.emulate_media(media="print")
        assert page.locator("form:visible").count() == 0, path
        assert page.locator("main h1, .heading h1").first.is_visible()
        shot(page, f"paper{path.replace('/', '-')}")
