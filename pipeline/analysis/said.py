"""An agent's early turns, each with what frames, profile and the talk before it say of its slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.frames import framed
from pipeline.analysis.introduced import asks_who
from pipeline.analysis.rules import load_rules
from pipeline.analysis.slots import Known, spot
from pipeline.analysis.text import fold, language_of
from pipeline.analysis.tokens import Said, words_of

OPENING_TURNS = 8
"""Slots and purposes are looked for in the agent's first turns; a name of the profile in all of them (our
default)."""

TAGGED_TURNS = 4
"""Beyond the first so many, a turn is read for slots only when the other side just asked who is calling (our
default)."""


def early_turns(conversation: Conversation) -> list[int]:
    """Indices of the agent's (or unknown speakers') first turns."""
    agents = [at for at, turn in enumerate(conversation.turns) if turn.speaker in ("agent", "unknown")]
    return agents[:OPENING_TURNS]


def is_read(order: int, asked: bool) -> bool:
    """Whether a turn of this order is read for slots."""
    return order < TAGGED_TURNS or asked


def said_in(
    conversation: Conversation,
    turn: int,
    order: int,
    had: Sequence[str],
    known: Mapping[str, Sequence[Known]],
) -> Said:
    """A turn with its hints; ``had`` are the slots filled before it."""
    text = conversation.turns[turn].text
    language = language_of(text) or conversation.transcript.language
    return Said(
        text, fold(text), language,
        order=order, asked=was_asked(conversation, turn), had=tuple(sorted(had)),
        hints=tuple(_hints(conversation, turn, known)), heard=_heard(conversation, turn, language),
    )  # fmt: skip


def _hints(
    conversation: Conversation, turn: int, known: Mapping[str, Sequence[Known]]
) -> Iterator[tuple[str, str, int, int]]:
    for sentence in conversation.in_turn(turn):
        for slot, one in framed(sentence.language, sentence.text, sentence.folded).items():
            yield "frame", slot, sentence.start + one.start, sentence.start + one.end
        for slot, names in known.items():
            hit = spot(sentence, names, fuzzy=slot != "name") if names else None
            if hit is not None:
                yield "profile", slot, sentence.start + hit.start, sentence.start + hit.end


def _heard(conversation: Conversation, turn: int, language: str) -> frozenset[str]:
    before = conversation.turns[max(0, turn - 3) : turn]
    return frozenset(word for one in before for word in words_of(fold(one.text), language))


def was_asked(conversation: Conversation, turn: int) -> bool:
    """Whether the other side's turn just before asks who is calling."""
    if turn == 0 or conversation.turns[turn - 1].speaker == conversation.turns[turn].speaker:
        return False
    return any(
        asks_who(sentence.folded, "zh" if sentence.language == "zh" else "en")
        or load_rules("identity_question", sentence.language).match(sentence.folded)
        for sentence in conversation.in_turn(turn - 1)
    )
