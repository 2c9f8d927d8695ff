"""Recognition errors of one call's side, by script: characters in Mandarin, words in English."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.analysis.text import fold, language_of
from pipeline.speech.error_rate import units


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Edit distance over the length of the truth: characters for Mandarin, words for English."""

    unit: str
    edits: int
    length: int

    @property
    def rate(self) -> float | None:
        """Edits by unit of truth; None with no truth."""
        return self.edits / self.length if self.length else None

    def __add__(self, other: ErrorRate) -> ErrorRate:
        return ErrorRate(self.unit, self.edits + other.edits, self.length + other.length)


def error_rate(truth: str, heard: str, language: str | None = None) -> ErrorRate:
    """CER (Mandarin) or WER (English) by Levenshtein distance; punctuation, case and script folded away.

    Examples
    --------
    >>> error_rate("您好，请问贵姓？", "您好请问贵性", "zh").rate
    0.16666666666666666
    """
    from rapidfuzz.distance import Levenshtein

    language = language or language_of(truth) or "zh"
    wanted, got = units(fold(truth), language=language), units(fold(heard), language=language)
    return ErrorRate(
        "character" if language == "zh" else "word", Levenshtein.distance(wanted, got), len(wanted)
    )
