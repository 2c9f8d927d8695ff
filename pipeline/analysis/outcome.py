"""How the call ended: what was said, by whom, in answer to what, and how near the end.

Three steps. First, is there a conversation at all (an announcement, a mailbox, one side that never speaks, a
wrong person)? Then each cue of an order, of interest, of a later call and of a refusal is weighed by its
strength and by its place: the last third of the call counts most. Last, what the customer said last decides
between what remains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.analysis.closing import appointments, learned, stranger
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.follow_up import agreed
from pipeline.analysis.matching import matches
from pipeline.analysis.stance import FAMILIES, Cue, meant_wrong, said_cues, signs
from pipeline.types import Finding, Outcome

LABELS = (
    "interested", "not_interested", "call_back", "order_placed",
    "wrong_person", "voicemail", "no_conversation", "undetermined",
)  # fmt: skip
NO_CONNECT = ("wrong_person", "voicemail", "no_conversation")

_DECIDES = 0.45
"""Least score at which a label is given; below it the outcome is undetermined (our default)."""
_SURE = 0.85
"""Probability by sense at which a denial needs no apology after it (our default)."""
_DENIAL_BY = 5
"""A wrong person says so within the first turns (our default)."""
_STRANGER = 0.5
"""Least sureness that somebody else answered, by the closing alone (our default)."""
_LEARNED = 0.85
"""Confidence of a label that rests on the closing alone, relative to one by signs (our default)."""
_LAST_WORD = 0.35
"""What the customer's last clear stance adds to its label (our default)."""


def decide(conversation: Conversation, findings: Sequence[Finding] = ()) -> Outcome:
    """The outcome with its confidence, and what was agreed to follow.

    Parameters
    ----------
    conversation
        The call.
    findings
        Findings of the other detectors; ``refusal`` and ``follow_up`` are used.
    """
    label, confidence = _no_connect(conversation) or _stance(conversation, findings)
    follow = agreed(findings) if label not in ("wrong_person", "no_conversation") else None
    when = (follow.detail.get("iso") or follow.detail.get("when")) if follow else None
    return Outcome(label, round(confidence, 3), follow.quote if follow else None, when)


def _no_connect(conversation: Conversation) -> tuple[str, float] | None:
    """Whether nobody, a machine or the wrong person answered."""
    said = conversation.sentences
    if not said:
        return "no_conversation", 0.95
    machine = _announcement(conversation)
    if machine:
        return machine
    spoken = {sentence.speaker for sentence in said}
    if "unknown" not in spoken and len(spoken) < 2:
        return "no_conversation", 0.9
    if "unknown" in spoken and len(conversation.turns) < 2:
        return None
    customer = [s for s in said if s.speaker != "agent"]
    if all(_is_greeting(sentence) for sentence in customer):
        return "no_conversation", 0.85
    return _wrong_person(conversation)


def _announcement(conversation: Conversation) -> tuple[str, float] | None:
    """A mailbox or a network announcement: the other side says nothing a person would."""
    kinds: dict[str, float] = {}
    for sentence in conversation.sentences:
        for match in matches("voicemail", sentence):
            by_agent = match.rule == "agent_leaves_message"
            if by_agent == (sentence.speaker == "agent") or sentence.speaker == "unknown":
                name = str(match.detail["is"])
                kinds[name] = max(kinds.get(name, 0.0), match.strength)
    if not kinds:
        return None
    people = [
        s for s in conversation.sentences
        if s.speaker == "customer" and not matches("voicemail", s) and not _is_greeting(s)
    ]  # fmt: skip
    length = sum(len(s.text) for s in people if not _of_machine(conversation, s))
    if length > (40 if conversation.transcript.language == "zh" else 120):
        return None
    label = "voicemail" if "voicemail" in kinds else "no_conversation"
    return label, kinds[label]


def _of_machine(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether the same turn holds an announcement: then all of it is the machine's."""
    return any(matches("voicemail", other) for other in conversation.in_turn(sentence.turn))


def _is_greeting(sentence: Sentence) -> bool:
    hits = matches("no_connection", sentence)
    return sum(hit.end - hit.start for hit in hits) >= 0.5 * len(sentence.folded)


def _wrong_person(conversation: Conversation) -> tuple[str, float] | None:
    strongest, last = 0.0, -1
    for sentence in conversation.sentences:
        for match in matches("wrong_person", sentence):
            wanted = "agent" if match.detail.get("by") == "agent" else "customer"
            if sentence.speaker in (wanted, "unknown"):
                strongest, last = max(strongest, match.strength), sentence.index
    if last < 0:
        strongest, last = _misdirected(conversation)
    if last < 0:
        sure = stranger(conversation)
        return ("wrong_person", sure) if sure >= _STRANGER else None
    after = [cue for cue in said_cues(conversation) if cue.sentence > last and not cue.weak]
    goes_on = [cue for cue in after if cue.label != "not_interested" and cue.speaker != "agent"]
    return None if goes_on else ("wrong_person", strongest)


def _misdirected(conversation: Conversation) -> tuple[float, int]:
    """The customer's denial by its sense, borne out by a short call and the agent's apology; else nothing."""
    told = [s for s in conversation.sentences if s.speaker != "agent" and s.turn <= _DENIAL_BY]
    apology = _turns_of(conversation, "agent_apologises")
    asked = _turns_of(conversation, "asks_who")
    meant = meant_wrong(conversation, told)
    for sentence in told:
        sorry, who = sentence.turn + 1 in apology, sentence.turn - 1 in asked
        denied = any(m.rule == "denies" for m in matches("wrong_person_part", sentence))
        if sorry and ((denied and who) or (sentence.index in meant)):
            return 0.8, sentence.index
        if who and meant.get(sentence.index, 0.0) >= _SURE:
            return 0.7, sentence.index
    return 0.0, -1


def _turns_of(conversation: Conversation, rule: str) -> set[int]:
    """Turns of the agent in which a part of the exchange stands."""
    return {
        s.turn
        for s in conversation.by("agent")
        if any(match.rule == rule for match in matches("wrong_person_part", s))
    }


def _stance(conversation: Conversation, findings: Sequence[Finding]) -> tuple[str, float]:
    cues = signs(conversation, findings)
    label, confidence = _weigh(cues)
    if label != "undetermined":
        return label, confidence
    label, learned_confidence = _weigh([*cues, *_closing(conversation)])
    return (label, learned_confidence * _LEARNED) if label != "undetermined" else (label, confidence)


def _closing(conversation: Conversation) -> Iterator[Cue]:
    """The closing's structure and the layer learned over all outcomes, asked only where the signs leave it open."""
    total = max(1, len(conversation.sentences) - 1)
    for label, weight, sentence in (*appointments(conversation), *learned(conversation)):
        yield Cue(label, weight, sentence.index / total, sentence.speaker, sentence.index)


def _weigh(cues: Sequence[Cue]) -> tuple[str, float]:
    """The label that the cues speak for; undetermined where none reaches far enough."""
    scores = {
        label: _together(cue.score for cue in cues if cue.label == label) for label in FAMILIES.values()
    }
    last = _last_word(cues)
    if last:
        scores[last] += _LAST_WORD
    scores = _settle(scores, cues, last)
    ranked = sorted(scores.items(), key=lambda entry: -entry[1])
    (best, score), (_, second) = ranked[0], ranked[1]
    if score < _DECIDES:
        return "undetermined", min(0.9, 0.9 - score)
    return best, min(0.97, 0.55 + 0.3 * (score - second) + 0.15 * min(1.0, score))


def _together(scores: Iterator[float]) -> float:
    """Joined as independent signs: 1 - Π(1 - s), each held under 0.9 so that none decides alone."""
    miss = 1.0
    for score in scores:
        miss *= 1 - min(0.9, score)
    return 1 - miss


def _last_word(cues: Sequence[Cue]) -> str | None:
    """The customer's last clear stance."""
    clear = [cue for cue in cues if cue.speaker != "agent" and not cue.weak and cue.weight >= 0.55]
    if not clear:
        return None
    final = max(cue.sentence for cue in clear)
    return max((cue for cue in clear if cue.sentence == final), key=lambda cue: cue.weight).label


def _settle(scores: dict[str, float], cues: Sequence[Cue], last: str | None) -> dict[str, float]:
    """A refusal as the last word ends the rest; an order stands over interest, that over a later call."""
    settled = dict(scores)
    if last == "not_interested":
        for label in ("interested", "call_back", "order_placed"):
            settled[label] *= 0.5
    elif last is not None:
        settled["not_interested"] *= 0.5
    customer = {cue.label for cue in cues if cue.speaker != "agent" and not cue.weak}
    if "order_placed" in customer and last != "not_interested":
        settled["interested"] *= 0.6
    if "order_placed" not in customer:
        settled["order_placed"] *= 0.8
    if "interested" in customer and last != "not_interested":
        settled["call_back"] *= 0.6
    return settled
