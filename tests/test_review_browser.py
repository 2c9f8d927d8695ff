"""Short days in a real browser: a coach's, an agent's, a supervisor's; served by the command itself."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from review_calls import PASSWORD, fill

from pipeline.store import open_store

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[1]
EXPECTED = ("409", "404")
"""Refusals that the tests bring about, and the browser writes to its console."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    named = os.environ.get("CALLGAUGE_CHROMIUM")
    path = named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        pytest.skip("no Chromium here: install one or name it in CALLGAUGE_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The command, serving a store with four calls; it stops on SIGTERM."""
    folder = tmp_path_factory.mktemp("served")
    with open_store(str(folder / "s.db")) as store:
        fill(store, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "review",
        "--port",
        str(port),
        "--store",
        str(folder / "s.db"),
    ]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        here = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{here}/login").close()  # noqa: S310 - our own
                break
            except urllib.error.URLError:
                assert process.poll() is None
                time.sleep(0.1)
        yield here
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


@pytest.fixture
def sign_in(browser: Any, address: str) -> Iterator[Any]:
    """Pages whose errors, and requests to elsewhere, fail the test."""
    contexts, trouble = [], []

    def enter(name: str) -> Any:
        context = browser.new_context(locale="en-US", viewport={"width": 1360, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "console",
            lambda said: (
                trouble.append(said.text)
                if said.type == "error" and not any(code in said.text for code in EXPECTED)
                else None
            ),
        )
        page.on(
            "request",
            lambda asked: trouble.append(asked.url) if not asked.url.startswith((address, "data:")) else None,
        )
        page.goto(address)
        page.fill("#username", name)
        page.fill("#password", PASSWORD)
        page.click(".sign-in button")
        page.wait_for_selector("h1")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert trouble == []


def until(page: Any, condition: str) -> None:
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


def shot(page: Any, name: str) -> None:
    folder = os.environ.get("CALLGAUGE_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_coachs_day(sign_in):
    page = sign_in("coach1")
    assert page.locator("a.row").all_inner_texts() == ["call-a2", "call-a1"]
    assert "built-in" not in page.inner_text("body")  # a text's name that is a mapping's method too
    shot(page, "queue")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#axis")
    until(page, "audio.readyState >= 1")
    machine = page.inner_text("#machine-percent")
    page.keyboard.press("j")
    until(page, "document.querySelectorAll('.finding.chosen').length === 1")
    page.keyboard.press("p")
    until(page, "!audio.paused")
    # the sound goes on while the judgement is saved
    mark = page.locator("[data-finding]").filter(has_text="您先听我说完").first
    mark.locator(".disagree").click()
    until(page, "document.getElementById('saved').textContent === 'Saved'")
    assert not page.evaluate("audio.paused")
    assert page.inner_text("#human-percent") not in ("–", machine)
    assert page.inner_text("#machine-percent") == machine
    page.locator("audio").evaluate("node => node.pause()")
    article = page.locator("#criterion-talk\\.no_hard_sell")
    article.locator("summary", has_text="Set a verdict").click()
    article.locator("select[name=verdict]").select_option("pass")
    article.locator("input[name=reason]").fill("he asked for the price himself")
    article.locator("button", has_text="Save").click()
    until(page, "document.querySelector('#criterion-talk\\\\.no_hard_sell .said') !== null")
    note = page.locator("form.act").filter(has=page.locator("input[name=actions]"))
    note.locator("textarea").fill("let them finish")
    note.locator("input[name=actions]").fill("two calls a day")
    note.locator("button").click()
    until(page, "document.querySelector('.notes .note') !== null")
    shot(page, "call")
    page.click("#done")
    until(page, "document.querySelector('.state .chip').innerText.trim() === 'Done'")
    page.keyboard.press("n")
    page.wait_for_url("**/queue*")


def test_two_reviewers_and_the_second_sees(sign_in):
    first, second = sign_in("coach1"), sign_in("sup1")
    for page in (first, second):
        page.goto(page.url.split("/queue")[0] + "/calls/call-a2")
        until(page, "audio.readyState >= 1")
    first.locator(".agree").first.click()
    until(first, "document.getElementById('saved').textContent === 'Saved'")
    second.locator(".disagree").first.click()
    second.wait_for_selector(".conflict")
    assert "coach1" in second.inner_text(".conflict")
    shot(second, "conflict")
    second.locator(".disagree").first.click()
    until(second, "document.getElementById('saved').textContent === 'Saved'")


def test_an_agents_and_a_supervisors_day(sign_in, address):
    agent = sign_in("bob")
    assert agent.locator("a.row").count() == 2
    shot(agent, "mine")
    agent.click("text=call-b1")
    until(agent, "audio.readyState >= 1")
    assert agent.locator(".agree").count() == 0
    agent.click("#mark-f9")
    until(agent, "!audio.seeking && audio.currentTime > 15")
    article = agent.locator("article:has-text('Appeal against this')").first
    criterion = article.get_attribute("id")
    article.locator("summary", has_text="Appeal").click()
    article.locator("input[name=reason]").fill("the customer had asked")
    article.locator("button", has_text="Send").click()
    until(agent, "document.querySelector('.appeal') !== null")
    shot(agent, "appeal")
    assert agent.goto(f"{address}/calls/call-a1").status == 404
    supervisor = sign_in("root")
    supervisor.goto(f"{address}/queue?reason=appeal")
    supervisor.click("text=call-b1")
    before = supervisor.inner_text("#machine-percent")
    form = supervisor.locator(f"[id='{criterion}'] .appeal form")
    form.locator("select[name=verdict]").select_option("pass")
    form.locator("input[name=reason]").fill("it is as the agent says")
    form.locator("input[name=final]").check()
    form.locator("button").click()
    until(supervisor, "document.querySelector('.appeal .chip') !== null")
    after = supervisor.inner_text("#human-percent")
    assert float(after.rstrip("%")) > float(before.rstrip("%"))
    agent.goto(f"{address}/calls/call-b1")
    assert agent.inner_text("#human-percent") == after


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_runs_off_the_side(sign_in, address, width):
    page = sign_in("free")
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/queue", "/calls/call-a1"):
        page.goto(address + path)
        shot(page, f"narrow-{width}{path.replace('/', '-')}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_words_chosen_fill_the_form(sign_in, address):
    page = sign_in("free")
    page.goto(f"{address}/calls/call-a1")
    page.evaluate("""() => { const words = document.querySelectorAll('#turn-2 .w'); const range = document.createRange();
        range.setStart(words[2].firstChild, 0); range.setEnd(words[5].firstChild, 1);
        getSelection().removeAllRanges(); getSelection().addRange(range); }""")
    until(page, "document.getElementById('missed-quote').value !== ''")
    assert page.input_value("#missed-turn") == "2"
    assert page.input_value("#missed-speaker") == "agent"
    form = page.locator("form.act").filter(has=page.locator("#missed-quote"))
    form.locator("select[name=kind]").select_option("hard_sell")
    form.locator("select[name=target]").select_option("talk.no_hard_sell")
    form.locator("button").click()
    until(page, "document.getElementById('saved').textContent === 'Saved'")
    assert "Added by" in page.inner_text("#criterion-talk\\.no_hard_sell")
