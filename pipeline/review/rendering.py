"""Pages from templates: the reports' own parts in a frame for signed-in people, every text in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.profile import DEFAULT_ZONE
from pipeline.reports.html import clock, href, tidy
from pipeline.reports.labels import Text, labels, same
from pipeline.review.once import numbered

if TYPE_CHECKING:
    import jinja2

_HERE = Path(__file__).parent
_REPORTS = _HERE.parent / "reports" / "templates"
ASSETS: Mapping[str, tuple[str, tuple[Path, ...]]] = {
    "login.css": ("text/css", (_REPORTS / "base.css", _HERE / "static" / "review.css")),
    "app.css": (
        "text/css",
        (
            _REPORTS / "base.css",
            _REPORTS / "call.css",
            _HERE / "static" / "review.css",
            _HERE / "static" / "insight.css",
        ),
    ),
    "cards.css": (
        "text/css",
        (_REPORTS / "base.css", _REPORTS / "scorecard.css", _HERE / "static" / "review.css"),
    ),
    "rows.js": ("text/javascript", (_HERE / "static" / "rows.js",)),
    "base.js": ("text/javascript", (_REPORTS / "base.js",)),
    "call.js": ("text/javascript", (_REPORTS / "call.js",)),
    "search.js": ("text/javascript", (_HERE / "static" / "search.js",)),
    "queue.js": ("text/javascript", (_HERE / "static" / "queue.js",)),
    "case.js": ("text/javascript", (_HERE / "static" / "case.js",)),
    "review.js": ("text/javascript", (_HERE / "static" / "review.js",)),
}
"""Name → kind and the files that it is joined from."""
OPEN_ASSETS = frozenset({"login.css", "base.js"})
"""What the page for signing in needs."""


@cache
def asset(name: str) -> tuple[str, bytes] | None:
    """An asset's kind and content; None where there is none of that name."""
    if name not in ASSETS:
        return None
    kind, paths = ASSETS[name]
    return kind, b"\n".join(path.read_bytes() for path in paths)


@cache
def asset_path(name: str) -> str:
    """An asset's address, which changes with its content: browsers may keep what it leads to as long as they like."""
    return f"/assets/{_digest(name)}/{name}"


def is_current(digest: str, name: str) -> bool:
    """Whether an address is that of the content as it is now, not of an older or newer version's."""
    return digest == _digest(name)


def _digest(name: str) -> str:
    found = asset(name)
    assert found is not None, name  # noqa: S101 - templates name those that there are
    return sha256(found[1]).hexdigest()[:16]


def render(template: str, **values: Any) -> str:
    """One page."""
    own = {"labels": labels(), "ui": labels().ui, "t": texts()}
    if (came := values.get("came")) is not None:
        values["came"] = replace(came, csrf=numbered(came.csrf))
    return _environment().get_template(template).render({"lang": "en", **values, **own})


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page for whoever has signed in; ``tail`` is the address's query, ``came`` who came."""
    came = request.state.signed_in
    tail = str(request.url.query)
    return HTMLResponse(render(template, came=came, person=came.person, tail=tail, **values), status)


def call_path(call_id: str) -> str:
    """The path of a call's page."""
    return f"/calls/{quote(call_id, safe='')}"


def original_path(call_id: str) -> str:
    """The path of a call's original."""
    return f"/originals/{quote(call_id, safe='')}"


def blind_path(key: int, call_id: str) -> str:
    """The path of a call's page in a round of calibration."""
    return f"/calibration/{key}/calls/{quote(call_id, safe='')}"


def local(moment: datetime) -> datetime:
    """A moment in the zone that days are counted in, here and in the queue's filters."""
    return moment.astimezone(ZoneInfo(DEFAULT_ZONE))


@cache
def texts() -> Mapping[str, Text]:
    """The app's own texts."""
    import yaml

    data = {}
    for name in ("texts.yaml", "texts_insight.yaml"):
        data.update(yaml.safe_load((_HERE / name).read_text(encoding="utf-8")))
    return {str(name): Text(str(both["zh"]), str(both["en"])) for name, both in data.items()}


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_HERE / "templates", _REPORTS]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=clock,
        href=href,
        tidy=tidy,
        call_path=call_path,
        original_path=original_path,
        blind_path=blind_path,
        query=urlencode,
        local=local,
    )
    environment.globals.update(Text=Text, same=same, asset_path=asset_path)
    return environment
