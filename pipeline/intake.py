"""What is to be scored: the recordings under some paths, each with its row of the call list and its id."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.call_names import printable, shown_name, without_numbers
from pipeline.calls import CallList, assign, read_call_list, unknown_outcomes
from pipeline.errors import ConfigError
from pipeline.profile import EMPTY, Profile, load_profile
from pipeline.types import CallRecord

_ENDINGS = "wav wave mp3 flac ogg oga opus m4a mp4 aac webm mka gsm au aif aiff amr wma 3gp"
SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""Endings by which a folder's recordings are told from its other files; a file that is named is always taken."""

CALL_LISTS = ("calls.csv", "calls.jsonl")
PROFILE = "profile.yaml"


@dataclass(frozen=True, slots=True)
class Found:
    """One recording: where it lies, the name it goes by, and its content's digest (None where it can't be read)."""

    path: Path
    file: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Intake:
    """Recordings with their rows, rows without recording, and what is wrong in the call list.

    ``spoilt`` counts the list's rows that could not be read as they are written.
    """

    calls: tuple[tuple[Path, CallRecord], ...]
    missing: tuple[CallRecord, ...]
    mistakes: tuple[str, ...]
    spoilt: int = 0


def take_in(
    paths: Sequence[Path],
    *,
    calls: Path | None = None,
    profile: Profile = EMPTY,
    outcomes: Collection[str] | None = None,
) -> Intake:
    """Find the recordings and give each its row and id.

    Parameters
    ----------
    paths
        Files, or folders that are searched with their subfolders.
    calls
        The call list; None looks for one in each folder, and beside each file that is named.
    outcomes
        Words that say how a call ended; others on the list are told, and stay as they are. None tells of none.

    Raises
    ------
    ConfigError
        A path isn't there, nothing is found, or the call list can't be read at all.
    """
    absent = [f"{path}: path → there is no such file or folder" for path in paths if not path.exists()]
    if absent:
        raise ConfigError(absent)
    found = list(_found(paths))
    lists = [
        read_call_list(path, profile=profile) for path in ([calls] if calls else _beside(paths, CALL_LISTS))
    ]
    known = _together(lists)
    if not found and not (known and known.records):
        places = ", ".join(str(path) for path in paths)
        raise ConfigError(
            [f"{places}: path → no recording found; accepted endings: {' '.join(sorted(SUFFIXES))}"]
        )
    if known and all(path.is_file() for path in paths):
        known = _only_named(known, found)
    assigned = assign(known, [(each.file, each.sha256 or "") for each in found], profile=profile)
    jobs = tuple((each.path, _shown(assigned.records[each.file], each.sha256)) for each in found)
    told = (*(known.mistakes if known else ()), *assigned.mistakes, *unknown_outcomes(known, outcomes))
    missing = tuple(_shown(record, None) for record in assigned.missing)
    mistakes = tuple(printable(without_numbers(mistake)) for mistake in told)
    return Intake(jobs, missing, mistakes, known.spoilt if known else 0)


def _shown(record: CallRecord, sha256: str | None) -> CallRecord:
    """The row under the name that may leave this machine: every output takes it from here."""
    return replace(record, file=shown_name(record.file, sha256))


def find_profile(paths: Sequence[Path], given: Path | None) -> Profile:
    """The profile that is named, else the one beside the recordings, else an empty one."""
    beside = [given] if given else _beside(paths, (PROFILE,))
    return load_profile(beside[0]) if beside else EMPTY


def _found(paths: Sequence[Path]) -> Iterator[Found]:
    seen: set[Path] = set()
    names: set[str] = set()
    for path in paths:
        root = path if path.is_dir() else path.parent
        for file in _recordings(path):
            real = file.resolve()
            if real in seen:
                continue
            seen.add(real)
            name = file.relative_to(root).as_posix()
            if name in names:
                name = file.as_posix()
            names.add(name)
            yield Found(file, name, _digest(file))


def _recordings(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    root = path.resolve()
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and file.resolve().is_relative_to(root)  # a link that leads out of the folder is not part of it
    )


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None  # it is told when the recording is opened, as its own failure


def _beside(paths: Sequence[Path], names: Sequence[str]) -> list[Path]:
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    return [folder / name for folder in folders for name in names if lies_in(folder / name, folder)]


def lies_in(file: Path, folder: Path) -> bool:
    """Whether a file lies in its folder, and isn't a link that leads out of it. A name that can't be is not there."""
    try:
        return file.is_file() and file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a name longer than the disk takes, links in a circle
        return False


def _together(lists: Sequence[CallList]) -> CallList | None:
    if len(lists) < 2:
        return lists[0] if lists else None
    return CallList(
        " + ".join(each.name for each in lists),
        tuple(record for each in lists for record in each.records),
        tuple(mistake for each in lists for mistake in each.mistakes),
        sum(each.spoilt for each in lists),
    )


def _only_named(known: CallList, found: Sequence[Found]) -> CallList:
    """Who names single files asks for those only: the list's other rows are not missing."""
    names = {each.file.rsplit("/", 1)[-1] for each in found}
    records = tuple(
        record for record in known.records if record.file.replace("\\", "/").rsplit("/", 1)[-1] in names
    )
    return replace(known, records=records)
