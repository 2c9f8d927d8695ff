"""A recording of the inbox as a file of the machine that hears it, with the transcript delivered beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from pipeline.beside import TranscriptError
from pipeline.delivered import MAX_LINE_BYTES
from pipeline.errors import why


@contextmanager
def near(source: Path | str, transcripts: Sequence[str] = ()) -> Iterator[Path]:
    """A recording as a file of this machine: itself, or a copy for the time of the block, its transcript beside it.

    Parameters
    ----------
    transcripts
        Where the transcripts beside a recording on shared storage lie, by URL.

    Raises
    ------
    TranscriptError
        There are two of them, or it is a link, no plain file, or can't be fetched.
    """
    if isinstance(source, Path):
        yield source
        return
    storage, path = fsspec.core.url_to_fs(source)
    with tempfile.TemporaryDirectory(prefix="callgauge-") as folder:
        target = Path(folder, PurePosixPath(path).name)
        storage.get_file(path, str(target))
        _fetch(transcripts, target)
        yield target


def _fetch(transcripts: Sequence[str], recording: Path) -> None:
    """A transcript as far as it is read at all: `pipeline.beside` refuses one that is longer."""
    names = [PurePosixPath(url).name for url in transcripts]
    if len(names) > 1:  # a disk that doesn't tell letter cases apart would hold one of them
        raise TranscriptError(f"{names[0]} and {names[1]} lie beside {recording.name}; keep one")
    for url, name in zip(transcripts, names, strict=True):
        try:
            storage, path = fsspec.core.url_to_fs(url)
            told = storage.info(path)
            plain = told.get("type") == "file" and not told.get("islink")
            raw = _read(storage, path) if plain else b""
        except Exception as error:  # each storage's package has its own
            raise TranscriptError(f"{name}: file → can't be read: {why(error)}") from error
        if not plain:
            raise TranscriptError(f"{name}: file → a plain file in the recording's own folder is accepted")
        recording.with_name(name).write_bytes(raw)


def _read(storage: Any, path: str) -> bytes:
    with storage.open(path, "rb") as stream:
        found: bytes = stream.read(MAX_LINE_BYTES + 1)
    return found
