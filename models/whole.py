"""Checking a model before it is loaded: those of other packages by their digests, and the weights that ship with Callgauge."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from models import joined, registry
from models.records import recorded
from pipeline.errors import ModelError


def expect_whole(name: str, file: Path | None = None) -> None:
    """Check a packaged model by its digest, once a process, before it is loaded. Raises ModelError.

    Another version than the registry's passes where it says so and the file is what its own wheel brought; what isn't
    installed is the loader's to tell. ``file``: the one that is loaded, where another version may have another.
    """
    entry = registry.entries()[name]
    own = registry.PackagedFile(entry.package or "", entry.file, entry.sha256)
    for part in (own, *entry.beside):
        found = file if file is not None and part is own else registry.packaged(part)
        if found is None:
            continue
        digest = joined.digest_once(found)
        expected = part.sha256
        if digest != expected and entry.other_versions:
            expected = recorded(part.package, found) or digest
        if digest != expected:
            told = f"{found} has the SHA-256 {digest}, expected {expected}"
            raise ModelError(f"{entry.title} is damaged: {told}. Mend it with: {entry.install}")


class Arrays(Mapping[str, Any]):
    """The arrays of an ``npz`` file, each read to its end, so that its checksum is held against it; nothing is unpickled."""

    def __init__(self, content: bytes) -> None:
        self._file = zipfile.ZipFile(io.BytesIO(content))
        self.files = [name.removesuffix(".npy") for name in self._file.namelist()]

    def __getitem__(self, name: str) -> Any:
        from numpy.lib import format as npy

        # numpy itself reads as much as an array's head says: a changed head would leave the checksum unread
        return npy.read_array(io.BytesIO(self._file.read(f"{name}.npy")), allow_pickle=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


@contextmanager
def shipped(package: str, *parts: str) -> Iterator[bytes]:
    """The content of a file of weights that ships with Callgauge, for a block that unpacks it.

    Raises
    ------
    ModelError
        It is missing, not what was installed, or can't be unpacked.
    """
    path = resources.files(package).joinpath(*parts)
    try:
        content = _content(path)
        digest = hashlib.sha256(content).hexdigest()
        expected = recorded("callgauge", path) if isinstance(path, Path) else None
        if expected not in (None, digest):
            raise ValueError(f"SHA-256 {digest}, expected {expected}")
        yield content
    except ModelError:
        raise
    except Exception as error:  # whatever a damaged file makes its reader say
        told = f"{path} is damaged: {type(error).__name__}: {error}"
        raise ModelError(f"{told}. Mend it by installing Callgauge anew") from error


def _content(path: Any) -> bytes:
    content: bytes = path.read_bytes()
    return content
