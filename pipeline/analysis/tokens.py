"""An agent's turn as the slot tagger reads it: tokens, and what is known of each.

A token is a Han character, a word of another script, a number or a mark. What is known of it: its own form
and its neighbours', the parts of speech of jieba, word classes of ``opening.yaml``, what frames, grammar and
profile say of its place, the clause it stands in, and what was said before in the call. No feature is a
company's or a person's name.
"""

from __future__ import annotations

import functools
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from models.jieba_words import tagged
from pipeline.lexicons import load_yaml

SIZE = 1 << 16
"""Hashed features."""
MOST_TOKENS = 120
"""So much of a turn is read (our default): nobody introduces himself later."""
_ZH = re.compile(r"[a-zà-ÿ]+(?:['&.-][a-zà-ÿ]+)*|\d+|\S")
_EN = re.compile(r"[^\W\d_]+(?:['-](?!s\b)[^\W_]+)*|'s\b|\d+(?:[.,:]\d+)*|[^\w\s]")
_MARK = re.compile(r"[^\w']|_")
_HAN = re.compile(r"[\u3400-\u9fff]")
_RARE_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of the agent and what is known when it is read.

    ``hints`` are ``(source, slot, start, end)``: spans of the turn that frames or profile hold for a slot.
    ``had`` are the slots filled earlier, ``asked`` whether the other side just asked who is calling,
    ``order`` the number of agent's turns before, ``heard`` the words of all turns before.
    """

    text: str
    folded: str
    language: str
    order: int = 0
    asked: bool = False
    had: tuple[str, ...] = ()
    hints: tuple[tuple[str, str, int, int], ...] = ()
    heard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Token:
    """Characters ``[start, end)`` of the turn and their folded form."""

    start: int
    end: int
    form: str


def tokens_of(said: Said) -> list[Token]:
    """The turn's tokens, as many as are read."""
    pattern = _ZH if said.language == "zh" else _EN
    found = (Token(*hit.span(), hit.group()) for hit in pattern.finditer(said.folded))
    return [token for token, _ in zip(found, range(MOST_TOKENS), strict=False)]


def columns_of(said: Said, tokens: Sequence[Token], common: Mapping[str, int]) -> list[list[int]]:
    """Hashed columns of each token's features.

    ``common`` says in how many calls a word was ordinary talk (English only).
    """
    rows = _features(said, tokens, common)
    return [[zlib.crc32(name.encode()) % SIZE for name in row] for row in rows]


def _features(said: Said, tokens: Sequence[Token], common: Mapping[str, int]) -> list[list[str]]:
    if not tokens:
        return []
    kinds = _kinds(said, tokens, common)
    clauses = _clauses(said, tokens)
    forms = ["<s>"] * 3 + [token.form for token in tokens] + ["</s>"] * 3
    around = [["<"]] * 2 + kinds + [[">"]] * 2
    call = [f"order={min(said.order, 3)}", f"asked={said.asked}", *(f"had={slot}" for slot in said.had)]
    again = _again(said, tokens)
    rows = []
    for at in range(len(tokens)):
        mid = at + 3
        row = ["bias", *call, *clauses[at], *again[at]]
        row += [f"w{step}={forms[mid + step]}" for step in (-3, -2, -1, 0, 1, 2, 3)]
        row += [f"ww{step}={forms[mid + step]} {forms[mid + step + 1]}" for step in (-3, -2, -1, 0, 1, 2)]
        row += [f"www-={forms[mid - 3]} {forms[mid - 2]} {forms[mid - 1]}"]
        row += [f"www+={forms[mid + 1]} {forms[mid + 2]} {forms[mid + 3]}"]
        row += [f"{step}:{kind}" for step in (-2, -1, 0, 1, 2) for kind in around[at + 2 + step]]
        row += [f"k{around[at + 2][0]} {around[at + 3][0]}", f"k-{around[at + 1][0]} {around[at + 2][0]}"]
        row += [f"k3{around[at + 1][0]} {around[at + 2][0]} {around[at + 3][0]}"]
        rows.append(row)
    return rows


def _again(said: Said, tokens: Sequence[Token]) -> list[list[str]]:
    """Of each token: whether it was said before or is said again, as the name of who is called is."""
    unit = 2 if said.language == "zh" else 1
    grams = ["".join(token.form for token in tokens[at : at + unit]) for at in range(len(tokens))]
    counts = Counter(grams)
    rows = []
    for at, gram in enumerate(grams):
        first = "first" if grams.index(gram) == at else "later"
        rows.append([f"twice-{first}"] if counts[gram] > 1 else [])
        if gram in said.heard:
            rows[-1].append("heard")
    return rows


def words_of(folded: str, language: str) -> Iterator[str]:
    """What ``Said.heard`` holds of a turn: words, in Mandarin pairs of characters."""
    if language == "zh":
        return (folded[at : at + 2] for at in range(len(folded) - 1))
    return (hit.group() for hit in _EN.finditer(folded))


def _kinds(said: Said, tokens: Sequence[Token], common: Mapping[str, int]) -> list[list[str]]:
    """Of each token: its shape or part of speech first, then word classes and hints."""
    shapes = _by_jieba(said, tokens) if said.language == "zh" else _by_shape(said, tokens, common)
    spans: list[tuple[str, int, int]] = [
        (f"{source}-{slot}", start, end) for source, slot, start, end in said.hints
    ]
    spans += [
        (name, *hit.span())
        for name, pattern in _classes(said.language).items()
        for hit in pattern.finditer(said.folded)
    ]
    for name, start, end in spans:
        inside = [at for at, token in enumerate(tokens) if token.start < end and start < token.end]
        for at in inside:
            edge = ("B" if at == inside[0] else "I") + ("E" if at == inside[-1] else "")
            shapes[at].append(f"{name}{edge}")
    return shapes


def _by_shape(said: Said, tokens: Sequence[Token], common: Mapping[str, int]) -> list[list[str]]:
    cased = any(char.isupper() for char in said.text[1:].replace("I", ""))
    rows = []
    for at, token in enumerate(tokens):
        own = said.text[token.start : token.end]
        if not own[0].isalpha():
            rows.append(["digit" if own[0].isdigit() else f"mark{own}"])
            continue
        first = at == 0 or tokens[at - 1].form in ".?!"
        case = (
            "x"
            if not cased
            else "X"
            if own.isupper() and len(own) > 1
            else "Xx"
            if own[0].isupper()
            else "lx"
        )
        seen = common.get(token.form, 0)
        known = "0" if seen == 0 else "1" if seen < 3 else "few" if seen < 10 else "many"
        rows.append([f"{case}{known}{'^' if first and case == 'Xx' else ''}", f"known{known}", f"case{case}",
                     f"tail{token.form[-3:]}", f"tail{token.form[-2:]}"])  # fmt: skip
    return rows


def _by_jieba(said: Said, tokens: Sequence[Token]) -> list[list[str]]:
    words: list[tuple[int, int, str]] = []
    at = 0
    for word, flag in tagged(said.folded[: tokens[-1].end]):
        words.append((at, at + len(word), flag))
        at += len(word)
    rows: list[list[str]] = []
    current = iter(words)
    start, end, flag = next(current)
    for token in tokens:
        while token.start >= end:
            start, end, flag = next(current)
        if not _HAN.match(token.form):
            shape = "digit" if token.form[0].isdigit() else "latin" if token.form[0].isalpha() else token.form
            rows.append([f"latin-{flag}" if shape == "latin" else shape])
            continue
        place = "S" if end - start == 1 else "B" if token.start == start else "E" if token.end == end else "M"
        rows.append([f"{flag[:2]}{place}", f"size{min(4, end - start)}{place}"])
    return rows


def _clauses(said: Said, tokens: Sequence[Token]) -> list[list[str]]:
    """Of each token: its clause's length and edges, and the words to either side of the clause."""
    ends = [at for at, token in enumerate(tokens) if _MARK.fullmatch(token.form) and token.form not in "&'-"]
    rows: list[list[str]] = []
    begin = 0
    for number, end in enumerate([*ends, len(tokens)]):
        inner = [token.form for token in tokens[begin:end]]
        last = tokens[begin - 1].form if begin else "<s>"
        stop = tokens[end].form if end < len(tokens) else "</s>"
        for place in range(len(inner)):
            after = "".join(inner[place + 1 : place + 12])
            de = after.find("的") if said.language == "zh" else -1
            rows.append([
                f"clause{min(len(inner), 8)}{stop}{last}", f"number{min(number, 5)}",
                f"from{min(place, 5)}", f"to{min(len(inner) - place, 5)}", f"de{min(de, 9)}",
                f"first={inner[0]}", f"last={inner[-1]}", f"edge={inner[0]}|{inner[-1]}",
                f"nth{min(place, 3)}{min(len(inner), 6)}{last}",
            ])  # fmt: skip
        if end < len(tokens):
            rows.append([f"stop{number if number < 4 else 4}"])
        begin = end + 1
    return rows


@functools.cache
def _classes(language: str) -> Mapping[str, re.Pattern[str]]:
    """Word classes of ``opening.yaml``, by the names under ``classes``."""
    from pipeline.analysis.patterns import expand, shared_terms

    path = resources.files("pipeline.lexicons") / language / "opening.yaml"
    data = load_yaml(path.read_text(encoding="utf-8"))
    terms = {**shared_terms(language), **data["terms"]}
    return {name: re.compile(expand(text, terms)) for name, text in data["classes"].items()}


def ordinary_words(text: str) -> Iterator[str]:
    """Words of a text that may be counted as ordinary talk."""
    return (hit.group() for hit in _EN.finditer(text) if _RARE_WORD.fullmatch(hit.group()))
