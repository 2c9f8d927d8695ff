"""Pages from templates: escaped throughout, self-contained, held by a content security policy."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.reports.labels import Text, labels, same

if TYPE_CHECKING:
    import jinja2

_FOLDER = Path(__file__).parent / "templates"


def render(
    template: str, *, styles: tuple[str, ...], scripts: tuple[str, ...], values: Mapping[str, Any]
) -> str:
    """One page.

    Parameters
    ----------
    template
        Name of the template beside this module.
    styles, scripts
        Files put into the page as one style and one script. The policy names their digests, so that
        nothing else that might get into a page is ever run or fetched.
    values
        What the template prints.
    """
    style, script = _joined(styles), _joined(scripts)
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "media-src 'self' file:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    return page.render(style=style, script=script, policy=policy, labels=labels(), ui=labels().ui, **values)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=clock, href=href, tidy=tidy)
    environment.globals.update(Text=Text, same=same)
    return environment


@cache
def _joined(names: tuple[str, ...]) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8").strip() for name in names)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")


def clock(seconds: float | None) -> str:
    """Seconds as ``m:ss``, ``h:mm:ss`` from an hour on.

    Examples
    --------
    >>> clock(75.4), clock(3600)
    ('1:15', '1:00:00')
    """
    if seconds is None:
        return "–"
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def href(name: str) -> str:
    """A file name as a relative link: a percent sign in it is itself encoded."""
    return quote(name, safe="._-~")


def tidy(value: float | None, digits: int = 1) -> str:
    """A number without needless zeros; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−", 1)
