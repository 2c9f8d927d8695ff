"""What is to be scored: the recordings under some paths, each with its row of the call list and its id."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.beside_names import orphans, stem_of
from pipeline.call_claims import agents_differ
from pipeline.call_names import shown_name, without_numbers
from pipeline.calls import Assigned, CallList, assign, joined, read_call_list, unknown_outcomes
from pipeline.endings import MOST_BYTES, SUFFIXES, TOLD, Apart, apart, is_hidden, is_recording
from pipeline.errors import ConfigError, printable
from pipeline.profile import EMPTY, Profile, load_profile
from pipeline.standing import ROOT, leads_in, open_folders, standing_apart
from pipeline.types import CallRecord

CALL_LISTS = ("calls.csv", "calls.jsonl")
PROFILE = "profile.yaml"
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers", ".et"})


@dataclass(frozen=True, slots=True)
class Found:
    """One recording: where it lies, the name it goes by, and its content's digest (None where it can't be read).

    ``apart`` says why it is none that is taken in.
    """

    path: Path
    file: str
    sha256: str | None
    apart: Apart | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """Recordings with their rows, rows without recording, and what is wrong in the call list.

    ``contested``: recordings that rows of different agents claim; they are not scored. ``apart``: files that may hold calls
    and are not taken in, each with why. ``closed``: folders that may not be read, by name, each with what is told of it.
    """

    calls: tuple[tuple[Path, CallRecord], ...]
    missing: tuple[CallRecord, ...]
    mistakes: tuple[str, ...]
    contested: tuple[CallRecord, ...] = ()
    apart: tuple[tuple[CallRecord, Apart], ...] = ()
    closed: tuple[tuple[str, str], ...] = ()


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
    closed: dict[str, str] = {}
    seen = list(_found(paths, closed))
    found = [each for each in seen if each.apart is None]
    others = {each.file: each.apart for each in seen if each.apart is not None}
    known = _listed(paths, calls, profile)
    if not found and not (known and known.records):
        told = (_told_apart(file, why) for file, why in others.items())
        raise ConfigError([*_nothing(paths), *told, *_told_closed(closed)])
    if known and all(path.is_file() for path in paths):
        known = _only_named(known, found)
    assigned = assign(known, [(each.file, each.sha256 or "") for each in found], profile=profile)
    held, twins = _contested(found, assigned)
    shown = [(each, _shown(assigned.records[each.file], each.sha256)) for each in found]
    jobs = tuple((each.path, record) for each, record in shown if each.file not in held)
    contested = tuple(record for each, record in shown if each.file in held)
    passed_over = () if calls else (told for folder in _folders(paths) for told in passed_over_lists(folder))
    lone = orphans(_transcripts(paths), [each.path.as_posix() for each in seen])
    mistaken = (
        *passed_over, *(known.mistakes if known else ()), *assigned.mistakes, *listed_apart(assigned.missing, others),
        *twins, *unknown_outcomes(known, outcomes), *lone,
    )  # fmt: skip
    missing = tuple(_missing(assigned, others, tuple(closed)))
    mistakes = tuple(printable(without_numbers(mistake)) for mistake in mistaken)
    rows = {record.file: record for record in assigned.missing}
    left = ((rows.get(file, CallRecord(file=file, call_id="")), why) for file, why in others.items())
    return Intake(
        jobs, missing, mistakes, contested, tuple((_shown(record, None), why) for record, why in left),
        tuple((shown_name(name, None), told) for name, told in closed.items()),
    )  # fmt: skip


def _missing(assigned: Assigned, others: Collection[str], closed: tuple[str, ...]) -> Iterator[CallRecord]:
    """Rows whose recording isn't there; what a closed folder holds can't be known."""
    for record in assigned.missing:
        if record.file not in others and not record.file.startswith(closed):
            yield _shown(record, None)


def _listed(paths: Sequence[Path], calls: Path | None, profile: Profile) -> CallList | None:
    """The call list that is named, else those beside the recordings as one."""
    found = [calls] if calls else _beside(paths, CALL_LISTS)
    lists = [read_call_list(path, profile=profile) for path in found]
    return joined(lists, profile=profile) if len(lists) > 1 else (lists[0] if lists else None)


def listed_apart(missing: Iterable[CallRecord], others: Mapping[str, Apart]) -> Iterator[str]:
    """What is to be told of a call list's rows that name what is not taken in."""
    return (
        f"call list: {_told_apart(each.file, others[each.file])}" for each in missing if each.file in others
    )


def _told_apart(file: str, why: Apart) -> str:
    return f"{file}, file → {TOLD[why][1]}"


def _told_closed(closed: Mapping[str, str]) -> Iterator[str]:
    return (f"{without_numbers(printable(name))}: folder → {told}" for name, told in closed.items())


def _nothing(paths: Sequence[Path]) -> Iterator[str]:
    places = ", ".join(str(path) for path in paths)
    yield f"{places}: path → no recording found; accepted endings: {' '.join(sorted(SUFFIXES))}"


def _contested(found: Sequence[Found], assigned: Assigned) -> tuple[frozenset[str], tuple[str, ...]]:
    """Files that rows of different agents claim, by one name or as twins of the same content; the twins are told."""
    held, told = set(assigned.contested), []
    first: dict[str, str] = {}
    for each in found:
        record = assigned.records[each.file]
        if not record.listed or not each.sha256:
            continue
        other = first.setdefault(each.sha256, each.file)
        if agents_differ(assigned.records[other], record, EMPTY):
            held |= {other, each.file}
            told.append(
                f"call list: {each.file}, file → has the same content as {other}, which is another agent's; "
                "held until one of the rows is taken out"
            )
    twins = {each.sha256 for each in found if each.file in held and each.sha256}
    held |= {each.file for each in found if each.sha256 in twins}
    return frozenset(held), tuple(told)


def _shown(record: CallRecord, sha256: str | None) -> CallRecord:
    """The row under the name that may leave this machine: every output takes it from here."""
    return replace(record, file=shown_name(record.file, sha256))


def find_profile(paths: Sequence[Path], given: Path | None) -> Profile:
    """The profile that is named, else the one beside the recordings, else an empty one."""
    beside = [given] if given else _beside(paths, (PROFILE,))
    return load_profile(beside[0]) if beside else EMPTY


def _found(paths: Sequence[Path], closed: dict[str, str]) -> Iterator[Found]:
    seen: set[Path] = set()
    names: set[str] = set()
    for path in paths:
        root = path if path.is_dir() else path.parent
        for file, why in _recordings(path, closed):
            real = file if why else file.resolve()
            if real in seen:
                continue
            seen.add(real)
            name = file.relative_to(root).as_posix()
            if name in names:
                name = file.as_posix()
            names.add(name)
            yield Found(file, name, None if why else _digest(file), why)


def _recordings(path: Path, closed: dict[str, str]) -> Iterator[tuple[Path, Apart | None]]:
    """Files that are recordings by their names, and those that may hold some and stand apart; folders ``closed`` to us."""
    if path.is_file():
        yield path, None
        return
    own: dict[str, str] = {}
    walk = open_folders(path, own)
    found = sorted(folder / name for folder, inner, names in walk for name in (*inner, *names))
    closed |= {f"{path}/" if name == ROOT else name: told for name, told in own.items()}
    for file in found:
        if (why := standing_apart(file, path)) is not None:
            yield file, why
        elif is_recording(file) and apart(file.relative_to(path)) is None and file.is_file():
            yield file, None


def _transcripts(paths: Iterable[Path]) -> Iterator[str]:
    """Transcripts in the folders that are searched; who names a file asks for that one only."""
    for path in paths:
        for folder, _inner, names in open_folders(path, {}) if path.is_dir() else ():
            files = (folder / name for name in sorted(names) if stem_of(name) is not None)
            yield from (file.as_posix() for file in files if not is_hidden(file.relative_to(path)))


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            too_long = os.fstat(stream.fileno()).st_size > MOST_BYTES
            return None if too_long else hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None  # it is told when the recording is opened, as its own failure


def passed_over_lists(folder: Path) -> Iterator[str]:
    """What may be meant for a call list and is none that we read, in a folder that holds no other."""
    try:
        listed = any((folder / name).is_file() for name in CALL_LISTS)
        files = [] if listed else sorted(folder.iterdir())
    except OSError:  # a folder that may not be read is told as such
        return
    for file in files:
        if file.name.startswith((".", "~$")) or not file.is_file():
            continue
        if file.suffix.lower() in WORKBOOKS:
            yield f"{file}: file → a workbook isn't read; save its call list as CSV, named calls.csv"
        elif file.name.lower() in CALL_LISTS:
            yield f"{file}: file → a call list is named {file.name.lower()}, in small letters"


def _folders(paths: Sequence[Path]) -> list[Path]:
    return list(dict.fromkeys(path if path.is_dir() else path.parent for path in paths))


def _beside(paths: Sequence[Path], names: Sequence[str]) -> list[Path]:
    folders = _folders(paths)
    return [folder / name for folder in folders for name in names if lies_in(folder / name, folder)]


def lies_in(file: Path, folder: Path) -> bool:
    """Whether a file lies in its folder, and isn't a link that leads out of it. A name that can't be is not there."""
    try:
        return file.is_file() and leads_in(file, folder)
    except OSError:  # a name longer than the disk takes
        return False


def _only_named(known: CallList, found: Sequence[Found]) -> CallList:
    """Who names single files asks for those only: the list's other rows are not missing."""
    names = {each.file.rsplit("/", 1)[-1] for each in found}
    records = tuple(
        record for record in known.records if record.file.replace("\\", "/").rsplit("/", 1)[-1] in names
    )
    return replace(known, records=records)
