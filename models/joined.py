"""A model that comes in parts, joined or unzipped once into the per-user cache and checked by its digest in every process.

The join happens in a temporary folder beside its destination and is put in place by one rename, so that
a reader sees either nothing or the whole model, and two processes that join at once don't disturb each
other: the second finds the first one's folder and throws its own away.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO

from models.chained import chained
from pipeline.errors import ModelError

_BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def digest_once(path: Path) -> str:
    """SHA-256 of a file, computed once a process; size and times are part of the key, so a replaced file is read again.

    A process loads a model once, so each load rests on a digest of its own: 0.1 s for Whisper base, whose pages the loading
    then finds in memory.
    """
    mark = path.stat()
    return _digest_of(path, mark.st_size, mark.st_mtime_ns, mark.st_ctime_ns)


@cache
def _digest_of(path: Path, _size_bytes: int, _mtime_ns: int, _ctime_ns: int) -> str:
    return sha256_of(path)


def join(
    parts: Sequence[Path],
    beside: Sequence[tuple[Path, str]],
    *,
    into: Path,
    name: str,
    sha256: str,
    install: str,
) -> None:
    """Join ``parts`` to ``into/name`` with the files ``beside`` it, all digests checked.

    Parameters
    ----------
    parts
        Files whose contents follow one another.
    beside
        Further files and their SHA-256, copied under their own names.
    into
        Folder to make; nothing happens to it when it is there already.
    name, sha256
        Name and digest of the joined file.
    install
        Command that brings undamaged parts, for the message.

    Raises
    ------
    ModelError
        A digest differs, or the cache can't be written.
    """
    with _made(into) as work:
        _expect(name, _concatenate(parts, work / name), sha256, install)
        for path, expected in beside:
            shutil.copyfile(path, work / path.name)
            _expect(path.name, sha256_of(work / path.name), expected, install)


def unzip(parts: Sequence[Path], members: Sequence[tuple[str, str]], *, into: Path, install: str) -> None:
    """Take files out of the zip that ``parts`` make one after the other, all digests checked.

    Parameters
    ----------
    parts
        Files whose contents follow one another.
    members
        Names in the zip and their SHA-256; each is put under the last part of its name.
    into
        Folder to make; nothing happens to it when it is there already.
    install
        Command that brings undamaged parts, for the message.

    Raises
    ------
    ModelError
        A file is missing in the zip, a digest differs, or the cache can't be written.
    """
    with _made(into) as work:
        try:
            with chained(parts) as whole, zipfile.ZipFile(whole) as archive:
                for name, expected in members:
                    target = work / PurePosixPath(name).name
                    with archive.open(name) as source, target.open("wb") as out:
                        shutil.copyfileobj(source, out, _BLOCK_BYTES)
                        _to_disk(out)
                    _expect(target.name, sha256_of(target), expected, install)
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
            raise ModelError(
                f"the installed parts of {into.name} are damaged: {error}. Mend it with: {install}"
            ) from error


@contextmanager
def _made(into: Path) -> Iterator[Path]:
    """A folder to fill, which at the end stands where it shall."""
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    except OSError as error:
        raise ModelError(
            f"can't write the model cache {into.parent}: {error.strerror or error}. "
            "Set CALLGAUGE_MODELS or CALLGAUGE_CACHE to a folder that can be written"
        ) from error
    try:
        yield work
        _put_in_place(work, into)
    except OSError as error:
        raise ModelError(f"can't join the model in {into.parent}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)  # gone already where the rename succeeded


def fault(
    folder: Path, *, name: str, sha256: str, size_bytes: int, beside: Iterable[tuple[str, str]] = ()
) -> str | None:
    """What is wrong with a joined model, or None; ``beside`` are further files and their SHA-256."""
    path = folder / name
    if not path.is_file():
        return f"{path} is missing"
    if path.stat().st_size != size_bytes:
        return f"{path} holds {path.stat().st_size} bytes, expected {size_bytes}"
    for file, expected in ((name, sha256), *beside):
        if not (folder / file).is_file():
            return f"{folder / file} is missing"
        digest = digest_once(folder / file)
        if digest != expected:
            return f"{folder / file} has the SHA-256 {digest}, expected {expected}"
    return None


def mend_command(folder: Path) -> str:
    """Command that takes a damaged model away; the next run joins it again."""
    return f"rm -r {shlex.quote(str(folder))}"


def _concatenate(parts: Iterable[Path], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as joined:
        for part in parts:
            with part.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
                    joined.write(block)
        _to_disk(joined)
    return digest.hexdigest()


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _expect(name: str, digest: str, expected: str, install: str) -> None:
    if digest != expected:
        raise ModelError(
            f"the installed parts of {name} are damaged: SHA-256 {digest}, expected {expected}. "
            f"Mend it with: {install}"
        )


def _put_in_place(work: Path, into: Path) -> None:
    try:
        work.replace(into)
    except OSError:
        if not into.is_dir():  # else another process was first: what it joined has passed the same check
            raise
