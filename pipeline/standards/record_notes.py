"""What the free notes of a call list say of how a call ended, by wordings that the standard names."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

__all__ = ["outcomes_in"]

_HAN = re.compile(r"[\u3400-\u9fff]")


def outcomes_in(
    notes: str, wordings: Mapping[str, tuple[str, ...]], denials: tuple[str, ...]
) -> dict[str, str]:
    """Outcomes that the notes name, each with its words as they stand there.

    Of wordings that overlap the longest counts (不感兴趣, not 感兴趣); one behind a denial says nothing.

    Examples
    --------
    >>> words = {"interested": ("感兴趣", "keen"), "not_interested": ("不感兴趣",)}
    >>> outcomes_in("客户不感兴趣", words, ("没",)), outcomes_in("She is not very keen", words, ("not",))
    ({'not_interested': '不感兴趣'}, {})
    """
    labels = tuple((wording.lower(), label) for label, each in wordings.items() for wording in each)
    found: dict[str, str] = {}
    for hit in _pattern(tuple(wording for wording, _ in labels)).finditer(notes):
        if not _denied(notes[: hit.start()], denials):
            found.setdefault(dict(labels)[" ".join(hit.group().lower().split())], hit.group())
    return found


@functools.lru_cache(maxsize=64)
def _pattern(wordings: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for wording in sorted(wordings, key=len, reverse=True):
        words = r"\s+".join(re.escape(word) for word in wording.split())
        parts.append(words if _HAN.search(wording) else rf"(?<!\w){words}(?!\w)")
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def _denied(before: str, denials: tuple[str, ...]) -> bool:
    """Whether what stands right before is denied: the Han sign next to it, or one of the last two words."""
    clause = re.split(r"[,.;!?，。；！？、\n]", before)[-1].rstrip()
    words = re.findall(r"[\w'’]+", clause.lower().replace("’", "'"))[-2:]
    for denial in denials:
        if _HAN.search(denial):
            if clause.endswith(denial):
                return True
        elif any(word == denial or (denial.startswith("n'") and word.endswith(denial)) for word in words):
            return True
    return False
