"""What the reading network learns from: labelled calls, moments and the examples beside the rules for what sentences do,
labelled talk for personal data; each round in other cuts, some rough or without sides, as recognisers deliver them."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.reader_windows import Cutting, Row, Spoken, rows_of
from pipeline.analysis.acts import KINDS
from pipeline.analysis.acts_fit import beside_rules, calls_of, labels_of
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.rules import LANGUAGES
from pipeline.analysis.text import sentences
from pipeline.kinds import OUTCOMES
from pipeline.learning.net import Taught
from pipeline.privacy.altered import Pool, altered, pool_of, roughened
from pipeline.privacy.tagger import LABELS
from pipeline.privacy.talk import Talk, shipped_talk, sideless

if TYPE_CHECKING:
    import numpy as np

LEFT_OUT = frozenset("fnsuwx")
"""Authors (first letters of their files, in both languages) whose calls are not learned from when the network is to be judged."""
LEFT_OUT_TALK = frozenset({"eighteenth", "nineteenth"})
"""Sets of talk, likewise."""
BESIDE = (
    "hard_sell.severity=severe", "hard_sell.kind=threat_or_guilt", "hard_sell.kind=forced_decision",
    "hard_sell.kind=other", "hard_sell.kind=urgency", "hard_sell.kind=guarantee", "hard_sell.kind=scarcity",
    "objection.kind=price", "objection.kind=other", "objection.kind=no_need", "objection.kind=distrust",
    "objection.kind=existing_supplier", "objection.kind=no_time", "courtesy", "off_topic", "apology", "restatement",
)  # fmt: skip
"""Learned beside the kinds, for what they teach about them."""
ENDS = tuple(f"outcome={label}" for label in OUTCOMES)
"""Each sentence of a whole call also learns how that call ended."""
ACTS = (*(kind for kinds in KINDS.values() for kind in kinds), *BESIDE)
HEADS = (*ACTS, *ENDS)
REAL, BESIDE_RULES, OTHER_SIDE = 2.0, 0.5, 0.3
"""What a mark, an example of a rule file, and another side's kind where sides aren't known, weigh."""
SIDELESS, ROUGH, RUN_ON = 0.12, 0.2, 0.5
"""Shares of conversations without sides, without stops and capitals, and of those the ones whose turns are one sentence."""
LAST_TURNS, AT_THE_END, BEFORE_IT = 6, 0.5, 0.15
"""What a call's outcome weighs in its last turns and before them."""
ALTERED_ROUGH, ALTERED_SIDELESS = 0.3, 0.2
Cuts = Sequence[tuple[int, int, int]]
CUTS: Cuts = ((64, 20, 10), (112, 30, 14), (160, 40, 20), (192, 40, 20), (192, 0, 0))
"""Pieces of a row's own, before and behind."""
LONG_CUTS: Cuts = ((192, 40, 20), (256, 40, 20), (320, 40, 20))
"""The same for a network whose rows cost more the more they overlap."""
_STOPS = re.compile(r"[，。！？、；：,.!?;:…](?!\d)")


@dataclass(frozen=True, slots=True)
class Told:
    """A labelled conversation: its turns, of each turn's sentences the names of what they do; its file; the one kind it speaks
    for, else all; and of a whole call how it ended."""

    turns: tuple[Spoken, ...]
    names: tuple[tuple[frozenset[str], ...], ...]
    file: str
    of: str = ""
    end: str = ""


def told_calls(languages: Sequence[str] = LANGUAGES) -> Iterator[Told]:
    """All labelled calls and moments of these languages, then the examples beside the rules."""
    for language in languages:
        for file, call in calls_of(language):
            conversation = Conversation.of(call.transcript, profile=call.profile)
            labels = labels_of(call, conversation)
            turns, names = [], []
            for number, turn in enumerate(conversation.turns):
                own = list(conversation.in_turn(number))
                turns.append(Spoken(turn.speaker, tuple(one.text for one in own)))
                names.append(tuple(frozenset(labels[one.index]) for one in own))
            yield Told(tuple(turns), tuple(names), file, end=call.outcome or "")
        for side, kinds in KINDS.items():
            for example in beside_rules(language, kinds):
                spoken = Spoken(side, (example.row.text,))
                yield Told((spoken,), ((example.labels,),), "", example.of)


def rows_of_calls(
    told: Sequence[Told], cutter: Cutting, chance: random.Random, cuts: Cuts = CUTS
) -> Iterator[Taught]:
    """A round's rows, each call in a cut and a form drawn anew."""
    for one in told:
        shown = one
        if not one.of and chance.random() < ROUGH:
            shown = _rough(_run_on(one) if chance.random() < RUN_ON else one)
        hidden = chance.random() < SIDELESS
        turns = tuple(replace(turn, side="unknown") if hidden else turn for turn in shown.turns)
        own, before, after = chance.choice(cuts)
        for row in rows_of(cutter, turns, own=own, before=before, after=after):
            if row.parts:
                yield Taught(row, *_truth(shown, turns, row))


def _truth(told: Told, shown: Sequence[Spoken], row: Row) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    end = {f"outcome={told.end}"}
    names = [told.names[part.turn][part.sentence] | end for part in row.parts]
    truth = np.array([[head in own for head in HEADS] for own in names], dtype=np.float32)
    weight = np.array(
        [
            [
                *(_weight(head, told.turns[part.turn].side, shown[part.turn].side, told.of) for head in ACTS),
                *[_weight_of_end(told, part.turn)] * len(ENDS),
            ]
            for part in row.parts
        ],
        dtype=np.float32,
    )
    return truth, np.where(truth > 0, REAL, 1.0).astype(np.float32) * weight


def _weight(head: str, side: str, shown: str, of: str) -> float:
    if of:
        return BESIDE_RULES if head == of else 0.0
    owner = "customer" if head in KINDS["customer"] or head.startswith("objection") else "agent"
    if side in (owner, "unknown"):
        return 1.0
    return OTHER_SIDE if shown == "unknown" else 0.0


def _weight_of_end(told: Told, turn: int) -> float:
    if not told.end:
        return 0.0
    return AT_THE_END if turn >= len(told.turns) - LAST_TURNS else BEFORE_IT


def _rough(told: Told) -> Told:
    """The call without stops and capitals; a sentence that consists of them stays."""
    turns = tuple(
        replace(turn, sentences=tuple(_STOPS.sub("", text).lower() or text for text in turn.sentences))
        for turn in told.turns
    )
    return replace(told, turns=turns)


def _run_on(told: Told) -> Told:
    """The call with each turn as one sentence, which does all that its sentences do."""
    turns = tuple(
        replace(turn, sentences=(" ".join(turn.sentences),) if turn.sentences else ()) for turn in told.turns
    )
    names = tuple((frozenset[str]().union(*own),) if own else () for own in told.names)
    return replace(told, turns=turns, names=names)


@dataclass(frozen=True, slots=True)
class TalkSets:
    """Labelled talk of a language, and what its data may be changed to."""

    talks: tuple[Talk, ...]
    pool: Pool


def talk_sets(left_out: Collection[str]) -> list[TalkSets]:
    """The shipped talk of each language but for some sets."""
    found = []
    for language in LANGUAGES:
        sets = shipped_talk(language)
        talks = tuple(talk for name, own in sets.items() if name not in left_out for talk in own)
        found.append(TalkSets(talks, pool_of(talks, language)))
    return found


def sampled(one: TalkSets, share: float, chance: random.Random) -> TalkSets:
    """A share of a language's conversations."""
    return replace(one, talks=tuple(talk for talk in one.talks if chance.random() < share))


def rows_of_talk(sets: Sequence[TalkSets], cutter: Cutting, chance: random.Random) -> Iterator[Taught]:
    """A round's rows: each conversation as it stands and with other data in it."""
    for one in sets:
        for talk in one.talks:
            other = altered(talk, one.pool, chance)
            for shown in (talk, roughened(other) if chance.random() < ALTERED_ROUGH else other):
                own = sideless(shown) if chance.random() < ALTERED_SIDELESS else shown
                yield from _labelled(own, cutter, chance)


def _labelled(talk: Talk, cutter: Cutting, chance: random.Random) -> Iterator[Taught]:
    spans = [list(sentences(turn.text)) for turn in talk]
    turns = [
        Spoken(turn.side, tuple(turn.text[a:b] for a, b in own))
        for turn, own in zip(talk, spans, strict=True)
    ]
    size, before, after = chance.choice(CUTS)
    for row in rows_of(cutter, turns, own=size, before=before, after=after):
        labels = tuple(
            _labels(talk[part.turn].marks, spans[part.turn][part.sentence][0], part.places)
            for part in row.parts
        )
        if labels:
            yield Taught(row, labels=labels)


def _labels(
    marks: Sequence[tuple[int, int, str]], offset: int, places: Sequence[tuple[int, int]]
) -> tuple[int, ...]:
    """The label of each piece; one of nothing but space goes on with what stands before it."""
    labels: list[int] = []
    for start, end in places:
        if start == end:
            labels.append(labels[-1] if labels else 0)
            continue
        kinds = [kind for a, b, kind in marks if kind in LABELS and offset + start < b and a < offset + end]
        labels.append(LABELS.index(kinds[0]) if kinds else 0)
    return tuple(labels)
