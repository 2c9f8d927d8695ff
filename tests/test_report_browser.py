"""The pages in a real browser, opened from the file system."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import until
from factories import CRITERIA, make_result, make_score

from pipeline.audio.probe import digest_of
from pipeline.reports.calls_csv import Failure
from pipeline.reports.standard_view import CriterionText, StandardView
from pipeline.reports.writer import ReportWriter

pytestmark = pytest.mark.browser

STANDARD = StandardView(
    "telesales-cn", "1.0.0", tuple(CriterionText(*row) for row in CRITERIA), "服务标准", "Standard"
)
SECONDS = 62.4


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three calls with sound, one failure."""
    folder = tmp_path_factory.mktemp("report")
    sound = folder / "in.wav"
    time = np.arange(int(SECONDS * 8000)) / 8000
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(
            (np.stack([np.sin(time * f) for f in (2000, 3000)], 1) * 6000).astype("<i2").tobytes()
        )
    with ReportWriter(folder / "out", standard=STANDARD) as writer:
        for call_id, percent in (("good 一", 96.0), ("bad", 41.5), ("middle", 70.0)):
            result = make_result(call_id)
            score = make_score(findings=result.findings, percent=percent)
            assert result.recording is not None
            writer.add(
                replace(
                    result,
                    score=score,
                    recording=replace(result.recording, path=sound, sha256=digest_of(sound)),
                )
            )
        writer.fail(Failure("note.wav", "note", "not_audio", "no sound in it"))
    return folder / "out"


@pytest.fixture
def page(open_page: Any) -> Any:
    """A page whose errors and refused requests fail the test."""
    return open_page()


def _call(page: Any, report: Path) -> None:
    page.goto((report / "calls" / "good%20%E4%B8%80.html").as_uri())
    until(page, "audio.readyState >= 1")


@pytest.mark.parametrize(
    ("selector", "second"),
    [
        ("#mark-f9", 21.5),
        ("#finding-f12", 30.0),
        ("#criterion-talk\\.objections .quote", 28.2),
        ("#turn-6 .time", 45.4),
        ("#turn-8 .w:first-child", 56.6),
    ],
)
def test_click_plays_that_second(page, report, selector, second):
    _call(page, report)
    page.click(selector)
    until(page, f"!audio.seeking && audio.currentTime >= {second} - 0.02")
    assert page.evaluate("audio.currentTime") == pytest.approx(second, abs=1.0)
    until(page, "!audio.paused")


def test_axis_click_seeks(page, report):
    _call(page, report)
    box = page.locator("#axis").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] - 30)
    until(page, "!audio.seeking && audio.currentTime > 1")
    # a click on a turn's bar goes to the turn's start, elsewhere to that very place
    assert page.evaluate("audio.currentTime") == pytest.approx(SECONDS * 0.75, abs=6)


def test_transcript_follows_the_sound(page, report):
    _call(page, report)
    page.evaluate("audio.currentTime = 18.0")
    page.wait_for_selector("#turn-2 .w.now")
    assert page.locator(".w.now").count() >= 1


def test_space_and_arrows(page, report):
    _call(page, report)
    page.locator("body").press(" ")
    until(page, "!audio.paused")
    page.locator("body").press(" ")
    until(page, "audio.paused")
    before = page.evaluate("audio.currentTime")
    page.locator("body").press("ArrowRight")
    assert page.evaluate("audio.currentTime") == pytest.approx(before + 5, abs=0.5)


def test_mark_by_keyboard_and_its_tooltip(page, report):
    _call(page, report)
    page.focus("#mark-f9")
    assert "Hard sell · scarcity · mild" in page.inner_text("#tip")
    page.keyboard.press("Enter")
    until(page, "!audio.seeking && audio.currentTime >= 21.4")


def test_language_is_switched_and_remembered(page, report):
    _call(page, report)
    assert page.inner_text("#criteria h2") == "Criteria"
    page.click("#switch")
    assert page.inner_text("#criteria h2") == "逐项评判"
    assert page.get_attribute("#play", "aria-label") == "播放或暂停（空格键）"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.reload()
    assert page.inner_text("#criteria h2") == "逐项评判"


def test_criteria_are_filtered(page, report):
    _call(page, report)
    page.click("button[data-show=work]")
    assert not page.is_visible("#criterion-opening\\.company")
    assert page.is_visible("#criterion-talk\\.objections")


def test_index_sorts_filters_and_leads_on(page, report):
    page.goto((report / "index.html").as_uri())
    names = "[...document.querySelectorAll('tbody tr:not([hidden]) .c-call')].map((cell) => cell.innerText)"
    assert page.evaluate(names) == ["bad", "middle", "good 一"]
    page.click("th.c-percent button")
    assert page.evaluate(names) == ["good 一", "middle", "bad"]
    assert page.get_attribute("th.c-percent", "aria-sort") == "descending"
    page.fill("#filter", "MIDD")
    assert page.evaluate(names) == ["middle"]
    page.fill("#filter", "nothing of the kind")
    assert page.is_visible("#none")
    page.fill("#filter", "")
    assert "note.wav" in page.inner_text("#failures")
    page.click("text=good 一")
    until(page, "audio.readyState >= 1")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_runs_off_the_side(page, report, width):
    page.set_viewport_size({"width": width, "height": 800})
    for name in ("calls/bad.html", "index.html"):
        page.goto((report / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
