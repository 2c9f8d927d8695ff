"""Names and e-mail addresses told letter by letter: K R A V I T Z, D-Z-I-E-D, B for Bravo, E, N as in Nancy, double L.

What is spelled is told by the word that the letters make, by what leads to them, or by what the other side asked to spell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.privacy.asked import asked_for, is_remark
from pipeline.privacy.lexicon_en import is_common_word
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import Stream
from pipeline.types import Turn

LEAST = 3
LEAST_ASKED = 2
NEAR_TURNS = 4
FARTHEST = 5
"""How many turns back a request to spell counts."""
CUE_CHARS = 45
SURE = 0.97
LEAST_WORD = 4


@dataclass(frozen=True, slots=True)
class Row:
    """Letters told one by one, and where they stand in the stream."""

    start: int
    end: int
    letters: str
    phonetic: int


def spelled(streams: Sequence[Stream], found: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
    """Of each stream the names and e-mail names that are spelled, and where what was spelled is said as a word."""
    hits: list[list[Hit]] = [[] for _ in streams]
    words: set[str] = set()
    order = sorted(range(len(streams)), key=lambda at: streams[at].speaker == "agent")
    for at in order:
        stream, names = streams[at], _names(streams, found)
        for index, start, end in stream.pieces:
            for row in rows_of(stream.text, start, end):
                kind = _kind(stream, index, start, row, names | words)
                if kind:
                    hits[at].append(Hit(row.start, row.end, kind, SURE))
                    words |= {row.letters} if kind == "name" else set()
            hits[at] += _mailed(stream, index, start, end)
            hits[at] += _ways(stream, index, start, end, found[at])
    for at, stream in enumerate(streams):
        hits[at] += _said_as_word(stream, words)
    return hits


def rows_of(text: str, start: int, end: int) -> Iterator[Row]:
    """Rows of letters between two places of a text, those with figures left out."""
    for match in form("settled.spelled.row").finditer(text, start, end):
        units = list(form("settled.spelled.unit").finditer(text, match.start(), match.end()))
        capital = any(_letter(unit.group()).isupper() for unit in units)
        while units and capital and _letter(units[0].group()) in ("a", "i"):
            units = units[1:]
        if units and _letter(units[0].group()) in ("a", "I") and not capital:
            units = units[1:]
        if not units or form("settled.spelled.figure_after").match(text, match.end(), end):
            continue
        if form("settled.spelled.figure_before").search(
            text[max(start, units[0].start() - 12) : units[0].start()]
        ):
            continue
        letters = "".join(_letters(unit) for unit in units)
        told = sum(len(unit.group()) > 2 for unit in units)
        yield Row(units[0].start(), units[-1].end(), letters, told)


def _letter(unit: str) -> str:
    found = re.search(r"(?<![^\W\d_])[^\W\d_](?![^\W\d_])", unit)
    return found.group() if found else unit[:1]


def _letters(unit: re.Match[str]) -> str:
    many = {"double": 2, "two": 2, "triple": 3, "three": 3}.get(
        re.split(r"[\s-]", unit.group())[0].lower(), 1
    )
    return _letter(unit.group()).lower() * many


def _names(streams: Sequence[Stream], found: Sequence[Sequence[Hit]]) -> frozenset[str]:
    """The words of the names that were found, in small letters."""
    said = (
        stream.text[hit.start : hit.end]
        for stream, hits in zip(streams, found, strict=True)
        for hit in hits
        if hit.kind == "name"
    )
    return frozenset(part.lower() for name in said for part in re.split(r"[^\w]+|_", name) if len(part) > 1)


def _kind(stream: Stream, index: int, start: int, row: Row, names: frozenset[str] | set[str]) -> str | None:
    """What is spelled: a name, an e-mail's or nothing of a person."""
    before = stream.text[max(start, row.start - CUE_CHARS) : row.start]
    asked = request_before(stream.turns, index)
    if stream.speaker == "agent":
        return "name" if len(row.letters) >= LEAST and _makes(row.letters, names) else None
    alone = len(stream.turns[index].text.split()) <= len(row.letters) + 1
    least = LEAST_ASKED if asked and alone else LEAST
    if len(row.letters) < least:
        return None
    cue = _nearest(before)
    if cue == "other" or (cue is None and asked == "other"):
        return None
    if cue == "mailed" or asked == "email":
        return "email" if cue != "named" else "name"
    if cue == "named" or asked or row.phonetic > 1 or _makes(row.letters, names):
        return "name"
    return "name" if _makes(row.letters, _words_near(stream.turns, index)) else None


def _nearest(before: str) -> str | None:
    """Which of the words that lead to letters stands nearest before them."""
    last = {
        name: max((match.end() for match in form(f"settled.spelled.{name}").finditer(before)), default=0)
        for name in ("other", "named", "mailed")
    }
    best = max(last, key=lambda name: last[name])
    return best if last[best] else None


def _makes(letters: str, words: frozenset[str] | set[str]) -> bool:
    """Whether the letters are one of the words, or it with its end or beginning left out."""
    # "with an X. X-I-M-E-N-A" has a letter of what was said before
    whole = (letters, letters[1:]) if len(letters) > LEAST_WORD else (letters,)
    return any(word in whole or (len(letters) >= LEAST and word.startswith(letters)) for word in words)


def _words_near(turns: Sequence[Turn], index: int) -> frozenset[str]:
    """Uncommon words that either side said just before, glued over hyphens too."""
    near = " ".join(turn.text for turn in turns[max(0, index - NEAR_TURNS) : index + 1])
    words = (word.lower() for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", near))
    return frozenset(
        re.sub(r"['’-]", "", word) for word in words if len(word) >= LEAST and not is_common_word(word)
    )


def request_before(turns: Sequence[Turn], index: int) -> str | None:
    """What the other side asked to spell, or whose name it asked for: "name", "email", "other" or nothing."""
    mine = turns[index].speaker
    for other in range(index - 1, max(-1, index - 1 - FARTHEST), -1):
        text = turns[other].text
        if turns[other].speaker == mine and mine != "unknown":
            continue
        if form("settled.spelled.asks").search(text):
            return _asked_kind(turns, other, text)
        if form("names_en.likely.asks_thing").search(text):
            return "other"
        if "name" in asked_for(turns, index):
            return "name"
        if not is_remark(text):
            return None
    return None


def _asked_kind(turns: Sequence[Turn], other: int, text: str) -> str:
    cue = _nearest(text)
    spelling = re.sub(r"(?i)\bspel\w*", " ", text)
    if form("settled.spelled.mailed").search(text):
        return "email"
    if form("settled.spelled.other").search(spelling) or form("settled.spelled.asks_place").search(text):
        return "name" if cue == "named" and re.search(r"(?i)\bname\b|名字|姓", spelling) else "other"
    before = turns[other - 1].text if other else ""
    return "email" if form("settled.announced.mail_signs").search(before) and "@" in before else "name"


def _mailed(stream: Stream, index: int, start: int, end: int) -> Iterator[Hit]:
    """Letters and figures of an e-mail that was asked to be spelled: D, double O, L, E, Y, nine."""
    if stream.speaker != "agent" and request_before(stream.turns, index) == "email":
        match = form("settled.spelled.mail").search(stream.text, start, end)
        if match:
            yield Hit(match.start(), match.end(), "email", SURE)


def _ways(stream: Stream, index: int, start: int, end: int, found: Sequence[Hit]) -> Iterator[Hit]:
    """Single letters that say how a name is written: "Phillips, double L", "with a K"."""
    if stream.speaker != "agent" and request_before(stream.turns, index) == "name":
        for match in form("settled.spelled.how").finditer(stream.text, start, end):
            yield Hit(match.start("how"), match.end("how"), "name", SURE)
        return
    for hit in found:
        if hit.kind == "name" and start <= hit.start < end:
            behind = form("settled.spelled.how_behind").match(stream.text, hit.end, end)
            if behind:
                yield Hit(behind.start("how"), behind.end("how"), "name", SURE)


def _said_as_word(stream: Stream, words: set[str]) -> Iterator[Hit]:
    for word in words:
        if len(word) >= LEAST_WORD and not is_common_word(word):
            for match in re.finditer(rf"(?i)(?<![\w@.]){re.escape(word)}(?![\w@])", stream.text):
                yield Hit(match.start(), match.end(), "name", SURE)
