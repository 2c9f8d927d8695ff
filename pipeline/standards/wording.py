"""Reasons with the numbers filled in: ``{first_s:.1f}`` and the like, in either language.

Only names from a closed list, only number formats: a template is data and can't reach into objects. A number stands on the same
side of the bound that it is told with as it does unrounded: nobody reads that 20.0 s are longer than 20 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any, Literal

from pipeline.types import Reason

__all__ = ["PLACEHOLDERS", "Bilingual", "fill", "placeholders", "reason"]

Language = Literal["zh", "en"]

PLACEHOLDERS: Mapping[str, str] = {
    "what": "the criterion's `words`",
    "count": "how many were heard",
    "total": "out of how many",
    "met": "how many of them were met",
    "share": "met divided by total, in percent",
    "first_s": "seconds from the place's origin to the first hit",
    "limit_s": "seconds that were allowed",
    "quote": "words of the first hit",
    "quotes": "words of the first three hits, and how many more there are",
    "value": "the measure",
    "unit": "the measure's unit",
    "low": "least accepted",
    "high": "most accepted",
    "lacking": "labels of what lacks",
    "answer": "a check's answer",
    "details": "what a check adds",
    "weight": "the criterion's weight",
    "confidence": "confidence of the most doubtful finding",
    "with_": "verdict if the doubtful findings count",
    "without": "verdict if they don't",
    "why": "why it can't be measured",
}
_SPEC = re.compile(r"^(|\.\d[f%]|\.\d?g|d|[^{}|:]+\|[^{}|:]+)$")
_ROUNDED = re.compile(r"\.(\d)([f%])")
_LEAST, _MOST = ("low",), ("high", "limit_s")
"""Bounds that a number is told with: the least and the most that was asked."""
_MORE = 4
"""Most figures more than a template asks for."""


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A value that is worded differently in each language."""

    zh: str
    en: str


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[tuple[str, str | None, str], ...]:
    return tuple((text, name, spec or "") for text, name, spec, _ in Formatter().parse(template))


def placeholders(template: str) -> Iterator[str]:
    """Mistakes in a template, each as a message."""
    try:
        parts = _parts(template)
    except ValueError as error:
        yield f"braces don't match: {error}"
        return
    for _text, name, spec in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS:
            yield f"{{{name}}} is unknown. Accepted: {', '.join(sorted(PLACEHOLDERS))}"
        if not _SPEC.match(spec):
            told = f"format {spec!r} is unknown. Accepted: .0f .1f .2f .0% d, one|many such as time|times"
            yield f"{told}, such as {{first_s:.1f}} and {{share:.0f}}"


def fill(template: str, values: Mapping[str, Any], language: Language) -> str:
    """The template with its values; ``—`` where one is missing.

    Examples
    --------
    >>> fill("{what} at {first_s:.1f} s", {"what": Bilingual("公司名", "company"), "first_s": 24.31}, "en")
    'company at 24.3 s'
    >>> fill("{count:time|times}", {"count": 1}, "en")
    '1 time'
    >>> fill("{value:.1f} s (up to {high:.0f} s)", {"value": 20.04, "high": 20}, "en")
    '20.04 s (up to 20 s)'
    """
    return "".join(
        text + ("" if name is None else _shown(name, spec, values, language))
        for text, name, spec in _parts(template)
    )


def _shown(name: str, spec: str, values: Mapping[str, Any], language: Language) -> str:
    value = values.get(name)
    if value is None:
        return "—"
    if isinstance(value, Bilingual):
        return value.zh if language == "zh" else value.en
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if "|" in spec:
        one, many = spec.split("|")
        return f"{value:g} {one if value == 1 else many}"
    rounded = _ROUNDED.fullmatch(spec)
    if rounded is None:
        return format(value, spec) if spec else f"{value:g}"
    return _rounded(name, value, int(rounded[1]), rounded[2], values)


def _rounded(name: str, value: float, figures: int, sort: str, values: Mapping[str, Any]) -> str:
    """The number with as many figures as its place beside its bounds takes; a bound itself with all that it has."""
    bounds = [(value, True), (value, False)] if name in (*_LEAST, *_MOST) else list(_bounds_of(values))
    percent = 2 if sort == "%" else 0
    for more in range(_MORE):
        seen = round(value, figures + more + percent)
        if all(
            (seen < bound) is (value < bound) if least else (seen > bound) is (value > bound)
            for bound, least in bounds
        ):
            return format(value, f".{figures + more}{sort}")
    return format(value, f".{figures}{sort}")


def _bounds_of(values: Mapping[str, Any]) -> Iterator[tuple[float, bool]]:
    """Each bound, and whether it is the least asked."""
    for name in (*_LEAST, *_MOST):
        bound = values.get(name)
        if isinstance(bound, (int, float)):
            yield bound, name in _LEAST


def reason(code: str, zh: str, en: str, values: Mapping[str, Any]) -> Reason:
    """A reason in both languages."""
    return Reason(code, fill(zh, values, "zh"), fill(en, values, "en"))
