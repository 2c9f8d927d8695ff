"""Recordings where they were taken in, in a folder or on shared storage: whether they still lie there, and taking them away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from stat import S_ISREG
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.call_names import kept_name, named_by, path_in
from pipeline.errors import printable
from pipeline.errors import why as why_not
from pipeline.store.night_tables import LedgerEntry
from pipeline.store.parts import in_parts
from pipeline.store.tables import Call

_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")
GONE = (FileNotFoundError, NotADirectoryError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one recording of the ledger lay, by its inbox and `pipeline.call_names.kept_name`."""

    inbox: str
    file: str

    @property
    def is_shared(self) -> bool:
        """Whether that is a storage behind a URL."""
        return "://" in self.inbox

    def beside(self, name: str) -> Place:
        """What lies in the same folder under a name, as the disk has it."""
        folder, slash, _ = self.file.rpartition("/")
        return Place(self.inbox, f"{folder}{slash}{kept_name(name)}")

    @property
    def address(self) -> str:
        """The whole name as it may be shown: one line, no password."""
        whole = f"{self.inbox}/{self.file}" if self.is_shared else str(path_in(self.inbox, self.file))
        return printable(_PASSWORD.sub(r"\1:***@", whole))

    @property
    def shown(self) -> str:
        """The address on shared storage; in a folder the name from the inbox."""
        return self.address if self.is_shared else printable(self.file)


@dataclass(frozen=True, slots=True)
class Lying:
    """What was found. ``why``: what stands against looking at it, or taking it away."""

    place: Place
    state: Literal["there", "gone", "unknown"]
    why: str | None = None


def entries_of(session: Session, calls: Sequence[int]) -> list[LedgerEntry]:
    """The ledger's rows of calls' recordings, the same content under other names among them."""
    found: dict[int, LedgerEntry] = {}
    for part in in_parts(sorted(calls)):
        contents = select(Call.recording_sha256).where(Call.id.in_(part))
        twins = (LedgerEntry.reason == "duplicate") & LedgerEntry.sha256.in_(contents)
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.call.in_(part) | twins))
        found.update({entry.id: entry for entry in rows})
    return [found[key] for key in sorted(found)]


def look(place: Place) -> Lying:
    """Whether a recording lies there still, or another file of its name."""
    try:
        return Lying(place, "there" if Disk(place).is_file() else "gone")
    except GONE:
        return Lying(place, "gone")
    except Exception as error:  # whatever a storage's package raises
        return Lying(place, "unknown", why_not(error))


def take_away(place: Place, sha256: str | None) -> Lying:
    """Remove a file if it still holds this content (None: any); what another file of its name holds is nobody's here."""
    try:
        disk = Disk(place)
        disk.forget_listings()
        if not disk.is_file():
            return Lying(place, "gone")
        if disk.is_link():
            return Lying(place, "there", "it is a link, and what it leads to isn't looked for")
        if sha256 is not None and disk.digest() != sha256:
            return Lying(place, "there")
        disk.remove()
        disk.forget_listings()
        return Lying(place, "there", "the storage keeps it") if disk.is_file() else Lying(place, "gone")
    except GONE:
        return Lying(place, "gone")
    except NotImplementedError:
        return Lying(place, "there", "nothing can be removed through this protocol")
    except Exception as error:  # no permission, or what a storage's package raises
        return Lying(place, "unknown", why_not(error))


class Disk:
    """One file, of a folder or of a storage. Its methods raise what the disk raises."""

    def __init__(self, place: Place) -> None:
        self._storage: Any = None
        if place.is_shared:
            import fsspec

            self._storage, root = fsspec.core.url_to_fs(place.inbox)
            self._path = f"{root.rstrip('/')}/{named_by(place.file)}"
        else:
            self._local = path_in(place.inbox, place.file)

    def forget_listings(self) -> None:
        """Ask the storage anew from here on."""
        if self._storage is not None:
            self._storage.invalidate_cache()

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = self._storage.info(self._path)
        return told

    def is_file(self) -> bool:
        """Whether it is a file, links followed."""
        if self._storage is None:
            return S_ISREG(self._local.stat().st_mode)
        return self._told().get("type") != "directory"

    def is_link(self) -> bool:
        """Whether it is a link."""
        if self._storage is None:
            return self._local.is_symlink()
        told = self._told()
        return told.get("type") == "link" or bool(told.get("islink"))

    def names_beside(self) -> frozenset[str]:
        """Names of all that lies in its folder."""
        if self._storage is None:
            return frozenset(each.name for each in self._local.parent.iterdir())
        told = self._storage.ls(self._path.rpartition("/")[0], detail=True)
        return frozenset(each["name"].rstrip("/").rpartition("/")[2] for each in told)

    def digest(self) -> str:
        """SHA-256 of its content."""
        with self.opened() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def opened(self) -> Any:
        """Its bytes, to be read."""
        if self._storage is None:
            return self._local.open("rb")
        return self._storage.open(self._path, "rb")

    def remove(self) -> None:
        """Take it away."""
        if self._storage is None:
            self._local.unlink()
        else:
            self._storage.rm_file(self._path)
