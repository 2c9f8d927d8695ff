"""All that a recording's sound says without a word being recognised.

Which channel is the agent is decided later, from the call list or from the words, so everything here is measured per
channel; :meth:`Heard.label` puts the names on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.audio.activity import activity_of_all
from pipeline.audio.channels import Levels, is_silent, layout_of, leak_of, without_leak
from pipeline.audio.clipping import Clipping
from pipeline.audio.decode import Channels, ChannelView, Samples
from pipeline.audio.hangup import hang_up_in
from pipeline.audio.levels import Line, frame_levels
from pipeline.audio.loudness import momentary_curve, speech_loudness
from pipeline.audio.rings import first_turn_s, rings_in
from pipeline.audio.tones import Tone, steady_tones
from pipeline.intervals import Span, Timeline
from pipeline.types import Layout, Side, Sound, Speaker

_LEAST_TONE_S = 0.6
"""A drawn-out vowel may hold its pitch for almost half a second; shorter tones are left to the speech detector."""
_ALIKE_HZ, _ALIKE_S = 6.0, 0.06
_LEAST_BURST_S, _LONGEST_PERIOD_S = 0.18, 6.0
"""Unless three of them are equally high, equally long and equally far apart: no voice does that, bursts of ringing and busy
tones do."""
_EDGE_S = 0.3
"""A ring that the answer cuts short may reach this far into the first turn, whose edge is not exact."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd about the sound: ``dead_side, unrecorded_side, crosstalk`` (of a channel) or ``dual_mono, no_speech``.

    A dead side holds no speech; one that is not even a line's noise while the other side speaks was not recorded.
    """

    code: str
    channel: int | None = None


class Sounding(Protocol):
    """Channels whose sound can be had: :class:`Channels`, or ones that are decoded when first asked."""

    @property
    def count(self) -> int: ...

    def samples(self, channel: int, span: Span | None = None) -> Samples: ...

    def view(self, channel: int) -> ChannelView: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What is measured per channel; mono and dual mono have one side.

    ``channels`` is the sound that it was measured on: dual mono is one channel there. ``rings_before`` are the
    rings that end before a channel's first turn, one entry a channel; ``hung_up`` is the disconnect tone at the end.
    """

    duration_s: float
    layout: Layout
    sides: tuple[Side, ...]
    channels: Sounding
    rings: tuple[Span, ...] = ()
    notes: tuple[Note, ...] = ()
    rings_before: tuple[tuple[Span, ...], ...] = ()
    hung_up: Span | None = None

    def label(self, roles: Mapping[int, Speaker] | None, *, inbound: bool = False) -> Sound:
        """The same with names instead of channel numbers.

        Parameters
        ----------
        roles
            Speaker by channel, ``{0: "agent", 1: "customer"}`` or the other way round. None where the sides are
            unsure: both become one ``unknown`` side, and what needs two sides is not measurable.
        inbound
            Whether the customer rang: then the agent's first turn is the answer, and what rings later is a transfer.
        """
        if len(self.sides) == 1 or roles is None or set(roles.values()) != {"agent", "customer"}:
            names: Mapping[int, Speaker] = {}
            sides: dict[Speaker, Side] = {"unknown": _together(self.sides)}
        else:
            names = roles
            sides = {names[channel]: side for channel, side in enumerate(self.sides)}
        notes = [_note_text(note, names) for note in self.notes]
        if len(self.sides) == 2 and not names:
            notes.append("sides_unsure")
        rings = self._answered_by_agent(names) if inbound else self.rings
        return Sound(self.duration_s, self.layout, sides, rings, tuple(notes), hung_up=self.hung_up)

    def _answered_by_agent(self, names: Mapping[int, Speaker]) -> tuple[Span, ...]:
        """Rings before the agent's first turn; none where it matters which side that is and nobody knows."""
        told = {
            rings for channel, rings in enumerate(self.rings_before) if names.get(channel, "agent") == "agent"
        }
        return told.pop() if len(told) == 1 else ()


def listen(channels: Channels) -> Heard:
    """Measure a recording: layout, speech, loudness, clipping and rings.

    Parameters
    ----------
    channels
        Sound at 16 kHz as :func:`pipeline.audio.decode.load` gives it.
    """
    levels = tuple(_levels(channels, channel) for channel in range(channels.count))
    layout = layout_of(channels, levels)
    if layout == "dual_mono":
        channels = channels.mixed()
        levels = (_levels(channels, 0),)
    tones = [_tones(channels, channel, levels[channel]) for channel in range(channels.count)]
    lines = {
        channel: Line(levels[channel], _no_speech(heard), Timeline(tone.span for tone in heard))
        for channel, heard in enumerate(tones)
    }
    spoken = activity_of_all(channels, lines)
    speech = [spoken[channel] for channel in lines]
    notes = [Note("dual_mono")] if layout == "dual_mono" else []
    if channels.count == 2:
        speech, leaking = _without_leaks(channels, (levels[0], levels[1]), (speech[0], speech[1]))
        notes += [Note("crosstalk", channel) for channel in leaking]
        notes += [Note("dead_side", n) for n in range(2) if not speech[n]]
        notes += [Note("unrecorded_side", n) for n in range(2) if speech[1 - n] and is_silent(levels[n])]
    if not any(speech):
        notes.append(Note("no_speech"))
    return Heard(
        duration_s=channels.duration_s,
        layout=layout,
        sides=tuple(_side(channels, channel, speech[channel]) for channel in range(channels.count)),
        channels=channels,
        rings=_most_rings(tones, speech),
        notes=tuple(notes),
        rings_before=tuple(_most_rings(_until(tones, first_turn_s(side)), speech) for side in speech),
        hung_up=_hung_up(tones, speech),
    )


def _hung_up(tones: Sequence[Sequence[Tone]], speech: Sequence[Timeline]) -> Span | None:
    anybody = Timeline(span for side in speech for span in side)
    found = [hang_up_in(heard, here=here, anybody=anybody) for heard, here in zip(tones, speech, strict=True)]
    return min((span for span in found if span is not None), default=None)


def _most_rings(tones: Sequence[Sequence[Tone]], speech: Sequence[Timeline]) -> tuple[Span, ...]:
    return max((rings_in(heard, speech=speech) for heard in tones), key=len)


def _until(tones: Sequence[Sequence[Tone]], end_s: float) -> list[list[Tone]]:
    return [[tone for tone in heard if tone.span.end_s <= end_s + _EDGE_S] for heard in tones]


def _levels(channels: Channels, channel: int) -> Levels:
    return frame_levels(channels.blocks(channel), channels.rate_hz)


def _tones(channels: Channels, channel: int, levels: Levels) -> list[Tone]:
    return steady_tones(channels.blocks(channel), channels.rate_hz, levels)


def _no_speech(tones: list[Tone]) -> Timeline:
    return Timeline(
        tone.span.pad(0.03)
        for tone in tones
        if tone.span.duration_s >= _LEAST_TONE_S or _in_a_rhythm(tone, tones)
    )


def _in_a_rhythm(tone: Tone, tones: Sequence[Tone]) -> bool:
    """Whether two others like it make three at an equal distance with it."""
    if tone.span.duration_s < _LEAST_BURST_S:
        return False
    starts = [other.span.start_s for other in tones if other is not tone and _alike(tone, other)]
    own = tone.span.start_s
    steps = [start - own for start in starts if abs(start - own) <= 2 * _LONGEST_PERIOD_S + _ALIKE_S]
    return any(
        abs(other - wanted) <= _ALIKE_S
        for step in steps
        if abs(step) <= _LONGEST_PERIOD_S
        for wanted in (2 * step, -step)
        for other in steps
    )


def _alike(one: Tone, other: Tone) -> bool:
    return (
        abs(one.span.duration_s - other.span.duration_s) <= _ALIKE_S
        and len(one.lines_hz) == len(other.lines_hz)
        and all(abs(a - b) <= _ALIKE_HZ for a, b in zip(one.lines_hz, other.lines_hz, strict=True))
    )


def _without_leaks(
    channels: Channels, levels: tuple[Levels, Levels], speech: tuple[Timeline, Timeline]
) -> tuple[list[Timeline], list[int]]:
    """Speech of both channels without the other side's leak, and the channels that had one."""
    cleaned, leaking = list(speech), []
    for target in (0, 1):
        source = 1 - target
        leak = leak_of(channels, source, levels, speech) if speech[source] and speech[target] else None
        if leak is not None:
            cleaned[target] = without_leak(speech[target], leak, levels[source], levels[target])
            leaking.append(target)
    return cleaned, leaking


def _side(channels: Channels, channel: int, speech: Timeline) -> Side:
    clipping = channels.clipping[channel] if channels.clipping else Clipping()
    return Side(
        speech=speech,
        loudness_lufs=speech_loudness(channels, channel, speech),
        clipped_ratio=clipping.ratio,
        clipping=clipping.spans,
        curve_lufs=momentary_curve(channels.blocks(channel), channels.rate_hz),
    )


def _together(sides: tuple[Side, ...]) -> Side:
    """Both channels as one side of unknown name; loudness belongs to nobody then."""
    if len(sides) == 1:
        return sides[0]
    first, second = sides
    curve = tuple(
        max((value for value in pair if value is not None), default=None)
        for pair in zip(first.curve_lufs, second.curve_lufs, strict=True)
    )
    return Side(
        speech=first.speech | second.speech,
        loudness_lufs=None,
        clipped_ratio=float(np.mean([side.clipped_ratio for side in sides])),
        clipping=Timeline((*first.clipping, *second.clipping)).spans,
        curve_lufs=curve,
    )


def _note_text(note: Note, names: Mapping[int, Speaker]) -> str:
    if note.channel is None:
        return note.code
    return f"{note.code}:{names.get(note.channel, f'channel_{note.channel}')}"
