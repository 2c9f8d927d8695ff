"""Error rates of recognition: characters in Mandarin (CER), words in English (WER).

Levenshtein distance over the reference's length, both sides stripped of punctuation, case and spelling
that says the same; the corpus figure divides sums by sums, as is the custom, so that short lines don't
weigh more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

ErrorUnit = Literal["characters", "words"]


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Counts of an alignment; ``rate`` is (substitutions + insertions + deletions) ÷ reference length."""

    substitutions: int
    insertions: int
    deletions: int
    reference_length: int

    @property
    def errors(self) -> int:
        """All edits together."""
        return self.substitutions + self.insertions + self.deletions

    @property
    def rate(self) -> float:
        """Share of wrong units; can pass 1 where much was inserted. NaN without a reference."""
        return self.errors / self.reference_length if self.reference_length else float("nan")

    def __add__(self, other: ErrorRate) -> ErrorRate:
        return ErrorRate(
            self.substitutions + other.substitutions,
            self.insertions + other.insertions,
            self.deletions + other.deletions,
            self.reference_length + other.reference_length,
        )


def units(text: str, *, language: str) -> list[str]:
    """What is counted: characters in ``zh`` (a Latin word or number is one), words in any other language.

    >>> units("好的，CPM 30！", language="zh")
    ['好', '的', 'cpm', '30']
    >>> units("It's OK, thanks.", language="en")
    ["it's", 'ok', 'thanks']
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if language == "zh":
        return re.findall(r"[a-z]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]", plain)
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", plain)


def error_rate(reference: str, hypothesis: str, *, language: str) -> ErrorRate:
    """Error rate of one line.

    >>> error_rate("今天天气好", "今天天汽", language="zh").rate
    0.4
    """
    from rapidfuzz.distance import Levenshtein

    wanted, got = units(reference, language=language), units(hypothesis, language=language)
    counts = {"replace": 0, "insert": 0, "delete": 0}
    for edit in Levenshtein.editops(wanted, got):
        counts[edit.tag] += 1
    return ErrorRate(counts["replace"], counts["insert"], counts["delete"], len(wanted))


def corpus_error_rate(pairs: Iterable[tuple[str, str]], *, language: str) -> ErrorRate:
    """Error rate over many (reference, hypothesis) pairs: all errors over all reference units."""
    total = ErrorRate(0, 0, 0, 0)
    for reference, hypothesis in pairs:
        total += error_rate(reference, hypothesis, language=language)
    return total


def paired_difference(
    pairs: Sequence[tuple[ErrorRate, ErrorRate]], *, resamples: int = 10_000, seed: int = 0
) -> tuple[float, float, float]:
    """How much higher the first rate of each pair is than the second, over all clips, and where that lies 95 times in 100.

    The same clips are drawn for both engines, so that what is hard for either doesn't blur the difference (Bisani and Ney,
    "Bootstrap estimates for confidence intervals in ASR performance evaluation", ICASSP 2004).

    >>> one = (ErrorRate(1, 0, 0, 10), ErrorRate(2, 0, 0, 10))
    >>> paired_difference([one, one])
    (-0.1, -0.1, -0.1)
    """
    import numpy as np

    more = np.array([first.errors - second.errors for first, second in pairs], dtype=float)
    length = np.array([first.reference_length for first, _ in pairs], dtype=float)
    drawn = np.random.default_rng(seed).integers(len(pairs), size=(resamples, len(pairs)))
    low, high = np.percentile(more[drawn].sum(axis=1) / length[drawn].sum(axis=1), (2.5, 97.5))
    return float(more.sum() / length.sum()), float(low), float(high)
