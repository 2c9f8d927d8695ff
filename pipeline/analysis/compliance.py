"""What a telesales department must answer for: requests not to call, complaints, notices and the steps of a script.

Requests and complaints are the customer's words, notices the agent's. What one campaign demands beyond that stands in the
profile (``compliance.notice`` and ``.script``): each with phrases, matched as written or by sound, and meanings, matched
by the sentence encoder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.phonetic import find_by_sound
from pipeline.analysis.spotting import told, told_findings
from pipeline.analysis.text import fold
from pipeline.profile import Demand
from pipeline.types import Finding

_SAME_MEANING = 0.62
"""Least cosine similarity of a sentence to a demanded meaning (our default; unrelated telesales lines stay under 0.5)."""
_BY_SOUND = 0.8


@dataclass(frozen=True, slots=True)
class Demanded:
    """One thing that a campaign wants said: a notice, or a step of its script with its place in the order."""

    name: str
    phrases: tuple[str, ...]
    meanings: tuple[str, ...]
    order: int | None


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``do_not_call``, ``complaint`` (by the customer) and ``notice`` (by the agent)."""
    found = list(told_findings(conversation, "do_not_call", conversation.by("customer")))
    found += _complaints(conversation)
    found += told_findings(conversation, "notice", conversation.by("agent"))
    found += _demanded(conversation)
    return found


def demands(conversation: Conversation) -> list[Demanded]:
    """What the call's campaign wants said, by the profile: its notices, then the steps of its script."""
    profile, campaign = conversation.profile, conversation.record.campaign
    wanted = [_demanded_of(entry, None) for entry in profile.notices(campaign)]
    return wanted + [
        _demanded_of(entry, order) for order, entry in enumerate(profile.script(campaign), start=1)
    ]


def _demanded_of(entry: Demand, order: int | None) -> Demanded:
    return Demanded(entry.name, tuple(fold(phrase) for phrase in entry.phrases), entry.meaning, order)


def _complaints(conversation: Conversation) -> Iterator[Finding]:
    """One complaint a sentence is enough; ``escalation`` says that somebody higher is demanded.

    Rules know what is said in so many words (a body, a threat to report); the learned layer hears grievances told.
    """
    for sentence in conversation.by("customer"):
        hits = told(conversation, "complaint", sentence)
        if not hits:
            continue
        strongest = max(hits, key=lambda hit: hit.strength)
        yield conversation.finding(
            "complaint",
            sentence,
            strongest.start,
            strongest.end,
            strength=strongest.strength,
            escalation=any(hit.detail.get("escalation", False) for hit in hits),
            rule=strongest.rule,
            layer=strongest.layer,
        )


def _demanded(conversation: Conversation) -> list[Finding]:
    wanted = demands(conversation)
    if not wanted:
        return []
    spoken = list(conversation.by("agent"))
    found: list[Finding] = []
    for demand in wanted:
        hit = _by_phrase(demand, spoken) or _by_meaning(demand, spoken)
        if hit is None:
            continue
        sentence, start, end, strength, layer = hit
        step = {} if demand.order is None else {"step": demand.name, "order": demand.order}
        found.append(
            conversation.finding(
                "notice",
                sentence,
                start,
                end,
                strength=strength,
                name=demand.name,
                **step,
                layer=layer,
                demanded=True,
            )
        )
    return found


_Hit = tuple[Sentence, int, int, float, str]


def _by_phrase(demand: Demanded, spoken: Sequence[Sentence]) -> _Hit | None:
    for sentence in spoken:
        for phrase in demand.phrases:
            at = sentence.folded.find(phrase) if phrase else -1
            if at >= 0:
                return sentence, at, at + len(phrase), 0.95, "lexicon"
            heard = find_by_sound(phrase, sentence.folded) if sentence.language == "zh" else []
            if heard:
                return sentence, heard[0], heard[0] + len(phrase), _BY_SOUND, "sound"
    return None


def _by_meaning(demand: Demanded, spoken: Sequence[Sentence]) -> _Hit | None:
    if not demand.meanings or not spoken:
        return None
    from models.encoder import encode

    similar = (encode(demand.meanings) @ encode([sentence.text for sentence in spoken]).T).max(axis=0)
    best = int(similar.argmax())
    if similar[best] < _SAME_MEANING:
        return None
    sentence = spoken[best]
    return sentence, 0, len(sentence.text), min(0.95, float(similar[best]) + 0.1), "meaning"
