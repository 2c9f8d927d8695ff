"""English names: where they are said as names, and given names that are nothing else wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_en import (
    common_names,
    given_names,
    is_common_word,
    is_name,
    stop_words,
    surnames,
)
from pipeline.privacy.likely_en import likely_names
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

_SHORT_NAMES = ("An", "Long", "Do", "May", "Will")
"""Common words that end a name of three words: Nguyen Van An."""
LOWERED_WORDS = 3
"""How long an answer without capitals may be to be a name."""
_WORD = r"[^\W\d_一-龥]+(?:['’\-][^\W\d_一-龥]+)*"


def english_names(stream: Stream) -> Iterator[Hit]:
    """English names of customers in one side's speech."""
    if not re.search("[A-Za-z]{2}", stream.text):
        return
    if stream.speaker != "agent":
        yield from _own(stream)
        yield from _answered(stream)
    else:
        yield from _after(stream, "told", lowered=False)
    for match in form("names_en.titled").finditer(stream.text):
        yield from _taken(stream, match.end(), lowered=_sentence_is_lower(stream, match.start()))
    if stream.speaker != "customer":
        yield from _asked(stream)
        yield from _called_out(stream)
    yield from _given(stream)
    yield from likely_names(stream)
    yield from _paired(stream)
    for match in form("names_en.celtic").finditer(stream.text):
        yield Hit(match.start(), match.end(), "name", 0.75)


def _paired(stream: Stream) -> Iterator[Hit]:
    """Given and family name, of which one or both are words too: "Tzu-Yu Chang", "Faith Goodman", "it's April May"."""
    for match in form("names_en.unknown_paired").finditer(stream.text):
        first, family = match.group("name").split()
        known = family.lower() in surnames() and family.lower() not in stop_words()
        before = form("names_en.firm_before").search(stream.text, max(0, match.start() - 12), match.start())
        staff = known and not before and _staff(stream, match.start(), match.end())
        if known and not before and not staff and not is_common_word(first):
            yield Hit(match.start("name"), match.end("name"), "name", 0.65)
    for match in form("names_en.both_words").finditer(stream.text):
        if all(is_name(word) for word in match.group("name").split()):
            yield Hit(match.start("name"), match.end("name"), "name", 0.75)
    for match in form("names_en.paired").finditer(stream.text):
        first, *_, second = match.group("name").split()
        firm = stream.speaker == "agent" and form("names_en.from_firm").search(stream.text, 0, match.start())
        opens = form("names_en.opens_sentence").search(stream.text[: match.start()])
        sure = second.lower() not in stop_words() | common_names() and not (opens and is_common_word(second))
        if first.lower() in common_names() and sure and not firm:
            yield Hit(match.start("name"), match.end("name"), "name", 0.7)


def _after(stream: Stream, lead: str, *, lowered: bool, sure: bool = False) -> Iterator[Hit]:
    for match in pattern(rf"(?<![a-z])(?:{rules()['names_en'][lead]})[\s,:]+").finditer(stream.text):
        for hit in _taken(stream, match.end(), lowered=lowered, sure=sure):
            if not form("names_en.in_office").match(stream.text, hit.end):
                yield hit


def told_as_own(stream: Stream) -> Iterator[Hit]:
    """Names that a customer gives as his own or his people's, or as the answer to "your name?"."""
    if re.search("[A-Za-z]{2}", stream.text):
        yield from _after(stream, "own_sure", lowered=True, sure=True)
        yield from _after(stream, "kin", lowered=False, sure=True)
        yield from _after(stream, "own_plain", lowered=False)
        yield from _answered(stream)


def _own(stream: Stream) -> Iterator[Hit]:
    """What a customer says of himself and his own: "my name is", "my wife", "put it under"."""
    yield from _after(stream, "own_sure", lowered=True, sure=True)
    yield from _after(stream, "kin", lowered=False, sure=True)
    yield from _after(stream, "people", lowered=False)
    for match in form("names_en.spelled_alone").finditer(stream.text):
        yield Hit(match.start("letters"), match.end("letters"), "name", 0.8)
    for match in form("names_en.introduced").finditer(stream.text):
        if stream.speaker == "customer" or not _from(stream, match.end()):
            yield from _taken(stream, match.end(), lowered=_sentence_is_lower(stream, match.start()))
    for match in form("names_en.alone_first").finditer(stream.text):
        yield from _taken(stream, match.start("name"), lowered=False)


def _asked(stream: Stream) -> Iterator[Hit]:
    """The agent's "am I speaking to John?", "is John there?", "Hi John,"."""
    for match in form("names_en.asks_for").finditer(stream.text):
        lower = _sentence_is_lower(stream, match.start())
        for hit in _taken(stream, match.end(), lowered=lower, sure=True):
            if not _staff(stream, hit.start, hit.end):
                yield hit
    for match in form("names_en.is_there").finditer(stream.text):
        yield from _taken(
            stream, match.start("name"), lowered=_sentence_is_lower(stream, match.start()), sure=True
        )
    for match in form("names_en.greeted").finditer(stream.text):
        # a name that is called out ends its clause; "Hi, Peter here" and "Acme Energy, this is" are none
        for hit in _taken(stream, match.end(), lowered=False):
            words = stream.text[hit.start : hit.end].split()
            given = words[0].lower() in given_names() or len(words) == 1
            after = re.match(r"\s*(?:([,.!?\n])|$)", stream.text[hit.end :])
            if after and (given or after.group(1) == "?"):
                yield hit


def _called_out(stream: Stream) -> Iterator[Hit]:
    """A name between commas or at the start, by which the agent calls the customer: "Zainab, are you there?"."""
    for match in form("names_en.spoken_to").finditer(stream.text):
        if not is_name(match.group("name")) and is_common_word(match.group("name")):
            continue
        yield from _taken(stream, match.start("name"), lowered=False)
    for match in form("names_en.vocative").finditer(stream.text):
        word = match.group("name")
        named = word.lower() in given_names() or word.lower() in common_names()
        if named and not _staff(stream, match.start("name"), match.end("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.75)
    for match in form("names_en.vocative_open").finditer(stream.text):
        if is_name(match.group("name")) or not is_common_word(match.group("name")):
            yield from _taken(stream, match.start("name"), lowered=False, sure=True)


def _given(stream: Stream) -> Iterator[Hit]:
    """Given names that are nothing else, with the surname after them; without capitals where a turn has none."""
    for _, start, end in stream.pieces:
        if _sentence_is_lower(stream, start):
            for match in re.finditer(
                r"(?<![A-Za-z0-9_@.'-])[a-z]{4,}(?![A-Za-z0-9_@.'-])", stream.text[start:end]
            ):
                named = match.group() in given_names()
                if named and not _staff(stream, start + match.start(), start + match.end()):
                    family = form("names_en.next_word").match(stream.text, start + match.end())
                    last = family.end() if family and family.group(1) in surnames() else start + match.end()
                    yield Hit(start + match.start(), last, "name", 0.7)
    for match in re.finditer(
        r"(?<![A-Za-z0-9_@.'’-])(?P<name>[A-Z][a-zA-Z]+(?:['’\-][A-Za-z]+)*)", stream.text
    ):
        word = match.group("name")
        if word.split("-")[0].lower() not in given_names() or _staff(stream, match.start(), match.end()):
            continue
        if _of_something(stream, match.start(), match.end()):
            continue
        for hit in _taken(stream, match.start("name"), lowered=False, sure=True):
            family = form("names_en.word_before").search(stream.text, max(0, hit.start - 24), hit.start)
            first = family.start(1) if family and family.group(1).lower() in surnames() else hit.start
            yield Hit(first, hit.end, "name", hit.confidence)


def _of_something(stream: Stream, start: int, end: int) -> bool:
    """Whether the word is part of a street's, a place's or a firm's name."""
    word = stream.text[start:end]
    shouted = len(word) > 1 and word.isupper() and not stream.text[max(0, start - 20) : end + 20].isupper()
    after = form("names_en.not_person").match(stream.text, end) or _among_han(stream, start, end)
    before = stream.text[max(0, start - 20) : start]
    firm = stream.speaker == "agent" and form("names_en.from_firm").search(before)
    return bool(shouted or after or firm or form("names_en.not_person_before").search(before))


def _among_han(stream: Stream, start: int, end: int) -> bool:
    """Whether the agent says it in a Mandarin sentence, and calls nobody so: the teacher Tony's lessons, a brand."""
    near = stream.text[max(0, start - 6) : start], stream.text[end : end + 6]
    if stream.speaker != "agent" or not re.search("[一-龥]", "".join(near)):
        return False
    return not (form("names_en.han_before").search(near[0]) or form("names_en.han_behind").match(near[1]))


def _staff(stream: Stream, start: int, end: int) -> bool:
    """Whether the agent speaks of himself or of a colleague, or the customer calls the agent by name."""
    before = stream.before(start, 40)
    if form("names_en.phonetic").search(before):
        return True  # "P as in Peter"
    if stream.speaker == "customer":
        if form("names_en.to_staff").search(before) or form("names_en.in_office").match(stream.text, end):
            return True
        return bool(form("names_en.to_agent").search(before)) and bool(
            re.match(r"\s*(?:[,.!?\n]|$)", stream.text[end:])
        )
    after = stream.text[end : end + 40]
    return bool(form("names_en.staff_before").search(before) or form("names_en.staff_after").match(after))


def _answered(stream: Stream) -> Iterator[Hit]:
    """A name alone, said when the other side asked for one: "And your name?" – "Fiona Gallagher."."""
    for index, start, end in stream.pieces:
        if end - start > 80 or "name" not in asked_for(stream.turns, index):
            continue
        said = form("names_en.answer_lead").match(stream.text, start, end)
        first = said.end() if said else start
        lower = _sentence_is_lower(stream, start) and len(stream.text[first:end].split()) <= LOWERED_WORDS
        for hit in _taken(stream, first, lowered=lower):
            words = stream.text[hit.start : hit.end].split()
            named = any(is_name(word) or not is_common_word(word) for word in words)
            ended = form("names_en.answer_end").match(stream.text[hit.end :])
            if ended and (named or stream.speaker == "customer"):
                yield hit


def _from(stream: Stream, at: int) -> bool:
    """Whether the introduction is an agent's: "this is Anna from Acme"."""
    return bool(form("names_en.from_there").match(stream.text[at : at + 50]))


def _sentence_is_lower(stream: Stream, at: int) -> bool:
    """Whether the turn has no capitals at all, as some recognisers write."""
    index, _ = stream.turn_at(at)
    return not re.search(r"[A-Z]", stream.turns[index].text)


def _taken(stream: Stream, at: int, *, lowered: bool, sure: bool = False) -> Iterator[Hit]:
    """Up to three words of a name from a place on; spelled letters after it are taken too.

    ``lowered`` lets up to two words be without capitals, as recognisers write them; ``sure``: the first is a name.
    """
    end, count, joined = at, 0, at
    shouted = stream.text[at : at + 40].isupper()
    for match in re.finditer(rf"{_WORD}|[^\s]", stream.text[at : at + 80]):
        word, gap = match.group(), stream.text[max(end, joined) : at + match.start()]
        if form("names_en.particle").match(stream.text, at + match.start()):
            joined = at + match.end()
            continue  # "van der" belongs to the name that follows
        parted = count and (gap.strip(" .") or "\n" in gap or "\f" in gap or (". " in gap and count > 1))
        doubtful = lowered and not sure and word in common_names() and word.islower()
        first = (
            sure
            and not count
            and word[0].isupper()
            and (word.lower() in common_names() or word.lower() not in stop_words())
        )
        if (
            parted
            or doubtful
            or count == 3
            or not (first or _names(word, count, lowered=lowered, shouted=shouted))
        ):
            break
        count, end = count + 1, at + match.end()
    if not count or stream.text[at:end].lower().split()[-1] in rules()["names_en"]["firm"]:
        return
    end -= 2 if stream.text[at:end].endswith(("'s", "’s")) else 0
    # "Latoya R. Bettencourt": a middle letter with its dot, and the family name
    middle = form("names_en.middle").match(stream.text, end) if count < 3 else None
    end = middle.end() if middle else end
    initial = form("names_en.initial").search(stream.text, max(0, at - 4), at)
    at = initial.start("letter") if initial else at
    yield Hit(at, end, "name", 0.9 if stream.text[at].isupper() else 0.75)
    spelled = form("names_en.spelled").match(stream.text, end)
    if spelled:
        yield Hit(spelled.start("letters"), spelled.end("letters"), "name", 0.85)


def _names(word: str, count: int, *, lowered: bool, shouted: bool) -> bool:
    """Whether a word may be the next of a name."""
    small = word.lower()
    if not re.match(r"[^\W\d_]", word) or re.match("[一-龥]", word):
        return False
    if small in stop_words() and not (count > 1 and word in _SHORT_NAMES):
        return False
    if (
        form("names_en.no_name_form").search(word)
        and small.removesuffix("'s").removesuffix("’s") not in given_names()
    ):
        return False
    if word.isupper() and len(word) > 1 and not shouted:
        return False
    return word[0].isupper() or (lowered and count < 2 and (is_name(small) or not is_common_word(small)))
