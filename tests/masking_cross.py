"""Masking of talk that the tagger has not seen: ``PYTHONPATH=.:tests python tests/masking_cross.py en fifteenth [PARTS]``.

The set (or sets, with commas between) is cut into parts (two unless told); each part is read by a tagger fitted to all other
talk and to the other parts; with one part, to no part of the set. Some minutes a part. ``--lines`` prints what is missed and
wrongly masked with the tagger, sides known.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from masking_score import GROUPS, Tally, score_turn

from pipeline.privacy.judged import judged
from pipeline.privacy.masking import cuts_of
from pipeline.privacy.readings import read
from pipeline.privacy.ruled import by_rules
from pipeline.privacy.rules import Hit
from pipeline.privacy.streams import Stream, streams_of
from pipeline.privacy.tagger import Tagger
from pipeline.privacy.tagger_fit import fit
from pipeline.privacy.talk import Talk, shipped_talk, sideless, transcript_of
from pipeline.privacy.told import turns_of


def crossed(which: str, language: str, parts: int) -> dict[str, Tally]:
    """Both tallies, by the rules alone and with the tagger, with sides and without."""
    sets = shipped_talk(language)
    chosen = {name: sets.pop(name) for name in which.split(",")}
    tallies = {f"{by} {sides}": Tally() for by in ("rules", "tagger") for sides in ("sure", "unsure")}
    for part in range(parts):
        rest = {
            name: [talk for at, talk in enumerate(whole) if at % parts != part]
            for name, whole in chosen.items()
        }
        tagger = fit({**sets, **{name: talks for name, talks in rest.items() if talks}}, language)
        for talk in (talk for whole in chosen.values() for talk in whole[part::parts]):
            _read(talk, language, tagger, tallies, "sure")
            _read(sideless(talk), language, tagger, tallies, "unsure")
    return tallies


def _read(talk: Talk, language: str, tagger: Tagger, tallies: dict[str, Tally], sides: str) -> None:
    streams = streams_of(transcript_of(talk, language).turns)
    told = by_rules(streams)
    reading = read(streams, told, language)
    found = judged(streams, told, turns_of(reading.places, tagger.chances(reading)))
    _tally(tallies[f"rules {sides}"], talk, streams, told)
    _tally(tallies[f"tagger {sides}"], talk, streams, found)


def _tally(tally: Tally, talk: Talk, streams: Sequence[Stream], found: Sequence[Sequence[Hit]]) -> None:
    pieces: dict[int, list[tuple[int, int, str]]] = {}
    for stream, hits in zip(streams, found, strict=True):
        for hit in hits:
            for index, start, end in cuts_of(stream, hit):
                pieces.setdefault(index, []).append((start, end, hit.kind))
    for index, one in enumerate(talk):
        score_turn(tally, one.side, one.text, one.marks, sorted(pieces.get(index, [])))


if __name__ == "__main__":
    tongue, chosen, *more = [word for word in sys.argv[1:] if word != "--lines"]
    tallies = crossed(chosen, tongue, int(more[0]) if more else 2)
    for name, tally in tallies.items():
        recalls = " ".join(f"{group} {tally.recall(kinds):.3f}" for group, kinds in GROUPS.items())
        sys.stdout.write(f"{tongue} {chosen} {name} | {recalls} | {tally.precision():.3f}\n")
    if "--lines" in sys.argv:
        sys.stdout.write("\n".join(tallies["tagger sure"].lines) + "\n")
