"""What tests in a real browser share beside the fixtures in conftest.py."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def until(page: Any, condition: str) -> None:
    """Wait for a condition; playwright's own wait needs eval, which the pages' policy forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


def shot(page: Any, name: str) -> None:
    """Keep a picture of the page in the folder CALLGAUGE_SCREENSHOTS, where that is named."""
    folder = os.environ.get("CALLGAUGE_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def accessible(page: Any, where: str, *, themes: Sequence[str] = ("light", "dark")) -> None:
    """Fail with what axe-core finds on a page."""
    from axe_playwright_python.sync_playwright import Axe

    for theme in themes:
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page)
        told = [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in found.response["violations"]
            for node in each["nodes"]
        ]
        assert told == [], f"{where}, {theme}"
    page.emulate_media(color_scheme=None)
