"""What a call's ending looks like to the outcome model: who speaks last and how, and what either side's last words do.

Few sentences are read by the encoder (``READ``), so that a call costs a handful of them; phrases, times and
n-grams are taken from all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.features import gram_columns, vectors
from pipeline.analysis.matching import matches
from pipeline.analysis.when import says_time

if TYPE_CHECKING:
    import numpy as np

ACTS = {
    "customer": (
        "order",
        "interest",
        "later",
        "refuse",
        "vague",
        "cut",
        "wrong",
        "machine",
        "noise",
        "other",
    ),
    "agent": ("order", "interest", "later", "leave", "open", "cut", "wrong", "message", "novoice", "other"),
}
"""What a sentence does for the call's ending, by side; examples in ``lexicons/<language>/_endings.yaml``."""
FAMILIES = (
    "outcome_order", "outcome_interest", "outcome_call_back", "outcome_refusal", "outcome_undecided",
    "wrong_person", "wrong_person_part", "voicemail", "no_connection", "proposal", "reply_agree",
    "reply_decline", "do_not_call", "refusal", "apology", "identity_question", "complaint",
)  # fmt: skip
"""Rule files whose hits are told to the model, by side and place."""
READ = {"customer": 4, "agent": 3, "first": 2}
"""How many sentences the encoder reads: the customer's last, the agent's last, the customer's first."""
_RULES, _ACTS, _VECTORS = 0.5, 1.5, 1.0
"""Shares of the parts, by cross-validation between authors."""
GRAM_ZONES = 4
GRAM_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Ending:
    """A call as the model sees it: numbers, and the n-gram columns of four stretches of speech."""

    dense: np.ndarray
    grams: tuple[np.ndarray, ...]
    strongest: Mapping[str, np.ndarray]
    """The strongest sign of each act in the customer's last sentences, their first, and the agent's last."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Stretches of a call; a speaker who is unknown may be either side."""

    customer: tuple[Sentence, ...]
    agent: tuple[Sentence, ...]
    closing: tuple[Sentence, ...]
    closing_agent: tuple[Sentence, ...]
    opening: tuple[Sentence, ...]
    opening_agent: tuple[Sentence, ...]
    last: tuple[Sentence, ...]


def zones(conversation: Conversation) -> Zones:
    """The stretches by turn: the customer's last three turns and first two, the agent's last two and first two."""
    said = conversation.sentences
    customer = tuple(s for s in said if s.speaker != "agent")
    agent = tuple(s for s in said if s.speaker != "customer")
    turns, answers = _turns(customer), _turns(agent)
    return Zones(
        customer,
        agent,
        _of(customer, turns[-3:]),
        _of(agent, answers[-2:]),
        _of(customer, turns[:2]),
        _of(agent, answers[:2]),
        _of(customer, turns[-1:]),
    )


def _turns(said: Sequence[Sentence]) -> list[int]:
    return sorted({sentence.turn for sentence in said})


def _of(said: Sequence[Sentence], turns: Sequence[int]) -> tuple[Sentence, ...]:
    return tuple(sentence for sentence in said if sentence.turn in turns)


def text_row(vector: np.ndarray, text: str, language: str) -> tuple[np.ndarray, np.ndarray]:
    """Encoder vector and n-gram columns of a sentence, as both sentence models take them."""
    return vector, gram_columns(text, language)


def ending_of(conversation: Conversation, acts: dict[str, ActModel]) -> Ending:
    """All that the outcome model looks at.

    Parameters
    ----------
    conversation
        The call; at least one sentence of either side.
    acts
        The sentence models by side.
    """
    import numpy as np

    found = zones(conversation)
    customer, agent = found.customer[-READ["customer"] :], found.agent[-READ["agent"] :]
    first = found.customer[: READ["first"]]
    read = {
        s.index: v
        for s, v in zip(
            (*customer, *agent, *first), vectors([s.text for s in (*customer, *agent, *first)]), strict=True
        )
    }
    doing = {
        "customer": _doing(customer, read, acts["customer"], 2),
        "first": _doing(first, read, acts["customer"], 0),
        "agent": _doing(agent, read, acts["agent"], 2),
    }
    parts = [
        *(_VECTORS * part for part in _means(customer, agent, first, read)),
        *(_ACTS * acted for acted in doing.values()),
        _RULES * _hits(found),
        _shape(conversation, found),
    ]
    stretches = (found.closing, found.closing_agent, found.customer, found.agent)
    return Ending(
        np.concatenate(parts).astype(np.float32),
        tuple(_columns(stretch) for stretch in stretches),
        {name: acted[: len(ACTS["customer"])] for name, acted in doing.items()},
    )


@dataclass(frozen=True, slots=True)
class ActModel:
    """Weights of one side's sentence model: ``encoder (512, acts)``, ``grams (GRAMS, acts)``, ``bias (acts,)``."""

    encoder: np.ndarray
    grams: np.ndarray
    bias: np.ndarray

    def probabilities(self, vector: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """How likely the sentence does each act."""
        import numpy as np

        raw = vector @ self.encoder + self.bias
        raw = raw + self.grams[columns].astype(np.float32).sum(axis=0) / max(1.0, len(columns)) ** 0.5
        grown = np.exp(_SHARPNESS * (raw - raw.max()))
        shares: np.ndarray = grown / grown.sum()
        return shares


_SHARPNESS = 6.0
"""From least-squares scores, which lie between 0 and 1, to shares (our default)."""


def _means(
    customer: Sequence[Sentence],
    agent: Sequence[Sentence],
    first: Sequence[Sentence],
    read: dict[int, np.ndarray],
) -> list[np.ndarray]:
    """Directions of the last turns, of the closing and of the first words."""
    turns = _turns(customer)
    last_agent = _turns(agent)[-1:]
    stretches = (
        _of(customer, turns[-1:]), _of(customer, turns[-2:-1]), _of(agent, last_agent), customer, agent, first,
    )  # fmt: skip
    return [_direction([read[s.index] for s in stretch]) for stretch in stretches]


def _direction(rows: Sequence[np.ndarray]) -> np.ndarray:
    import numpy as np

    if not rows:
        return np.zeros(512, dtype=np.float32)
    mean = np.mean(rows, axis=0)
    unit: np.ndarray = mean / (float(np.linalg.norm(mean)) + 1e-9)
    return unit


def _doing(said: Sequence[Sentence], read: dict[int, np.ndarray], model: ActModel, singly: int) -> np.ndarray:
    """The strongest sign of each act in a stretch, and the acts of its last sentences one by one."""
    import numpy as np

    width = len(model.bias)
    rows = [model.probabilities(*text_row(read[s.index], s.text, s.language)) for s in said]
    strongest = np.max(rows, axis=0) if rows else np.zeros(width)
    alone = [rows[-at] if len(rows) >= at else np.zeros(width) for at in range(1, singly + 1)]
    return np.concatenate([strongest, *alone])


def _hits(found: Zones) -> np.ndarray:
    import numpy as np

    stretches = (
        found.opening, found.closing, found.last, found.customer,
        found.opening_agent, found.closing_agent, found.agent,
    )  # fmt: skip
    row: list[float] = []
    for stretch in stretches:
        row += [
            max((hit.strength for s in stretch for hit in matches(kind, s)), default=0.0) for kind in FAMILIES
        ]
        row.append(float(any(says_time(s.folded, s.language) for s in stretch)))
    return np.array(row)


def _shape(conversation: Conversation, found: Zones) -> np.ndarray:
    """How long the call is, how much either side says, who ends it, and whether sounds stand for words."""
    import numpy as np

    turns, replies = len(conversation.turns), len(_turns(found.customer))
    unit = 1 if conversation.transcript.language == "zh" else 3
    talk = sum(len(s.text) for s in found.customer) / unit
    pitch = sum(len(s.text) for s in found.agent) / unit
    heard = "".join(turn.text for turn in conversation.turns if turn.speaker != "agent")
    return np.array(
        [
            turns <= 3, turns <= 5, turns <= 7, turns <= 9, replies <= 1, replies <= 2, replies <= 3,
            math.log1p(talk) / 5, math.log1p(pitch) / 5, talk < 1, talk < 15, talk < 40,
            bool(conversation.turns) and conversation.turns[-1].speaker == "customer",
            any(mark in heard for mark in "…(（"),
        ],
        dtype=np.float64,
    )  # fmt: skip


def _columns(stretch: Sequence[Sentence]) -> np.ndarray:
    import numpy as np

    if not stretch:
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.concatenate([gram_columns(s.text, s.language) for s in stretch]))
