"""The agent's questions about the customer's need and situation, and how much the customer said before the first pitch.

Articles 4.1, 4.2 and 10.4: ask what the customer needs, go on looking for it, and learn it before proposing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import after, cue, found_at, hits, kinds_at, match, of_turn, size, whole
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.sides import why_unsure
from pipeline.analysis.spotting import likely
from pipeline.analysis.sure import found as wordings_in
from pipeline.analysis.sure import says
from pipeline.types import Finding, Measure, Reason

KIND = "needs_question"
KIND_OF_WORDS = "needs"
_HEAD_TURNS = 2
"""Last turn in which an offer of help still asks what the call is about."""
_OFFERED = 0.85
"""Strength of such an offer (our default)."""
SURE, UNSURE = 0.95, 0.5
"""How sure the form of a question is where words tell it, and where none does (our default)."""
POSSIBLE = 0.1
"""Least probability of a question that may ask for a need where nothing else does (our default)."""
_UNTIMED = Reason(
    "untimed", "转写没有时间，无法计算秒数", "the transcript has no times, so seconds can't be measured"
)
_NO_PITCH = Reason("no_pitch", "通话中没有推介", "nothing was pitched in the call")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each needs question of the agent.

    ``detail``: ``open`` (no yes or no), ``answered`` (by the next turn), ``share`` (how sure ``open`` is).
    """
    found: list[Finding] = []
    for sentence in conversation.by("agent"):
        hit = _asks(conversation, sentence) or _embedded(sentence, prior)
        if hit is None:
            continue
        is_open, sure = _is_open(sentence, hit)
        answered = _answered(conversation, sentence, is_open=is_open)
        detail = {"open": is_open, "answered": answered, "share": {"open": sure}}
        found.append(found_at(conversation, KIND, sentence, hit, detail))
    return found or _suspected(conversation)


def _suspected(conversation: Conversation) -> list[Finding]:
    """Where no question is heard, the likeliest open one that the customer answers, as a doubt: none at all would cost points."""
    likeliest = acts.guesses(conversation, KIND)
    asked = [
        (likely_so, sentence)
        for sentence in conversation.by("agent")
        if (likely_so := _may_ask(sentence, likeliest.get(sentence.index, acts.NOTHING))) >= POSSIBLE
        and not says(sentence, KIND_OF_WORDS, "nothing")
        and not has_shape("may_we_talk", sentence.folded)
        and not _serves(sentence)
        and _answered(conversation, sentence, is_open=True)
    ]
    if not asked:
        return []
    sentence = max(asked, key=lambda one: one[0])[1]
    detail = {"open": True, "answered": True, "share": {"open": SURE}}
    return [found_at(conversation, KIND, sentence, whole(sentence, UNSURE), detail)]


def _may_ask(sentence: Sentence, guess: acts.Guess) -> float:
    """How likely a sentence asks for a need: as its form says, at least as a question put as a statement."""
    if says(sentence, KIND_OF_WORDS, "embedded"):
        return max(guess.probability, POSSIBLE)
    return guess.probability if says(sentence, KIND_OF_WORDS, "asks") else 0.0


def _is_open(sentence: Sentence, hit: Match) -> tuple[bool, float]:
    """Whether it leaves the customer free to tell, and how sure that is.

    A word of asking at its place decides, then a verb before its subject, then the rule that hit. A choice ("for you or as a
    gift?") some call open and some closed, so it is in doubt, and so is what only the learned layer takes for a question.
    """
    if says(sentence, KIND_OF_WORDS, "asks") or says(sentence, KIND_OF_WORDS, "open"):
        return True, SURE
    if says(sentence, KIND_OF_WORDS, "doubtful") or says(sentence, KIND_OF_WORDS, "choice"):
        return False, UNSURE
    if says(sentence, KIND_OF_WORDS, "closed") or has_shape("yes_no", sentence.folded):
        return False, SURE
    told = hit.detail.get("open")
    return (False, UNSURE) if told is None else (bool(told), SURE)


def _asks(conversation: Conversation, sentence: Sentence) -> Match | None:
    """The words that ask for a need; an offer of help does so while the call is young, later it only serves."""
    if has_shape("may_we_talk", sentence.folded) or says(sentence, KIND_OF_WORDS, "nothing"):
        return None
    if _serves(sentence):
        return None
    told = likely(conversation, KIND, sentence)
    if told is not None:
        return told[0]
    offer = has_shape("offers_help", sentence.folded) if sentence.turn <= _HEAD_TURNS else None
    if not offer:
        return None
    return Match("offers_help", *offer.span(), _OFFERED, "pattern", {"open": True})


def _serves(sentence: Sentence) -> bool:
    """Whether it asks for time or leave, or about our own calls, and beside that for nothing."""
    spans = [span for _wording, span in wordings_in(sentence, KIND_OF_WORDS, "serves")]
    rest = list(sentence.folded)
    for start, end in spans:
        rest[start:end] = " " * (end - start)
    return bool(spans) and not says(replace(sentence, folded="".join(rest)), KIND_OF_WORDS, "asks")


def _embedded(sentence: Sentence, prior: Sequence[Finding]) -> Match | None:
    """A question put as a statement ("I'd love to hear what you …"), once the purpose is told elsewhere; else it is that, or a
    doubt (`_suspected`)."""
    purposes = [one for one in prior if one.kind == "purpose" and one.turn is not None]
    spans = [span for _wording, span in wordings_in(sentence, KIND_OF_WORDS, "embedded")]
    if not spans or not purposes or any(_holds(sentence, one) for one in purposes):
        return None
    return Match("embedded", *spans[0], _OFFERED, "pattern", {"open": True})


def _holds(sentence: Sentence, purpose: Finding) -> bool:
    return purpose.turn == sentence.turn and (purpose.quote or "") in sentence.text


def _answered(conversation: Conversation, sentence: Sentence, *, is_open: bool) -> bool:
    """Whether the customer's next turn says something of substance: no refusal, no bare sound, no mere question."""
    for turn in after(conversation, sentence.turn, "customer", 2):
        said = of_turn(conversation, turn)
        if any(match("confusion", s.language, s.folded) for s in said):
            continue  # not understood: the answer may come after the agent has said it again
        told = [s for s in said if not _empty(s, closed=not is_open)]
        return any(_tells(s) for s in told)
    return False


def _tells(sentence: Sentence) -> bool:
    """Something besides a question back."""
    asked = hits("customer_question", sentence)
    return not asked or size(sentence.folded) > 8 or size(sentence.folded[: asked[0].start]) >= 1


def _empty(sentence: Sentence, *, closed: bool) -> bool:
    """Nothing told: a bare sound, a refusal, or a bare yes to an open question."""
    return (
        cue("bare_sound", sentence) or cue("refuses", sentence) or (not closed and cue("bare_yes", sentence))
    )


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """``needs_questions`` (count) and ``customer_talk_before_pitch_s`` (seconds of customer turns before the pitch)."""
    sure = conversation.transcript.sides_sure
    asked = sum(1 for f in findings if f.kind == KIND) if sure else None
    reason = None if sure else why_unsure(conversation.transcript, conversation.sound)
    return [
        Measure("needs_questions", asked, "count", "rules over the agent's sentences", reason),
        _talk_before_pitch(conversation, findings),
    ]


def _talk_before_pitch(conversation: Conversation, findings: Sequence[Finding]) -> Measure:
    name, unit, method = (
        "customer_talk_before_pitch_s",
        "s",
        "summed customer turns before the first pitch finding",
    )
    pitches = kinds_at(findings, "pitch")
    reason = None
    if not conversation.transcript.sides_sure:
        reason = why_unsure(conversation.transcript, conversation.sound)
    elif not conversation.transcript.timed:
        reason = _UNTIMED
    elif not pitches:
        reason = _NO_PITCH
    if reason is not None:
        return Measure(name, None, unit, method, reason)
    first = min(pitches)
    start_s = pitches[first].start_s
    limit_s = start_s if start_s is not None else (conversation.turns[first].start_s or 0.0)
    talk_s = sum(
        max(0.0, min(turn.end_s, limit_s) - turn.start_s)
        for turn in conversation.turns
        if turn.speaker == "customer" and turn.start_s is not None and turn.end_s is not None
    )
    return Measure(name, round(talk_s, 3), unit, method)
