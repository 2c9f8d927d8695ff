"""A conversation read by the networks (``models/reader.py``): once each, for all who ask what its sentences do or hold."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from models.reader import Read, Reader, load_english, load_reader
from models.reader_windows import Spoken
from pipeline.analysis.text import sentences
from pipeline.types import Turn

_KEPT = 8
"""Readings that are kept, two of an English conversation: findings and masking ask one after the other."""

Said = tuple[tuple[str, str], ...]
"""Of each turn who speaks and the text."""
Reading = tuple[tuple[tuple[int, Read], ...], ...]
"""Of each turn its sentences: where each begins in the turn's text, and what the network says of it."""


def reading_of(turns: Sequence[Turn]) -> Reading:
    """What the shipped network says of each sentence of each turn."""
    return _read(load_reader, said_by(turns))


def english_reading_of(turns: Sequence[Turn]) -> Reading:
    """What the network for English says of each sentence of each turn."""
    return _read(load_english, said_by(turns))


def said_by(turns: Sequence[Turn]) -> Said:
    """Who says what in each turn."""
    return tuple((turn.speaker, turn.text) for turn in turns)


@functools.lru_cache(maxsize=_KEPT)
def _read(load: Callable[[], Reader], said: Said) -> Reading:
    return read_by(load(), said)


def read_by(reader: Reader, said: Said) -> Reading:
    """What a network says of each sentence of each turn."""
    spans = [tuple(sentences(text)) for _side, text in said]
    spoken = [
        Spoken(side, tuple(text[start:end] for start, end in own))
        for (side, text), own in zip(said, spans, strict=True)
    ]
    told = reader.read(spoken)
    return tuple(
        tuple((start, one) for (start, _end), one in zip(own, found, strict=True))
        for own, found in zip(spans, told, strict=True)
    )
