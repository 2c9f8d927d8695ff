"""Terms of trade in the agent's speech, and whether they are explained at once.

What a term is, and where it stands, is told by ``jargon_terms``; whether what follows explains it is judged by the layer
over replies (``replies.py``), which reads the rules for markers of an explanation among all else.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from models.jieba_words import cut
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.jargon_terms import Said, Term, lexicon_of, terms_said
from pipeline.analysis.matching import matches
from pipeline.analysis.replies import chances
from pipeline.analysis.replies_features import Row, row_of_term
from pipeline.analysis.text import fold
from pipeline.types import Finding, Measure, Reason

KIND = "jargon"
LEAST = 0.5
"""Probability from which a term counts as explained."""
MARKED = 0.7
"""Least probability of it where an explanation is announced in so many words (STANDARD.md, "Explained jargon")."""
A_DOUBT = 0.55
"""Most that an explanation in further terms counts for: under the gate, so that a person decides (our default)."""
_NEAR_CHARS = {"zh": 3, "en": 3}
"""How far from the term a bare "is" may stand to explain it."""
_HEAD_CHARS = {"zh": 6, "en": 14}
"""How far into the next sentence a marker may stand."""
_PUNCTUATION = re.compile(r"^[\W_]+$")
_NO_WORDS = Reason("no_agent_speech", "没有坐席的讲话", "the agent says nothing")
_SIDES_UNSURE = Reason(
    "sides_unsure", "无法确定说话人是坐席还是客户", "it is not sure which side is the agent"
)


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``jargon`` of the agent: ``detail {term, explained, plain, trade, customer_used, layer, share}``.

    A term explained once stays explained. A term that the customer said first is listed with ``customer_used``; it is
    no fault and counts nowhere.
    """
    known: dict[str, float] = {}
    by_customer: set[str] = set()
    found: list[Finding] = []
    everything = list(terms_said(conversation))
    for said in everything:
        name = said.term.term
        if said.sentence.speaker == "customer":
            by_customer.add(name)
            continue
        likely = known[name] if known.get(name, 0.0) >= LEAST else _plainly(conversation, said, everything)
        known[name] = likely
        found.append(
            conversation.finding(
                KIND,
                said.sentence,
                said.start,
                said.end,
                strength=said.strength,
                term=name,
                explained=likely >= LEAST,
                customer_used=name in by_customer,
                plain=said.term.plain,
                trade=said.term.trade,
                layer=said.layer,
                share={"explained": round(max(likely, 1 - likely), 2)},
            )
        )
    return found


def measure(conversation: Conversation, findings: Sequence[Finding] = ()) -> list[Measure]:
    """``jargon_per_100_words``: the agent's unexplained terms by 100 words (jieba tokens in Mandarin)."""
    method = (
        "agent's terms less explained ones and the customer's own, by 100 words; jieba tokens in Mandarin"
    )
    spoken = [sentence for sentence in conversation.sentences if sentence.speaker == "agent"]
    total = sum(words(sentence) for sentence in spoken)
    if not total:
        unsure = any(sentence.speaker == "unknown" for sentence in conversation.sentences)
        return [
            Measure(
                "jargon_per_100_words", None, "1/100 words", method, _SIDES_UNSURE if unsure else _NO_WORDS
            )
        ]
    counted = sum(1 for finding in findings if _counts(finding))
    return [Measure("jargon_per_100_words", round(100 * counted / total, 2), "1/100 words", method)]


def _counts(finding: Finding) -> bool:
    if finding.kind != KIND or finding.speaker != "agent":
        return False
    return not finding.detail.get("explained") and not finding.detail.get("customer_used")


def words(sentence: Sentence) -> int:
    """Number of words: jieba tokens without punctuation in Mandarin, words between blanks in English."""
    return _count_words(sentence.folded, sentence.language)


@functools.lru_cache(maxsize=65536)
def _count_words(folded: str, language: str) -> int:
    if language != "zh":
        return len(re.findall(r"[\w'’-]+", folded))
    return sum(1 for token in cut(folded, unknown=False) if token.strip() and not _PUNCTUATION.match(token))


def explained(conversation: Conversation, said: Said) -> float:
    """How likely a term is explained at once: surely in its own plain words, else as the layer over replies says."""
    following = _next(conversation, said.sentence)
    if _in_plain_words(said, following):
        return 1.0
    likely = float(chances("explained", [_row_of(said, following)])[0][True])
    return max(likely, MARKED) if _by_marker(said, following) else likely


def _plainly(conversation: Conversation, said: Said, everything: Sequence[Said]) -> float:
    """How likely a term is explained, less where what announces itself as the explanation holds further unexplained terms."""
    likely, following = explained(conversation, said), _next(conversation, said.sentence)
    if likely < LEAST or _in_plain_words(said, following):
        return likely
    within = [said.sentence] if _by_marker(said, None) else [following] if _by_marker(said, following) else []
    others = (
        one
        for one in everything
        if one.sentence in within
        and one.term != said.term
        and (one.sentence != said.sentence or one.start >= said.end)
    )
    laden = any(explained(conversation, one) < LEAST for one in others)
    return min(likely, A_DOUBT) if laden else likely


def row_of_mark(conversation: Conversation, turn: int, start: int, end: int) -> Row:
    """The row of a term marked in characters ``[start, end)`` of a turn, known to the lexicon or not."""
    sentence = next(s for s in conversation.in_turn(turn) if s.start <= start < s.start + len(s.text))
    begin, until = start - sentence.start, min(end - sentence.start, len(sentence.text))
    unknown = Said(Term(sentence.text[begin:until], "", "", ""), sentence, begin, until, 1.0, "")
    known = lexicon_of(conversation.profile.jargon).find(sentence)
    said = next((one for one in known if one.start < until and begin < one.end), unknown)
    return _row_of(said, _next(conversation, sentence))


def _row_of(said: Said, following: Sentence | None) -> Row:
    ruled = _in_plain_words(said, following) or _by_marker(said, following)
    return row_of_term(said.sentence, said.start, said.end, following, ruled=ruled)


def _in_plain_words(said: Said, following: Sentence | None) -> bool:
    """Whether the term's plain words stand in the same or the next sentence of the agent."""
    near = [said.sentence.folded, following.folded if following else ""]
    return any(fold(words) in text for words in (said.term.plain, *said.term.also) if words for text in near)


def _by_marker(said: Said, following: Sentence | None) -> bool:
    """Whether a marker of an explanation stands behind the term, right at it, or at the head of the next sentence."""
    for match in matches("explanation", said.sentence):
        far = match.detail.get("place") == "far"
        if far and (match.start >= said.end or (said.start - match.end <= 2 and match.end <= said.start)):
            return True
        if not far and 0 <= match.start - said.end <= _NEAR_CHARS.get(said.sentence.language, 3):
            return True
    if following is None:
        return False
    head = _HEAD_CHARS.get(following.language, 14)
    return any(m.start <= head for m in matches("explanation", following) if m.detail.get("place") == "far")


def _next(conversation: Conversation, sentence: Sentence) -> Sentence | None:
    following = conversation.sentences[sentence.index + 1 : sentence.index + 2]
    return following[0] if following and following[0].speaker == sentence.speaker else None
