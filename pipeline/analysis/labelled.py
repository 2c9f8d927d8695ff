"""Labelled calls as text: what the learned layer is fitted to, and what it is measured on.

A file holds calls, each with a header, an optional profile and one line a turn; brackets mark what is to be found
and may nest::

    === zh-07 | trade: insurance | outcome: call_back | mood: clean
    profile: company=泰和保险/泰和 ; departments=电销二部 ; agents=周敏/小周
    A: 您好，[company 泰和保险][department 电销二部]的[name 小周]。
    C: [objection:no_time:benefit 我在开车呢]。
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError
from pipeline.profile import EMPTY, Profile
from pipeline.types import Speaker, Transcript, Turn

DETAILS = {
    "hard_sell": ("kind", "severity"),
    "objection": ("kind", "handling"),
    "confusion": ("restated",),
    "customer_question": ("answered",),
    "jargon": ("explained",),
}
_TRUTH = {"restated": True, "not_restated": False, "answered": True, "unanswered": False,
          "explained": True, "bare": False}  # fmt: skip
_SPEAKERS: dict[str, Speaker] = {"A": "agent", "C": "customer", "U": "unknown"}
_OPENS = re.compile(r"\[([a-z_]+(?::[a-z_]+)*) ?")


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be found in characters ``[start, end)`` of a turn."""

    kind: str
    turn: int
    start: int
    end: int
    detail: tuple[tuple[str, Any], ...] = ()

    def __getitem__(self, key: str) -> Any:
        """A value of the detail; None where it holds none of that name."""
        return dict(self.detail).get(key)


@dataclass(frozen=True, slots=True)
class LabelledCall:
    """A call with everything in it that is to be found."""

    id: str
    header: tuple[tuple[str, str], ...]
    transcript: Transcript
    marks: tuple[Mark, ...]
    profile: Profile = EMPTY

    @property
    def outcome(self) -> str | None:
        """The label its header gives."""
        return dict(self.header).get("outcome")


def read_calls(text: str, language: str, *, source: str = "calls") -> Iterator[LabelledCall]:
    """The calls of one file, in order.

    Raises
    ------
    ConfigError
        A line that is neither header, profile nor turn, or whose brackets do not balance; with its number.
    """
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("===") and block:
            yield _call(block, language, source)
            block = []
        if line.strip() and not line.startswith("#"):
            block.append((number, line.strip()))
    if block:
        yield _call(block, language, source)


def _call(block: Sequence[tuple[int, str]], language: str, source: str) -> LabelledCall:
    name, *fields = (part.strip() for part in block[0][1].strip("= ").split("|"))
    header = tuple((key.strip(), value.strip()) for key, _, value in (f.partition(":") for f in fields))
    profile, turns, marks = EMPTY, list[Turn](), list[Mark]()
    for number, line in block[1:]:
        if line.startswith("profile:"):
            profile = _profile(line.removeprefix("profile:"))
            continue
        who, _, said = line.partition(":")
        if who not in _SPEAKERS:
            raise ConfigError(
                [f"{source}:{number} → a line starts with ===, profile:, A:, C: or U:, not {line[:20]!r}"]
            )
        try:
            plain, found = unmark(said.strip(), len(turns))
        except ValueError as error:
            raise ConfigError([f"{source}:{number} → {error}"]) from error
        turns.append(Turn(_SPEAKERS[who], plain, None, None, 1.0))
        marks.extend(found)
    return LabelledCall(name, header, Transcript(language, tuple(turns)), tuple(marks), profile)


def unmark(said: str, turn: int = 0) -> tuple[str, list[Mark]]:
    """A turn without its brackets, and what they marked.

    Examples
    --------
    >>> unmark("[purpose 想说下[pitch 免费试用]]的事")[0]
    '想说下免费试用的事'
    """
    plain, open_marks, marks, at = "", list[tuple[str, int]](), list[Mark](), 0
    while at < len(said):
        opens = _OPENS.match(said, at)
        if opens:
            open_marks.append((opens.group(1), len(plain)))
            at = opens.end()
        elif said[at] == "]":
            if not open_marks:
                raise ValueError("a bracket closes that was not opened")
            label, start = open_marks.pop()
            marks.append(_mark(label, turn, start, len(plain)))
            at += 1
        else:
            plain += said[at]
            at += 1
    if open_marks:
        raise ValueError(f"[{open_marks[-1][0]} is not closed")
    return plain, sorted(marks, key=lambda mark: (mark.start, -mark.end))


def _mark(label: str, turn: int, start: int, end: int) -> Mark:
    kind, *values = label.split(":")
    names = DETAILS.get(kind, ())
    if len(values) != len(names):
        raise ValueError(f"[{label} needs {len(names)} details ({', '.join(names)})")
    return Mark(
        kind, turn, start, end, tuple((n, _TRUTH.get(v, v)) for n, v in zip(names, values, strict=True))
    )


def _profile(line: str) -> Profile:
    """``company=Name/alias ; departments=A/a, B ; agents=…; products=…; jargon=…`` as a profile."""
    given = {
        key.strip(): _names(value) for key, _, value in (part.partition("=") for part in line.split(";"))
    }
    data: dict[str, Any] = {}
    if given.get("company"):
        name, *aliases = given["company"][0]
        data["company"] = {"name": name, "aliases": aliases}
    for key in ("departments", "products"):
        if given.get(key):
            data[key] = [{"name": name, "aliases": aliases} for name, *aliases in given[key]]
    if given.get("agents"):
        data["agents"] = [{"id": f"A{at:02}", "names": names} for at, names in enumerate(given["agents"], 1)]
    if given.get("jargon"):
        data["jargon"] = [{"term": term} for entry in given["jargon"] for term in entry]
    return Profile.model_validate(data)


def _names(value: str) -> list[list[str]]:
    entries = (re.split(r"\s*/\s*", entry.strip()) for entry in re.split(r"[,，、]", value))
    return [[name for name in entry if name] for entry in entries if any(entry)]
