"""Options that several commands share."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipeline.errors import printable

profile_option = click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="What the company is (YAML); else profile.yaml beside the input.",
)
standard_option = click.option(
    "--standard",
    default="telesales-cn",
    show_default=True,
    metavar="ID-or-FILE",
    help="The service standard to score against.",
)
language_option = click.option(
    "--language",
    type=click.Choice(["auto", "zh", "en"]),
    default="auto",
    show_default=True,
    help="Language of the calls; auto finds it for each.",
)
keep_option = click.option(
    "--keep",
    type=click.Choice(["masked", "original", "both"]),
    default="masked",
    show_default=True,
    help="What is kept of sound and words: personal data covered, as they are, or both.",
)


class Line(click.ParamType):
    """Text that stands in lists and proofs: one line, in which nothing moves, hides or turns what is beside it."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if printable(value) != value:
            self.fail("one line of printable text is accepted", param, ctx)
        return str(value)


LINE = Line()


def _without_password(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    """Refuse a password among the arguments, which everybody on the machine can read."""
    if url is not None and "://" in url:
        from pipeline.store.place import holds_secret

        if _WITH_PASSWORD.match(url) or holds_secret(url):
            raise click.BadParameter(
                f"{url.split('://', 1)[0]}://… holds a password, which others can see here; give the URL by "
                "CALLGAUGE_STORE or CALLGAUGE_STORE_FILE, or the password by PGPASSWORD or a password file"
            )
    return url


_WITH_PASSWORD = re.compile(r"\w[\w+]*://[^/@:]*:[^/]*@")
store_option = click.option(
    "--store",
    metavar="URL",
    callback=_without_password,
    help="The store: sqlite:///FILE, postgresql://…; else CALLGAUGE_STORE, else the per-user data folder.",
)
log_option = click.option(
    "--log",
    "log_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the log on stderr; json is one object a line.",
)


def start_log(form: str) -> None:
    """Send Callgauge's log to stderr: warnings as text, or all from the level of information as JSON lines.

    No log line holds words of a call: messages of unexpected errors are not passed on, only their kind and place.
    """
    root = logging.getLogger()
    if any(getattr(handler, "callgauge", False) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.callgauge = True  # type: ignore[attr-defined]  # so that it is put up once
    handler.addFilter(lambda record: record.name.split(".")[0] in ("pipeline", "flows", "models"))
    if form == "json":
        handler.setFormatter(_JsonLines())
    else:
        handler.setLevel(logging.WARNING)
        handler.setFormatter(_OneLine("%(levelname)s: %(message)s"))
    root.addHandler(handler)
    for name in ("pipeline", "flows", "models"):
        logging.getLogger(name).setLevel(logging.INFO)


class _OneLine(logging.Formatter):
    """Whatever a message holds, it is one line and moves no cursor: a name can't forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        line["message"] = record.getMessage()
        line.update(getattr(record, "figures", {}))
        return json.dumps(line, ensure_ascii=False, default=str)
