"""The agent's pitches, and those that come again after the customer has said no.

A pitch is a sentence that names an offer, a price or a benefit and invites interest; neighbouring ones of a turn are
one pitch. After a refusal, or a request not to be called, each turn of the agent that pitches again is a
``pitch_after_refusal``, until the customer asks or agrees; thanks and a farewell are none. Insisting (您先听我说完,
"before you say no") counts only there (STANDARD.md, "Pitch").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import whole
from pipeline.analysis.matching import matches
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import shape
from pipeline.analysis.spotting import told
from pipeline.types import Finding

KIND = "pitch"
RULED = 0.5
"""Share of the usual threshold that is enough where a rule hits too, or after a refusal, when each offer is another try."""
INSISTED = 0.8
"""Confidence of insisting after a refusal, by its wording alone (our default)."""
AGAIN = "pitch_after_refusal"


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Pitches in order; each later one says ``repeat: true``."""
    refusals = {f.turn for f in prior if f.kind == "refusal" and not f.detail.get("soft")}
    refusals |= {s.turn for s in conversation.by("customer") if told(conversation, "do_not_call", s)}
    found: list[Finding] = []
    refused = False
    for turn, sentences in _turns(conversation):
        if sentences[0].speaker == "customer" or turn in refusals:
            refused = turn in refusals or (refused and not _asks(sentences))
            continue
        pitch = _pitch(conversation, sentences, refused=refused)
        if pitch is not None:
            sentence, match = pitch
            kind = AGAIN if refused else KIND
            repeat = any(f.kind in (KIND, AGAIN) for f in found)
            found.append(
                conversation.finding(
                    kind,
                    sentence,
                    match.start,
                    match.end,
                    strength=match.strength,
                    repeat=repeat,
                    layer=match.layer,
                )
            )
    return found


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
    conversation: Conversation, sentences: Sequence[Sentence], *, refused: bool
) -> tuple[Sentence, Match] | None:
    """The first sentence of a turn that pitches, with what carries it; insisting counts after a refusal only."""
    for sentence in sentences:
        guess = acts.guesses(conversation, KIND).get(sentence.index, acts.NOTHING)
        hits = [m for m in matches(KIND, sentence) if refused or not m.detail.get("insists")]
        insists = any(match.detail.get("insists") for match in hits)
        least = guess.threshold * (RULED if hits or refused else 1.0)
        if guess.probability < least and not insists:
            continue
        best = max(hits, key=lambda match: match.strength, default=whole(sentence, 0.0))
        return sentence, replace(best, strength=max(guess.probability, INSISTED if insists else 0.0))
    return None
