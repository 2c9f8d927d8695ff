"""The file area: files by the digest of their content, written whole or not at all.

``ab/abcdef….json``: a file is written beside its place, brought to the disk and renamed into it, the folder too; only
then may a row speak of it. The same content is kept once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

KINDS = {"result": ".json", "transcript": ".json", "audio": ".mp3"}
"""Kind of file → its ending."""
TEMPORARY = ".tmp-"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the area."""

    sha256: str
    kind: str
    bytes: int


class FileArea:
    """Files of one store under a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str, kind: str) -> Path:
        """Where a file lies, there or not."""
        return self.root / kind / sha256[:2] / f"{sha256}{KINDS[kind]}"

    def put(self, content: bytes, kind: str) -> Kept:
        """Keep a content; what is there already, whole, is left alone."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256, kind)
        if not self.is_whole(sha256, kind):
            with _beside(target) as handle:
                handle.write(content)
        return Kept(sha256, kind, len(content))

    def take(self, source: Path, kind: str) -> Kept:
        """Keep the content of a file, which is left where it is."""
        with source.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            if not self.is_whole(sha256, kind):
                stream.seek(0)
                with _beside(self.path(sha256, kind)) as handle:
                    while block := stream.read(1 << 20):
                        handle.write(block)
        return Kept(sha256, kind, source.stat().st_size)

    def read(self, sha256: str, kind: str) -> bytes:
        """A file's content. Raises FileNotFoundError."""
        return self.path(sha256, kind).read_bytes()

    def is_whole(self, sha256: str, kind: str) -> bool:
        """Whether the file is there and its content is what its name says."""
        try:
            with self.path(sha256, kind).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def remove(self, sha256: str, kind: str) -> None:
        """Take a file away, if it is there."""
        self.path(sha256, kind).unlink(missing_ok=True)

    def each(self) -> Iterator[tuple[str, str, Path]]:
        """Every file by digest, kind and path; left-over temporary files have the digest ``""``."""
        for kind, ending in KINDS.items():
            for path in sorted((self.root / kind).glob("*/*")):
                if path.name.startswith(TEMPORARY):
                    yield "", kind, path
                elif path.suffix == ending:
                    yield path.stem, kind, path


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[BinaryIO]:
    target.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY)
    try:
        with os.fdopen(number, "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def read_result(area: FileArea, *, result: str, transcript: str | None) -> dict[str, Any]:
    """A call's whole result in the form ``callgauge/call/1``, joined from its files again."""
    data: dict[str, Any] = json.loads(area.read(result, "result"))
    if transcript is not None:
        words = json.loads(area.read(transcript, "transcript"))
        words.pop("schema", None)
        data["transcript"] = words
    return data
