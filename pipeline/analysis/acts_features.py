"""What the learned layer reads of a sentence: its words and sounds, the words around it, the rules that hit it, its place.

All but the encoder vector is sparse: columns of hashed n-grams, one block after the other. Words before and after count
less than the sentence's own (the weights below; cross-validated by author over the labelled calls).
"""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.heard import forms_of
from pipeline.analysis.matching import kinds_in, matches, matches_in
from pipeline.analysis.phonetic import sound_of
from pipeline.analysis.rules import load_rules
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.text import fold

HASHED = 1 << 16
"""Columns of hashed n-grams; those after them belong to rules and places."""
RULES = (
    "hard_sell", "needs_question", "pitch", "benefit", "purpose", "restatement", "apology", "reference", "rude",
    "impatient", "courtesy", "absolute_claim", "notice", "small_talk", "objection_handling", "proposal",
    "explanation", "refusal", "objection", "confusion", "customer_question", "complaint", "do_not_call",
)  # fmt: skip
"""Rule files whose hits are features."""
_PLACES = 8
COLUMNS = HASHED + 4 * len(RULES) + _PLACES
OWN, AROUND, SOUND, RULE, RULE_AROUND, PLACE = 0.775, 0.316, 0.548, 0.707, 0.316, 0.316
"""Weights of the blocks: square roots of their shares in the kernel."""
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]|[?%!]")
_LONG = 60
MIDDLE = 6
LEAST_TURNS = 4
"""Of a shorter excerpt nobody knows where in the call it stood: its sentences count as from the middle."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence: sparse columns with values, and the texts whose encoder vectors belong to it."""

    sentence: int
    columns: tuple[int, ...]
    values: tuple[float, ...]
    text: str
    before: str


def rows_of(
    conversation: Conversation, sentences: Iterable[Sentence], *, excerpt: bool = False
) -> Iterator[Row]:
    """A row for each of the sentences, read in their conversation; ``excerpt``: nobody knows where in a call it stood."""
    by_turn: dict[int, list[Sentence]] = {}
    for sentence in conversation.sentences:
        by_turn.setdefault(sentence.turn, []).append(sentence)
    for sentence in sentences:
        own = by_turn[sentence.turn]
        at = own.index(sentence)
        around = _Around(
            by_turn.get(sentence.turn - 1, []), own[:at], own[at + 1 :], by_turn.get(sentence.turn + 1, []),
            0 if excerpt else len(conversation.turns), _echoes(conversation, sentence),
        )  # fmt: skip
        yield _row(sentence, around)


def row_alone(text: str, language: str) -> Row:
    """The row of a sentence without its call, as though from the middle of one."""
    sentence = Sentence(0, MIDDLE, "agent", language, text, fold(text), 0)
    return _row(sentence, _Around([], [], [], [], 2 * MIDDLE, echoes=False))


@dataclass(frozen=True, slots=True)
class _Around:
    before: Sequence[Sentence]
    earlier: Sequence[Sentence]
    later: Sequence[Sentence]
    after: Sequence[Sentence]
    turns: int
    echoes: bool


def _row(sentence: Sentence, around: _Around) -> Row:
    language = sentence.language
    cells: dict[int, float] = {}
    _add(cells, grams(sentence.folded, language, "", 3), OWN)
    _add(cells, _sounds(sentence.folded, language), SOUND)
    neighbours = {
        "p:": around.before[-1:],
        "s:": around.earlier[-1:],
        "n:": around.after[:1],
        "l:": around.later[:1],
    }
    for prefix, said in neighbours.items():
        text = said[0].folded if said else ""
        _add(cells, grams(text, language, prefix, 2), AROUND)
    cells.update(_rule_cells(sentence, around))
    cells.update(_place_cells(sentence, around))
    columns = tuple(sorted(cells))
    before = around.before[-1].text if around.before else ""
    return Row(sentence.index, columns, tuple(cells[c] for c in columns), sentence.text, before)


def _add(cells: dict[int, float], grams: set[int], weight: float) -> None:
    for column in grams:
        cells[column] = cells.get(column, 0.0) + weight / len(grams) ** 0.5


def grams(folded: str, language: str, prefix: str, longest: int) -> set[int]:
    """Columns of up to ``longest`` Han characters or words in a row; numbers count as one word."""
    start = zlib.crc32(prefix.encode())  # a sum goes on from another: prefix and gram need not be joined
    return {zlib.crc32(gram, start) % HASHED for gram in _gram_bytes(folded, language, longest)}


@functools.lru_cache(maxsize=4096)
def _gram_bytes(folded: str, language: str, longest: int) -> tuple[bytes, ...]:
    plain = forms_of(folded, "zh" if language == "zh" else "en")[-1].text
    tokens = ["^", *("#" if token[0].isdigit() else token for token in _TOKEN.findall(plain)), "$"]
    return tuple(
        " ".join(tokens[at : at + size]).encode()
        for size in range(1, longest + 1)
        for at in range(len(tokens) - size + 1)
    )


def _sounds(folded: str, language: str) -> set[int]:
    """Columns of how it sounds: two and three Mandarin syllables, four letters of English; for words misheard."""
    heard = sound_of(folded) if language == "zh" else folded
    sizes = (2, 3) if language == "zh" else (4,)
    start = zlib.crc32(b"y:")
    return {
        zlib.crc32(heard[at : at + size].encode(), start) % HASHED
        for size in sizes
        for at in range(max(1, len(heard) - size + 1))
    }


def _rule_cells(sentence: Sentence, around: _Around) -> Iterator[tuple[int, float]]:
    """Own hits by strength, own vetoes, and the hits of the turn before and of the turn after."""
    size = len(RULES)
    language = "zh" if sentence.language == "zh" else "en"
    for at, own in _strengths(language, sentence.folded).items():
        yield HASHED + at, RULE * own
        for match in matches(RULES[at], sentence):
            for key, value in match.detail.items():
                yield zlib.crc32(f"d:{RULES[at]}.{key}={value}".encode()) % HASHED, RULE
    possible = kinds_in(language, sentence.folded)
    for at, kind in enumerate(RULES):
        if kind in possible and load_rules(kind, language).silenced(sentence.folded):
            yield HASHED + size + at, RULE
    for block, said in ((2, around.before), (3, around.after)):
        most: dict[int, float] = {}
        for other in said:
            for at, strength in _strengths("zh" if other.language == "zh" else "en", other.folded).items():
                most[at] = max(most.get(at, 0.0), strength)
        yield from ((HASHED + block * size + at, RULE_AROUND * strength) for at, strength in most.items())


@functools.lru_cache(maxsize=16384)
def _strengths(language: str, folded: str) -> dict[int, float]:
    """The strongest hit of each rule file that hits a text, by its place in ``RULES``."""
    possible = kinds_in(language, folded)
    hits = ((at, matches_in(kind, language, folded)) for at, kind in enumerate(RULES) if kind in possible)
    return {at: max(match.strength for match in found) for at, found in hits if found}


def _place_cells(sentence: Sentence, around: _Around) -> Iterator[tuple[int, float]]:
    turn, turns = (sentence.turn, around.turns) if around.turns >= LEAST_TURNS else (MIDDLE, 2 * MIDDLE)
    length = min(len(sentence.text), _LONG) / _LONG
    values = (
        turn == 0, turn <= 2, not around.earlier, turn / turns,
        turn >= turns - 2, length, around.echoes, not around.later,
    )  # fmt: skip
    first = COLUMNS - _PLACES
    return ((first + at, PLACE * float(value)) for at, value in enumerate(values) if value)


def _echoes(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether it asks about a term that the other side used in the two turns before."""
    if len(sentence.folded) > _LONG:
        return False
    shape = has_shape("asks_term", sentence.folded) or has_shape("echo", sentence.folded)
    if not shape:
        return False
    word = shape["word"].strip()
    earlier = (s for s in conversation.sentences if sentence.turn - 3 <= s.turn < sentence.turn)
    return bool(word) and any(word in s.folded for s in earlier if s.speaker != sentence.speaker)
