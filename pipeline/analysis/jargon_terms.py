"""The terms of trade and where they stand in a sentence.

Terms come from the profile and from ``lexicons/<language>/_jargon.yaml``. spaCy's PhraseMatcher looks for them over two
layers of the same sentence: tokens as written (one a Han character, one a word; letters said one by one too, ``C P M``)
and, for Chinese terms of four characters (three of a company's own), syllables as heard. Both languages' terms are looked
for in every sentence, since Mandarin sales talk borrows English ones.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.jargon_asked import STRENGTH, asked_terms
from pipeline.analysis.jargon_initials import initials
from pipeline.analysis.phonetic import find_by_sound, places_of, syllable
from pipeline.analysis.text import fold
from pipeline.lexicons import load_yaml
from pipeline.profile import Jargon, Profile

_WRITTEN, _BY_SOUND = 0.95, 0.75
_LEAST_SOUNDS = (4, 3)
"""Syllables from which a shipped term, and one of the company's own, is looked for by sound: of two thousand terms many sound
like three ordinary syllables."""
_TOKEN = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?|[\u3400-\u9fff]|[^\s]")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Term:
    """One term with its plain words. ``upper`` terms count only in capitals (not their variants), ``context`` ones only in such
    a call."""

    term: str
    plain: str
    trade: str
    source: str
    variants: tuple[str, ...] = ()
    upper: bool = False
    context: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A term in a sentence, characters ``[start, end)``."""

    term: Term
    sentence: Sentence
    start: int
    end: int
    strength: float
    layer: str


def terms_said(conversation: Conversation) -> Iterator[Said]:
    """Every term of trade in the call, by whomever."""
    lexicon = lexicon_of(conversation.profile.jargon)
    call = " ".join(sentence.folded for sentence in conversation.sentences)
    asked = [(*place, STRENGTH, "asked") for place in asked_terms(conversation)]
    asked += [(*place, "initials") for place in initials(conversation)]
    names = _names(conversation.profile)
    for sentence in conversation.sentences:
        own = list(_places(names, sentence.folded))
        listed = [
            said
            for said in lexicon.find(sentence)
            if (not said.term.context or any(word in call for word in said.term.context))
            and (said.term.source == "profile" or not _inside(own, said.start, said.end))
        ]
        for place, start, end, strength, layer in asked:
            met = any(one.start < end and start < one.end for one in listed)
            if place is sentence and not met and not _inside(own, start, end):
                listed.append(
                    Said(Term(sentence.text[start:end], "", "", layer), sentence, start, end, strength, layer)
                )
        yield from sorted(listed, key=lambda one: one.start)


def _names(profile: Profile) -> tuple[str, ...]:
    """What the company, its departments and its products are called: names, which say whose or which, no terms of trade."""
    company, products = profile.company, profile.products
    names = [company.name, *company.aliases, *(name for one in products for name in (one.name, *one.aliases))]
    names += [name for one in profile.departments for name in (one.name, *one.aliases)]
    return tuple(dict.fromkeys(fold(name) for name in names if name))


def _places(names: Sequence[str], folded: str) -> Iterator[tuple[int, int]]:
    """Where such a name stands: as written, in Mandarin by its sound too."""
    for name in names:
        if _HAN.search(name):
            starts = {*places_of(name, folded), *find_by_sound(name, folded)}
            yield from ((at, at + len(name)) for at in starts)
        elif name in folded:
            yield from (
                hit.span() for hit in re.finditer(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", folded)
            )


def _inside(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in spans)


@functools.cache
def shipped_terms(language: str) -> tuple[Term, ...]:
    """The terms that ship for one language."""
    path = resources.files("pipeline.lexicons") / language / "_jargon.yaml"
    data: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return tuple(_term(entry, group) for group in data["entries"] for entry in group["terms"])


def _term(entry: Mapping[str, Any], group: Mapping[str, Any]) -> Term:
    return Term(
        term=str(entry["term"]),
        plain=str(entry.get("plain", "")),
        trade=group["trade"],
        source=group["source"],
        variants=tuple(str(variant) for variant in entry.get("variants", ())),
        upper=bool(entry.get("upper", False)),
        context=tuple(entry.get("context", ())),
    )


@functools.lru_cache(maxsize=64)
def lexicon_of(own: tuple[Jargon, ...]) -> Lexicon:
    """The shipped terms with a profile's own, which come first."""
    company = [
        Term(entry.term, entry.plain or "", "company", "profile", also=entry.plain_words) for entry in own
    ]
    return Lexicon([Matchers(company), shipped_matchers()] if company else [shipped_matchers()])


@functools.cache
def shipped_matchers() -> Matchers:
    """The shipped terms of both languages, compiled once: that takes half a second."""
    return Matchers([*shipped_terms("zh"), *shipped_terms("en")])


class Matchers:
    """Terms compiled into two PhraseMatchers; the first of two entries with the same wording stands."""

    def __init__(self, terms: Sequence[Term]) -> None:
        from spacy.matcher import PhraseMatcher
        from spacy.vocab import Vocab

        self.terms = tuple(terms)
        self._vocab = Vocab()
        self._written = PhraseMatcher(self._vocab)
        self._heard = PhraseMatcher(self._vocab)
        seen: set[tuple[str, ...]] = set()
        for number, term in enumerate(self.terms):
            for form in _forms(term):
                key = tuple(token for token, _ in form)
                if key not in seen:
                    seen.add(key)
                    self._written.add(f"t{number}", [self._doc(list(key))])
            sounds = [syllable(char) for char in fold(term.term)]
            least = _LEAST_SOUNDS[term.source == "profile"]
            if len(sounds) >= least and all(_HAN.match(char) for char in term.term):
                self._heard.add(f"t{number}", [self._doc(sounds)])
        self._first = frozenset(key[0] for key in seen)

    def _doc(self, tokens: list[str]) -> Any:
        from spacy.tokens import Doc

        return Doc(self._vocab, words=tokens)

    def written(self, names: list[str]) -> list[tuple[int, int, int]]:
        """Number, first and last token of each term that stands so among the tokens."""
        return [] if self._first.isdisjoint(names) else self._hits(self._written, names)

    def heard(self, sounds: list[str]) -> list[tuple[int, int, int]]:
        """The same for terms that sound so."""
        return self._hits(self._heard, sounds) if len(self._heard) else []

    def _hits(self, matcher: Any, names: list[str]) -> list[tuple[int, int, int]]:
        doc = self._doc(names)
        return [(int(self._vocab.strings[key][1:]), start, end) for key, start, end in matcher(doc)]


class Lexicon:
    """Terms from several matchers; of two with the same wording the one of the earlier matcher stands."""

    def __init__(self, parts: Sequence[Matchers]) -> None:
        self._parts = tuple(parts)
        self._terms = [term for part in parts for term in part.terms]

    def find(self, sentence: Sentence) -> list[Said]:
        """Terms in a sentence, longest first where they overlap."""
        tokens = _tokens(sentence.folded)
        names = [token for token, _ in tokens]
        sounds: list[str] = []
        if sentence.language == "zh" and len(names) >= min(_LEAST_SOUNDS):
            sounds = [syllable(name) if _HAN.match(name) else name for name in names]
        spans: list[tuple[int, int, int, float, str]] = []
        before = 0
        for part in self._parts:
            spans += [(before + n, a, b, _WRITTEN, "lexicon") for n, a, b in part.written(names)]
            if sounds:
                spans += [(before + n, a, b, _BY_SOUND, "sound") for n, a, b in part.heard(sounds)]
            before += len(part.terms)
        return self._resolve(sentence, tokens, spans)

    def _resolve(
        self,
        sentence: Sentence,
        tokens: Sequence[tuple[str, int]],
        spans: list[tuple[int, int, int, float, str]],
    ) -> list[Said]:
        kept: list[Said] = []
        for number, first, last, strength, layer in sorted(spans, key=lambda s: (s[1] - s[2], -s[3], s[0])):
            start, end = tokens[first][1], tokens[last - 1][1] + len(tokens[last - 1][0])
            term = self._terms[number]
            if term.upper and not _in_capitals(sentence.text[start:end], term.term):
                continue
            if all(end <= other.start or start >= other.end for other in kept):
                kept.append(Said(term, sentence, start, end, strength, layer))
        return sorted(kept, key=lambda said: said.start)


def _in_capitals(written: str, term: str) -> bool:
    """Whether a term stands in capitals, a plural's s left out; other spellings of it need none."""
    name = written[:-1] if written.endswith("s") and not term.endswith("s") else written
    return fold(name) != fold(term) or name == name.upper()


@functools.lru_cache(maxsize=4096)
def _tokens(folded: str) -> tuple[tuple[str, int], ...]:
    return tuple((hit.group(), hit.start()) for hit in _TOKEN.finditer(folded))


def _forms(term: Term) -> Iterator[tuple[tuple[str, int], ...]]:
    """All ways in which the tokens of a term may stand: its spellings, plurals, and letters one by one."""
    for spelling in (term.term, *term.variants):
        folded = fold(spelling)
        tokens = _tokens(folded)
        if not tokens:
            continue
        yield tokens
        last = tokens[-1][0]
        if last.isascii() and last.isalpha() and not last.endswith("s"):
            yield (*tokens[:-1], (last + "s", 0))
        letters = re.fullmatch(r"[a-z]{2,6}", folded)
        if letters and (spelling.isupper() or sum(char.isupper() for char in spelling) >= 2):
            yield tuple((char, 0) for char in folded)
            yield tuple((token, 0) for char in folded for token in (char, "."))
            yield tuple((token, 0) for char in folded for token in (char, "."))[:-1]
            yield tuple((token, 0) for char in folded for token in (char, "-"))[:-1]
