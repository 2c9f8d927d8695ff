"""Labelled telephone talk that the tagger of personal data is fitted to, and how it is read.

``{kind: words}`` must go, ``{any: words}`` may go, all else stays, ``{stays: words}`` too, which is somebody's name at the firm
or a firm's; ``A:``, ``C:`` and ``U:`` are agent, customer and a
side that isn't known; an empty line ends a conversation; lines that begin with ``#`` are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources

from pipeline.types import Transcript, Turn

SIDES = {"A": "agent", "C": "customer", "U": "unknown"}
_MARK = re.compile(r"\{(\w+): ([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Marked:
    """One turn: who says it, its text, and where in it which kind of data stands."""

    side: str
    text: str
    marks: tuple[tuple[int, int, str], ...]


Talk = tuple[Marked, ...]
"""The turns of one conversation."""


def unmarked(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text without marks, and each mark's place in it and kind.

    Examples
    --------
    >>> unmarked("Yes, {name: Ann}.")
    ('Yes, Ann.', [(5, 8, 'name')])
    """
    text, marks, cursor = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[cursor : match.start()]
        marks.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        cursor = match.end()
    return text + marked[cursor:], marks


def read_talk(content: str) -> Iterator[Talk]:
    """The conversations of one file."""
    kept = "".join(line for line in content.splitlines(keepends=True) if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", kept.strip()):
        lines = [line for line in block.splitlines() if line.strip()]
        read = [(SIDES[line[0]], *unmarked(line[3:])) for line in lines]
        yield tuple(Marked(side, text, tuple(marks)) for side, text, marks in read)


def shipped_talk(language: str) -> dict[str, list[Talk]]:
    """All conversations as shipped, by the name of their set."""
    folder = resources.files(__name__) / language
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".txt")), key=lambda one: one.name)
    return {one.name.removesuffix(".txt"): list(read_talk(one.read_text("utf-8"))) for one in files}


def transcript_of(talk: Talk, language: str) -> Transcript:
    """A conversation as a transcript without times."""
    return Transcript(language, tuple(Turn(one.side, one.text, None, None, 1.0) for one in talk))  # type: ignore[arg-type]


def sideless(talk: Talk) -> Talk:
    """The conversation of a recording whose sides aren't known."""
    return tuple(replace(one, side="unknown") for one in talk)
