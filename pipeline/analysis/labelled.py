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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError
from pipeline.kinds import DETAILS, KINDS, OUTCOMES, SAID_BY, near
from pipeline.profile import EMPTY, Profile
from pipeline.types import Speaker, Transcript, Turn

MARKED = {
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


def read_calls(
    text: str, language: str, *, source: str = "calls", strict: bool = False
) -> Iterator[LabelledCall]:
    """The calls of one file, in order. A header may name another language than the file's: ``lang: en``.

    Parameters
    ----------
    strict
        Refuse kinds, details and outcomes that no result can hold; else they are taken as they are.

    Raises
    ------
    ConfigError
        A line that is neither header, profile nor turn, or whose brackets do not balance; each with its number.
    """
    blocks: list[list[tuple[int, str]]] = []
    mistakes: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("==="):
            blocks.append([])
        elif not blocks:
            mistakes.append(f"{source}:{number} → {_HEADER}, not {line.strip()[:20]!r}")
            break
        blocks[-1].append((number, line.strip()))
    if not blocks and not mistakes:
        mistakes.append(f"{source}: file → holds no call; {_HEADER}")
    calls = [_call(block, language, source, mistakes, strict=strict) for block in blocks]
    if mistakes:
        raise ConfigError(mistakes)
    yield from calls


_HEADER = "a call begins with a header such as === zh-07 | outcome: call_back"


def _call(
    block: Sequence[tuple[int, str]], language: str, source: str, mistakes: list[str], *, strict: bool
) -> LabelledCall:
    name, *fields = (part.strip() for part in block[0][1].strip("= ").split("|"))
    header = tuple((key.strip(), value.strip()) for key, _, value in (f.partition(":") for f in fields))
    if strict:
        mistakes += [f"{source}:{block[0][0]} → {told}" for told in _header_mistakes(name, dict(header))]
    profile, turns, marks = EMPTY, list[Turn](), list[Mark]()
    for number, line in block[1:]:
        if line.startswith("profile:"):
            profile = _profile(line.removeprefix("profile:"))
            continue
        who, _, said = line.partition(":")
        if who not in _SPEAKERS:
            told = f"a line starts with ===, profile:, A:, C: or U:, not {line[:20]!r}"
            mistakes.append(f"{source}:{number} → {told}")
            continue
        try:
            plain, found = unmark(said.strip(), len(turns))
        except ValueError as error:
            mistakes.append(f"{source}:{number} → {error}")
            continue
        if strict:
            mistakes += [
                f"{source}:{number} → {told}"
                for mark in found
                for told in _mark_mistakes(mark, _SPEAKERS[who])
            ]
        turns.append(Turn(_SPEAKERS[who], plain, None, None, 1.0))
        marks.extend(found)
    spoken = dict(header).get("lang") or language
    return LabelledCall(name, header, Transcript(spoken, tuple(turns)), tuple(marks), profile)


def _header_mistakes(name: str, header: Mapping[str, str]) -> Iterator[str]:
    if not name:
        yield f"a call needs a name; {_HEADER}"
    outcome = header.get("outcome")
    if outcome is not None and outcome not in OUTCOMES:
        yield f"outcome: one of {', '.join(OUTCOMES)} is accepted, not {outcome!r}{near(outcome, OUTCOMES)}"
    if header.get("lang") not in (None, "zh", "en"):
        yield f"lang: zh or en is accepted, not {header['lang']!r}"


def _mark_mistakes(mark: Mark, speaker: Speaker) -> Iterator[str]:
    if mark.kind not in KINDS:
        accepted = ", ".join(KINDS)
        yield f"[{mark.kind} is no kind of finding{near(mark.kind, KINDS) or '.'} Accepted: {accepted}"
        return
    side = SAID_BY.get(mark.kind, speaker)
    if speaker not in (side, "unknown"):
        yield f"[{mark.kind} is what the {side} does, and this line is the {speaker}'s"
    for key, value in mark.detail:
        if isinstance(value, bool):
            continue
        accepts = DETAILS[mark.kind][key]
        words = accepts if isinstance(accepts, tuple) else _words_of(mark.kind)
        if value not in words:
            yield f"[{mark.kind}: {key} is one of {', '.join(words)}, not {value!r}{near(value, words)}"


def _words_of(kind: str) -> tuple[str, ...]:
    """The words by which a detail that is true or false is marked."""
    return {
        "confusion": ("restated", "not_restated"),
        "customer_question": ("answered", "unanswered"),
        "jargon": ("explained", "bare"),
    }[kind]


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
    names = MARKED.get(kind, ())
    if len(values) != len(names):
        if kind not in KINDS and not names:
            accepted = ", ".join(KINDS)
            raise ValueError(f"[{kind} is no kind of finding{near(kind, KINDS) or '.'} Accepted: {accepted}")
        wanted = f"needs {len(names)} details ({', '.join(names)})" if names else "takes no details"
        raise ValueError(f"[{label} {wanted}; written as [{':'.join((kind, *names))} words]")
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
