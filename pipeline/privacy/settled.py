"""The last word over what the rules and the tagger found: what goes and what stays by the form in which it is said.

The patterns stand in ``settled.yaml``. A name told letter by letter or sign by sign goes, however unlikely the tagger finds it;
a number that its word announces, the firm's telephone, place and people stay, however likely.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.privacy import places_again, premises, staff
from pipeline.privacy.announced import announced, without
from pipeline.privacy.asked import asked_for
from pipeline.privacy.colleagues import family
from pipeline.privacy.described import described
from pipeline.privacy.digits import runs_of
from pipeline.privacy.edges import trimmed
from pipeline.privacy.firms_mail import firms_mails, is_web, mail_key
from pipeline.privacy.likely_zh import kin_names
from pipeline.privacy.numbers import ANSWERS, is_hotline, tails
from pipeline.privacy.passwords import said_again, sure_secrets
from pipeline.privacy.plain import is_plain
from pipeline.privacy.ruled import merged
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.spelled import spelled
from pipeline.privacy.streams import Stream
from pipeline.privacy.their_people import addressee, neighbours_homes, said_with_title
from pipeline.privacy.titled import (
    colleagues_titled,
    is_titled_colleague,
    of_colleague,
    stays_by_name,
    titled_again,
)
from pipeline.privacy.worded import Told, said_as_word, told_names


@dataclass(frozen=True, slots=True)
class _Call:
    """What the whole call tells of the firm: its telephones and e-mails, who works there, which words are names."""

    phones: frozenset[str]
    mails: frozenset[str]
    people: frozenset[str]
    names: Told
    numbered: bool

    @classmethod
    def of(cls, streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> _Call:
        return cls(
            _firms_digits(streams, hits),
            firms_mails(streams, hits),
            colleagues_titled(streams, hits),
            told_names(streams, hits),
            _numbered(streams, hits),
        )

    def keeps(self, stream: Stream, hit: Hit, hits: Sequence[Hit]) -> bool:
        """Whether a hit stays readable."""
        if hit.kind == "email" and _firms_mail(stream, hit, self.mails):
            return True
        if hit.kind == "phone" and (_digits(stream, hit) in self.phones or is_hotline(stream, hit)):
            return True
        return (
            staff.stays(stream, hit)
            or of_colleague(stream, hit)
            or is_titled_colleague(stream, hit, self.people)
            or premises.stays(stream, hit, hits, numbered=self.numbered)
            or is_plain(stream, hit, hits)
            or said_as_word(stream, hit, self.names)
        )


def settled(
    streams: Sequence[Stream], hits: Sequence[Sequence[Hit]], kept: Collection[str]
) -> list[list[Hit]]:
    """Of each stream what is to be masked in the end.

    Parameters
    ----------
    streams
        What each side says.
    hits
        What was found in each.
    kept
        Names that stay, in small letters.
    """
    letters, signs = spelled(streams, hits), described(streams, hits, kept)
    people, stay = said_with_title(streams), announced(streams)
    call = _Call.of(streams, hits)
    result: list[list[Hit]] = []
    for at, stream in enumerate(streams):
        sure = (letters[at], signs[at], people[at], addressee(stream), family(stream), kin_names(stream))
        told = [hit for one in sure for hit in one if not stays_by_name(stream, hit, kept)]
        found = [_kind_asked(stream, hit) for hit in hits[at]]
        found = [left for hit in found for left in without(stream, hit, stay[at])]
        found = [trimmed(stream, hit) for hit in found if not call.keeps(stream, hit, hits[at])]
        places = (premises.homes(stream), neighbours_homes(stream), _postcodes(stream), tails(stream))
        homes = [
            hit
            for one in places
            for hit in one
            if not any(hit.start < b and a < hit.end for a, b in stay[at])
        ]
        final = merged([*told, *homes, *found, *sure_secrets(stream)])
        result.append([hit for hit in final if not _is_nothing(stream, hit)])
    for more_of in (places_again.told_on, said_again, places_again.said_again):
        again = more_of(streams, result)
        result = [merged([*more, *mine]) for mine, more in zip(result, again, strict=True)]
    again = titled_again(streams, result, kept)
    return [merged([*mine, *more]) for mine, more in zip(result, again, strict=True)]


def _firms_mail(stream: Stream, hit: Hit, mails: Collection[str]) -> bool:
    return mail_key(stream.text[hit.start : hit.end]) in mails or is_web(stream, hit)


def _postcodes(stream: Stream) -> Iterator[Hit]:
    """Postcodes told sign by sign where an address was asked for: "L six, double u, D"."""
    for index, start, end in stream.pieces:
        match = form("settled.postcode_told").match(stream.text, start, end)
        if match and "address" in asked_for(stream.turns, index):
            yield Hit(*match.span("told"), "address", 0.9)


def _is_nothing(stream: Stream, hit: Hit) -> bool:
    """Whether it is a sum of money, a word at a sentence's head that is nobody's name, a question or rooms counted, no place."""
    said = stream.text[hit.start : hit.end]
    if hit.kind == "name" and form("settled.no_name").fullmatch(said):
        return True
    if hit.kind == "address" and form("settled.no_place").fullmatch(said):
        return True
    return hit.kind in ("address", "name") and bool(form("settled.sum").fullmatch(said))


def _firms_digits(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> frozenset[str]:
    """The digits of the firm's own telephones, so that they stay where somebody says them again."""
    return frozenset(
        _digits(stream, hit)
        for stream, own in zip(streams, hits, strict=True)
        for hit in own
        if premises.firms_phone(stream, hit)
    )


def _numbered(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> bool:
    """Whether a number's figures are told in the call, to which letters alone may belong."""
    return any(
        hit.kind in ANSWERS and _digits(stream, hit)
        for stream, own in zip(streams, hits, strict=True)
        for hit in own
    )


def _digits(stream: Stream, hit: Hit) -> str:
    return "".join(run.digits for run in runs_of(stream.text[hit.start : hit.end]))


def _kind_asked(stream: Stream, hit: Hit) -> Hit:
    """Short digits that nothing but a code was asked for are one, in as many pieces as they are told."""
    index, _ = stream.turn_at(hit.start)
    digits = _digits(stream, hit)
    least, most = ANSWERS["code"]
    if hit.kind == "phone" and least <= len(digits) <= most and asked_for(stream.turns, index) == {"code"}:
        return hit if form("plans.telephone").fullmatch(digits) else replace(hit, kind="code")
    return hit
