"""Transcripts delivered beside recordings where these were taken in: whose they are, and taking them away with them.

A transcript is a recording's by its name (`pipeline.beside_names`) while the recording lies there with its own content;
where it doesn't, only by being what the call was judged by. A new recording's transcript may have come under the old name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.beside_names import SUFFIXES, folded, transcripts_for
from pipeline.call_names import named_by
from pipeline.endings import is_recording
from pipeline.errors import why as why_not
from pipeline.sealing import BrokenSealError
from pipeline.store.database import Store
from pipeline.store.files import FileArea, read_result
from pipeline.store.lying import GONE, Disk, Lying, Place, entries_of, take_away
from pipeline.store.parts import in_parts
from pipeline.store.tables import Score

ALONE = "its recording is gone, so whose it is isn't known"
SHARED = "it lies beside another recording of this name too, and whose words it holds isn't known"


def words_of(recording: Place, used: Collection[str], sha256: str | None = None) -> list[Lying]:
    """The transcripts of a recording that lie there; ``why`` says what stands against telling whether one is its.

    Parameters
    ----------
    used
        Digests of the transcripts that the call was judged by.
    sha256
        The recording's content; None asks only whether a file of its name lies there.
    """
    own = PurePosixPath(named_by(recording.file)).name
    try:
        disk = Disk(recording)
        disk.forget_listings()
        names = disk.names_beside()
    except GONE:
        return []
    except Exception as error:  # whatever a storage's package raises
        guessed = recording.beside(f"{PurePosixPath(own).stem}{SUFFIXES[0]}")
        return [Lying(guessed, "unknown", f"it can't be looked for: {why_not(error)}")]
    found = (recording.beside(name) for name in transcripts_for(own, names, names))
    return [told for each in found if (told := _told(each, recording, names, used, sha256)) is not None]


def _told(
    words: Place, recording: Place, names: Collection[str], used: Collection[str], sha256: str | None
) -> Lying | None:
    """A transcript that is a recording's, or may be; None for another's."""
    try:
        disk, lies = Disk(words), _lies(recording, sha256)
        if not disk.is_file():
            return None
        if lies or disk.digest() in used:
            others = set(names) - {PurePosixPath(named_by(recording.file)).name}
            shared = _has_recording(others, PurePosixPath(named_by(recording.file)).stem)
            return Lying(words, "unknown", SHARED) if shared else Lying(words, "there")
    except GONE:
        return None
    except Exception as error:
        return Lying(words, "unknown", why_not(error))
    if lies is False or _has_recording(names, PurePosixPath(named_by(recording.file)).stem):
        return None
    return Lying(words, "unknown", ALONE)


def _lies(recording: Place, sha256: str | None) -> bool | None:
    """Whether the recording lies there, with this content; None where nothing does."""
    try:
        disk = Disk(recording)
        return (sha256 is None or disk.digest() == sha256) if disk.is_file() else None
    except GONE:
        return None


def _has_recording(names: Collection[str], stem: str) -> bool:
    paths = (PurePosixPath(name) for name in names)
    return any(is_recording(path) and folded(path.stem) == folded(stem) for path in paths)


def take_words_away(recording: Place, sha256: str, used: Collection[str]) -> list[Lying]:
    """Remove a recording's transcripts, before it goes itself; those that were to go and did not, or may have to."""
    found = words_of(recording, used, sha256)
    tried = (each if each.why is not None else take_away(each.place, None) for each in found)
    return [each for each in tried if each.why is not None]


def used_words(session: Session, files: FileArea, calls: Sequence[int]) -> set[str]:
    """Digests of the delivered transcripts that calls were judged by, as their results tell them."""
    results = {
        sha256
        for part in in_parts(sorted(calls))
        for sha256 in session.scalars(select(Score.result_file).where(Score.call.in_(part)))
    }
    return {sha256 for each in results if each is not None and (sha256 := _used(files, each)) is not None}


def _used(files: FileArea, result: str) -> str | None:
    try:
        engine = read_result(files, result=result, transcript=None)["provenance"]["recogniser"] or {}
    except (OSError, BrokenSealError, ValueError, KeyError):
        return None  # removed or damaged
    return engine.get("sha256") if engine.get("engine") == "delivered" else None


def to_go(store: Store, calls: Sequence[int]) -> list[str]:
    """Digests of the transcripts that go with calls' recordings: those they were judged by, and what lies beside these."""
    with store.reading() as session:
        used = used_words(session, store.files, calls)
        rows = [(Place(row.inbox, row.file), row.sha256) for row in entries_of(session, calls)]
    found = (each for place, sha256 in rows if sha256 for each in words_of(place, used, sha256))
    return sorted(used | set(_digests(each.place for each in found if each.why is None)))


def _digests(places: Iterator[Place]) -> Iterator[str]:
    for place in places:
        try:
            yield Disk(place).digest()
        except Exception:  # noqa: S112 - it is tried, and told, when it is taken away
            continue
