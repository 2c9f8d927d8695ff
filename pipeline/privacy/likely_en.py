"""English names by what they are, where nothing says that a name follows: capitals that no list of words knows.

A customer's capitalised word that is neither a common word, a place behind "in" or "near", a firm or a brand is
taken for a name where it fills its clause, owns something, or stands with another such word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.casing import LONGEST
from pipeline.privacy.lexicon_en import common_names, given_names, is_common_word, is_name, plain, stop_words
from pipeline.privacy.rules import Hit, form, rules
from pipeline.privacy.streams import Stream


def likely_names(stream: Stream) -> Iterator[Hit]:
    """Whole names that stand free in what a customer says."""
    if stream.speaker == "agent":
        return
    for match in form("names_en.likely.run").finditer(stream.text):
        hit = _in_run(stream, match)
        if hit and not _elsewhere(stream, hit):
            yield hit


def _in_run(stream: Stream, match: re.Match[str]) -> Hit | None:
    """The name in a row of capitalised words, the words of the sentence before it taken off."""
    words = list(form("names_en.likely.part").finditer(stream.text, match.start(), match.end()))
    while words and not _may_begin(words[0].group()):
        words = words[1:]
    if not words:
        return None
    start, end = words[0].start(), words[-1].end()
    end -= 2 if stream.text[:end].endswith(("'s", "’s")) else 0
    after = stream.text[end : end + 40]
    if len(words) > 1 and _is_pair([word.group() for word in words]):
        ended = form("names_en.likely.pair_ends").match(after)
        return Hit(start, end, "name", 0.65) if ended and _opens(stream, start) else None
    alone = len(words) == 1 and unknown(words[0].group())
    fills = _opens(stream, start) and form("names_en.likely.clause_ends").match(after)
    owns = _opens(stream, start) and form("names_en.likely.owns").match(after)
    return Hit(start, end, "name", 0.6) if alone and (fills or owns) else None


def unknown(word: str) -> bool:
    """Whether a capitalised word is on no list of words: most likely a name."""
    small = plain(word.removesuffix("'s").removesuffix("’s"))
    if len(small) > LONGEST:
        return False
    if small in given_names():
        return True
    likely = rules()["names_en"]["likely"]
    figure = form("names_en.no_name_form").search(small)
    return len(small) > 3 and not (
        figure or is_common_word(small) or small in stop_words() or small in likely["no_names"]
    )


def _may_begin(word: str) -> bool:
    return (
        plain(word) in common_names() or unknown(word) or (is_name(word) and plain(word) not in stop_words())
    )


def _is_pair(words: list[str]) -> bool:
    """Whether two words or three are given and family name: one of them is known or on no list."""
    firm = rules()["names_en"]["firm"]
    first, last = words[0], words[-1]
    if plain(last) in firm or plain(last) in stop_words() or len(words) > 4:
        return False
    named = is_name(first) or unknown(first)
    return named and (is_name(last) or unknown(last)) and any(unknown(word) for word in words)


def _opens(stream: Stream, start: int) -> bool:
    """Whether a clause begins here, or a word that takes a person stands before."""
    before = stream.text[max(0, start - 40) : start]
    return bool(form("names_en.likely.opens").search(before))


def _elsewhere(stream: Stream, hit: Hit) -> bool:
    """Whether the word answers a question for a place or a product, or follows a street or a firm."""
    index, offset = stream.turn_at(hit.start)
    asked = asked_for(stream.turns, index)
    if index > 0 and "name" not in asked and offset < 30:
        question = stream.turns[index - 1].text
        if "address" in asked or form("names_en.likely.asks_thing").search(question):
            return True
    beside = stream.text[max(0, hit.start - 60) : hit.start].split("\n")[-1]
    return bool(form("names_en.likely.in_address").search(beside)) or bool(
        form("names_en.not_person").match(stream.text, hit.end)
    )
