"""Whether a sound file lies here whole, told from the structure of its container.

Decoders play a cut-off file to its end without a word, so the missing part would pass for a short call. Each check
walks lengths that the format itself writes (chunks, ISO boxes, EBML elements, Ogg pages, MPEG frames), reads only
headers and returns None where the format leaves the end open on purpose (live recordings with unknown length).
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from pipeline.audio.chunks import ends_within, is_chunked, missing_of_chunks

_MPEG_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}  # kbit/s by MPEG version (2 stands for 2.5 as well) and layer, ISO/IEC 11172-3 and 13818-3
_OTHER_KINDS = (
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA"),
    (8, b"AVI ", "AVI"),
    (0, b".RMF", "RealAudio"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"TTA1", "TTA"),
    (0, b"DSD ", "DSF"),
    (0, b"FLV\x01", "FLV"),
    (0, b"#!SILK", "SILK"),
    (1, b"#!SILK", "SILK"),
    (0, b"MThd", "MIDI"),
    (0, b"\x00\x00\x01\xba", "MPEG program stream"),
)
"""Sound of kinds that are not accepted, by the bytes at a place of their heads: told as what they are."""
_MPEG_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def container_of(head: bytes) -> str | None:
    """The container by its magic bytes: ``chunks, mp4, matroska, ogg, flac, mp3`` or None.

    Examples
    --------
    >>> container_of(b"fLaC....")
    'flac'
    >>> container_of(b"Dear Sir or Madam") is None
    True
    """
    if is_chunked(head):
        return "chunks"
    if head[4:8] in (b"ftyp", b"moov", b"mdat"):
        return "mp4"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:3] == b"ID3" or _mpeg_frame_bytes(head[:4]):
        return "mp3"
    return None


def other_kind(head: bytes) -> str | None:
    """What a file that is not accepted is, by its first 16 bytes; None where that is not known.

    Examples
    --------
    >>> other_kind(b"RIFF\\x00\\x00\\x00\\x00AVI LIST"), other_kind(b"Dear Sir or Mada")
    ('AVI', None)
    """
    return next((kind for at, magic, kind in _OTHER_KINDS if head[at : at + len(magic)] == magic), None)


def missing_bytes(file: BinaryIO) -> int | None:
    """How many bytes the container promises beyond the end of the file; None where nothing is known to lack.

    Parameters
    ----------
    file
        Open for reading in binary; its position is left anywhere. Only headers are read.

    Returns
    -------
    int or None
        At least 1 when the end is cut off. For Ogg and MP3 it counts the last page or frame alone.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    walk = {"chunks": missing_of_chunks, "mp4": _boxes, "matroska": _ebml, "ogg": _ogg, "mp3": _mpeg}.get(
        container_of(file.read(12)) or ""
    )
    lacking = walk(file, size) if walk else 0
    return lacking if lacking > 0 else None


def ends_before_the_file(file: BinaryIO) -> bool:
    """Whether all of the sound is there, by its container, and something behind it; only chunks tell so."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return container_of(file.read(12)) == "chunks" and ends_within(file, size)


def _boxes(file: BinaryIO, size: int) -> int:
    position, seen = 0, set()
    while position + 8 <= size:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            length = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))[0]
        elif length == 0:
            length = size - position
        if name == b"moov" and name in seen:
            return size - position  # another recording: only the first index is read
        seen.add(name)
        if length < 8:
            return 0
        position += length
    # The index may come last: a file cut between the sound and its index has every box whole, but no index.
    return max(position - size, 0 if b"moov" in seen else 1)


def _ebml(file: BinaryIO, size: int) -> int:
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(12)
        _, id_bytes = _vint(head, keep_marker=True)
        length, length_bytes = _vint(head[id_bytes:], keep_marker=False)
        if not id_bytes or not length_bytes or length is None:
            return 0  # unknown length: recorded live
        position += id_bytes + length_bytes + length
    return position - size


def _vint(data: bytes, *, keep_marker: bool) -> tuple[int | None, int]:
    """An EBML number and the bytes it took; None for 'unknown', 0 bytes when there is none (RFC 8794, section 4)."""
    if not data or not data[0]:
        return None, 0
    count = 9 - data[0].bit_length()
    if len(data) < count:
        return None, 0
    mask = 0xFF if keep_marker else (1 << (8 - count)) - 1
    value = int.from_bytes(bytes([data[0] & mask]) + data[1:count], "big")
    unknown = not keep_marker and value == (1 << (7 * count)) - 1
    return (None if unknown else value), count


def _ogg(file: BinaryIO, size: int) -> int:
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(27)
        if head[:4] != b"OggS"[: len(head)]:
            return 0  # something else was appended
        if len(head) < 27:
            return 27 - len(head)
        lacing = file.read(head[26])
        position += 27 + head[26] + sum(lacing)
    return position - size


def _mpeg(file: BinaryIO, size: int) -> int:
    position = _after_id3(file)
    promised, frames, at = None, 0, b""
    while position + 4 <= size:
        file.seek(position)
        at = file.read(4)
        length = _mpeg_frame_bytes(at)
        if length is None:
            break  # a tag at the end, or stuffing
        if frames == 0:
            promised = _xing_frames(at + file.read(min(length, 200) - 4))
        position += length
        frames += 1
    # Some encoders count their header as a frame, some drop the last one: two frames are no cut.
    if promised is not None and frames + 1 < promised:
        return max(position - size, 1)
    return position - size if frames and position > size else 0


def _after_id3(file: BinaryIO) -> int:
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    length = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]
    return 10 + length + (10 if head[5] & 0x10 else 0)


def _mpeg_frame_bytes(head: bytes) -> int | None:
    """Length of the MPEG audio frame that begins with these four bytes; None where none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = (head[1] >> 3) & 3, 4 - ((head[1] >> 1) & 3)
    rate, hz = head[2] >> 4, (head[2] >> 2) & 3
    if version == 1 or layer == 4 or rate in (0, 15) or hz == 3:
        return None
    kbps = _MPEG_KBPS[(1 if version == 3 else 2, layer)][rate - 1]
    padding = (head[2] >> 1) & 1
    if layer == 1:
        return (12000 * kbps // _MPEG_HZ[version][hz] + padding) * 4
    slots = 72000 if layer == 3 and version != 3 else 144000
    return slots * kbps // _MPEG_HZ[version][hz] + padding


def _xing_frames(frame: bytes) -> int | None:
    """The number of frames that a Xing, Info or VBRI header promises, without the header's own frame."""
    for tag in (b"Xing", b"Info"):
        at = frame.find(tag)
        if at >= 0 and len(frame) >= at + 12 and frame[at + 7] & 1:
            return int.from_bytes(frame[at + 8 : at + 12], "big")
    at = frame.find(b"VBRI")
    return int.from_bytes(frame[at + 14 : at + 18], "big") if 0 <= at <= len(frame) - 18 else None
