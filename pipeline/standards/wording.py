"""Reasons with the numbers filled in: ``{first_s:.1f}`` and the like, in either language.

Only names from a closed list, only number formats: a template is data and can't reach into objects.
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
    "quotes": "words of the first three hits",
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
_SPEC = re.compile(r"^(|\.\d[f%]|\.\d?g|d)$")


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
            told = f"format {spec!r} is unknown. Accepted: .0f .1f .2f .0% d"
            yield f"{told}, such as {{first_s:.1f}} and {{share:.0f}}"


def fill(template: str, values: Mapping[str, Any], language: Language) -> str:
    """The template with its values; ``—`` where one is missing.

    Examples
    --------
    >>> fill("{what} at {first_s:.1f} s", {"what": Bilingual("公司名", "company"), "first_s": 24.31}, "en")
    'company at 24.3 s'
    """
    return "".join(
        text + ("" if name is None else _shown(values.get(name), spec, language))
        for text, name, spec in _parts(template)
    )


def _shown(value: Any, spec: str, language: Language) -> str:
    if value is None:
        return "—"
    if isinstance(value, Bilingual):
        return value.zh if language == "zh" else value.en
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return format(value, spec) if spec else f"{value:g}"


def reason(code: str, zh: str, en: str, values: Mapping[str, Any]) -> Reason:
    """A reason in both languages."""
    return Reason(code, fill(zh, values, "zh"), fill(en, values, "en"))
