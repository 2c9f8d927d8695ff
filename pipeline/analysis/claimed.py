"""Whether an agent stands by words that a rule finds in his speech, or denies, reports or only asks about them."""

from __future__ import annotations

import re
from typing import Literal

from pipeline.analysis.shapes import shape
from pipeline.analysis.text import fold, language_of, sentences

__all__ = ["Standing", "denies", "standing"]

Standing = Literal["claimed", "unsure", "taken_back"]
_QUOTED_BEFORE, _QUOTED_AFTER = re.compile(r"[“「『\"]$"), re.compile(r"^[”」』\"]")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff]|$)")  # a recogniser's
_ASKS_ITSELF = re.compile(r"[?吗]|(\w)[不没]\1")


def standing(text: str, start: int, end: int, *, claims: bool = True) -> Standing:
    """How the speaker of a turn stands to its words ``[start, end)``.

    ``taken_back``: denied right before or after, only wished for, said to be others' words, or a plain question. ``unsure``: a
    denial further off in the clause, one with an exception, a question that presses ("isn't that …?"), or quotation marks.
    Words that do harm also in a question, such as abuse, are no ``claims``: a question doesn't take them back.
    """
    first, last = next(((a, b) for a, b in sentences(text) if a <= start < b), (0, len(text)))
    sentence = fold(text[first : max(last, end)])
    start, end = start - first, end - first
    language = "zh" if language_of(sentence) == "zh" else "en"
    before, after = (_HAN_GAP.sub("", part) for part in (sentence[:start], sentence[end:]))
    clause = _clause(sentence, start, end)
    asks = shape("asks", language).search(clause) is not None
    if _denied(before, after, language):
        pressed = asks or shape("after_all", language).search(after) is not None
        return "unsure" if claims and pressed else "taken_back"  # "isn't that ...?" may well mean that it is
    if _reported(before, language):
        return "taken_back"
    if claims and asks and not _ASKS_ITSELF.search(sentence[start:end]):
        return "unsure" if shape("asks_back", language).search(clause) else "taken_back"
    own = _own_clause(before, language)
    quoted = _QUOTED_BEFORE.search(before) and _QUOTED_AFTER.search(after)
    return "unsure" if quoted or shape("maybe_denied", language).search(own) else "claimed"


def denies(text: str) -> bool:
    """Whether a text denies anything."""
    folded = fold(text)
    return shape("maybe_denied", "zh" if language_of(folded) == "zh" else "en").search(folded) is not None


def _denied(before: str, after: str, language: str) -> bool:
    """Whether words are denied: what denies them ends right before or begins right after."""
    clause = _last_clause(before)
    near = shape("denied", language).search(before) or any(
        shape(name, language).search(clause) for name in ("unclaimed", "unpractised", "unreal")
    )
    return bool(near or shape("denied_after", language).search(after))


def _reported(before: str, language: str) -> bool:
    """Whether words are somebody else's, and nothing since leads back to the speaker."""
    for name, part in (("said_by_others", before), ("claimed_by_others", _last_clause(before))):
        for hit in shape(name, language).finditer(part):
            if not shape("ours", language).search(part[hit.end() :]):
                return True
    return False


def _clause(sentence: str, start: int, end: int) -> str:
    """The words with what stands around them between two commas."""
    tail = re.match(r"[^,，;；]*", sentence[end:])
    return _last_clause(sentence[:start]) + sentence[start : end + (tail.end() if tail else 0)]


def _last_clause(before: str) -> str:
    """What stands since the last comma."""
    return re.split(r"[,，;；:：]", before)[-1]


def _own_clause(before: str, language: str) -> str:
    """What stands since the last comma or joining word."""
    last = 0
    for hit in shape("new_clause", language).finditer(before):
        last = hit.end()
    return before[last:]
