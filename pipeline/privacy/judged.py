"""What is masked in the end: what the rules found and the tagger finds likely too or that proves itself, and its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from pipeline.privacy.digits import runs_of
from pipeline.privacy.kept import kept_names
from pipeline.privacy.names import said_again
from pipeline.privacy.numbers import identity_holds, luhn
from pipeline.privacy.passwords import is_mixed
from pipeline.privacy.proved import answers_by_name, of_family, proved
from pipeline.privacy.ruled import by_rules, merged, with_echoes
from pipeline.privacy.rules import Hit
from pipeline.privacy.second import read_again
from pipeline.privacy.settled import settled
from pipeline.privacy.staff import staff_names
from pipeline.privacy.streams import Stream
from pipeline.privacy.tagger import KINDS
from pipeline.privacy.titled import stays_by_name
from pipeline.privacy.told import Told
from pipeline.privacy.tongues import told_by_tagger
from pipeline.privacy.worded import unasked

LOW = {"name": 0.3, "address": 0.2}
"""How likely a token must be data to belong to likelier ones beside it, by kind."""
LOW_NUMBER = 0.2
FOUND = {"name": 0.5, "address": 0.5}
"""How likely the likeliest token of a stretch must be, by kind."""
FOUND_NUMBER = 0.45
KEPT = {"name": 0.4, "address": 0.3}
"""How likely the likeliest token of a rule's hit must be."""
KEPT_NUMBER = 0.15
SURE_NAME = 0.9
"""From how likely a name on it is masked wherever else it is said."""
CARD_DIGITS = 13
LEAST_TURNS = 2
"""A text by itself is no call, which is all that the tagger knows: there the rules decide alone."""


def personal_data(streams: Sequence[Stream], language: str, *, keep: Collection[str] = ()) -> list[list[Hit]]:
    """Of each stream what is to be masked, in order, without overlaps.

    Parameters
    ----------
    streams
        What each side says.
    language
        Whose tagger reads it.
    keep
        Names that stay.
    """
    keep = frozenset(keep) | staff_names(streams)
    told = by_rules(streams, keep=keep)
    kept = kept_names(streams, keep)
    if not streams or len(streams[0].turns) < LEAST_TURNS:
        return settled(streams, told, kept)
    tongue = "zh" if language.startswith("zh") else "en"
    said = streams[0].turns
    turns = read_again(said, told_by_tagger(streams, told, tongue))
    return settled(streams, unasked(streams, judged(streams, told, turns, keep=keep), told), kept)


def judged(
    streams: Sequence[Stream],
    told: Sequence[Sequence[Hit]],
    turns: dict[int, Told],
    *,
    keep: Collection[str] = (),
) -> list[list[Hit]]:
    """The rules' hits and the tagger's own in one, their numbers said again, and names that are sure wherever they are said."""
    kept = kept_names(streams, keep)
    hits: list[list[Hit]] = []
    for stream, found in zip(streams, told, strict=True):
        ruled = [hit for hit in found if _holds(stream, hit, turns)]
        own = [
            hit for index, start, _ in stream.pieces if index in turns for hit in _found(turns[index], start)
        ]
        own = [hit for hit in own if not stays_by_name(stream, hit, kept)]
        hits.append(merged([*ruled, *own]))
    hits = with_echoes(streams, hits)
    sure = [
        [hit for hit in one if hit.kind == "name" and (hit.confidence >= SURE_NAME or proved(stream, hit))]
        for stream, one in zip(streams, hits, strict=True)
    ]
    again = said_again(streams, sure, kept)
    return [merged([*mine, *more]) for mine, more in zip(hits, again, strict=True)]


def _holds(stream: Stream, hit: Hit, turns: dict[int, Told]) -> bool:
    """Whether a rule's hit stays: the tagger finds it likely enough, or its own form proves it."""
    least = KEPT.get(hit.kind, KEPT_NUMBER)
    cuts = list(stream.cut(hit.start, hit.end))
    if any(turns[index].most(start, end) >= least for index, start, end in cuts if index in turns):
        return True
    told = of_family(stream, hit) or answers_by_name(stream, hit) or is_mixed(stream, hit)
    return told or _proves_itself(stream.text[hit.start : hit.end], hit.kind)


def _proves_itself(said: str, kind: str) -> bool:
    """Whether a check digit holds, or the text is written as an e-mail address is."""
    digits = "".join(run.digits for run in runs_of(said))
    if kind == "id_number" and len(digits) == 18:
        return identity_holds(digits)
    if kind == "bank_card" and len(digits) >= CARD_DIGITS:
        return luhn(digits)
    return kind == "email" and bool(re.search(r"\w@\w", said))


def _found(told: Told, offset: int) -> Iterator[Hit]:
    """What the tagger itself finds in a turn: likely tokens in a row of which one is likely enough."""
    row: list[int] = []
    for at in range(len(told.places) + 1):
        kind = KINDS[int(told.kinds[at].argmax())] if at < len(told.places) else ""
        if kind and told.likely[at] >= LOW.get(kind, LOW_NUMBER):
            row.append(at)
            continue
        if row:
            kind = KINDS[int(told.kinds[row].sum(axis=0).argmax())]
            top = float(told.likely[row].max())
            if top >= FOUND.get(kind, FOUND_NUMBER):
                yield Hit(
                    offset + told.places[row[0]][0], offset + told.places[row[-1]][1], kind, round(top, 2)
                )
        row = []
