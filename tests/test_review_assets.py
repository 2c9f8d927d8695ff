"""Styles and scripts have addresses that change with their content, so that an upgrade shows no old ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.review import rendering
from pipeline.review.app import create_app
from pipeline.store import Store, open_store

KEPT = "private, max-age=31536000, immutable"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with open_store(str(tmp_path / "callgauge.db")) as store:
        yield _client(store)


def _client(store: Store) -> TestClient:
    return TestClient(create_app(store), follow_redirects=False)


def _forget() -> None:
    rendering.asset.cache_clear()
    rendering.asset_path.cache_clear()


def script(client: TestClient) -> str:
    return re.search(r'src="(/assets/[^"]+base\.js)"', client.get("/login").text)[1]


def test_an_upgrade_changes_the_address(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = script(client)
    before = client.get(old)
    assert (before.status_code, before.headers["cache-control"]) == (200, KEPT)
    changed = tmp_path / "base.js"
    changed.write_bytes(before.content + b"\n// newer")
    newer = {**rendering.ASSETS, "base.js": ("text/javascript", (changed,))}
    monkeypatch.setattr(rendering, "ASSETS", newer)
    _forget()
    try:
        now = script(client)
        assert now != old
        after = client.get(now)
        assert after.content.endswith(b"// newer")
        assert after.headers["cache-control"] == KEPT
        stale = client.get(
            old
        )  # a page that was loaded before the upgrade, or from a server not upgraded yet
        assert stale.content == after.content
        assert stale.headers["cache-control"] == "no-store"
    finally:
        monkeypatch.undo()
        _forget()


def test_every_page_names_its_assets_by_their_content() -> None:
    folder = Path(rendering.__file__).parent / "templates"
    for path in folder.glob("*.j2"):
        assert '"/assets/' not in path.read_text(encoding="utf-8"), path.name
