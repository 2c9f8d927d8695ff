"""Confusion of the customer, and whether the agent says it again in other words (article 7.2).

A customer who did not understand (``meaning``) is owed a rewording within the agent's next two turns; one who
did not hear (``hearing``) is also served by a plain repetition. Rules find the words, the dialogue the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    before,
    content,
    found_at,
    has_cue,
    hits,
    kinds_at,
    likeness,
    match,
    of_turn,
    shared,
    size,
    text_of,
    whole,
)
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import likely
from pipeline.types import Finding

KIND = "confusion"
_SAID_BACK = 0.55
"""Share of the earlier words that makes a reply a repetition (our default, set on hand-made replies)."""
_ALIKE = 0.35
"""Least cosine between the unclear words and a rewording of them (our default)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each confused turn of the customer, with ``restated``; each rewording of the agent as ``restatement``.

    ``detail`` of confusion: ``restated`` (bool), ``kind`` (meaning or hearing). One finding a turn.
    """
    found: list[Finding] = []
    refused = kinds_at(prior, "do_not_call")
    for number, turn in enumerate(conversation.turns):
        if turn.speaker == "agent" or number in refused:
            continue
        heard = _confused(conversation, number)
        if heard is None:
            continue
        sentence, hit, kind = heard
        answer = _restated(conversation, number, kind)
        detail = {"restated": answer is not None, "kind": kind}
        found.append(found_at(conversation, "confusion", sentence, hit, detail))
        if answer is not None:
            found.append(found_at(conversation, "restatement", answer, whole(answer, 0.85)))
    return _once(found)


def _once(found: list[Finding]) -> list[Finding]:
    """A rewording that answers two confused turns is listed once."""
    seen: set[tuple[str, int | None, float | None, str | None]] = set()
    kept = []
    for finding in found:
        key = (finding.kind, finding.turn, finding.start_s, finding.quote)
        if key not in seen:
            seen.add(key)
            kept.append(finding)
    return kept


def _confused(conversation: Conversation, turn: int) -> tuple[Sentence, Match, str] | None:
    """The surest confused words of a turn; a lack of meaning outweighs a lack of hearing."""
    judged = ((s, likely(conversation, KIND, s)) for s in of_turn(conversation, turn))
    told = [(s, found[0], str(found[0].detail.get("kind", "meaning"))) for s, found in judged if found]
    if told:
        return max(told, key=lambda one: (one[2] == "meaning", one[1].strength))
    return _by_dialogue(conversation, turn) if conversation.turns[turn].speaker == "customer" else None


def unclear(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence tells confusion rather than anything else."""
    return likely(conversation, KIND, sentence) is not None


def _by_dialogue(conversation: Conversation, turn: int) -> tuple[Sentence, Match, str] | None:
    """Words that are confused only because of what the agent said before: an echoed term, a bare "huh"."""
    earlier = text_of(conversation, before(conversation, turn, "agent", 2))
    for sentence in of_turn(conversation, turn):
        folded = sentence.folded
        if len(folded) > 60 or not earlier:
            continue
        by_structure = whole(sentence, 0.8)
        term = has_shape("asks_term", folded)
        word = term["word"] if term else None
        if word and word in earlier and not _ordinary(word, sentence.language):
            return sentence, by_structure, "meaning"
        echo = has_shape("echo", folded)
        if echo and _echoes(echo["word"].strip(), earlier, sentence.language):
            return sentence, by_structure, "meaning"
        if has_shape("interjection", folded) and "?" in folded and _said_again(conversation, turn, earlier):
            return sentence, by_structure, "hearing"
    return None


def _ordinary(word: str, language: str) -> bool:
    """Names, prices and addresses are asked about, not misunderstood."""
    return has_cue("wants_named", language, word)


def _echoes(word: str, earlier: str, language: str) -> bool:
    """An echoed term is an uncommon word of the agent's last turns, said back as a question."""
    least = 2 if language == "zh" else 7
    return len(word) >= least and word in earlier and not _ordinary(word, language)


def _said_again(conversation: Conversation, turn: int, earlier: str) -> bool:
    reply = text_of(conversation, after(conversation, turn, "agent", 1))
    return bool(reply) and (shared(reply, earlier) >= _SAID_BACK or bool(match("restatement", "zh", reply)))


def _restated(conversation: Conversation, turn: int, kind: str) -> Sentence | None:
    """The agent's sentence that says it again, looked for in the next two turns."""
    earlier = text_of(conversation, before(conversation, turn, "agent", 2))
    asked = text_of(conversation, [turn])
    for later in after(conversation, turn, "agent", 2):
        told = [s for s in of_turn(conversation, later) if size(s.folded) >= 3]
        for sentence in told:
            if hits("restatement", sentence) and not _circular(sentence.folded, earlier):
                return sentence
        for sentence in told:
            if kind == "hearing" and _repeats(sentence.folded, earlier):
                return sentence
            if _rewords(sentence, earlier, asked):
                return sentence
    return None


def _circular(folded: str, earlier: str) -> bool:
    """ "CPM就是CPM", or the old sentence once more: nothing new behind the marker."""
    return bool(has_shape("circular", folded)) or (bool(content(folded)) and shared(folded, earlier) >= 0.85)


def _repeats(folded: str, earlier: str) -> bool:
    return bool(content(folded)) and (
        shared(folded, earlier) >= _SAID_BACK or (size(folded) >= 4 and likeness(folded, earlier) >= 0.6)
    )


def _rewords(sentence: Sentence, earlier: str, asked: str) -> bool:
    """A statement on the same matter, mostly in new words, that neither asks nor only soothes."""
    folded = sentence.folded
    if size(folded) < 5 or has_shape("asks", folded) or _circular(folded, earlier):
        return False
    new = 1.0 - shared(folded, earlier)
    return new >= 0.4 and likeness(folded, f"{asked} {earlier}") >= _ALIKE
