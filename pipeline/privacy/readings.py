"""A call as the tagger of personal data reads it: one row a token, one column a thing that is known of it.

All that is known is a hash; what the tagger weighs are the combinations named in ``TEMPLATES``, hashed once more. What
is known of a token: its word and shape, the lists that hold it, the clause and the turn that it stands in, the run of
digits that it is part of and the words that say what the run is, what was asked for, who speaks, and what the rules found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.privacy.asked import asked_for
from pipeline.privacy.casing import cased
from pipeline.privacy.cues import cue_at
from pipeline.privacy.digits import runs_of
from pipeline.privacy.rules import Hit, pattern, rules
from pipeline.privacy.signs import hashed, is_figure, of_form, spans_of, words_zh
from pipeline.privacy.streams import JOINED, Stream
from pipeline.types import Turn

if TYPE_CHECKING:
    import numpy as np

SIZE = 1 << 19
"""Hashed combinations."""
PAD = 3
"""Rows of nothing between two turns: as far as a token's neighbours count."""
HINT_TURNS = 4
"""For how many turns it counts what the rules found before."""
KNOWN = (
    "word", "shape", "lists", "tail", "end", "speech", "run", "cue", "place", "hint", "edge", "again", "known",
    "first", "from", "to", "turn", "asked", "side", "before", "before2", "opens", "lately", "next",
    "mixed", "origin", "stood", "class",
)  # fmt: skip
TEMPLATES = (
    *(f"word{step}" for step in ("-3", "-2", "-1", "", "+1", "+2", "+3")),
    "word-2 word-1", "word-1 word", "word word+1", "word+1 word+2", "word-3 word-2 word-1", "word-1 word+1",
    "shape-2", "shape-1", "shape", "shape+1", "shape+2", "shape-1 shape shape+1", "shape-2 shape-1 shape shape+1 shape+2",
    "lists-2", "lists-1", "lists", "lists+1", "lists+2", "lists shape", "lists-1 lists lists+1",
    "lists-1 shape-1 lists shape", "lists shape lists+1 shape+1",
    "word-1 shape lists", "word+1 shape lists", "word-2 word-1 lists shape", "word+1 word+2 lists",
    "tail", "end", "tail-1", "end shape",
    "speech-2", "speech-1", "speech", "speech+1", "speech+2", "speech-1 speech speech+1", "speech lists", "speech lists word-1",
    "run", "run cue", "run asked", "run cue asked side", "run word-1", "run-1", "run+1", "cue place", "run lately",
    "mixed", "mixed asked", "mixed run", "mixed lately", "mixed shape",
    "hint", "hint-1", "hint+1", "hint edge", "hint shape lists", "hint side", "hint word-1", "hint word+1", "hint asked",
    "hint again", "hint before", "hint origin", "hint stood",
    "again shape lists", "known", "known lists", "origin", "origin shape lists", "stood", "stood shape lists",
    "class-3", "class-2", "class-1", "class", "class+1", "class+2", "class+3", "class-1 lists shape", "class+1 lists shape",
    "class+2 lists shape", "class-2 lists shape", "class-2 class-1", "class+1 class+2", "class-1 class+1", "class-1 side lists",
    "class+1 side lists", "class-1 run", "class-2 run", "class-1 speech", "class+1 speech", "class+2 speech",
    "hint class-1", "hint class+1",
    "first", "first lists", "first from", "from to shape lists", "from to asked",
    "turn asked", "asked", "asked shape lists", "asked side", "side", "side shape lists", "side word-1",
    "before lists shape", "before2 before", "before turn", "opens shape lists",
    "lately", "lately shape", "lately side shape", "next", "next shape lists",
)  # fmt: skip
_PART = re.compile(r"([a-z]+2?)([-+]\d)?")
_CLAUSE_END = frozenset("，。！？、；,.!?;:：…")


@dataclass(frozen=True, slots=True)
class Reading:
    """A call's tokens: of each the turn and the place in its text, and the columns of its combinations."""

    places: tuple[tuple[int, int, int], ...]
    columns: np.ndarray


def read(streams: Sequence[Stream], told: Sequence[Sequence[Hit]], language: str) -> Reading:
    """Read a call.

    Parameters
    ----------
    streams
        What each side says.
    told
        Of each stream what the rules found.
    """
    import numpy as np

    turns = streams[0].turns if streams else ()
    table = [_rows(index, turns[index].text, language) for index in range(len(turns))]
    for stream, hits in zip(streams, told, strict=True):
        _add_runs(stream, table)
        _add_hints(stream, hits, table)
    _add_call(turns, table)
    rows: list[tuple[int, ...]] = [_NOTHING] * PAD
    kept: list[int] = []
    places: list[tuple[int, int, int]] = []
    for index, turn in enumerate(table):
        for row in turn:
            kept.append(len(rows))
            places.append((index, row.start, row.end))
            rows.append(tuple(row.known[name] for name in KNOWN))
        rows += [_NOTHING] * PAD
    known = np.array(rows, dtype=np.uint64).reshape(-1, len(KNOWN))
    return Reading(tuple(places), _combined(known, np.array(kept, dtype=np.int64)))


@dataclass(frozen=True, slots=True)
class _Row:
    start: int
    end: int
    form: str
    known: dict[str, int]


_NOTHING = (0,) * len(KNOWN)


def _combined(known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Columns of each token's combinations, ``(tokens, templates)``."""
    import numpy as np

    columns = np.empty((len(rows), len(TEMPLATES)), dtype=np.int32)
    for number, template in enumerate(TEMPLATES):
        mixed = np.full(len(rows), hashed(template), dtype=np.uint64)
        for name, step in _PART.findall(template):
            mixed = (mixed ^ known[rows + int(step or 0), KNOWN.index(name)]) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        columns[:, number] = (mixed >> np.uint64(20)) % np.uint64(SIZE)
    return columns


def _rows(index: int, text: str, language: str) -> list[_Row]:
    """The tokens of a turn with what is known of each by itself and of its place in the clause."""
    written = cased(text)
    plain = "p" if written != text or not re.search(r"[，。！？,.!?]", text) else ""
    rows = []
    for start, end in spans_of(text, language):
        word, shape, lists, tail, last = of_form(written[start:end], language)
        known = dict.fromkeys(KNOWN, 0)
        known |= {"word": word, "shape": shape, "lists": lists, "tail": tail, "end": last}
        rows.append(_Row(start, end, text[start:end], known))
    _add_clauses(rows, plain)
    _add_mixed(rows)
    _add_classes(rows, text, language)
    if language == "zh":
        _add_speech(rows, text)
    return rows


def _add_clauses(rows: Sequence[_Row], plain: str) -> None:
    begin = 0
    for at in range(len(rows) + 1):
        if at < len(rows) and rows[at].form not in _CLAUSE_END:
            continue
        for place in range(begin, at):
            known = rows[place].known
            known["first"] = rows[begin].known["word"]
            known["from"] = hashed(f"{min(place - begin, 5)}{plain}")
            known["to"] = hashed(f"{min(at - place, 5)}")
        begin = at + 1
    for at, row in enumerate(rows):
        row.known["turn"] = hashed(f"{min(at, 6)} {min(len(rows), 8)}")


def _add_mixed(rows: Sequence[_Row]) -> None:
    """Of letters and digits told one by one: how many of either stand in a row."""
    row: list[tuple[_Row, bool]] = []
    for one in (*rows, None):
        figure = one is not None and is_figure(one.form)
        letter = (
            one is not None
            and not figure
            and len(one.form) == 1
            and one.form.isascii()
            and one.form.isalpha()
        )
        if one is not None and (figure or letter):
            row.append((one, figure))
        elif one is None or (one.form not in _CLAUSE_END and one.form != "-"):
            figures = sum(is_digit for _, is_digit in row)
            value = hashed(f"{min(figures, 8)} {min(len(row) - figures, 4)}")
            for told, _ in row if len(row) > 1 else ():
                told.known["mixed"] = value
            row = []


def _add_classes(rows: Sequence[_Row], text: str, language: str) -> None:
    """Words beside which somebody's name, number or place stands, the last that match counting."""
    for name, words in rules()["classes"][language].items():
        for match in pattern(words).finditer(text):
            for row in rows:
                if row.start < match.end() and match.start() < row.end:
                    row.known["class"] = hashed(name)


def _add_speech(rows: Sequence[_Row], text: str) -> None:
    words = words_zh(text)
    start, end, tag = next(words, (0, len(text), ""))
    for row in rows:
        while row.start >= end:
            start, end, tag = next(words)
        place = "S" if end - start == 1 else "B" if row.start == start else "E" if row.end == end else "M"
        row.known["speech"] = hashed(f"{tag}{place}{min(end - start, 4)}")


def _inside(stream: Stream, table: Sequence[Sequence[_Row]], start: int, end: int) -> list[_Row]:
    return [
        row
        for index, first, last in stream.cut(start, end)
        for row in table[index]
        if row.start < last and first < row.end
    ]


def _add_runs(stream: Stream, table: Sequence[Sequence[_Row]]) -> None:
    """Of the tokens of digits: how long their run is, what the words near it say that it is, where in it they stand."""
    for run in runs_of(stream.text):
        cue, _ = cue_at(stream, run)
        length = len(run.digits)
        joined = JOINED in stream.text[run.start : run.end]
        size = hashed(f"{min(length, 20)}{'j' * joined}{'s' * run.spoken}")
        rows = [row for token in run.tokens for row in _inside(stream, table, token.start, token.end)]
        for at, row in enumerate(rows):
            row.known["run"] = size
            row.known["cue"] = hashed(cue or "no")
            row.known["place"] = hashed(f"{min(at, 4)} {min(len(rows) - at, 3)}")


def _add_hints(stream: Stream, hits: Sequence[Hit], table: Sequence[Sequence[_Row]]) -> None:
    for hit in hits:
        rows = _inside(stream, table, hit.start, hit.end)
        for at, row in enumerate(rows):
            row.known["hint"] = hashed(f"{hit.kind} {hit.confidence:.2f}")
            row.known["edge"] = hashed(f"{'B' * (at == 0)}{'E' * (at == len(rows) - 1)}{min(len(rows), 6)}")


def _add_call(turns: Sequence[Turn], table: Sequence[Sequence[_Row]]) -> None:
    """What the call says of each token: its side, what was asked, the turns around, the same word elsewhere."""
    hinted = {row.known["word"]: row.known["hint"] for rows in table for row in rows if row.known["hint"]}
    counts = Counter(word for rows in table for word in {row.known["word"] for row in rows})
    lately: dict[str, tuple[int, int]] = {}
    first: dict[int, tuple[str, int]] = {}
    for index, rows in enumerate(table):
        side = turns[index].speaker
        asked = hashed(" ".join(sorted(asked_for(turns, index))))
        whole: Mapping[str, int] = {
            "asked": asked, "side": hashed(side),
            "before": _word(table, index - 1, -1), "before2": _word(table, index - 1, -2),
            "opens": _word(table, index - 1, 0), "next": _word(table, index + 1, 0),
            "lately": lately[side][1] if side in lately and index - lately[side][0] <= HINT_TURNS else 0,
        }  # fmt: skip
        for at, row in enumerate(rows):
            row.known.update(whole)
            lead = rows[at - 1].known["word"] if at else 0
            who, where = first.setdefault(row.known["word"], (side, lead))
            row.known["origin"] = hashed(f"{who} {who == side} {where == lead}")
            row.known["stood"] = hashed(f"{who} {where}")
            row.known["again"] = min(counts[row.known["word"]], 3)
            row.known["known"] = hinted.get(row.known["word"], 0)
        last = next((row.known["hint"] for row in reversed(rows) if row.known["hint"]), 0)
        if last:
            lately[side] = (index, last)


def _word(table: Sequence[Sequence[_Row]], index: int, at: int) -> int:
    """A word of a turn by its place, marks left out."""
    if not 0 <= index < len(table):
        return 1
    words = [row.known["word"] for row in table[index] if row.form not in _CLAUSE_END]
    return words[at] if -len(words) <= at < len(words) else 2
