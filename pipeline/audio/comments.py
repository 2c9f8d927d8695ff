"""How many comments a FLAC or Ogg file says it holds: FFmpeg joins those of one name, which takes the square of their number."""

from __future__ import annotations

import os
from typing import BinaryIO

MOST_COMMENTS = 1_000
_COMMENTS = 4
_FIRST_BYTES = 1 << 16
_OGG_HEADS = (b"OpusTags", b"\x03vorbis")


def comments_of(file: BinaryIO) -> int:
    """Comments by the file's own count; 0 where the form has none of that kind. The position is left anywhere."""
    file.seek(0)
    head = file.read(4)
    if head == b"fLaC":
        return _flac(file)
    return _ogg(head + file.read(_FIRST_BYTES)) if head == b"OggS" else 0


def _flac(file: BinaryIO) -> int:
    most = 0
    while len(block := file.read(4)) == 4:
        length = int.from_bytes(block[1:], "big")
        end = file.tell() + length
        if block[0] & 0x7F == _COMMENTS:
            most = max(most, _count(file.read(min(length, _FIRST_BYTES))))
        file.seek(end, os.SEEK_SET)
        if block[0] & 0x80:
            break
    return most


def _ogg(start: bytes) -> int:
    places = (start.find(name) + len(name) for name in _OGG_HEADS if name in start)
    return max((_count(start[place:]) for place in places), default=0)


def _count(block: bytes) -> int:
    """The count behind the vendor's name; a name that leaves no room for it hides one that is too high."""
    vendor = int.from_bytes(block[:4], "little")
    if len(block) < 8:
        return 0
    return (
        int.from_bytes(block[4 + vendor : 8 + vendor], "little")
        if 8 + vendor <= len(block)
        else MOST_COMMENTS + 1
    )
