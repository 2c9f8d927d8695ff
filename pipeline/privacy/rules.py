"""The words and patterns of the YAML files beside this module, loaded once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_PART = re.compile(r"(?<![?P])<([a-z_]+)>")
FILES = (
    "numbers.yaml",
    "asked.yaml",
    "contacts.yaml",
    "names.zh.yaml",
    "names.en.yaml",
    "classes.yaml",
    "settled.yaml",
    "colleagues.yaml",
)
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

    merged: dict[str, Any] = {}
    for name in FILES:
        # BaseLoader builds nothing but dict, list and str: as safe as SafeLoader
        merged |= yaml.load((_HERE / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return merged


@cache
def form(path: str, **parts: str) -> re.Pattern[str]:
    """The pattern that stands at ``path`` ("email.written"), each ``<word>`` in it replaced.

    A word is one of ``parts``, an entry beside the pattern, or one of the ``parts`` of its file.
    """
    return pattern(_expanded(path, parts))


def _expanded(path: str, given: dict[str, str]) -> str:
    *above, _ = path.split(".")

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in given:
            return given[name]
        beside = _at(".".join([*above, name]))
        return f"(?:{either(beside) if isinstance(beside, list) else _PART.sub(fill, str(beside))})"

    return _PART.sub(fill, str(_at(path)))


def _at(path: str) -> Any:
    place: Any = rules()
    for key in path.split("."):
        place = place[key]
    return place


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
