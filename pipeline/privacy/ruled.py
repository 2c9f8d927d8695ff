"""What the rules find in a call: numbers and contacts, their parts said again, and names."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import itemgetter

from pipeline.privacy.addresses import find_addresses
from pipeline.privacy.cues import cue_at
from pipeline.privacy.digits import Run, runs_of
from pipeline.privacy.emails import find_emails
from pipeline.privacy.kept import kept_names
from pipeline.privacy.names import find_names, said_again
from pipeline.privacy.numbers import find_numbers, luhn
from pipeline.privacy.passwords import find_passwords, is_mixed
from pipeline.privacy.rules import Hit
from pipeline.privacy.streams import Stream

ECHO_TURNS = 3
"""How many turns away the other side may repeat part of a number."""
ECHO_DIGITS = 3
WHOLE = 7
"""From how many digits on a number that is said again is it, whatever is spoken of and however far away."""
CODE = 4
CARD = 16
"""From how many digits on a check digit proves a card's number against an order's."""


def by_rules(streams: Sequence[Stream], *, keep: Collection[str] = ()) -> list[list[Hit]]:
    """Of each stream what the rules find, in order, without overlaps."""
    hits = with_echoes(streams, [_numbers_and_contacts(stream) for stream in streams])
    kept = kept_names(streams, keep)
    names = said_again(streams, find_names(streams, kept), kept)
    return [merged([*hits[i], *names[i]]) for i in range(len(streams))]


def with_echoes(streams: Sequence[Stream], found: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
    """What was found with the parts of its numbers that are said again near them, less what was given as an order's."""
    hits = [list(one) for one in found]
    for i in range(len(streams)):
        hits[i] = merged([*hits[i], *_echoes(i, streams, hits)])
        hits[i] = [hit for hit in hits[i] if not _of_an_order(hit, streams, i)]
    return hits


def _numbers_and_contacts(stream: Stream) -> list[Hit]:
    return merged(
        [*find_emails(stream), *find_passwords(stream), *find_numbers(stream), *find_addresses(stream)]
    )


def merged(hits: Iterable[Hit]) -> list[Hit]:
    """No overlaps: what is found first in the list names the kind, and grows over what it meets."""
    kept: list[tuple[int, int, Hit]] = []  # by place; those that a hit meets stand side by side
    for number, hit in enumerate(hits):
        first = last = bisect_left(kept, (hit.start,))
        while first and kept[first - 1][2].meets(hit):
            first -= 1
        while last < len(kept) and kept[last][2].meets(hit):
            last += 1
        for _start, _number, other in sorted(kept[first:last], key=itemgetter(1)):
            start, end = min(other.start, hit.start), max(other.end, hit.end)
            hit = Hit(start, end, other.kind, max(other.confidence, hit.confidence))
        kept[first:last] = [(hit.start, number, hit)]
    return [hit for _start, _number, hit in kept]


def _of_an_order(hit: Hit, streams: Sequence[Stream], mine: int) -> bool:
    """Whether the other side just gave the same digits as an order's, a ticket's or the like."""
    if hit.kind not in ("phone", "bank_card", "code"):
        return False
    digits = "".join(run.digits for run in runs_of(streams[mine].text[hit.start : hit.end]))
    if (len(digits) >= CARD and luhn(digits)) or is_mixed(streams[mine], hit):
        return False
    first, _ = streams[mine].turn_at(hit.start)
    for stream in streams:
        for run in runs_of(stream.text) if stream is not streams[mine] and len(digits) >= 4 else ():
            near = abs(stream.turn_at(run.start)[0] - first) <= ECHO_TURNS
            if near and run.digits == digits and cue_at(stream, run)[0] == "other":
                return True
    return False


def _echoes(mine: int, streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Parts of a number that are said again near it, by either side: 138? – 138, yes."""
    numbers: list[tuple[int, int, str, str]] = []
    for stream, found in zip(streams, hits, strict=True):
        for hit in found:
            digits = "".join(run.digits for run in runs_of(stream.text[hit.start : hit.end]))
            if hit.kind not in ("address", "name") and len(digits) >= ECHO_DIGITS:
                first, _ = stream.turn_at(hit.start)
                last, _ = stream.turn_at(hit.end)
                numbers.append((first - ECHO_TURNS, last + ECHO_TURNS, digits, hit.kind))
    if not numbers:
        return []
    stream = streams[mine]
    echoes: list[Hit] = []
    whole = list(dict.fromkeys((digits, kind) for _first, _last, digits, kind in numbers))
    for run in runs_of(stream.text):
        again = dict.fromkeys([*_whole_again(run, whole), *_again_in(run, stream, numbers)])
        if again and not (len(run.digits) < WHOLE and cue_at(stream, run)[0] == "other"):
            echoes += again
    return echoes


def _whole_again(run: Run, numbers: Iterable[tuple[str, str]]) -> Iterator[Hit]:
    """A whole number that is said again, however far away and whatever is said before and behind it in one breath."""
    said = run.digits
    for digits, kind in numbers:
        least = CODE if kind == "code" and said == digits else WHOLE
        if len(digits) < least or digits not in said:
            continue
        starts, told = {}, 0
        for token in run.tokens:
            starts[told] = token
            told += len(token.digits)
            first = starts.get(told - len(digits))
            if first and said[told - len(digits) : told] == digits:
                yield Hit(first.start, token.end, kind, 0.8)


def _again_in(run: Run, stream: Stream, numbers: Sequence[tuple[int, int, str, str]]) -> Iterator[Hit]:
    """The parts of a run that repeat one of the numbers near it: first and last turn, digits and kind of each."""
    told = run.digits
    for token in run.tokens:
        index, _ = stream.turn_at(token.start)
        near = [(digits, kind) for first, last, digits, kind in numbers if first <= index <= last]
        for digits, kind in near:
            whole = told in digits or len(token.digits) >= 4
            if len(token.digits) >= ECHO_DIGITS and whole and token.digits in digits:
                yield Hit(token.start, token.end, kind, 0.8)
                break
        else:
            kind = next((kind for digits, kind in near if told in digits), "")
            if kind and len(told) >= ECHO_DIGITS:
                yield Hit(run.start, run.end, kind, 0.8)
