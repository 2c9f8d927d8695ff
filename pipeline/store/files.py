"""The file area: files by the digest of their content, written whole or not at all, sealed where there is a key.

``ab/abcdef….json``: a file is written beside its place, brought to the disk and renamed into it, the folder too; only
then may a row speak of it. The same content is kept once. A sealed file (`pipeline.sealing`) ends in ``.enc``; its name
is the digest of what it holds. Files are for their owner alone (0600, folders 0700).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.sealing import (
    BrokenSealError,
    Keys,
    SealError,
    Unsealed,
    is_newest,
    keys_from,
    write_sealed,
)

KINDS = {
    "result": ".json", "transcript": ".json", "audio": ".flac", "original_transcript": ".json", "original_audio": ".bin",
}  # fmt: skip
"""Kind of file → its ending. The originals are the recording's own bytes, and its words unmasked."""
FORMER = {"audio": ".mp3"}
"""Kind of file → the ending it had before: what lies there so is found, played and removed like any other."""
TEMPORARY = ".tmp-"
SEALED = ".enc"
MARK = "sealed.json"
"""Says that the area is sealed, and by which keys: nothing is written plain there by mistake."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the area."""

    sha256: str
    kind: str
    bytes: int


class FileArea:
    """Files of one store under a folder; ``keys`` None takes those of the environment."""

    def __init__(self, root: Path, keys: Keys | None = None) -> None:
        self.root = root
        self._keys = keys

    @cached_property
    def keys(self) -> Keys:
        """The keys that files are sealed and opened with."""
        return keys_from() if self._keys is None else self._keys

    def path(self, sha256: str, kind: str) -> Path:
        """Where a file lies unsealed, there or not."""
        return self.root / kind / sha256[:2] / f"{sha256}{KINDS[kind]}"

    def locate(self, sha256: str, kind: str) -> Path | None:
        """The path at which a file does lie, sealed or not; None where it is gone."""
        plain = self.path(sha256, kind)
        named = [plain, plain.with_suffix(FORMER[kind])] if kind in FORMER else [plain]
        return next((path for each in named for path in (_sealed(each), each) if path.is_file()), None)

    def ending(self, sha256: str, kind: str) -> str:
        """What a file's name ends with, unsealed: today's ending, or the one it was kept with."""
        path = self.locate(sha256, kind) or self.path(sha256, kind)
        return Path(path.name.removesuffix(SEALED)).suffix

    def put(self, content: bytes, kind: str) -> Kept:
        """Keep a content; what is there already, whole, is left alone. Raises SealError as `ready` does."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._write(io.BytesIO(content), len(content), sha256, kind)
        return Kept(sha256, kind, len(content))

    def take(self, source: Path, kind: str) -> Kept:
        """Keep the content of a file, which is left where it is. Raises SealError as `ready` does."""
        with source.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
            stream.seek(0)
            self._write(stream, size, sha256, kind)
        return Kept(sha256, kind, size)

    def _write(self, stream: BinaryIO, size: int, sha256: str, kind: str) -> None:
        self.ready()
        if self.is_whole(sha256, kind):
            return
        plain = self.path(sha256, kind)
        if self.keys.newest is None:
            with _beside(plain) as handle:
                while block := stream.read(1 << 20):
                    handle.write(block)
            return
        self.mark()
        with _beside(_sealed(plain)) as handle:
            write_sealed(stream, size, handle, self.keys, f"{kind}/{sha256}")

    def open(self, sha256: str, kind: str) -> BinaryIO:
        """A file's content as a stream that can be read from any offset. Raises FileNotFoundError, SealError.

        Where there is a key, no other content is read: a file in today's form is bound to its digest and kind; an older
        one, or one that is still plain, is read once and held against its digest.
        """
        stream, is_bound = self._opened(sha256, kind)
        if is_bound or self.keys.newest is None:
            return stream
        try:
            if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:  # type: ignore[arg-type]  # a BufferedReader
                raise BrokenSealError(f"{kind} {sha256[:12]} holds another content")
            stream.seek(0)
        except BaseException:
            stream.close()
            raise
        return stream

    def _opened(self, sha256: str, kind: str) -> tuple[BinaryIO, bool]:
        """A file's content, and whether the seal itself vouches for its being this one."""
        path = self.locate(sha256, kind) or self.path(sha256, kind)
        stream = path.open("rb")
        if path.suffix != SEALED:
            return stream, False
        try:
            sealed = Unsealed(stream, self.keys, f"{kind}/{sha256}")
        except BaseException:
            stream.close()
            raise
        return io.BufferedReader(sealed), sealed.is_bound

    def read(self, sha256: str, kind: str) -> bytes:
        """A file's content. Raises FileNotFoundError, SealError."""
        with self.open(sha256, kind) as stream:
            return stream.read()

    def is_whole(self, sha256: str, kind: str) -> bool:
        """Whether the file is there and its content is what its name says. Raises SealError without its key."""
        try:
            with self._opened(sha256, kind)[0] as stream:
                digest = hashlib.sha256()
                while block := stream.read(1 << 20):
                    digest.update(block)
                return digest.hexdigest() == sha256
        except (FileNotFoundError, BrokenSealError):
            return False

    def copy_out(self, sha256: str, kind: str, target: Path) -> None:
        """Write a file's content, unsealed, to a path."""
        with self.open(sha256, kind) as stream, target.open("wb") as handle:
            while block := stream.read(1 << 20):
                handle.write(block)

    def remove(self, sha256: str, kind: str) -> bool:
        """Take a file away; whether it was there."""
        there = False
        while (path := self.locate(sha256, kind)) is not None:
            path.unlink(missing_ok=True)
            there = True
        return there

    def each(self) -> Iterator[tuple[str, str, Path]]:
        """Every file by digest, kind and path; left-over temporary files have the digest ``""``."""
        for kind, ending in KINDS.items():
            for path in sorted((self.root / kind).glob("*/*")):
                if path.name.startswith(TEMPORARY):
                    yield "", kind, path
                elif path.name.removesuffix(SEALED).endswith((ending, FORMER.get(kind, ending))):
                    yield path.name.split(".", 1)[0], kind, path

    def remove_left_over(self) -> int:
        """Take away what killed processes left half-written; how many files. The caller holds the nightly lock."""
        left = [path for kind in KINDS for path in (self.root / kind).glob(f"*/{TEMPORARY}*")]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def ready(self) -> None:
        """Whether files may be written: an area that is sealed takes nothing without one of its keys.

        Raises
        ------
        SealError
            The key is missing, or is none of those that sealed the area.
        """
        known = self.sealed_by()
        if known and not any(name in self.keys.by_id for name in known):
            self.keys.of(known[-1])

    def sealed_by(self) -> tuple[str, ...]:
        """Ids of the keys that sealed the area, the newest last."""
        try:
            return tuple(json.loads((self.root / MARK).read_text(encoding="ascii"))["keys"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError) as error:
            raise SealError(
                f"{self.root / MARK} can't be read; it says which keys encrypt this store"
            ) from error

    def mark(self, *, only: bool = False) -> None:
        """Put down that the area is sealed by the newest key; ``only`` says by no other any more."""
        newest, known = self.keys.newest, self.sealed_by()
        if newest is None:
            return
        wanted = (newest,) if only else (*(name for name in known if name != newest), newest)
        if wanted != known:
            self._write_mark(wanted)

    def remark(self, known: Sequence[str]) -> bool:
        """Put the mark back where it lacks keys that are ``known`` to have sealed the area; whether it did."""
        marked = self.sealed_by()
        lacking = [each for each in known if each not in marked]
        if lacking:
            self._write_mark((*lacking, *marked))
        return bool(lacking)

    def _write_mark(self, keys: Sequence[str]) -> None:
        with _beside(self.root / MARK) as handle:
            handle.write(json.dumps({"keys": keys}).encode())

    def reseal(self, path: Path) -> bool:
        """Bring one file under the newest key and into today's form; whether it wasn't. Its content is checked on the way."""
        plain = path.with_name(path.name.removesuffix(SEALED))
        sha256, kind = plain.stem, path.parent.parent.name
        with path.open("rb") as raw:
            if path != plain and is_newest(raw, self.keys):
                return False
        if not self.is_whole(sha256, kind):
            raise BrokenSealError(f"{kind} {sha256[:12]} is damaged; `callgauge store check` mends it")
        with self.open(sha256, kind) as stream:
            size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
            with _beside(_sealed(plain)) as handle:
                write_sealed(stream, size, handle, self.keys, f"{kind}/{sha256}")
        plain.unlink(missing_ok=True)
        return True


def _sealed(path: Path) -> Path:
    return path.with_name(path.name + SEALED)


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[BinaryIO]:
    private_folder(target.parent)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY)  # 0600, whatever the umask
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


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are lacking, for the owner alone."""
    lacking = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(lacking):
        each.mkdir(mode=0o700, exist_ok=True)


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
