"""English names, where they are said as names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.privacy.rules import Hit, pattern, rules
from pipeline.privacy.streams import Stream

_SPELLED = (
    r"[\s,.]{1,3}(?:that's\s|it's\s|spelled\s|spelt\s)?(?P<letters>(?:[a-z][\s\-.,]+){2,}[a-z])(?![a-z])"
)
_SHORT_NAMES = ("An", "Long", "Do", "May", "Will")
"""Common words that end a name of three words: Nguyen Van An."""


@cache
def token() -> str:
    return r"[^\W\d_]+(?:['’\-][^\W\d_]+)*"


def english_names(stream: Stream) -> Iterator[Hit]:
    if not re.search("[A-Za-z]{2}", stream.text):
        return
    en = rules()["names"]["en"]
    if stream.speaker != "agent":
        for match in pattern(rf"(?<![a-z])(?:{en['own_sure']})[\s,:]+").finditer(stream.text):
            yield from _taken(stream, match.end(), lowered=True)
        yield from _answered(stream)
        for match in pattern(rf"(?<![a-z])(?:{en['kin']})[\s,]+").finditer(stream.text):
            yield from _taken(stream, match.end(), lowered=False)
        for match in pattern(r"\bspel(?:led|t)\s(?P<letters>(?:[a-z][\s\-.,]+){2,}[a-z])(?![a-z])").finditer(
            stream.text
        ):
            yield Hit(match.start("letters"), match.end("letters"), "name", 0.8)
        for match in pattern(rf"(?<![a-z])(?:{en['own_capital']})[\s,]+").finditer(stream.text):
            if stream.speaker == "customer" or not _from(stream, match.end()):
                yield from _taken(stream, match.end(), lowered=False)
    else:
        for match in pattern(rf"(?<![a-z])(?:{en['told']})[\s,]+").finditer(stream.text):
            yield from _taken(stream, match.end(), lowered=False)
    for match in pattern(rf"(?<![a-z])(?:{en['titles']})\b\.?\s+").finditer(stream.text):
        yield from _taken(stream, match.end(), lowered=False)
    if stream.speaker != "customer":
        yield from _asked(stream)


def _asked(stream: Stream) -> Iterator[Hit]:
    """The agent's "am I speaking to John?", "is John there?", "Hi John,"."""
    en = rules()["names"]["en"]
    for match in pattern(
        rf"(?<![a-z])(?:{en['asked']})\s+(?:with\s+|to\s+)?(?:{en['titles']})?\.?\s*"
    ).finditer(stream.text):
        yield from _taken(stream, match.end(), lowered=False)
    for match in pattern(rf"(?<![a-z])is\s+(?P<name>{token()}(?:\s{token()})?)\s+{en['available']}").finditer(
        stream.text
    ):
        yield from _taken(stream, match.start("name"), lowered=False)
    for match in pattern(
        rf"(?<![a-z])(?:{en['hello']})[,\s]+(?={token()}(?:\s{token()})?\s*[,.!?\n])"
    ).finditer(stream.text):
        # a name that is called out ends its clause; "Hi, Peter here" and "Acme Energy, this is" are none
        for hit in _taken(stream, match.end(), lowered=False):
            if re.match(r"\s*(?:[,.!?\n]|$)", stream.text[hit.end :]):
                yield hit


def _answered(stream: Stream) -> Iterator[Hit]:
    """A name alone, said when the other side asked for one: "And your name?" – "Fiona Gallagher."."""
    asks = rules()["names"]["en"]["asks"]
    for index, start, end in stream.pieces:
        if index == 0 or end - start > 60 or not pattern(asks).search(stream.turns[index - 1].text[-60:]):
            continue
        lead = pattern(
            r"(?:(?:uh|um|yes|yeah|sure|okay|of course|it's|it is|that's|i'm|this is|my name is)[\s,.]+)*"
        )
        said = lead.match(stream.text, start, end)
        yield from _taken(stream, said.end() if said else start, lowered=False)


def _from(stream: Stream, at: int) -> bool:
    """Whether the introduction is an agent's: "this is Anna from Acme"."""
    return bool(re.match(r"[A-Za-z' ]{2,30}\s(?:from|with|at|calling|here)\b", stream.text[at : at + 50]))


def _taken(stream: Stream, at: int, *, lowered: bool) -> Iterator[Hit]:
    """Up to three words of a name from a place on; spelled letters after it are taken too.

    ``lowered`` lets up to two words be without capitals, as recognisers write them.
    """
    end, count = at, 0
    for match in re.finditer(rf"{token()}|[^\s]", stream.text[at : at + 80]):
        word, gap = match.group(), stream.text[end : at + match.start()]
        parted = count and (gap.strip(" .") or "\n" in gap)
        if parted or count == 3 or not _names(word, count, lowered=lowered):
            break
        count, end = count + 1, at + match.end()
    if not count or stream.text[at:end].lower().split()[-1] in rules()["names"]["en"]["firm"]:
        return
    yield Hit(at, end, "name", 0.9 if stream.text[at].isupper() else 0.75)
    spelled = pattern(_SPELLED).match(stream.text, end)
    if spelled:
        yield Hit(spelled.start("letters"), spelled.end("letters"), "name", 0.85)


def _names(word: str, count: int, *, lowered: bool) -> bool:
    """Whether a word may be the next of a name."""
    if not re.match(r"[^\W\d_]", word) or re.match("[一-龥]", word):
        return False
    common = word.lower() in _stop() and not (count > 1 and word in _SHORT_NAMES)
    if common or word.lower().endswith(("ing", "'s")):
        return False
    # a word all in capitals says nothing: some transcripts have no other
    return (word[0].isupper() and not (word.isupper() and len(word) > 3)) or (lowered and count < 2)


@cache
def _stop() -> frozenset[str]:
    en = rules()["names"]["en"]
    return frozenset(en["stop"]) | frozenset(en["nations"])
