"""How the call ended: what was said, by whom, in answer to what, and how near the end.

Three steps. First, is there a conversation at all (an announcement, a mailbox, one side that never speaks, a wrong
person)? Then each cue of an order, of interest, of a later call and of a refusal is weighed by its strength and by its
place: the last third of the call counts most. Last, what the customer said last decides between what remains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.follow_up import agreed
from pipeline.analysis.matching import matches
from pipeline.types import Finding, Outcome

LABELS = (
    "interested", "not_interested", "call_back", "order_placed",
    "wrong_person", "voicemail", "no_conversation", "undetermined",
)  # fmt: skip
NO_CONNECT = ("wrong_person", "voicemail", "no_conversation")

_FAMILIES = {
    "outcome_order": "order_placed",
    "outcome_interest": "interested",
    "outcome_call_back": "call_back",
    "outcome_refusal": "not_interested",
}
_TOWARD = {"order": "order_placed", "interest": "interested", "call": "call_back"}
_ACTIONS = {"call": "call_back", "send": "interested", "meet": "interested", "contact": "interested"}
_EARLY = 0.45
"""Weight of a cue at the very start relative to one in the last third (our default)."""
_DECIDES = 0.45
"""Least score at which a label is given; below it the outcome is undetermined (our default)."""
_LAST_WORD = 0.35
"""What the customer's last clear stance adds to its label (our default)."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One sign of an outcome: which, how strong, where (0 start, 1 end) and from whom."""

    label: str
    weight: float
    place: float
    speaker: str
    sentence: int
    weak: bool = False

    @property
    def score(self) -> float:
        """Strength by place: full in the last third, less before."""
        return self.weight * (_EARLY + (1 - _EARLY) * min(1.0, self.place / 0.66))


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
        return None
    after = [cue for cue in _cues(conversation, ()) if cue.sentence > last and not cue.weak]
    goes_on = [cue for cue in after if cue.label != "not_interested" and cue.speaker != "agent"]
    return None if goes_on else ("wrong_person", strongest)


def _stance(conversation: Conversation, findings: Sequence[Finding]) -> tuple[str, float]:
    cues = [*_cues(conversation, findings), *_answers(conversation), *_from_findings(conversation, findings)]
    scores = {label: _together(cue.score for cue in cues if cue.label == label) for label in _FAMILIES.values()}
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
    clear = [cue for cue in cues if cue.speaker != "agent" and not cue.weak and cue.weight >= 0.6]
    if not clear:
        return None
    final = max(cue.sentence for cue in clear)
    return max((cue for cue in clear if cue.sentence == final), key=lambda cue: cue.weight).label


def _settle(scores: dict[str, float], cues: Sequence[Cue], last: str | None) -> dict[str, float]:
    """A refusal after which nothing came ends the rest; an order stands over interest; interest over a later call."""
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
        settled["order_placed"] *= 0.6
    if "interested" in customer and last != "not_interested":
        settled["call_back"] *= 0.6
    return settled


def _cues(conversation: Conversation, findings: Sequence[Finding]) -> Iterator[Cue]:
    total = max(1, len(conversation.sentences) - 1)
    for sentence in conversation.sentences:
        for kind, label in _FAMILIES.items():
            for match in matches(kind, sentence):
                by = match.detail.get("by", "customer")
                if by not in ("any", sentence.speaker) and sentence.speaker != "unknown":
                    continue
                weak = bool(match.detail.get("weak"))
                weight = match.strength * (0.75 if sentence.speaker == "agent" else 1.0) * (0.5 if weak else 1.0)
                yield Cue(label, weight, sentence.index / total, sentence.speaker, sentence.index, weak)


def _answers(conversation: Conversation) -> Iterator[Cue]:
    """A bare yes or no of the customer to what the agent has just proposed."""
    total = max(1, len(conversation.sentences) - 1)
    for before, after in _replies(conversation):
        proposed = _proposed(before)
        if proposed is None:
            continue
        first = after[0]
        if matches("reply_decline", first):
            yield Cue("not_interested", 0.7, first.index / total, first.speaker, first.index)
        elif matches("reply_agree", first):
            yield Cue(proposed, 0.8, first.index / total, first.speaker, first.index)


def _replies(conversation: Conversation) -> Iterator[tuple[list[Sentence], list[Sentence]]]:
    for turn in range(1, len(conversation.turns)):
        before, after = list(conversation.in_turn(turn - 1)), list(conversation.in_turn(turn))
        if before and after and before[0].speaker != "customer" and after[0].speaker != "agent":
            yield before, after


def _proposed(sentences: Sequence[Sentence]) -> str | None:
    """What the last sentences of the agent's turn ask the customer to agree to."""
    for sentence in reversed(sentences):
        for match in matches("proposal", sentence):
            return _TOWARD[str(match.detail["toward"])]
        for match in matches("follow_up", sentence):
            return _ACTIONS[str(match.detail["action"])]
        if any(match.rule == "asks_later" for match in matches("outcome_call_back", sentence)):
            return "call_back"
    return None


def _from_findings(conversation: Conversation, findings: Sequence[Finding]) -> Iterator[Cue]:
    """Refusals, requests not to call and follow-ups that other detectors found."""
    turns = max(1, len(conversation.turns) - 1)
    first = {s.turn: s.index for s in reversed(conversation.sentences)}
    for finding in findings:
        if finding.turn is None:
            continue
        place, at = finding.turn / turns, first.get(finding.turn, 0)
        if finding.kind in ("refusal", "do_not_call"):
            yield Cue("not_interested", 0.9 * finding.confidence, place, finding.speaker, at)
        elif finding.kind == "follow_up":
            label = _ACTIONS.get(str(finding.detail.get("action")), "call_back")
            yield Cue(label, 0.5 * finding.confidence, place, finding.speaker, at, weak=True)
