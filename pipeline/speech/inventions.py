"""What recognisers are known to write where nobody speaks: subtitles' credits, thanks for watching.

The list is data (``lexicons/<language>/hallucinations.yaml``), each entry with examples that it must hit and miss.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LEXICONS = Path(__file__).parents[1] / "lexicons"


@dataclass(frozen=True, slots=True)
class Invention:
    """One known invention of recognisers, with examples that it must hit and miss."""

    pattern: re.Pattern[str]
    always: bool
    hits: tuple[str, ...]
    misses: tuple[str, ...]


@cache
def inventions(language: str) -> tuple[Invention, ...]:
    """Known inventions in a language, from ``lexicons/<language>/hallucinations.yaml``."""
    import yaml

    path = _LEXICONS / language / "hallucinations.yaml"
    if not path.is_file():
        return ()
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(
        Invention(
            re.compile(entry["pattern"]), kind == "always", tuple(entry["hits"]), tuple(entry["misses"])
        )
        for kind in ("always", "alone")
        for entry in raw[kind]
    )


def bare(text: str, *, language: str) -> str:
    """Text as the inventions are compared: lower case, no punctuation; in Mandarin no spaces either."""
    spaced = re.sub(r"[\W_]+", " ", text.casefold()).strip()
    return spaced.replace(" ", "") if language == "zh" else spaced


def doubtful_phrase(text: str) -> bool:
    """Whether the whole text is a phrase that recognisers invent and people say as well."""
    return any(
        not item.always and item.pattern.fullmatch(bare(text, language=language))
        for language in ("zh", "en")
        for item in inventions(language)
    )
