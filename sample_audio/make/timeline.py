"""When each turn of a script is heard: a script's gaps and overlaps become seconds. Pure; sound comes in as lengths.

Each turn starts ``gap_s`` after all speech before it, ``overlap_s`` before the other one's end, or, as a backchannel,
``at_s`` after the start of the turn that it is laid over.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

GAP_S = (0.25, 0.75)  # between speakers, where the script gives none
SAME_SPEAKER_GAP_S = 0.4
TURN_GAP_S = 0.7  # one side's speech with shorter gaps is one turn
LONG_SILENCE_S = 3.0
# the standard's definition of an interruption
HELD_S, OVERLAP_S, GOES_ON_S, YIELDS_S = 1.0, 0.5, 1.0, 1.5


@dataclass(frozen=True, slots=True)
class Placed:
    """One utterance of the script and when it is heard."""

    speaker: Literal["agent", "customer"]
    text: str
    start_s: float
    end_s: float
    backchannel: bool
    item: Mapping[str, Any]


def usual_gap_s(text: str) -> float:
    """How long one waits before saying this: some pause within ``GAP_S``, the same each time."""
    low, high = GAP_S
    return low + (high - low) * (zlib.crc32(text.encode()) % 101) / 100


def place(
    items: Sequence[Mapping[str, Any]], lengths_s: Sequence[float], *, start_s: float
) -> tuple[Placed, ...]:
    """Seconds for every utterance, given how long each one sounds."""
    placed: list[Placed] = []
    main: Placed | None = None
    for item, length_s in zip(items, lengths_s, strict=True):
        over = "at_s" in item
        if main is None:
            begin = start_s + float(item.get("gap_s", 0.0))
        elif over:
            begin = main.start_s + float(item["at_s"])
        elif "overlap_s" in item:
            begin = main.end_s - float(item["overlap_s"])
        else:
            usual = SAME_SPEAKER_GAP_S if main.speaker == item["who"] else usual_gap_s(item["text"])
            begin = max(one.end_s for one in placed) + float(item.get("gap_s", usual))
        begin = round(begin * 400) / 400  # a whole number of samples at 8 kHz
        one = Placed(item["who"], item["text"], begin, begin + length_s, over, item)
        placed.append(one)
        if not over:
            main = one
    return tuple(placed)


def turns(placed: Sequence[Placed]) -> list[tuple[str, float, float, str]]:
    """Speaker, start, end and text of each turn: utterances of one side less than 0.7 s apart are one turn."""
    out: list[tuple[str, float, float, str]] = []
    last: dict[str, int] = {}
    for one in sorted(placed, key=lambda item: item.start_s):
        index = last.get(one.speaker)
        if index is not None and one.start_s - out[index][2] < TURN_GAP_S:
            speaker, start_s, end_s, text = out[index]
            joint = " " if text[-1].isascii() else ""
            out[index] = (speaker, start_s, max(end_s, one.end_s), text + joint + one.text)
        else:
            last[one.speaker] = len(out)
            out.append((one.speaker, one.start_s, one.end_s, one.text))
    return out


def merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of spans, in order."""
    out: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def gaps(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """What lies between spans."""
    united = merged(spans)
    return [(left[1], right[0]) for left, right in pairwise(united)]


def interruptions(placed: Sequence[Placed]) -> list[tuple[str, str, float, float, Placed]]:
    """Who came in (speaker), how (cut_off or talk_over), the overlap, and with which utterance; by the definition."""
    found: list[tuple[str, str, float, float, Placed]] = []
    sides = turns([one for one in placed if not one.backchannel])
    for one in placed:
        if one.backchannel or one.end_s - one.start_s < GOES_ON_S:
            continue
        for speaker, start_s, end_s, _ in sides:
            overlap_s = min(end_s, one.end_s) - one.start_s
            held_s = one.start_s - start_s
            if speaker != one.speaker and held_s >= HELD_S and overlap_s >= OVERLAP_S:
                kind = "cut_off" if end_s - one.start_s <= YIELDS_S else "talk_over"
                found.append((one.speaker, kind, one.start_s, min(end_s, one.end_s), one))
    return found


def quote_span(one: Placed, quote: str) -> tuple[float, float, float]:
    """Start, end and tolerance of a quote inside an utterance: whole-turn seconds, or by its share of the characters."""
    at = one.text.index(quote)
    if len(quote) >= 0.9 * len(one.text.strip("。？！.?!，, ")):
        return one.start_s, one.end_s, 0.3
    per_char = (one.end_s - one.start_s) / len(one.text)
    return one.start_s + at * per_char, one.start_s + (at + len(quote)) * per_char, 1.5
