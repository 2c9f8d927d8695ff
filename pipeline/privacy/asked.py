"""What the other side has just asked for, so that a bare answer is known for what it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pipeline.privacy.rules import KINDS, pattern, rules
from pipeline.types import Turn

NUMBERS = frozenset({"phone", "id_number", "bank_card", "email"})
FARTHEST_TURNS = 8
REMARK_CHARS = 24
REMARK_WORDS = 6


def asked_for(turns: Sequence[Turn], index: int) -> frozenset[str]:
    """The kinds that turn ``index`` answers.

    The nearest question of another side counts, across its short remarks ("go on") and what this side dictated in between.
    In a call whose sides aren't known the turn before may be anybody's.
    """
    mine = turns[index].speaker
    for other in range(index - 1, max(-1, index - 1 - FARTHEST_TURNS), -1):
        turn = turns[other]
        if turn.speaker == mine and mine != "unknown":
            continue
        kinds = asks_for(turn.text)
        if kinds:
            return kinds
        if not is_remark(turn.text) or asks_else(turn.text):
            return frozenset()
    return frozenset()


@lru_cache(maxsize=512)
def asks_for(text: str) -> frozenset[str]:
    """The kinds of personal data for which a text asks."""
    return frozenset(kind for kind in KINDS if pattern(rules()["asked"][kind]).search(text))


def asks_else(text: str) -> bool:
    """Whether a turn asks for something that is no personal number, so that what was told before has ended."""
    return bool(pattern(rules()["asked"]["elsewhere"]).search(text))


def ends_dictation(text: str) -> bool:
    """Whether a turn asks for the next thing, so that the digits after it are another number's."""
    if asks_else(text):
        return True
    asked = form_of_question(text) and asks_for(text) & NUMBERS
    return bool(asked) and not pattern(rules()["asked"]["more"]).search(text)


def form_of_question(text: str) -> bool:
    """Whether a text ends as a question does."""
    return text.rstrip().endswith(("?", "？", "呢", "吗"))


def is_remark(text: str) -> bool:
    """Whether a turn is only a short word to go on with."""
    most = REMARK_CHARS if text.isascii() else REMARK_CHARS // 2
    return len(text.split()) <= REMARK_WORDS and sum(map(str.isalnum, text)) <= most
