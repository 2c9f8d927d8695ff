"""In which language a transcript made elsewhere is: as declared, unless its script plainly is the other's, or by its script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.analysis.text import language_of, words_by_script
from pipeline.config_messages import shown
from pipeline.delivered_fields import MistakeError
from pipeline.types import Turn

LANGUAGES = ("zh", "en")
_NAMED = {"cmn": "zh", "mandarin": "zh", "chinese": "zh", "english": "en"}
_WORDS = {"zh": "Chinese", "en": "English"}
_MANY = 20.0
"""Words; of fewer nobody can say that all of a call is in the other language."""
_MOST_OWN = {"zh": 0.02, "en": 0.1}
"""Share of words in the declared language's script that the other language holds by itself: Mandarin has terms and names in
Latin letters, English has none in Han."""
_SENTENCE = 4.0
"""Words of a turn in the declared language that make mixed speech of a call."""


def language_told(value: Any, turns: Sequence[Turn]) -> str:
    """``zh`` or ``en``, as declared or found.

    Raises
    ------
    MistakeError
        Another language is declared, or one in whose script hardly anything is written.
    """
    if value is None or value in ("", "auto"):
        return language_of(" ".join(turn.text for turn in turns)) or "zh"
    short = value.lower().replace("_", "-").split("-")[0] if isinstance(value, str) else None
    language = _NAMED.get(str(short), short)
    if language not in LANGUAGES:
        raise MistakeError("language", f"{shown(value)} is unknown; zh, en or nothing are accepted")
    if _is_other(turns, language):
        other = "en" if language == "zh" else "zh"
        raise MistakeError(
            "language",
            f"{shown(value)} is declared, but the turns are written in {_WORDS[other]}; {other} or nothing are accepted",
        )
    return language


def _is_other(turns: Sequence[Turn], declared: str) -> bool:
    """Whether many words are in the other script, hardly one in the declared one's, and no sentence: mixed speech has some."""
    counts = [dict(zip(LANGUAGES, words_by_script(turn.text), strict=True)) for turn in turns]
    own = sum(count[declared] for count in counts)
    total = sum(sum(count.values()) for count in counts)
    if total < _MANY or own > _MOST_OWN[declared] * total:
        return False
    return all(count[declared] < max(_SENTENCE, sum(count.values()) / 2) for count in counts)
