"""What each sentence does – presses, refuses, objects, asks, offers – by a layer learned from labelled calls.

A logistic regression a kind, over the sentence's words and sounds, its encoder vector, what stands before and after it, and
the rules that hit it: the rules' word counts, and so does how often it proved right. Fitted by ``acts_fit`` from the calls under
``lexicons/<language>/calls`` and the examples beside the rules; its probabilities are calibrated across authors. Where it is
unsure a network reads the sentence a second time (``second.py``).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.analysis.acts_features import row_alone, rows_of
from pipeline.analysis.acts_model import Target, Weights, chances, load_weights, score, with_habit
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.features import vectors
from pipeline.analysis.rules import LANGUAGES
from pipeline.analysis.second import SORTED, Join, load_joins, opinion_of, read_again

KINDS: Mapping[str, tuple[str, ...]] = {
    "agent": (
        "hard_sell",
        "needs_question",
        "pitch",
        "benefit",
        "purpose",
        "reference",
        "follow_up",
        "notice",
        "absolute_claim",
        "rude",
        "impatient",
    ),
    "customer": ("refusal", "objection", "confusion", "customer_question", "complaint", "do_not_call"),
}
"""Kinds that are learned, by the side that does them."""
DETAILS: Mapping[str, tuple[str, ...]] = {"hard_sell": ("kind", "severity"), "objection": ("kind",)}
"""Details that are learned as well."""
HABITS = frozenset({"hard_sell"})
"""Kinds that an agent does again: how likely it is elsewhere in the call counts too."""
SORTS: Mapping[str, str] = {"hard_sell": "kind", "objection": "kind"}
"""Kinds each of whose sorts, the values of this detail, has a model of its own, which has a say in the kind's probability."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How likely a sentence is of a kind, from where that counts, and the likeliest detail with its share."""

    probability: float
    threshold: float
    detail: Mapping[str, Any] = field(default_factory=dict)
    share: Mapping[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it is likely enough to be listed."""
        return self.probability >= self.threshold


NOTHING = Guess(0.0, 1.0)
_kept: tuple[tuple[Sentence, ...], dict[str, dict[int, dict[str, Guess]]]] = ((), {})


def guesses(conversation: Conversation, kind: str) -> dict[int, Guess]:
    """The guess for a kind of each sentence of its side (and of unknown speakers), by the sentence's index."""
    side = next(side for side, kinds in KINDS.items() if kind in kinds)
    return {index: found.get(kind, NOTHING) for index, found in _read(conversation, side).items()}


def alone(sentence: Sentence, kind: str) -> Guess:
    """The guess for a kind from a sentence's own words: what was said before and after has no say in it.

    In a heated call the anger of its neighbours is read into what presses or insults nobody.
    """
    side = next(side for side, kinds in KINDS.items() if kind in kinds)
    language = sentence.language if sentence.language in LANGUAGES else "en"
    return _alone(sentence.text, language, side)[kind]


@functools.lru_cache(maxsize=256)
def _alone(text: str, language: str, side: str) -> Mapping[str, Guess]:
    weights = load_weights(language, side)
    scores = score(weights, [row_alone(text, language)], ask=KINDS[side])
    targets = {kind: weights.targets[weights.at(kind)] for kind in KINDS[side]}
    likely = {kind: float(chances(weights, scores, kind, SORTS.get(kind))[0]) for kind in KINDS[side]}
    return {
        kind: _guess(weights, scores[0], kind, likely[kind], target.threshold)
        for kind, target in targets.items()
    }


def _read(conversation: Conversation, side: str) -> dict[int, dict[str, Guess]]:
    """All guesses of a side, made once a conversation; the newest conversation is kept."""
    global _kept  # one entry, replaced whole: the tuple itself tells whether it is the same conversation
    if _kept[0] is not conversation.sentences:
        _kept = (conversation.sentences, {})
        # nearly all are asked for in the end, and in one batch a sentence takes half as long
        vectors([sentence.text for sentence in conversation.sentences])
    if side not in _kept[1]:
        _kept[1][side] = _guess_all(conversation, side)
    return _kept[1][side]


def _guess_all(conversation: Conversation, side: str) -> dict[int, dict[str, Guess]]:
    found: dict[int, dict[str, Guess]] = {}
    spoken = [s for s in conversation.sentences if s.speaker in (side, "unknown")]
    for language in LANGUAGES:
        mine = [s for s in spoken if (s.language if s.language in LANGUAGES else "en") == language]
        if not mine:
            continue
        weights = load_weights(language, side)
        scores = score(weights, list(rows_of(conversation, mine)), ask=KINDS[side])
        first = {kind: chances(weights, scores, kind, SORTS.get(kind)) for kind in KINDS[side]}
        opinion = opinion_of(conversation, mine, language)
        likely = read_again(opinion, first, language)
        joins = {kind: _joined(weights, kind, language) for kind in KINDS[side]}
        likely = {kind: with_habit(likely[kind], join) for kind, join in joins.items()}
        for at, (sentence, row) in enumerate(zip(mine, scores, strict=True)):
            found[sentence.index] = {
                kind: _guess(
                    weights,
                    row,
                    kind,
                    float(likely[kind][at]),
                    join.threshold,
                    functools.partial(opinion.share, at),
                )
                for kind, join in joins.items()
            }
    return found


def _joined(weights: Weights, kind: str, language: str) -> Target | Join:
    """What says from where a kind counts: the figures of all readings together where there are any."""
    return load_joins(language).get(kind) or weights.targets[weights.at(kind)]


Shares = Callable[[str, Sequence[str]], Mapping[str, float]]
"""How likely each value of a detail (``hard_sell.kind``) is by another opinion."""


def _guess(
    weights: Weights,
    row: Sequence[float],
    kind: str,
    probability: float,
    threshold: float,
    second: Shares | None = None,
) -> Guess:
    if probability < threshold / 2:
        return Guess(probability, threshold)
    detail: dict[str, str] = {}
    share: dict[str, float] = {}
    for name in DETAILS.get(kind, ()):
        values = _values(weights, row, f"{kind}.{name}=")
        if second and name == SORTED:
            others = second(f"{kind}.{name}", list(values))
            values = {value: math.sqrt(chance * others[value]) for value, chance in values.items()}
        best = max(values, key=lambda value: values[value])
        detail[name], share[name] = best, values[best] / sum(values.values())
    return Guess(probability, threshold, detail, share)


def _values(weights: Weights, row: Sequence[float], prefix: str) -> dict[str, float]:
    """How likely each value of a detail is, together one."""
    values = {
        target.name.removeprefix(prefix): _sigmoid(float(row[column]))
        for column, target in enumerate(weights.targets)
        if target.name.startswith(prefix)
    }
    return {value: chance / sum(values.values()) for value, chance in values.items()}


def logit(probability: float) -> float:
    """The score that a probability stands for."""
    return math.log(probability / (1 - probability))


def _sigmoid(raw: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, raw))))
