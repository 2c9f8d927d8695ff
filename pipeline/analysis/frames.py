"""Frames of introduction as data: in which words an agent names the company, the department and himself.

``lexicons/<language>/opening.yaml`` holds ``terms`` and ``frames``; a frame has patterns with the groups
``company, department, name``, examples with what each slot must hold, and misses. ``not_company`` and
``not_name`` among the terms say what no such slot may look like.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from pipeline.analysis.heard import Form, calmed, forms_of
from pipeline.analysis.introduction import parts_of
from pipeline.analysis.patterns import Pattern, compile_pattern, expand, shared_terms
from pipeline.analysis.units import unit_of
from pipeline.lexicons import load_yaml

SLOTS = ("company", "department", "name")
_SMALL_WORDS = {"of", "and", "the", "for", "&", "on", "in", "de", "la", "first"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A slot that a frame filled: characters ``[start, end)`` of the sentence."""

    slot: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Frames:
    """All frames of a language, in order."""

    language: str
    patterns: tuple[Pattern, ...]
    refused: dict[str, tuple[re.Pattern[str], ...]]

    def hear(self, text: str, folded: str) -> dict[str, Heard]:
        """The first filling of each slot in a sentence, by the order of the frames."""
        slots: dict[str, Heard] = {}
        if self.language == "zh":
            self._by_grammar(text, folded, slots)
        else:
            self._by_unit(text, folded, slots)
        for form in (*reversed(forms_of(folded, self.language)), *calmed(folded, self.language)):
            for pattern in self.patterns:
                if pattern.could(form):
                    for hit in pattern.regex.finditer(form.text):
                        self._take(hit, form, text, folded, slots)
        return slots

    def _by_grammar(self, text: str, folded: str, slots: dict[str, Heard]) -> None:
        for form in reversed(forms_of(folded, self.language)):
            for slot, span in parts_of(form.text).items():
                place = form.back(*span)
                kept = Heard(slot, *place) if slot == "company" else self._kept(slot, text, folded, *place)
                if slot == "company" and re.search(r"[，,。]", folded[slice(*place)]):
                    continue
                if kept is not None and slot not in slots and not _inside_other(kept, slots):
                    slots[slot] = kept

    def _by_unit(self, text: str, folded: str, slots: dict[str, Heard]) -> None:
        """Department and company of an English sentence, by the department's last word."""
        for slot, span in unit_of(text, folded).items():
            if slot == "department":
                slots[slot] = Heard(slot, *span)
            else:
                kept = self._kept(slot, text, folded, *span)
                if kept is not None and not _inside_other(kept, slots):
                    slots[slot] = kept

    def _take(self, hit: re.Match[str], form: Form, text: str, folded: str, slots: dict[str, Heard]) -> None:
        """Take the slots of one match, all or none: one that looks like no name spoils the others."""
        taken: list[Heard] = []
        for slot, value in hit.groupdict().items():
            if value is None or slot not in SLOTS:
                continue
            kept = self._kept(slot, text, folded, *form.back(*hit.span(slot)))
            if kept is None:
                return
            taken.append(kept)
        for kept in taken:
            if kept.slot not in slots and not _inside_other(kept, slots):
                slots[kept.slot] = kept

    def _kept(self, slot: str, text: str, folded: str, start: int, end: int) -> Heard | None:
        if self.language == "en":
            start, end = _cased(slot, text, start, end)
        value = folded[start:end]
        if end <= start or any(no.search(value) for no in self.refused.get(slot, ())):
            return None
        return Heard(slot, start, end)


def _inside_other(heard: Heard, slots: dict[str, Heard]) -> bool:
    return any(heard.start < other.end and other.start < heard.end for other in slots.values())


def _cased(slot: str, text: str, start: int, end: int) -> tuple[int, int]:
    """In cased English a name starts with a capital and ends before the first small word; else it stays as
    it is."""
    while start < end and text[start:end].lower().startswith("the "):
        start += 4
    if slot == "department" or not any(char.isupper() for char in text if char != "I"):
        return start, end
    kept = start
    for word in re.finditer(r"\S+", text[start:end]):
        bare = word.group()
        if bare[0].isupper() or bare[0].isdigit():
            kept = start + word.end()
        elif bare not in _SMALL_WORDS or kept == start:
            break
    while kept > start and text[kept - 1] in ".,;!?'":
        kept -= 1
    return start, kept


@functools.cache
def load_frames(language: str) -> Frames:
    """The frames as shipped."""
    data = read_frames(language)
    terms = {**shared_terms(language), **data["terms"]}
    patterns = tuple(
        compile_pattern(text, language, terms) for frame in data["frames"] for text in frame["patterns"]
    )
    refused = {
        slot: tuple(re.compile(expand(text, terms)) for text in terms.get(f"not_{slot}", []))
        for slot in SLOTS
    }
    return Frames(language, patterns, refused)


@functools.lru_cache(maxsize=256)
def framed(language: str, text: str, folded: str) -> Mapping[str, Heard]:
    """What frames hear in a sentence; kept, since a call is read before masking and after."""
    return MappingProxyType(load_frames(language).hear(text, folded))


def read_frames(language: str) -> dict[str, Any]:
    """The file's content, for its own test."""
    path = resources.files("pipeline.lexicons") / language / "opening.yaml"
    loaded: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return loaded


def first_slots(texts: Iterator[tuple[str, str]], language: str) -> dict[str, Heard]:
    """Slots over several sentences, the first filling of each."""
    slots: dict[str, Heard] = {}
    for text, folded in texts:
        for slot, heard in load_frames(language).hear(text, folded).items():
            slots.setdefault(slot, heard)
    return slots
