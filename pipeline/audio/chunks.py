"""Whether all of a sound file's chunks are there, and no second recording behind the first: RIFF, RF64, W64, AIFF, CAF.

Decoders play the first chunk of sound as far as it goes and say nothing of what lacks, nor of what lies behind it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_LIVE_RIFF = 0x7FFFF000
"""From here on (and 0): what recorders write that stream and leave the end open."""
_LIVE = 1 << 63
"""The same where lengths have 64 bits."""
_TRAILING = 4096
"""Bytes behind the sound that are no chunk and yet no sound: stuffing."""
_ANOTHER = frozenset({b"RIFF", b"RF64", b"BW64", b"FORM", b"riff", b"caff"})
"""What a file begins with: behind the sound, another recording does."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a form writes its chunks.

    Attributes
    ----------
    first
        Where the first one begins.
    head
        Its name and length, for :mod:`struct`.
    even
        Chunks begin at multiples of this many bytes.
    counts_head
        Whether a length counts the chunk's head too.
    live
        From this length on the end is open.
    """

    first: int
    head: str
    sound: bytes = b"data"
    even: int = 1
    counts_head: bool = False
    live: int = _LIVE


_FORMS = {
    b"RIFF": _Form(12, "<4sI", even=2, live=_LIVE_RIFF),
    b"RF64": _Form(12, "<4sI", even=2, live=_LIVE_RIFF),
    b"BW64": _Form(12, "<4sI", even=2, live=_LIVE_RIFF),
    b"FORM": _Form(12, ">4sI", even=2, live=_LIVE_RIFF, sound=b"SSND"),
    b"caff": _Form(8, ">4sQ"),
    b"riff": _Form(40, "<16sQ", even=8, counts_head=True),
}


def is_chunked(head: bytes) -> bool:
    """Whether a file that begins so is made of chunks.

    Examples
    --------
    >>> is_chunked(b"RIFF$..."), is_chunked(b"fLaC....")
    (True, False)
    """
    return head[:4] in _FORMS


def missing_of_chunks(file: BinaryIO, size: int) -> int:
    """Bytes of sound that lack, or that lie behind the sound and belong to no chunk that says so; not positive where none do."""
    found = _end_of_sound(file, size)
    if found is None:
        return 0
    end, form = found
    return end - size if end >= size else _behind(file, _evened(end, form), size, form)


def ends_within(file: BinaryIO, size: int) -> bool:
    """Whether the sound ends before the file does: what is amiss then lies behind it, and nothing of it lacks."""
    found = _end_of_sound(file, size)
    return found is not None and found[0] < size


def _end_of_sound(file: BinaryIO, size: int) -> tuple[int, _Form] | None:
    """Where the sound ends by its chunk's length; None where that is left open, or there is none."""
    file.seek(0)
    form, whole = _FORMS[file.read(4)], None
    for name, start, length in _chunks(file, size, form.first, form):
        if name == b"ds64":
            whole = int.from_bytes(file.read(16)[8:], "little")
        if name != form.sound:
            continue
        if whole is not None and length == 0xFFFFFFFF:
            length, form = whole, _Form(12, form.head, even=2)
        if not length or length >= form.live:
            return None
        return start + length, form
    return None


def _chunks(file: BinaryIO, size: int, position: int, form: _Form) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of the content of each chunk whose head is there; the file stands at the content."""
    wide = struct.calcsize(form.head)
    while position + wide <= size:
        file.seek(position)
        name, length = struct.unpack(form.head, file.read(wide))
        length -= min(wide, length) if form.counts_head else 0
        yield name[:4], position + wide, length
        position = _evened(position + wide + length, form)


def _evened(position: int, form: _Form) -> int:
    return -(-position // form.even) * form.even


def _behind(file: BinaryIO, position: int, size: int, form: _Form) -> int:
    """Bytes behind the sound that are another recording, or no chunk: the header was written before the recording ended."""
    wide = struct.calcsize(form.head)
    for name, start, length in _chunks(file, size, position, form):
        rest = size - start + wide
        if name in _ANOTHER or name == form.sound:
            return rest
        if not all(0x20 <= byte < 0x7F for byte in name) or start + length > size:
            return rest if rest > _TRAILING else 0
    return 0
