"""What a telesales department must answer for: requests not to call, complaints, notices and the steps of a script.

Requests and complaints are the customer's words, notices the agent's. What one campaign demands beyond that stands in the
profile (``campaigns.<name>.notices`` and ``.script``): each with phrases, matched as written or by sound, and a meaning,
matched by the sentence encoder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.matching import matches, rule_findings
from pipeline.analysis.phonetic import find_by_sound
from pipeline.analysis.text import fold
from pipeline.types import Finding

_SAME_MEANING = 0.62
"""Least cosine similarity of a sentence to a demanded meaning (our default; unrelated telesales lines stay under 0.5)."""
_BY_SOUND = 0.8


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that a campaign wants said: a notice or a step of its script."""

    name: str
    phrases: tuple[str, ...]
    meaning: str | None
    order: int | None


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``do_not_call``, ``complaint`` (by the customer) and ``notice`` (by the agent)."""
    found = list(rule_findings("do_not_call", conversation, conversation.by("customer")))
    found += _complaints(conversation)
    found += rule_findings("notice", conversation, conversation.by("agent"))
    found += _demanded(conversation)
    return found


def demands(conversation: Conversation) -> list[Demand]:
    """What the call's campaign wants said: the entries of ``default`` and of the campaign itself."""
    campaigns = _campaigns(conversation)
    chosen = [campaigns.get("default"), campaigns.get(conversation.record.campaign or "")]
    wanted: list[Demand] = []
    for campaign in chosen:
        if isinstance(campaign, Mapping):
            wanted += [_demand(entry, None) for entry in campaign.get("notices", ())]
            wanted += [_demand(entry, order) for order, entry in enumerate(campaign.get("script", ()), start=1)]
    return wanted


def _campaigns(conversation: Conversation) -> Mapping[str, Any]:
    profile = conversation.profile
    campaigns = getattr(profile, "campaigns", None) or profile.extra.get("campaigns")
    return campaigns if isinstance(campaigns, Mapping) else {}


def _demand(entry: Any, order: int | None) -> Demand:
    if isinstance(entry, str):
        return Demand(entry, (fold(entry),), entry, order)
    name = str(entry.get("name") or entry.get("step") or entry.get("meaning") or "")
    phrases = tuple(fold(str(phrase)) for phrase in entry.get("phrases", ()))
    meaning = entry.get("meaning")
    return Demand(name, phrases, str(meaning) if meaning else None, order)


def _complaints(conversation: Conversation) -> Iterator[Finding]:
    """One complaint a sentence is enough; ``escalation`` says that somebody higher is demanded."""
    for sentence in conversation.by("customer"):
        hits = matches("complaint", sentence)
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
    similar = _similarities([demand.meaning or "" for demand in wanted], [s.text for s in spoken])
    found: list[Finding] = []
    for row, demand in enumerate(wanted):
        hit = _by_phrase(demand, spoken) or _by_meaning(demand, spoken, similar[row])
        if hit is None:
            continue
        sentence, start, end, strength, layer = hit
        named = {"name": demand.name} if demand.order is None else {"step": demand.name, "order": demand.order}
        found.append(
            conversation.finding("notice", sentence, start, end, strength=strength, **named, layer=layer, demanded=True)
        )
    return found


_Hit = tuple[Sentence, int, int, float, str]


def _by_phrase(demand: Demand, spoken: Sequence[Sentence]) -> _Hit | None:
    for sentence in spoken:
        for phrase in demand.phrases:
            at = sentence.folded.find(phrase) if phrase else -1
            if at >= 0:
                return sentence, at, at + len(phrase), 0.95, "lexicon"
            heard = find_by_sound(phrase, sentence.folded) if sentence.language == "zh" else []
            if heard:
                return sentence, heard[0], heard[0] + len(phrase), _BY_SOUND, "sound"
    return None


def _by_meaning(demand: Demand, spoken: Sequence[Sentence], similar: Sequence[float]) -> _Hit | None:
    if not demand.meaning or not spoken:
        return None
    best = max(range(len(spoken)), key=lambda place: similar[place])
    if similar[best] < _SAME_MEANING:
        return None
    sentence = spoken[best]
    return sentence, 0, len(sentence.text), min(0.95, float(similar[best]) + 0.1), "meaning"


def _similarities(meanings: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
    """Cosine similarity of each meaning (rows) to each sentence (columns)."""
    if not texts or not any(meanings):
        return [[0.0] * len(texts) for _ in meanings]
    from models.encoder import encode

    table: list[list[float]] = (encode(meanings) @ encode(texts).T).tolist()
    return table
