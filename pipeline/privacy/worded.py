"""Words that are names too, where grammar says that the word is meant: 谢谢, "will you", "in May"; and mere sounds: 嗯呐.

A name that is known in a call is looked for wherever it is said, and a reading that has met it takes the plain word for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.privacy.asked import FARTHEST_TURNS, asked_for, is_remark
from pipeline.privacy.kept import is_han
from pipeline.privacy.lexicon_en import common_names, is_common_word, word_index
from pipeline.privacy.lexicon_zh import everyday
from pipeline.privacy.proved import proved
from pipeline.privacy.rules import Hit, form, rules
from pipeline.privacy.streams import Stream

BEFORE = 4
"""How many characters before a sign are looked at."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a call's names are by their form: the family names, and the names of two signs or more that were told as such."""

    families: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def told_names(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> Told:
    """The Mandarin names that somebody's title, a question or their form makes sure of."""
    sure = {
        stream.text[hit.start : hit.end]
        for stream, own in zip(streams, hits, strict=True)
        for hit in own
        if hit.kind == "name" and (proved(stream, hit) or _asks_name(stream, hit) or _is_family(stream, hit))
    }
    han = frozenset(name for name in sure if is_han(name))
    return Told(frozenset(name[0] for name in han), frozenset(name for name in han if len(name) > 1))


def said_as_word(stream: Stream, hit: Hit, told: Told) -> bool:
    """Whether a name is said as the plain word that it also is, or is a sound.

    Parameters
    ----------
    stream, hit
        The hit and where it stands.
    told
        What the call's names are by their form.
    """
    if hit.kind != "name" or proved(stream, hit):
        return False
    said = stream.text[hit.start : hit.end].strip()
    if form("settled.worded.thanks").fullmatch(said):
        return True
    if form("settled.worded.sound").fullmatch(said):
        return not _asks_name(stream, hit)
    if is_han(said):
        plain = _is_plain_sign(stream, hit) if len(said) == 1 else _begins_like(said, told)
        return plain and not _asks_name(stream, hit) and not _is_family(stream, hit)
    word = form("settled.worded.before").sub("", said)
    small = word.lower()
    if not (small in common_names() or is_common_word(word)):
        return False
    index, offset = stream.turn_at(hit.start)
    heard = stream.turns[index].text
    at = offset + stream.text[hit.start : hit.end].rfind(word)
    return _by_grammar(heard, at, small) or (
        heard[at : at + len(word)].islower()
        and bool(re.search("[A-Z]", heard))
        and not _asks_name(stream, hit)
    )


def _is_plain_sign(stream: Stream, hit: Hit) -> bool:
    """Whether a single sign is said as a word: beside what belongs to words alone (钱的事, 成不成), or cut out of one: 商量."""
    text, zh = stream.text, rules()["names_zh"]
    if any(
        word in everyday() for word in (text[max(0, hit.start - 1) : hit.end], text[hit.start : hit.end + 1])
    ):
        return True
    if form("settled.worded.yes").match(text, hit.start) and stream.speaker != "agent":
        return True
    often = zh["rare"], zh["likely"]["doubtful"], rules()["settled"]["worded"]["thanks_signs"]
    beside = form("settled.worded.word_behind").match(text, hit.end) or form(
        "settled.worded.word_before"
    ).search(text, max(0, hit.start - BEFORE), hit.start)
    return bool(beside) and any(text[hit.start] in signs for signs in often)


def _begins_like(said: str, told: Told) -> bool:
    """Whether a word that is said often only begins with somebody's family name: 成功 where Mr 成 is spoken to."""
    return said[0] in told.families and said not in told.names and said in everyday()


def _is_family(stream: Stream, hit: Hit) -> bool:
    """Whether what stands around a single sign says that it is a family name: 姓钱, 钱女士, 老钱."""
    before = stream.text[max(0, hit.start - BEFORE) : hit.start]
    return bool(
        form("settled.worded.sign_before").search(before)
        or form("settled.worded.sign_behind").match(stream.text, hit.end)
    )


def _by_grammar(heard: str, at: int, word: str) -> bool:
    """Whether the words around a word say that it is a verb's, a month or a thing.

    Parameters
    ----------
    heard
        The turn as heard, with its own capitals.
    at
        Where the word stands in it.
    word
        The word in small letters.
    """
    before, behind = heard[:at], heard[at + len(word) :]
    small = heard[at : at + len(word)].islower()
    for kind in ("helping", "verb", "hope", "month", "thing"):
        if not form(f"settled.worded.{kind}_words").fullmatch(word):
            continue
        if form(f"settled.worded.{kind}_then").match(behind):
            return True
        led = form(f"settled.worded.{kind}_led").search(before)
        led_small = small and form("settled.worded.led_small").search(before)
        if led or led_small or (kind == "helping" and _rules_verb(behind)):
            return True
    return False


def _rules_verb(behind: str) -> bool:
    """Whether a verb's bare form follows: "Will call you back", where a name asks for "calls" or "called"."""
    following = form("settled.worded.bare").match(behind)
    return following is not None and following["verb"] in word_index()["verb"]


def _asks_name(stream: Stream, hit: Hit) -> bool:
    index, _ = stream.turn_at(hit.start)
    return "name" in asked_for(stream.turns, index)


def unasked(
    streams: Sequence[Stream], hits: Sequence[Sequence[Hit]], ruled: Sequence[Sequence[Hit]]
) -> list[list[Hit]]:
    """The hits less a customer's turns of a syllable or two for which nothing asked.

    So much is said while the other side speaks, to show that one listens; misheard, it looks like a name. By a
    rule's form, in a name said elsewhere, or behind what may ask for a name or tells one, it stays one.

    Parameters
    ----------
    streams
        What each side says.
    hits
        What is masked in each.
    ruled
        What the rules by themselves found in each.
    """
    pairs = list(zip(streams, hits, strict=True))
    names = [(s, hit) for s, own in pairs for hit in own if hit.kind == "name" and not _is_bare(s, hit)]
    known = "\n".join(s.text[hit.start : hit.end] for s, hit in names)
    named = frozenset(s.turn_at(hit.start)[0] for s, hit in names)
    left: list[list[Hit]] = []
    for (stream, own), by_form in zip(pairs, ruled, strict=True):
        stays = [
            not _is_bare(stream, hit)
            or stream.text[hit.start : hit.end] in known
            or any(hit.meets(other) for other in by_form)
            or _may_be_asked(stream, hit, named)
            for hit in own
        ]
        left.append([hit for hit, stay in zip(own, stays, strict=True) if stay])
    return left


def _is_bare(stream: Stream, hit: Hit) -> bool:
    """Whether a name is all that a customer's turn says, in a syllable or two, and isn't asked back."""
    if hit.kind != "name" or stream.speaker != "customer":
        return False
    index, _ = stream.turn_at(hit.start)
    return bool(form("settled.worded.bare_turn").fullmatch(stream.turns[index].text.strip()))


def _may_be_asked(stream: Stream, hit: Hit, named: Collection[int]) -> bool:
    """Whether the other side asked what more than yes or no answers, or named somebody, just before."""
    index, _ = stream.turn_at(hit.start)
    if _asks_name(stream, hit):
        return True
    for other in range(index - 1, max(-1, index - 1 - FARTHEST_TURNS), -1):
        turn = stream.turns[other]
        if turn.speaker == stream.speaker:
            continue
        if other in named or form("settled.worded.open_question").search(turn.text):
            return True
        if not is_remark(turn.text):
            return False
    return False
