"""Removing data for good, with proof: rows and the record of it in one transaction, then the files, then "done".

A run that is cut off after the transaction leaves a removal without its ``done``, and so does a recording that was to go
and may not be removed: the next one ends it first, and twice changes nothing. `retention` and `forgetting` say what goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.speech import cache
from pipeline.store.appraisal_query import digest_of
from pipeline.store.database import Store
from pipeline.store.forgetting import strip_missing
from pipeline.store.holds import none_held
from pipeline.store.lying import Lying, Place, entries_of, look, take_away
from pipeline.store.lying_words import SHARED, take_words_away, to_go
from pipeline.store.night_tables import LedgerEntry
from pipeline.store.night_texts import without_customers
from pipeline.store.parts import in_parts
from pipeline.store.privacy_tables import Removal, RemovalDone
from pipeline.store.redaction import strip_person, strip_quotes, strip_scores, without_quotes
from pipeline.store.retention import FileItem, files_of, successors_of, unshared
from pipeline.store.runs import clear_up
from pipeline.store.sealed import ready
from pipeline.store.search_index import forget_words
from pipeline.store.tables import Call, StoredFile
from pipeline.types import CallRecord


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a removal is to take away, of whom it is asked and why.

    Attributes
    ----------
    kind
        ``purge`` or ``forget``.
    files
        Files that go as they are.
    quotes, people, scores
        Keys of calls whose quotes, whose customer, whose scores go.
    told
        What else the proof says.
    recordings
        Whether the recordings themselves are taken out of the inbox, and the transcripts delivered beside them.
    known_by
        What the person is known by; requests not to be called are kept under its digest.
    missing
        Keys of listed calls that never came, with what their lists say of them.
    """

    kind: str
    by: str
    reason: str
    files: tuple[FileItem, ...] = ()
    quotes: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    scores: tuple[int, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    recordings: bool = False
    known_by: str | None = None
    missing: Mapping[int, CallRecord | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removed:
    """A removal: its number, its seal, what it came to, and what in the inbox could not be taken away."""

    number: int
    seal: str
    counts: Mapping[str, int]
    left: tuple[Lying, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """Removals of before: how many are done now, and recordings for which others still wait."""

    done: int = 0
    left: tuple[Lying, ...] = ()


def remove(store: Store, wanted: Wanted, *, now: datetime | None = None) -> Removed:
    """Take data away and put down what went. The caller holds the nightly lock and has called `finish_all`.

    Raises
    ------
    StoreError
        One of the calls was held since this was planned: nothing is taken away.
    """
    at = now or datetime.now(UTC)
    ready(store)
    new_results = _new_results(store, wanted)
    transcripts = to_go(store, sorted({*wanted.people, *wanted.scores})) if wanted.recordings else []
    with store.writing() as session:
        files = _files(session, wanted)
        none_held(session, {*wanted.quotes, *wanted.people, *wanted.scores, *(each.call for each in files)})
        gone = _calls_of(session, (*wanted.people, *wanted.scores))
        recordings = sorted({call.recording_sha256 for call in gone})
        body = {**_body(session, wanted, files, new_results, recordings), "transcripts": transcripts}
        row = _sealed(session, wanted, body, at)
        _mark(session, files, new_results, row.id, at)
        _rows(session, wanted, at)
        number, seal = row.id, row.seal
    return Removed(number, seal, body["counts"], _finish(store, number))


def _new_results(store: Store, wanted: Wanted) -> dict[str, Any]:
    """Results without quotes, written before any row speaks of them: those of a run cut off are nobody's files."""
    whole = {*wanted.people, *wanted.scores}
    with store.reading() as session:
        items = list(files_of(session, [call for call in wanted.quotes if call not in whole], ("result",)))
    return {item.sha256: (item, without_quotes(store.files, item.sha256)) for item in items}


def _files(session: Session, wanted: Wanted) -> list[FileItem]:
    """The files named, and every file of calls that lose their customer or their scores."""
    calls = sorted({*wanted.people, *wanted.scores})
    kinds = ("original_audio", "original_transcript", "audio", "transcript", "result")
    whole = [*files_of(session, calls, kinds), *successors_of(session, calls)]
    return list(dict.fromkeys((*wanted.files, *unshared(session, whole))))


def _calls_of(session: Session, keys: Sequence[int]) -> list[Call]:
    return [
        call
        for part in in_parts(sorted(set(keys)))
        for call in session.scalars(select(Call).where(Call.id.in_(part)))
    ]


def _body(
    session: Session, wanted: Wanted, files: Sequence[FileItem], new_results: Mapping[str, Any], recordings: list[str]
) -> dict[str, Any]:  # fmt: skip
    items = [
        {"call": each.call_id, "kind": each.kind, "sha256": each.sha256, "bytes": each.bytes}
        for each in files
    ]
    items += [
        {"call": item.call_id, "kind": "quotes", "sha256": item.sha256, "bytes": item.bytes}
        for item, _ in new_results.values()
    ]
    touched = {each.call for each in files}
    worded = {each.call for each in files if each.kind.endswith("transcript")}
    words = [call.recording_sha256 for call in _calls_of(session, sorted(worded))]
    counts = Counter(item["kind"] for item in items)
    counts["calls"] = len({*touched, *wanted.quotes, *wanted.people, *wanted.scores})
    for name in ("quotes", "people", "scores"):
        if getattr(wanted, name):
            counts[f"calls_{name}"] = len(getattr(wanted, name))
    if wanted.missing:
        counts["missing"] = len(wanted.missing)
    rows = {
        name: sorted(call.call_id for call in _calls_of(session, getattr(wanted, name)))
        for name in ("quotes", "people", "scores")
    }
    return {
        **wanted.told, "items": items, "rows": rows, "counts": dict(counts), "words_of": sorted({*words, *recordings}),
        "recordings": recordings if wanted.recordings else [],
    }  # fmt: skip


def _sealed(session: Session, wanted: Wanted, body: dict[str, Any], at: datetime) -> Removal:
    last = session.scalar(select(Removal.seal).order_by(Removal.id.desc()).limit(1))
    seal = _seal(last, wanted.kind, at, wanted.by, wanted.reason, body)
    row = Removal(kind=wanted.kind, at=at, by=wanted.by, reason=wanted.reason, body=body, seal=seal)
    session.add(row)
    session.flush()
    return row


def _seal(last: str | None, kind: str, at: datetime, by: str, reason: str, body: Mapping[str, Any]) -> str:
    return digest_of([last, kind, at.astimezone(UTC).isoformat(), by, reason, body])


def _mark(
    session: Session, files: Sequence[FileItem], new_results: Mapping[str, Any], number: int, at: datetime
) -> None:
    for part in in_parts(sorted({each.sha256 for each in files} | set(new_results))):
        session.execute(
            update(StoredFile).where(StoredFile.sha256.in_(part)).values(removed_at=at, removal=number)
        )
    for sha256, (_, kept) in new_results.items():
        if kept is None:
            continue
        if session.get(StoredFile, kept.sha256) is None:
            session.add(StoredFile(sha256=kept.sha256, kind="result", bytes=kept.bytes, written_at=at))
            session.flush()
        session.get_one(StoredFile, sha256).replaced_by = kept.sha256


def _rows(session: Session, wanted: Wanted, at: datetime) -> None:
    strip_quotes(session, wanted.quotes)
    unheard = {each.call_id for each in wanted.files if each.kind == "transcript"}
    for part in in_parts(sorted(unheard)):
        forget_words(session, list(session.scalars(select(Call.id).where(Call.call_id.in_(part)))))
    strip_person(session, sorted({*wanted.people, *wanted.scores}), at, known_by=wanted.known_by)
    strip_scores(session, wanted.scores)
    strip_missing(session, wanted.missing, at)


def finish_all(store: Store) -> Finished:
    """End every removal whose files may still be there; what a killed run left goes too, whoever's it is."""
    clear_up(store)
    with store.reading() as session:
        open_ = select(Removal.id).outerjoin(RemovalDone, RemovalDone.removal == Removal.id)
        numbers = session.scalars(open_.where(RemovalDone.removal.is_(None)).order_by(Removal.id)).all()
    left = [_finish(store, number) for number in numbers]
    return Finished(left.count(()), tuple(each for some in left for each in some))


def _finish(store: Store, number: int) -> tuple[Lying, ...]:
    """The files of a removal taken away; it is done if no recording that was to go is left."""
    with store.reading() as session:
        body = session.get_one(Removal, number).body
        mine = session.execute(
            select(StoredFile.sha256, StoredFile.kind).where(StoredFile.removal == number)
        ).all()
    gone = sum(store.files.remove(sha256, kind) for sha256, kind in mine)
    for sha256 in body["words_of"]:
        cache.forget(sha256)
    without_customers(store.place.files / "nights", set(body["rows"]["people"]) | set(body["rows"]["scores"]))
    left = _inbox(store, body)
    with store.writing() as session:
        if not left:
            session.add(RemovalDone(removal=number, at=datetime.now(UTC), files=gone))
    store.flush_log()
    return left


def _inbox(store: Store, body: Mapping[str, Any]) -> tuple[Lying, ...]:
    """Take recordings and their transcripts out of the inbox where that was asked; the ledger forgets names of what is gone.

    Returns those that were to go and are not gone. What can't be looked at and was not to go is nowhere named any more.
    """
    with store.reading() as session:
        calls = _keys(session, {*body["rows"]["people"], *body["rows"]["scores"]})
        rows = [(row.id, Place(row.inbox, row.file), row.sha256) for row in entries_of(session, calls)]
    asked, used = body["recordings"], body.get("transcripts", ())  # a removal of before names none
    nameless: list[int] = []
    left: list[Lying] = []
    for key, place, sha256 in rows:
        if sha256 is None or place.file == _nobody(sha256):
            continue
        words = take_words_away(place, sha256, used) if sha256 in asked else []
        found = take_away(place, sha256) if sha256 in asked else look(place)
        left += words
        if sha256 in asked and found.why is not None:
            left.append(found)
        elif found.state != "there" and not words:
            nameless.append(key)
    # shared by two recordings that both went: it went with the second
    left = [each for each in left if each.why != SHARED or look(each.place).state != "gone"]
    with store.writing() as session:  # no storage is waited for while the database is
        for key in nameless:
            entry = session.get_one(LedgerEntry, key)
            entry.file, entry.message = _nobody(entry.sha256 or ""), None
        for entry in entries_of(session, calls):
            if entry.reason == "duplicate":  # it says of which file
                entry.message = None
    return tuple(left)


def _keys(session: Session, names: Collection[str]) -> list[int]:
    parts = in_parts(sorted(names))
    return [key for part in parts for key in session.scalars(select(Call.id).where(Call.call_id.in_(part)))]


def _nobody(sha256: str) -> str:
    return f"#-{sha256[:8]}"


def faults(session: Session) -> list[str]:
    """Removals whose record isn't what was sealed, or before which one is lacking."""
    wrong, last = [], None
    for row in session.scalars(select(Removal).order_by(Removal.id)):
        if _seal(last, row.kind, row.at, row.by, row.reason, row.body) != row.seal:
            wrong.append(
                f"removal {row.id} of {row.at.date()} is not what was put down, or one before it is lacking"
            )
        last = row.seal
    return wrong
