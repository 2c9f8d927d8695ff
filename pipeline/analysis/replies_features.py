"""What the learned layer over replies reads: the customer's words, the agent's next two turns, and how they fit together.

Sparse columns of hashed n-grams and named numbers, and encoder vectors of whole sentences, which the layer over
sentences (``acts.py``) has asked for already. Block weights were cross-validated by author over the labelled calls.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.analysis.acts_features import HASHED, grams
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import after, before, content, hits, of_turn, shared, size, text_of
from pipeline.analysis.features import vectors

TOLD = ("hard_sell", "pitch", "benefit")
"""Acts of the agent's sentences that are read."""
NUMBER = 0.4
"""What a number weighs."""
_ASKED, _FIRST, _SECOND = (0.5, 0.3, 2), (1.0, 0.7, 3), (0.5, 0.3, 3)
"""What words and vectors of each part weigh, and how many words in a row are read."""
_MARKERS = ("restatement", "explanation")
_LONG, _MANY = 60, 6
_CLAUSE = re.compile(r"[,，、;；:：.。?？!！]")
_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u3400-\u9fff]")

Told = Callable[[str, Sentence], float]
"""How likely a sentence is of a kind."""


@dataclass(frozen=True, slots=True)
class Row:
    """Sparse columns with values; for each block of vectors its weight and the texts whose mean it is."""

    columns: tuple[int, ...]
    values: tuple[float, ...]
    texts: tuple[tuple[float, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the customer said, what the agent had said before, and the agent's next two turns."""

    asked: tuple[Sentence, ...]
    earlier: str
    last: tuple[Sentence, ...]
    replies: tuple[tuple[Sentence, ...], ...]

    @classmethod
    def of(cls, conversation: Conversation, asked: Sequence[Sentence]) -> Exchange:
        """The exchange around some sentences of one turn."""
        turn = asked[0].turn
        ahead = before(conversation, turn, "agent", 2)
        return cls(
            tuple(asked),
            text_of(conversation, ahead),
            of_turn(conversation, ahead[0]) if ahead else (),
            tuple(of_turn(conversation, later) for later in after(conversation, turn, "agent", 2)),
        )


def row_of(exchange: Exchange, told: Told, kind: str = "") -> Row:
    """The row of an exchange; ``kind`` is that of an objection or of confusion."""
    first, second = (*exchange.replies, (), ())[:2]
    parts = (("q:", exchange.asked, _ASKED), ("r:", first, _FIRST), ("s:", second, _SECOND))
    cells: dict[int, float] = {}
    for prefix, said, (weight, _vector, longest) in parts:
        text = " ".join(sentence.folded for sentence in said)
        _words(cells, text, exchange.asked[0].language, prefix, weight, longest)
    asked = " ".join(sentence.folded for sentence in exchange.asked)
    numbers = {
        f"kind={kind}": 1.0, "asked": min(size(asked), 30) / 30,
        "silent": float(not exchange.replies), "once": float(len(exchange.replies) < 2),
    }  # fmt: skip
    for name, said in (("1", first), ("2", second)):
        numbers |= {f"{name}.{key}": value for key, value in _reply(exchange, asked, said, told)}
    _numbers(cells, numbers)
    return _row(cells, ((w, [s.text for s in said]) for _prefix, said, (_weight, w, _longest) in parts))


def _reply(
    exchange: Exchange, asked: str, said: Sequence[Sentence], told: Told
) -> Iterator[tuple[str, float]]:
    """How one turn of the agent fits what was asked and said before."""
    if not said:
        return
    for kind in TOLD:
        likely = [told(kind, sentence) for sentence in said]
        yield from ((f"{kind}.most", max(likely)), (f"{kind}.first", likely[0]))
        yield f"{kind}.mean", sum(likely) / len(likely)
    for kind in _MARKERS:
        yield kind, float(any(hits(kind, sentence) for sentence in said))
    text = " ".join(sentence.folded for sentence in said)
    questions = sum(sentence.folded.rstrip().endswith("?") for sentence in said)
    yield from (("asks", float(questions > 0)), ("only_asks", float(questions == len(said))))
    yield from (("size", min(size(text), _LONG) / _LONG), ("many", min(len(said), _MANY) / _MANY))
    yield "first_size", min(size(said[0].folded), 30) / 30
    mine, theirs = content(text), content(asked)
    yield from (("answers", shared(asked, text)), ("touches", min(3, len(theirs & mine)) / 3))
    yield from (
        ("repeats", shared(text, exchange.earlier)),
        ("goes_on", min(5, len(content(exchange.earlier) & mine)) / 5),
    )
    for name, others in (("asked", exchange.asked), ("last", exchange.last)):
        alike = vectors([s.text for s in said]) @ vectors([s.text for s in others]).T
        if others:
            yield from ((f"like_{name}", float(alike.max())), (f"first_like_{name}", float(alike[0].max())))


def row_of_term(sentence: Sentence, start: int, end: int, following: Sentence | None, *, ruled: bool) -> Row:
    """The row of a term in characters ``[start, end)`` of a sentence, and what the rules say of it."""
    language, behind, ahead = sentence.language, sentence.folded[end:], sentence.folded[:start]
    clauses = _CLAUSE.split(behind)
    later = following.folded if following else ""
    parts = {
        "b:": " ".join(_TOKEN.findall(ahead)[-4:]), "a:": behind, "h:": " ".join(_TOKEN.findall(behind)[:4]),
        "c:": " ".join(_TOKEN.findall(clauses[1])[:4]) if len(clauses) > 1 else "",
        "n:": " ".join(_TOKEN.findall(later)[:5]),
    }  # fmt: skip
    cells: dict[int, float] = {}
    for prefix, text in parts.items():
        _words(cells, text, language, prefix, 0.6, 3)
    numbers = {
        "ruled": float(ruled), "behind": min(size(behind), 30) / 30, "ahead": min(size(ahead), 30) / 30,
        "clause": min(size(clauses[0]), 15) / 15, "clauses": min(len(clauses), 5) / 5,
        "next_clause": min(size(clauses[1]), 20) / 20 if len(clauses) > 1 else 0.0,
        "ends": float(not clauses[0].strip()), "last": float(not size(behind)),
        "next": min(size(later), 30) / 30, "next_none": float(not later),
        **dict(_marked(sentence, start, end, following)),
    }  # fmt: skip
    _numbers(cells, numbers)
    return _row(cells, ((0.4, [sentence.text]), (0.4, [following.text] if following else [])))


def _marked(
    sentence: Sentence, start: int, end: int, following: Sentence | None
) -> Iterator[tuple[str, float]]:
    """Where markers of an explanation stand."""
    found = hits("explanation", sentence)
    far = [match for match in found if match.detail.get("place") == "far"]
    near = [match.start - end for match in found if match.detail.get("place") != "far"]
    yield from (("far", any(m.start >= end for m in far)), ("far_ahead", any(m.end <= start for m in far)))
    yield from (
        ("near", any(0 <= gap <= 3 for gap in near)),
        ("nearish", any(0 <= gap <= 12 for gap in near)),
    )
    yield "reworded", any(match.start >= end for match in hits("restatement", sentence))
    if following is not None:
        yield from ((f"next_{kind}", float(bool(hits(kind, following)))) for kind in _MARKERS)


def _words(
    cells: dict[int, float], text: str, language: str, prefix: str, weight: float, longest: int
) -> None:
    if not text.strip():
        return
    columns = grams(text, language, prefix, longest)
    for column in columns:
        cells[column] = cells.get(column, 0.0) + weight / len(columns) ** 0.5


def _numbers(cells: dict[int, float], numbers: Mapping[str, float]) -> None:
    for name, value in numbers.items():
        if value:
            column = zlib.crc32(f"number {name}".encode()) % HASHED
            cells[column] = cells.get(column, 0.0) + NUMBER * float(value)


def _row(cells: Mapping[int, float], texts: Iterable[tuple[float, Sequence[str]]]) -> Row:
    columns = tuple(sorted(cells))
    return Row(
        columns, tuple(cells[c] for c in columns), tuple((weight, tuple(said)) for weight, said in texts)
    )
