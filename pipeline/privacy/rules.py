"""The words and patterns of ``rules.yaml``, loaded once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

KINDS = ("phone", "id_number", "bank_card", "email", "address", "name", "code")


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of text that holds personal data."""

    start: int
    end: int
    kind: str
    confidence: float = 0.95

    def meets(self, other: Hit) -> bool:
        """Whether both share a character."""
        return self.start < other.end and other.start < self.end


@cache
def rules() -> dict[str, Any]:
    """All rules. Every scalar is text, so that ``no``, ``on`` and ``163`` stay the words they are."""
    import yaml

    text = (Path(__file__).parent / "rules.yaml").read_text(encoding="utf-8")
    # BaseLoader builds nothing but dict, list and str: as safe as SafeLoader
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    return loaded


def either(words: Iterable[str], *, whole: bool = False) -> str:
    """A pattern for any of these words, the longest first; ``whole``: Latin ones not inside others."""
    ordered = sorted(words, key=len, reverse=True)
    parts = [re.escape(word).replace(r"\ ", r"\s+") for word in ordered]
    if whole:
        parts = [
            rf"(?<![a-z]){part}(?![a-z])" if word[0].isascii() else part
            for part, word in zip(parts, ordered, strict=True)
        ]
    return "(?:" + "|".join(parts) + ")"


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern without regard to case, compiled once."""
    return re.compile(text, re.IGNORECASE)


def label(kind: str, language: str | None) -> str:
    """What stands in the text instead: ``[电话]``, ``[phone]``."""
    both: dict[str, str] = rules()["labels"][kind]
    return both["zh"] if (language or "").startswith("zh") else both["en"]
