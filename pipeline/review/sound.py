"""A stored sound as an answer, whole or in a range, encrypted or not."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import BinaryIO

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from pipeline.review.saying import Refusal
from pipeline.sealing import BrokenSealError
from pipeline.store import FileArea

_log = logging.getLogger(__name__)
BLOCK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_BEGINNINGS = (
    (b"RIFF", "audio/wav"), (b"fLaC", "audio/flac"), (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"), (b"\xff\xf3", "audio/mpeg"), (b"\x1aE\xdf\xa3", "audio/webm"),
)  # fmt: skip


def sound_answer(request: Request, files: FileArea, sha256: str, kind: str) -> Response:
    """The sound, or the one range of it that is asked for; several ranges are answered with the whole.

    Raises
    ------
    Refusal
        404 where the file is gone or isn't what was kept, 416 where the range lies outside it.
    """
    try:
        stream = files.open(sha256, kind)
    except FileNotFoundError as error:
        raise Refusal(404, "no_sound") from error
    except BrokenSealError as error:
        _log.error("%s %s: %s", kind, sha256[:12], error)
        raise Refusal(404, "damaged_sound") from error
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    headers = {"accept-ranges": "bytes", "cache-control": "private, no-store", "etag": f'"{sha256[:32]}"'}
    media = _media_of(stream.read(12))
    asked = request.headers.get("range", "")
    changed = request.headers.get("if-range", headers["etag"]) != headers["etag"]
    found = None if changed else range_of(asked, size)
    start, end = found or (0, size)
    if start >= end and size:
        stream.close()
        raise Refusal(416, "outside_sound", {"content-range": f"bytes */{size}"})
    if found is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    stream.seek(start)
    status = 200 if found is None else 206
    return StreamingResponse(_blocks(stream, end - start), status, headers, media)


def range_of(asked: str, size: int) -> tuple[int, int] | None:
    """Start and end of the one range that a header asks for; None where it asks for none, or for several."""
    match = _RANGE.fullmatch(asked.replace(" ", ""))
    if match is None or not any(match.groups()):
        return None
    first, last = match[1][:18], match[2][:18]
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


def _blocks(stream: BinaryIO, left: int) -> Iterator[bytes]:
    with stream:
        while left > 0 and (block := stream.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def _media_of(beginning: bytes) -> str:
    """What a browser needs to be told of a sound; of an original, whatever the dialler made it."""
    if beginning[4:8] == b"ftyp":
        return "audio/mp4"
    return next(
        (kind for head, kind in _BEGINNINGS if beginning.startswith(head)), "application/octet-stream"
    )
