"""Confusion of the customer, and whether the agent says it again in other words (article 7.2).

A customer who did not understand (``meaning``) is owed a rewording within the agent's next two turns; one who
did not hear (``hearing``) is also served by a plain repetition. Whether it was said again is judged by the layer over
replies (``replies.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    before,
    content,
    found_at,
    has_cue,
    hits,
    match,
    of_turn,
    shared,
    size,
    text_of,
    whole,
)
from pipeline.analysis.jargon import explained
from pipeline.analysis.jargon_terms import lexicon_of, terms_said
from pipeline.analysis.replies import chances, told_by
from pipeline.analysis.replies_features import Exchange, row_of
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import likely
from pipeline.analysis.sure import found as worded
from pipeline.analysis.sure import says
from pipeline.types import Finding

KIND = "confusion"
LEAST = 0.5
"""Probability from which it counts as said again."""
_THE_SAME = 0.85
"""Share of the earlier words from which a sentence says nothing new (our default)."""
NEW_WORDS = 2
"""Least new words beside terms of the trade that explain something (our default)."""
_REPEATED = 0.9
"""How sure a repetition serves who did not hear (our default)."""
_HEAVY = 2
"""New terms of the trade, left unexplained, by which a sentence explains nothing; one is a doubt (our default)."""
_DOUBT = 0.55
"""Most that a rewording counts for into which a new term slips: under the gate, so that a person decides (our default)."""
_NEWLY = 2
"""Most turns of the agent after which the matter is still new (our default)."""
_SAID_BACK = 0.55
"""Share of the earlier words that makes a reply a repetition (our default, set on hand-made replies)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each confused turn of the customer, with ``restated``; each rewording of the agent as ``restatement``.

    ``detail`` of confusion: ``restated`` (bool), ``kind`` (meaning or hearing), ``share`` (how sure ``restated`` is). One a turn.
    """
    found: list[Finding] = []
    for number, turn in enumerate(conversation.turns):
        if turn.speaker == "agent":
            continue
        heard = _confused(conversation, number)
        if heard is None:
            continue
        sentence, hit, kind = heard
        likely, answer = _restated(conversation, sentence, kind)
        restated = likely >= LEAST
        share = {"restated": round(max(likely, 1 - likely), 2)}
        detail = {"restated": restated, "kind": kind, "share": share}
        found.append(found_at(conversation, KIND, sentence, hit, detail))
        if restated and answer is not None:
            found.append(
                found_at(conversation, "restatement", answer, whole(answer, min(likely, hit.strength)))
            )
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
    said = [s for s in of_turn(conversation, turn) if not _no_confusion(conversation, s)]
    judged = ((s, _told(conversation, s)) for s in said)
    told = [(s, hit, str(hit.detail.get("kind", "meaning"))) for s, hit in judged if hit]
    if told:
        return max(told, key=lambda one: (one[2] == "meaning", one[1].strength))
    return _by_dialogue(conversation, turn) if conversation.turns[turn].speaker == "customer" else None


def _told(conversation: Conversation, sentence: Sentence) -> Match | None:
    """The confused words of a sentence: by the words alone where they are sure, else by the learned layer."""
    for one, span in worded(sentence, KIND, "adds"):
        return Match("worded", *span, one.strength, "pattern", one.detail)
    found = likely(conversation, KIND, sentence)
    return found[0] if found else None


def unclear(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence tells confusion rather than anything else; who asks for a name or a firm is not confused."""
    return not _no_confusion(conversation, sentence) and _told(conversation, sentence) is not None


def _no_confusion(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence asks who calls or for the matter, or only seeks a name (那个什么卡), whatever the layer takes it for."""
    asks = has_shape("asks_identity", sentence.folded) or has_shape("asks_which", sentence.folded)
    return bool(asks) or says(sentence, KIND, "drops") or _interested(conversation, sentence)


def _interested(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a first interest asks how the matter goes: "solar? how does that work then?"; no word was left unknown.

    Where the agent used terms of the trade, or the customer says that he doesn't follow, the same words are confusion.
    """
    said = of_turn(conversation, sentence.turn)
    pairs = [
        pair
        for pair in pairwise(said)
        if has_shape("topic", pair[0].folded) and has_shape("asks_how", pair[1].folded)
    ]
    if not any(sentence in pair for pair in pairs) or any(hits(KIND, one) for one in said):
        return False
    if sum(turn.speaker == "agent" for turn in conversation.turns[: sentence.turn]) > _NEWLY:
        return False
    lexicon = lexicon_of(conversation.profile.jargon)
    ahead = before(conversation, sentence.turn, "agent", 2)
    return not any(
        lexicon.find(one) for turn in (*ahead, sentence.turn) for one in of_turn(conversation, turn)
    )


def _by_dialogue(conversation: Conversation, turn: int) -> tuple[Sentence, Match, str] | None:
    """Words that are confused only because of what the agent said before: an echoed term, a bare "huh"."""
    earlier = text_of(conversation, before(conversation, turn, "agent", 2))
    for sentence in of_turn(conversation, turn):
        folded = sentence.folded
        if len(folded) > 60 or not earlier or has_shape("asks_which", folded):
            continue
        by_structure = whole(sentence, 0.8)
        term = has_shape("asks_term", folded)
        word = term["word"] if term else None
        if word and word in earlier and not _ordinary(word, sentence.language):
            return sentence, by_structure, "meaning"
        echo = has_shape("echo", folded)
        if (
            echo
            and _echoes(echo["word"].strip(), earlier, sentence.language)
            and _left_at_that(sentence, conversation)
        ):
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
    figure = has_cue("answer_money", language, word) or has_cue("answer_figure", language, word)
    return len(word) >= least and word in earlier and not figure and not _ordinary(word, language)


def _left_at_that(sentence: Sentence, conversation: Conversation) -> bool:
    """Whether an echo is the turn's last word or a question follows: "thirty-two? that's steep" is surprise, not confusion."""
    rest = [
        s for s in of_turn(conversation, sentence.turn) if s.index > sentence.index and size(s.folded) > 1
    ]
    return all(
        unclear(conversation, s) or (s.folded.endswith("?") and not _interested(conversation, s))
        for s in rest
    )


def _said_again(conversation: Conversation, turn: int, earlier: str) -> bool:
    reply = text_of(conversation, after(conversation, turn, "agent", 1))
    return bool(reply) and (shared(reply, earlier) >= _SAID_BACK or bool(match("restatement", "zh", reply)))


def _restated(conversation: Conversation, asked: Sentence, kind: str) -> tuple[float, Sentence | None]:
    """How likely the agent says it again in the next two turns, and the sentence that most likely does."""
    exchange, told = Exchange.of(conversation, [asked]), told_by(conversation)
    exchange = replace(exchange, replies=_to_this(conversation, exchange.replies))
    if kind == "meaning":
        new = (
            tuple(
                s
                for s in turn
                if not _circular(s, exchange.earlier)
                and not _terms_only(conversation, s, exchange.earlier)
                and len(_new_terms(conversation, s, exchange)) < _HEAVY
            )
            for turn in exchange.replies
        )
        exchange = replace(exchange, replies=tuple(turn for turn in new if turn))
    said = [sentence for turn in exchange.replies for sentence in turn]
    if not said:
        return 0.0, None
    alone = [replace(exchange, replies=((sentence,),)) for sentence in said]
    rows = [row_of(one, told) for one in (exchange, *alone)]
    likely, *each = (found[True] for found in chances("restated", rows))
    again = [
        s
        for s in said
        if kind == "hearing" and content(s.folded) and shared(s.folded, exchange.earlier) >= _SAID_BACK
    ]
    if again:  # who did not hear is served by the same words
        return max(likely, _REPEATED), again[0]
    answer = _first_answer(said, each)
    if kind == "meaning" and likely >= LEAST and _new_terms(conversation, answer, exchange):
        likely = min(likely, _DOUBT)
    return likely, answer


def _first_answer(said: Sequence[Sentence], chances_each: Sequence[float]) -> Sentence:
    """The sentence that most likely says it again: of the first turn that holds one; the next may explain another thing."""
    rated = list(zip(chances_each, said, strict=True))
    first = next((one.turn for chance, one in rated if chance >= LEAST), None)
    near = [pair for pair in rated if first is None or pair[1].turn == first]
    return max(near, key=lambda one: one[0])[1]


def _to_this(
    conversation: Conversation, replies: tuple[tuple[Sentence, ...], ...]
) -> tuple[tuple[Sentence, ...], ...]:
    """The replies less a later one that answers a question which the customer asks in between."""
    kept = list(replies[:1])
    for reply in replies[1:]:
        between = [
            s for turn in before(conversation, reply[0].turn, "customer") for s in of_turn(conversation, turn)
        ]
        asks_else = any(likely(conversation, "customer_question", s) for s in between)
        if not asks_else or any(unclear(conversation, s) for s in between):
            kept.append(reply)
    return tuple(kept)


def _terms_only(conversation: Conversation, sentence: Sentence, earlier: str) -> bool:
    """Whether all that a sentence newly says are terms of the trade, which explain nothing."""
    terms = [one for one in terms_said(conversation) if one.sentence == sentence]
    if not terms:
        return False
    rest = sentence.folded
    for said in terms:
        rest = rest[: said.start] + " " * (said.end - said.start) + rest[said.end :]
    return len(content(rest) - content(earlier)) < NEW_WORDS


def _new_terms(conversation: Conversation, sentence: Sentence, exchange: Exchange) -> set[str]:
    """Terms of the trade that a sentence brings in unexplained: neither said before nor the customer's own."""
    known = exchange.earlier + text_of(conversation, [one.turn for one in exchange.asked])
    said = [one for one in terms_said(conversation) if one.sentence == sentence]
    new = (one for one in said if sentence.folded[one.start : one.end] not in known)
    return {one.term.term for one in new if explained(conversation, one) < LEAST}


def _circular(sentence: Sentence, earlier: str) -> bool:
    """ "CPM就是CPM", or the old sentence once more: nothing new."""
    said = sentence.folded
    return bool(has_shape("circular", said)) or (bool(content(said)) and shared(said, earlier) >= _THE_SAME)
