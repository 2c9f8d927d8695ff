"""Signs of how a call ends, each with its strength and its place: phrases, answers to proposals, findings of
other detectors, and, where the phrases are silent about what the customer said, the learned layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis import meaning
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.matching import matches
from pipeline.analysis.rules import LANGUAGES
from pipeline.analysis.when import find_times
from pipeline.types import Finding

FAMILIES = {
    "outcome_order": "order_placed",
    "outcome_interest": "interested",
    "outcome_call_back": "call_back",
    "outcome_refusal": "not_interested",
}
WRONG = "wrong_person"
_TOWARD = {"order": "order_placed", "interest": "interested", "call": "call_back"}
_ACTIONS = {"call": "call_back", "send": "interested", "meet": "interested", "contact": "interested"}
_EARLY = 0.45
"""Weight of a cue at the very start relative to one in the last third (our default)."""
LEAST_CHARS = {"zh": 3, "en": 8}
_LEAST_MEANT = {"zh": 5, "en": 14}
"""Shorter sentences are left to the rules: their sense hangs on what they answer (our default)."""
_SHORT_CHARS = {"zh": 16, "en": 48}
"""A time in a longer sentence is no bare answer (our default)."""


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


def signs(conversation: Conversation, findings: Sequence[Finding]) -> list[Cue]:
    """All cues of a call, in no particular order."""
    said = list(said_cues(conversation))
    meant = list(_meant(conversation, {cue.sentence for cue in said if not cue.weak}))
    answers = list(_answers(conversation, [*said, *meant]))
    answered = {cue.sentence for cue in answers}
    meant = [cue for cue in meant if cue.sentence not in answered]
    return [*said, *answers, *_from_findings(conversation, findings), *meant]


def meant_wrong(conversation: Conversation, sentences: Sequence[Sentence]) -> dict[int, float]:
    """Sentences that mean "you have the wrong person" by the learned layer, with the probability."""
    found: dict[int, float] = {}
    for language in LANGUAGES:
        read = [s for s in sentences if s.language == language and len(s.text) >= LEAST_CHARS[language]]
        guesses = meaning.score(WRONG, language, [s.text for s in read])
        least = meaning.threshold(WRONG, language)
        found |= {
            s.index: guess.probability
            for s, guess in zip(read, guesses, strict=True)
            if guess.probability >= least and guess.detail.get("by") != "agent"
        }
    return found


def _meant(conversation: Conversation, known: set[int]) -> Iterator[Cue]:
    """What the customer meant where no phrase speaks: the likeliest label, if it is likely enough."""
    total = max(1, len(conversation.sentences) - 1)
    for language in LANGUAGES:
        read = [
            s
            for s in conversation.sentences
            if s.speaker == "customer" and s.language == language and s.index not in known
            and len(s.text) >= _LEAST_MEANT[language] and not matches("outcome_undecided", s)
            and not matches("follow_up", s)
        ]  # fmt: skip
        texts = [s.text for s in read]
        by_kind = {kind: meaning.score(kind, language, texts) for kind in FAMILIES}
        for at, sentence in enumerate(read):
            kind = max(FAMILIES, key=lambda name: by_kind[name][at].probability)
            guess = by_kind[kind][at]
            if guess.probability < meaning.threshold(kind, language) or guess.detail.get("by") == "agent":
                continue
            place = sentence.index / total
            weak = bool(guess.detail.get("weak"))
            weight = guess.probability * (0.4 if weak else 0.85)
            yield Cue(FAMILIES[kind], weight, place, "customer", sentence.index, weak)


def said_cues(conversation: Conversation) -> Iterator[Cue]:
    """What rules find, in the words of the side that they are about."""
    total = max(1, len(conversation.sentences) - 1)
    for sentence in conversation.sentences:
        for kind, label in FAMILIES.items():
            for match in matches(kind, sentence):
                by = match.detail.get("by", "customer")
                if by not in ("any", sentence.speaker) and sentence.speaker != "unknown":
                    continue
                weak = bool(match.detail.get("weak"))
                weight = (
                    match.strength * (0.75 if sentence.speaker == "agent" else 1.0) * (0.5 if weak else 1.0)
                )
                yield Cue(label, weight, sentence.index / total, sentence.speaker, sentence.index, weak)


def _answers(conversation: Conversation, said: Sequence[Cue]) -> Iterator[Cue]:
    """A bare yes, no or time of the customer to what the agent has just proposed."""
    total = max(1, len(conversation.sentences) - 1)
    for before, after in _replies(conversation):
        first, place = after[0], after[0].index / total
        timed = any(_bare_time(conversation, sentence) for sentence in after)
        proposed = _proposed(before)
        if proposed is None and any(cue.sentence == first.index and not cue.weak for cue in said):
            continue
        if proposed is None and _bare_time(conversation, before[-1]):
            proposed = _topic(said, first.index) or "interested"
        elif proposed is None and timed:
            proposed = _topic(said, first.index)
        if proposed is None or any(c.sentence == first.index and c.label == "not_interested" for c in said):
            continue
        if proposed == "interested" and _topic(said, first.index) == "call_back":
            proposed = "call_back"
        if matches("reply_decline", first):
            yield Cue("not_interested", 0.7, place, first.speaker, first.index)
        elif timed or matches("reply_agree", first) or _echoes(before[-1], first):
            yield Cue(proposed, 0.8, place, first.speaker, first.index)


def _echoes(asked: Sentence, reply: Sentence) -> bool:
    """Whether a short reply takes up the verb asked: "出单吗", "出吧"; "shall I issue it", "Issue it"."""
    if reply.language == "zh":
        head = reply.folded.lstrip("嗯那就好行,， ")
        return len(head) > 1 and head[1] in "吧，,。" and head[0] in asked.folded
    words = reply.folded.replace(",", " ").replace(".", " ").split()
    return len(words) > 1 and words[1] in ("it", "that", "them", "away") and words[0] in asked.folded.split()


def _bare_time(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence says little else than a time."""
    short = len(sentence.text) <= _SHORT_CHARS.get(sentence.language, 48)
    return short and bool(find_times(sentence.folded, sentence.language, conversation.record.started_at))


def _topic(said: Sequence[Cue], before: int) -> str | None:
    """What a time is for, when nobody says so again: the last later call or interest spoken of."""
    stances = ("call_back", "interested")
    earlier = [
        c for c in said if c.sentence < before and c.label in stances and c.speaker != "agent" and not c.weak
    ]
    return max(earlier, key=lambda cue: (cue.sentence, cue.weight)).label if earlier else None


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
            soft = bool(finding.detail.get("soft")) or finding.detail.get("layer") == "meaning"
            if soft and any(matches("outcome_undecided", s) for s in conversation.in_turn(finding.turn)):
                continue
            weight = (0.6 if soft else 0.9) * finding.confidence
            yield Cue("not_interested", weight, place, finding.speaker, at)
        elif finding.kind == "follow_up":
            label = _ACTIONS.get(str(finding.detail.get("action")), "call_back")
            asked = finding.speaker == "customer" and label == "call_back"
            weight = (0.8 if asked else 0.5) * finding.confidence
            yield Cue(label, weight, place, finding.speaker, at, weak=not asked)
