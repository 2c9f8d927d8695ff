"""What a campaign demands to be said, looked for in the agent's sentences: as written, by sound, by the shipped rules of the
same notice, or by its meaning.

What is denied ("we don't record"), reported of others or asked is not said. Between clearly alike and clearly unlike a
sentence is a doubt for a person.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import hits, match
from pipeline.analysis.phonetic import find_by_sound
from pipeline.analysis.shapes import has_shape, shape
from pipeline.analysis.spotting import told
from pipeline.analysis.text import fold, language_of
from pipeline.profile import Demand
from pipeline.types import Finding

KIND = "notice"
_SAME_MEANING = 0.62
"""Least cosine similarity of a sentence or clause to a demanded meaning that says the same (our default)."""
_UNLIKE = 0.55
"""Under it a sentence says something else (our default): unrelated telesales lines that are no questions stay below."""
_SAME_NOTICE = 0.5
"""Least similarity to what is demanded of a sentence that a shipped rule of the same notice hits."""
_SAME_SORT = 0.3
"""Least similarity to what is demanded of a sentence that only its words, or the learned layer, make a notice of that sort (our
default)."""
_SORTS = ("recording", "cooling_off")
"""Sorts of notice with a shape of their own, ``notice_…``: the words that one can hardly do without."""
_DOUBT = 0.5
"""What counts for a doubt: under the gate."""
_BY_SOUND = 0.8
_CLAUSE = re.compile(r"[^,，、;；:：]+")


@dataclass(frozen=True, slots=True)
class Demanded:
    """One thing that a campaign wants said: a notice, or a step of its script with its place in the order."""

    name: str
    phrases: tuple[str, ...]
    meanings: tuple[str, ...]
    order: int | None

    @property
    def is_step(self) -> bool:
        """Whether it is a step of the script, which may be a question."""
        return self.order is not None


@dataclass(frozen=True, slots=True)
class Said:
    """Where a demand is met, how surely, and what told it."""

    sentence: Sentence
    start: int
    end: int
    strength: float
    layer: str


def demands(conversation: Conversation) -> list[Demanded]:
    """What the call's campaign wants said, by the profile: its notices, then the steps of its script."""
    profile, campaign = conversation.profile, conversation.record.campaign
    wanted = [_demanded_of(entry, None) for entry in profile.notices(campaign)]
    return wanted + [
        _demanded_of(entry, order) for order, entry in enumerate(profile.script(campaign), start=1)
    ]


def _demanded_of(entry: Demand, order: int | None) -> Demanded:
    return Demanded(entry.name, tuple(fold(phrase) for phrase in entry.phrases), entry.meaning, order)


def find(conversation: Conversation) -> Iterator[Finding]:
    """A finding ``notice`` for each demand that is met, or may be: the surest place."""
    spoken = list(conversation.by("agent"))
    for demand in demands(conversation):
        ways = (_by_phrase(demand, spoken), _by_rule(demand, spoken), _by_meaning(demand, spoken))
        said = max((one for one in ways if one), key=lambda one: one.strength, default=None)
        said = said or _by_sort(conversation, demand, spoken)
        if said is None:
            continue
        step = {} if demand.order is None else {"step": demand.name, "order": demand.order}
        detail = {"name": demand.name, **step, "layer": said.layer, "demanded": True}
        yield conversation.finding(
            KIND, said.sentence, said.start, said.end, strength=said.strength, **detail
        )


def _by_phrase(demand: Demanded, spoken: Sequence[Sentence]) -> Said | None:
    for sentence in spoken:
        for phrase in filter(None, demand.phrases):
            at, strength, layer = sentence.folded.find(phrase), 0.95, "lexicon"
            if at < 0 and sentence.language == "zh":
                at, strength, layer = (
                    next(iter(find_by_sound(phrase, sentence.folded)), -1),
                    _BY_SOUND,
                    "sound",
                )
            if at >= 0 and not taken_back(sentence.folded, at, at + len(phrase), may_ask=demand.is_step):
                return Said(sentence, at, at + len(phrase), strength, layer)
    return None


def _by_rule(demand: Demanded, spoken: Sequence[Sentence]) -> Said | None:
    """A hit of the shipped rule that the demand's own words are hits of; sure where it is also alike."""
    names = _sorts_of(demand)
    found = [
        Said(sentence, hit.start, hit.end, hit.strength, hit.layer)
        for sentence in (spoken if names else ())
        for hit in hits(KIND, sentence)
        if hit.detail["name"] in names
        and not taken_back(sentence.folded, hit.start, hit.end, may_ask=demand.is_step)
    ]
    if not found:
        return None
    alike = [max(_likeness(_texts(demand), one.sentence)) for one in found]
    likeness, best = max(zip(alike, found, strict=True), key=lambda one: one[0])
    strength = best.strength if likeness >= _SAME_NOTICE else _DOUBT
    return Said(best.sentence, best.start, best.end, strength, best.layer)


def _sorts_of(demand: Demanded) -> set[str]:
    """Sorts of notice that a demand's own words, or its name, tell."""
    hit = {hit.detail["name"] for text in _texts(demand) for hit in match(KIND, _language(text), text)}
    named = (*_texts(demand), fold(demand.name))
    return hit | {sort for sort in _SORTS if any(map(functools.partial(_is_of, sort), named))}


def _is_of(sort: str, folded: str) -> bool:
    """Whether a text holds the words of a sort of notice."""
    return has_shape(f"notice_{sort}", folded) is not None


def _by_sort(conversation: Conversation, demand: Demanded, spoken: Sequence[Sentence]) -> Said | None:
    """A sentence that may be the notice in words of its own: of its sort, or a notice to the learned layer. Never sure."""
    sorts = _sorts_of(demand)
    if demand.is_step and not sorts:
        return None
    found = []
    for sentence in spoken:
        if taken_back(sentence.folded, 0, len(sentence.folded), may_ask=demand.is_step):
            continue
        others = {hit.detail.get("name") for hit in told(conversation, KIND, sentence)}
        like = None in others or any(_is_of(sort, sentence.folded) for sort in sorts & {*_SORTS})
        likeness = max(_likeness(_texts(demand), sentence), default=0.0) if like else 0.0
        if likeness >= _SAME_SORT:
            found.append((likeness, sentence))
    if not found:
        return None
    sentence = max(found, key=lambda one: one[0])[1]
    return Said(sentence, 0, len(sentence.text), _DOUBT, "meaning")


def _by_meaning(demand: Demanded, spoken: Sequence[Sentence]) -> Said | None:
    """The sentence alike in meaning that denies as the demand does, and that nobody else is said to say."""
    if not demand.meanings:
        return None
    best: tuple[float, Sentence] | None = None
    for sentence in spoken:
        if taken_back(sentence.folded, 0, len(sentence.folded), may_ask=demand.is_step):
            continue
        likeness = max(_likeness(_texts(demand), sentence))
        if best is None or likeness > best[0]:
            best = likeness, sentence
    if best is None or best[0] < _UNLIKE:
        return None
    likeness, sentence = best
    strength = min(0.95, likeness + 0.1) if likeness >= _SAME_MEANING else _DOUBT
    return Said(sentence, 0, len(sentence.text), strength, "meaning")


def _likeness(wanted: tuple[str, ...], sentence: Sentence) -> list[float]:
    """How alike the sentence and its clauses are to what is wanted; 0 where one denies what the other says."""
    from models.encoder import encode

    parts = tuple(dict.fromkeys((sentence.folded, *_CLAUSE.findall(sentence.folded))))
    alike = encode(wanted) @ encode(parts).T
    denied = [[_denies(one) != _denies(part) for part in parts] for one in wanted]
    return [
        0.0 if no else float(value)
        for row, nos in zip(alike, denied, strict=True)
        for value, no in zip(row, nos, strict=True)
    ]


def taken_back(folded: str, start: int, end: int, *, may_ask: bool) -> bool:
    """Whether words of a folded sentence are denied right before, said to be said by others, or only asked."""
    language = _language(folded)
    asked = not may_ask and shape("asked", language).search(folded)
    denied = shape("denied", language).search(folded[:start])
    return bool(asked or denied or shape("said_by_others", language).search(folded[:end]))


@functools.lru_cache(maxsize=4096)
def _denies(folded: str) -> bool:
    """Whether a text denies anything."""
    return shape("denial", _language(folded)).search(folded) is not None


def _texts(demand: Demanded) -> tuple[str, ...]:
    return tuple(filter(None, (*demand.phrases, *(fold(meaning) for meaning in demand.meanings))))


def _language(text: str) -> str:
    return "zh" if language_of(text) == "zh" else "en"
