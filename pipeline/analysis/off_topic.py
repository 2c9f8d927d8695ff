"""Straying into chat: exchanges of 20 s or more with no tie to the sale (article 6.4, advisory).

A stretch counts only when both sides talk in it, and by one of two signs: at least two of its turns hold words of small talk,
none names the product, the offer, terms, an appointment or courtesy, and its meaning is unlike the rest of the call; or the
model of straying, learned from labelled calls, takes its turns for chat (``straying.py``). A subject that is the call's own
(weather at a travel agent's, food at a caterer's) is no small talk there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.analysis import straying
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.dialogue import found_at, likeness, match, of_turn, size, text_of, turn_hits, whole
from pipeline.analysis.rules import Match
from pipeline.analysis.text import fold
from pipeline.profile import Profile
from pipeline.types import Finding, Measure, Reason

LEAST_S = 20.0
"""Shortest exchange that counts (STANDARD.md, definitions)."""
_LIKE_THE_CALL = 0.55
"""Cosine with the rest of the call from which an exchange counts as part of it (our default)."""
_WORDS_PER_S = 2.7
"""For transcripts without times: Mandarin at 240 characters and English at 160 words a minute."""
_TIES = (
    "pitch",
    "purpose",
    "objection",
    "benefit",
    "company",
    "department",
    "refusal",
    "follow_up",
    "confusion",
)
_SALE = ("hard_sell", "needs_question")
"""Kinds that also tie a turn to the sale where only the model takes it for chat."""
SUREST, UNTIMED = 0.85, 0.65
"""Most that a digression counts for, with times and where its length is estimated (our default)."""
DOUBT, SURE = 0.4, 0.8
"""Probability by the model from which a stretch is listed, and from which it is no doubt any more: of authors left out 3 of 23
listed were none, and none of the 5 that were sure."""
GUESSED = 0.55
"""Most that one in between counts for: under the gate, for a person (our default)."""
_UNTIMED = Reason(
    "untimed",
    "转写没有时间，无法计算占比",
    "the transcript has no times, so shares of talk can't be measured",
)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Turns ``[first, last]`` of a possible digression."""

    first: int
    last: int
    chat: tuple[int, ...]
    about: tuple[str, ...]


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each digression; ``detail``: ``about`` (subjects), ``turns`` ``[first, last]``, ``talk_s``.

    The finding spans the whole stretch, its quote is the first turn of chat. Without times its length is estimated from
    its words and its confidence lowered.
    """
    own = _own_subjects(conversation, prior)
    tied = {f.turn for f in prior if f.kind in _TIES and f.turn is not None}
    found = []
    trade = _trade_turns(conversation) | tied
    for stretch in _stretches(conversation, trade, own):
        talk_s = _talk_s(conversation, stretch)
        if (
            talk_s < LEAST_S
            or not _two_sided(conversation, stretch)
            or _like_the_call(conversation, stretch, trade)
        ):
            continue
        found.append(_finding(conversation, stretch, talk_s))
    return found or _learned(conversation, prior, own)


def _learned(conversation: Conversation, prior: Sequence[Finding], own: set[str]) -> list[Finding]:
    """The stretch that strays furthest by the learned model, if it may well."""
    model = straying.load()
    best = furthest_in(conversation, prior, model)
    likely = straying.sure(best.score, model) if best is not None else 0.0
    if best is None or likely < DOUBT:
        return []
    chat = tuple(range(best.first, best.last + 1))
    subjects = {subject for turn in chat for subject in _subjects(conversation, turn)}
    if subjects and subjects <= own:
        return []
    stretch = _Stretch(best.first, best.last, chat, tuple(sorted(subjects - own)))
    strength = min(likely, SUREST) if likely >= SURE else min(likely, GUESSED)
    return [_finding(conversation, stretch, _talk_s(conversation, stretch), strength)]


def furthest_in(
    conversation: Conversation, prior: Sequence[Finding], model: straying.Model
) -> straying.Strayed | None:
    """The stretch of a call that strays furthest, long enough and with both sides in it."""
    tied = {f.turn for f in prior if f.kind in (*_TIES, *_SALE) and f.turn is not None}
    trade = {n for n in range(len(conversation.turns)) if turn_hits(conversation, "on_topic", n)}

    def fits(first: int, last: int) -> bool:
        stretch = _Stretch(first, last, (), ())
        return _talk_s(conversation, stretch) >= LEAST_S and _two_sided(conversation, stretch)

    return straying.furthest(straying.chances(conversation, model), tied, trade, fits)


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """``off_topic_ratio``: talk inside digressions by all talk, 0 … 1."""
    name, method = "off_topic_ratio", "summed turns inside off_topic findings by all turns"
    if not conversation.transcript.timed or not conversation.turns:
        return [Measure(name, None, "ratio", method, _UNTIMED)]
    lengths = [(turn.end_s or 0.0) - (turn.start_s or 0.0) for turn in conversation.turns]
    strayed = {
        turn
        for f in findings
        if f.kind == "off_topic" and "turns" in f.detail
        for turn in range(f.detail["turns"][0], f.detail["turns"][1] + 1)
    }
    total = sum(lengths)
    value = sum(lengths[turn] for turn in strayed) / total if total > 0 else 0.0
    return [Measure(name, round(value, 4), "ratio", method)]


def _finding(conversation: Conversation, stretch: _Stretch, talk_s: float, likely: float = SUREST) -> Finding:
    sentence = of_turn(conversation, stretch.chat[0])[0]
    strength = likely if conversation.transcript.timed else min(likely, UNTIMED)
    detail = {
        "about": list(stretch.about),
        "turns": [stretch.first, stretch.last],
        "talk_s": round(talk_s, 1),
    }
    finding = found_at(conversation, "off_topic", sentence, whole(sentence, strength), detail)
    turns = conversation.turns
    return replace(finding, start_s=turns[stretch.first].start_s, end_s=turns[stretch.last].end_s)


def _stretches(conversation: Conversation, trade: set[int], own: set[str]) -> list[_Stretch]:
    """Runs of turns without a tie to the sale that hold small talk at both ends and in two turns or more."""
    runs: list[list[int]] = [[]]
    for turn in range(len(conversation.turns)):
        if turn in trade:
            runs.append([])
        else:
            runs[-1].append(turn)
    found = []
    for run in runs:
        subjects = {turn: _subjects(conversation, turn) - own for turn in run}
        chat = [turn for turn in run if subjects[turn]]
        if len(chat) < 2:
            continue
        about = sorted({subject for turn in chat for subject in subjects[turn]})
        last = min(run[-1], chat[-1] + 1)
        found.append(_Stretch(chat[0], last, tuple(chat), tuple(about)))
    return found


def _trade_turns(conversation: Conversation) -> set[int]:
    """Turns that name the sale: general words of trade, or a name of the profile."""
    names = _names(conversation.profile)
    turns = range(len(conversation.turns))
    return {
        turn
        for turn in turns
        if turn_hits(conversation, "on_topic", turn)
        or (names and any(name in text_of(conversation, [turn]) for name in names))
    }


def _names(profile: Profile) -> tuple[str, ...]:
    named = [name for product in profile.products for name in (product.name, *product.aliases)]
    if profile.company is not None:
        named += [name for name in (profile.company.name, *profile.company.aliases) if name]
    named += [entry.term for entry in profile.jargon]
    return tuple(fold(name) for name in named if len(name) >= 2)


def _subjects(conversation: Conversation, turn: int) -> set[str]:
    return {str(hit.detail["about"]) for _, hit in turn_hits(conversation, "small_talk", turn)}


def _own_subjects(conversation: Conversation, prior: Sequence[Finding]) -> set[str]:
    """Subjects that are the call's own: in the profile, in a pitch or purpose, or in half of the agent's turns."""
    words = [fold(f.quote) for f in prior if f.quote and f.kind in ("pitch", "purpose", "benefit", "company")]
    for product in conversation.profile.products:
        words += [fold(text) for text in (product.name, *product.aliases, *product.benefits) if text]
    own = {str(hit.detail["about"]) for text in words for hit in _chat_in(text)}
    agent = [n for n, turn in enumerate(conversation.turns) if turn.speaker == "agent"]
    for subject in {s for turn in agent[:2] for s in _subjects(conversation, turn)}:
        spoken = sum(1 for turn in agent if subject in _subjects(conversation, turn))
        if spoken * 2 >= len(agent):
            own.add(subject)
    return own


def _chat_in(folded: str) -> list[Match]:
    return [*match("small_talk", "zh", folded), *match("small_talk", "en", folded)]


def _talk_s(conversation: Conversation, stretch: _Stretch) -> float:
    turns = conversation.turns[stretch.first : stretch.last + 1]
    start_s, end_s = turns[0].start_s, turns[-1].end_s
    if conversation.transcript.timed and start_s is not None and end_s is not None:
        return end_s - start_s
    return sum(size(fold(turn.text)) for turn in turns) / _WORDS_PER_S


def _two_sided(conversation: Conversation, stretch: _Stretch) -> bool:
    speakers = {turn.speaker for turn in conversation.turns[stretch.first : stretch.last + 1]}
    return {"agent", "customer"} <= speakers or (
        speakers == {"unknown"} and stretch.last - stretch.first >= 3
    )


def _like_the_call(conversation: Conversation, stretch: _Stretch, trade: set[int]) -> bool:
    business = [n for n in sorted(trade) if not stretch.first <= n <= stretch.last]
    if not business:
        return False
    chat = text_of(conversation, stretch.chat)
    return likeness(chat[:400], text_of(conversation, business)[:400]) >= _LIKE_THE_CALL
