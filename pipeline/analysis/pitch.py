"""The agent's pitches, and those that come again after the customer has said no.

A pitch is a sentence that names an offer, a price or a benefit and invites interest; neighbouring ones of a turn are
one pitch. After a refusal of what was offered, or a request not to be called, each turn of the agent that pitches again is
a ``pitch_after_refusal``, until the customer asks or agrees; thanks and a farewell are none, nor is a gift that binds to
nothing. Insisting (您先听我说完, "before you say no") counts only there (STANDARD.md, "Pitch").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import cue, hits, of_turn, whole
from pipeline.analysis.matching import matches
from pipeline.analysis.opening_pitch import opened_with
from pipeline.analysis.rules import LANGUAGES, Match, load_rules
from pipeline.analysis.shapes import has_shape, shape
from pipeline.analysis.spotting import likely, told
from pipeline.types import Finding

KIND = "pitch"
RULED = 0.5
"""Share of the usual threshold that is enough where a rule hits too, or after a refusal, when each offer is another try."""
INSISTED = 0.8
"""Confidence of insisting after a refusal, by its wording alone (our default)."""
BY_DEFINITION = 0.9
"""Confidence of a price, a benefit and an invitation in one sentence: of 77 labelled ones 76 are pitches."""
_INVITES = "price_or_benefit_and_invite"
SURE = 0.6
"""A refusal under the gate leaves open which of the two a pitch is."""
AGAIN = "pitch_after_refusal"
ONLY, ONLY_BENEFIT = 0.65, 0.85
"""How sure the likeliest pitch of a call is where none is surer, without and with a benefit stated (on five sets of calls 32 of
51 and 33 of 36 are pitches, and 83 of these 87 calls hold one)."""
UNLIKELY = 0.5
"""Confidence under which a pitch beside a sure one is none, unless it states a benefit (of 43 such ones 1 was a pitch)."""
_PRICED = frozenset({"only_costs", "insists"})
"""Rules that hit what a bare price says, too."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Pitches in order; each later one says ``repeat: true``.

    A pitch after a refusal is no surer than the refusal; where that is in doubt, the pitch is listed as both.
    """
    refusals, requests = _refusals(conversation, prior)
    offered = {f.turn for f in prior if f.kind == "purpose"}
    found: list[Finding] = []
    refused, open_ = 0.0, False
    for turn, sentences in _turns(conversation):
        no = max(requests.get(turn, 0.0), refusals.get(turn, 0.0) if open_ else 0.0)
        if sentences[0].speaker == "customer" or turn in refusals or turn in requests:
            refused = max(refused, no) if no else 0.0 if _asks(sentences) else refused
            continue
        said = list(_said(conversation, sentences, refused, again=bool(found)))
        found += said
        open_ = open_ or bool(said) or turn in offered or _offers(conversation, sentences)
    return _settled(conversation, found)


def _settled(conversation: Conversation, found: Sequence[Finding]) -> list[Finding]:
    """The findings, with the doubtful pitches seen in the light of the call's others.

    Who sells pitches once at least: where no pitch is sure, the likeliest counts; where one is, another that is unlikely and
    states no benefit is none.
    """
    pitches = [one for one in found if one.kind == KIND]
    best = max(pitches, key=lambda one: one.confidence, default=None)
    if best is None:
        return list(found)
    if best.confidence < SURE:
        only = ONLY_BENEFIT if _states_benefit(conversation, best) else ONLY
        raised = replace(best, confidence=max(best.confidence, only))
        return [raised if one is best else one for one in found]
    return [
        one
        for one in found
        if one.kind != KIND or one.confidence >= UNLIKELY or _states_benefit(conversation, one)
    ]


def _states_benefit(conversation: Conversation, pitch: Finding) -> bool:
    own = of_turn(conversation, pitch.turn if pitch.turn is not None else -1)
    return any(likely(conversation, "benefit", sentence) for sentence in own)


def _said(
    conversation: Conversation, sentences: Sequence[Sentence], refused: float, *, again: bool
) -> Iterator[Finding]:
    """What a turn of the agent pitches: a pitch, one after a refusal, or, where the refusal is in doubt, both."""
    kinds = [(AGAIN, refused)] if refused else []
    if refused < SURE:
        kinds.insert(0, (KIND, 1.0))
    for kind, sure in kinds:
        pitch = _pitch(conversation, sentences, refused=kind == AGAIN, again=again)
        if pitch is not None:
            sentence, match = pitch
            strength = min(match.strength, sure)
            detail = {"repeat": again, "layer": match.layer}
            yield conversation.finding(kind, sentence, match.start, match.end, strength=strength, **detail)


def _refusals(
    conversation: Conversation, prior: Sequence[Finding]
) -> tuple[dict[int, float], dict[int, float]]:
    """How surely the customer refuses in a turn, and how surely asks not to be called."""
    refusals: dict[int, float] = {}
    for finding in prior:
        if finding.kind == "refusal" and finding.turn is not None and not finding.detail.get("soft"):
            refusals[finding.turn] = max(refusals.get(finding.turn, 0.0), finding.confidence)
    requests: dict[int, float] = {}
    for sentence in conversation.by("customer"):
        for hit in told(conversation, "do_not_call", sentence):
            requests[sentence.turn] = max(requests.get(sentence.turn, 0.0), hit.strength)
    return refusals, requests


def _offers(conversation: Conversation, sentences: Sequence[Sentence]) -> bool:
    """Whether a turn makes something of the offer known, without pitching it."""
    return any(likely(conversation, kind, s) for s in sentences for kind in ("benefit", "hard_sell"))


def _turns(conversation: Conversation) -> Iterator[tuple[int, list[Sentence]]]:
    group: list[Sentence] = []
    for sentence in conversation.sentences:
        if group and group[0].turn != sentence.turn:
            yield group[0].turn, group
            group = []
        group.append(sentence)
    if group:
        yield group[0].turn, group


def _asks(sentences: Sequence[Sentence]) -> bool:
    """Whether the customer opens the door again: asks something or agrees."""
    return any(shape("opens_again", s.language).search(s.folded.strip()) for s in sentences)


def _pitch(
    conversation: Conversation, sentences: Sequence[Sentence], *, refused: bool, again: bool
) -> tuple[Sentence, Match] | None:
    """The first sentence of a turn that pitches, with what carries it; insisting counts after a refusal only.

    Of what was pitched before, a price that the customer asks for is an answer.
    """
    priced = again and _price_asked(conversation, sentences[0].turn)
    if refused and _gift(sentences):
        return None
    for sentence in sentences:
        guess = acts.guesses(conversation, KIND).get(sentence.index, acts.NOTHING)
        hit = [m for m in matches(KIND, sentence) if refused or not m.detail.get("insists")]
        insists = any(match.detail.get("insists") for match in hit)
        least = guess.threshold * (RULED if hit or refused else 1.0)
        if guess.probability < least and not insists:
            continue
        if priced and _only_priced(conversation, sentence, hit):
            continue
        best = max(hit, key=lambda match: match.strength, default=whole(sentence, 0.0))
        ruled = INSISTED if insists else BY_DEFINITION if _defined(conversation, sentence, hit) else 0.0
        opened = opened_with(conversation, sentence)
        ruled = max(ruled, opened.strength if opened else 0.0)
        return sentence, replace(best, strength=max(guess.probability, ruled))
    return _opened(conversation, sentences)


def _opened(conversation: Conversation, sentences: Sequence[Sentence]) -> tuple[Sentence, Match] | None:
    """A pitch within the agent's greeting or purpose."""
    opened = ((sentence, opened_with(conversation, sentence)) for sentence in sentences)
    return next(((sentence, match) for sentence, match in opened if match is not None), None)


def _defined(conversation: Conversation, sentence: Sentence, hit: Sequence[Match]) -> bool:
    """Whether a sentence names a price and surely a benefit, and invites interest: what a pitch is."""
    if not any(match.rule == _INVITES for match in hit) or not cue("answer_money", sentence):
        return False
    benefit = likely(conversation, "benefit", sentence)
    return benefit is not None and benefit[0].strength >= SURE


def _price_asked(conversation: Conversation, turn: int) -> bool:
    """Whether the turn before asks for a price: who tells it then only answers."""
    asked = of_turn(conversation, turn - 1) if turn else ()
    return any(hit.detail.get("asks") == "money" for s in asked for hit in hits("customer_question", s))


def _only_priced(conversation: Conversation, sentence: Sentence, hit: Sequence[Match]) -> bool:
    """Whether a sentence tells a price and neither invites nor says what one has of it."""
    bare = cue("answer_money", sentence) and all(match.rule in _PRICED for match in hit)
    return bare and likely(conversation, "benefit", sentence) is None


def _gift(sentences: Sequence[Sentence]) -> bool:
    """Whether a turn gives something away and binds the customer to nothing: no price, no invitation."""
    given = any(has_shape("gift", s.folded) for s in sentences)
    return given and any(
        load_rules("hard_sell", s.language if s.language in LANGUAGES else "en").silenced(s.folded)
        for s in sentences
    )
