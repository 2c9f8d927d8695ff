"""The scorecards in a real browser, opened from the file system: no error, no network, both languages, on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fill_store import fill

from pipeline.profile import EMPTY
from pipeline.reports.period import parse_period
from pipeline.reports.scorecard_build import build_scorecards
from pipeline.reports.scorecard_write import write_scorecards
from pipeline.store import open_store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four agents, two weeks."""
    out = tmp_path_factory.mktemp("cards")
    with open_store(f"sqlite:///{out / 'store' / 'callgauge.db'}") as store:
        fill(store, agents=4, calls_a_day=4, first=date(2025, 3, 3), days=14, findings=True, seed=3)
        cards = build_scorecards(store, parse_period("2025-03"), EMPTY, now=datetime(2025, 4, 1, tzinfo=UTC))
        write_scorecards(cards, out / "out", language="zh")
    return out / "out"


@pytest.fixture
def page(open_page: Any) -> Any:
    """A page whose errors and refused requests fail the test."""
    return open_page()


def test_the_overview_sorts_and_changes_its_language(folder: Path, page: Any) -> None:
    page.goto((folder / "index.html").as_uri())
    assert page.title().startswith("Scorecards")
    names = page.locator("table.sortable").first.locator("tbody tr td.name").all_inner_texts()
    assert len(names) == 4
    page.locator("table.sortable").first.locator("th button", has_text="Mean score").click()
    means = [
        float(text) for text in page.locator("table.sortable tbody tr td:nth-child(3)").all_inner_texts()
    ]
    assert means == sorted(means, reverse=True)
    page.locator("#switch").click()
    assert page.title().startswith("坐席绩效卡")
    assert page.locator("h2", has_text="待跟进").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_agents_page_is_reached_and_fits_a_narrow_screen(folder: Path, page: Any) -> None:
    page.goto((folder / "index.html").as_uri())
    page.locator("td.name a").first.click()
    assert page.locator("h2", has_text="Weakest habits").is_visible()
    assert page.locator(".habits li").count() == 6
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert len(page.pdf(prefer_css_page_size=True)) > 10_000


WORDS = """[...document.querySelectorAll("th")].flatMap((th) => {
  const walker = document.createTreeWalker(th, NodeFilter.SHOW_TEXT), broken = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const { 0: word, index } of node.data.matchAll(/[A-Za-z]+/g)) {
      const range = document.createRange();
      range.setStart(node, index); range.setEnd(node, index + word.length);
      const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (tops.size > 1) broken.push(word);
    }
  }
  return broken;
})"""


@pytest.mark.parametrize("width", [1300, 800])
def test_no_heading_breaks_inside_a_word(folder: Path, page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in (folder / "index.html", *sorted((folder / "agents").iterdir())[:1]):
        page.goto(path.as_uri())
        assert page.evaluate(WORDS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
