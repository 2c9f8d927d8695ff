"""The index of what was said: kept with each score, taken away with a call's words, made anew by `store check`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, func, select, table, text
from sqlalchemy.orm import Session

from pipeline.store.files import FileArea
from pipeline.store.said import Said, packed, said_in_file, unpacked
from pipeline.store.search_query import SPEAKERS, WEIGHTS
from pipeline.store.search_tables import SearchDoc
from pipeline.store.search_tokens import VERSION, tokens
from pipeline.store.tables import Call, Score, StoredFile

_BETWEEN = "\ue000"
"""Stands between turns, so that no phrase reaches from one into the next. FTS5 takes it for a word."""
_INSERT = (
    "INSERT INTO search_words (rowid, agent, customer, unknown) VALUES (:call, :agent, :customer, :unknown)"
)
_DELETE = (
    "INSERT INTO search_words (search_words, rowid, agent, customer, unknown)"
    " VALUES ('delete', :call, :agent, :customer, :unknown)"
)
_VECTOR = "INSERT INTO search_words (call, words) VALUES (:call, CAST(:words AS tsvector))"
_FARTHEST = 16_383
"""Positions beyond this are all the same to PostgreSQL."""


def keep_words(session: Session, call: int, said: Sequence[Said], *, transcript: str | None) -> None:
    """Put what was said in a call into the index, in place of what stood there."""
    doc = session.get(SearchDoc, call)
    if doc is None:
        session.add(SearchDoc(call=call, transcript_sha256=transcript, made_with=VERSION, said=packed(said)))
    else:
        _take_out(session, [doc])
        doc.transcript_sha256, doc.made_with, doc.said = transcript, VERSION, packed(said)
    session.flush()
    _put_in(session, [(call, said)])


def forget_words(session: Session, calls: Sequence[int]) -> int:
    """Take calls out of the index and their words out of its table; returns how many had any.

    What FTS5 has merged away still lies in its older parts, so these are written anew.
    """
    gone = 0
    for start in range(0, len(calls), 500):
        chosen = SearchDoc.call.in_(calls[start : start + 500])
        docs = list(session.scalars(select(SearchDoc).where(chosen)))
        _take_out(session, docs)
        session.execute(delete(SearchDoc).where(chosen))
        gone += len(docs)
    if gone and _is_sqlite(session):
        session.execute(text("INSERT INTO search_words (search_words) VALUES ('optimize')"))
    return gone


def rebuild(session: Session) -> int:
    """Make the whole index anew from the words that are kept; returns of how many calls."""
    if _is_sqlite(session):
        session.execute(text("INSERT INTO search_words (search_words) VALUES ('delete-all')"))
    else:
        session.execute(text("DELETE FROM search_words"))
    done, last = 0, 0
    while docs := session.scalars(
        select(SearchDoc).where(SearchDoc.call > last).order_by(SearchDoc.call).limit(500)
    ).all():
        for doc in docs:
            doc.made_with = VERSION
        _put_in(session, [(doc.call, unpacked(doc.said)) for doc in docs])
        done, last = done + len(docs), docs[-1].call
        session.flush()
        session.expunge_all()
    return done


def outdated(session: Session) -> bool:
    """Whether the index was made of other tokens than today's, or has lost entries."""
    other = session.scalar(select(SearchDoc.call).where(SearchDoc.made_with != VERSION).limit(1))
    docs = session.scalar(select(func.count()).select_from(SearchDoc))
    held = table("search_words_docsize" if _is_sqlite(session) else "search_words")
    return other is not None or docs != session.scalar(select(func.count()).select_from(held))


def unindexed(session: Session) -> list[tuple[int, str, str]]:
    """Calls whose newest transcript is not the one in the index: key, call id, transcript's digest."""
    rows = session.execute(
        select(Call.id, Call.call_id, Score.transcript_file)
        .join(Score, Score.id == Call.current_score_id)
        .join(StoredFile, StoredFile.sha256 == Score.transcript_file)
        .outerjoin(SearchDoc, SearchDoc.call == Call.id)
        .where(
            StoredFile.removed_at.is_(None),
            SearchDoc.transcript_sha256.is_distinct_from(Score.transcript_file),
        )
        .order_by(Call.id)
    )
    return [(key, call_id, transcript) for key, call_id, transcript in rows if transcript is not None]


def read_said(files: FileArea, transcript: str) -> tuple[Said, ...] | None:
    """What a transcript's file says; None where the file is gone."""
    try:
        return said_in_file(json.loads(files.read(transcript, "transcript")))
    except FileNotFoundError:
        return None


def _put_in(session: Session, calls: Sequence[tuple[int, Sequence[Said]]]) -> None:
    if not calls:
        return
    if _is_sqlite(session):
        session.execute(text(_INSERT), [{"call": call, **_columns(said)} for call, said in calls])
    else:
        session.execute(text(_VECTOR), [{"call": call, "words": _vector(said)} for call, said in calls])


def _take_out(session: Session, docs: Sequence[SearchDoc]) -> None:
    """FTS5 unmakes an entry from the very words that it was made of."""
    if not docs:
        return
    if _is_sqlite(session):
        entries = [{"call": doc.call, **_columns(unpacked(doc.said))} for doc in docs]
        session.execute(text(_DELETE), entries)
    else:
        session.execute(
            text("DELETE FROM search_words WHERE call = :call"), [{"call": doc.call} for doc in docs]
        )


def _columns(said: Sequence[Said]) -> dict[str, str]:
    by_speaker: dict[str, list[str]] = {name: [] for name in SPEAKERS}
    for turn in said:
        words = " ".join(token.text for token in tokens(turn.text))
        by_speaker.get(turn.speaker, by_speaker["unknown"]).append(words)
    return {name: f" {_BETWEEN} ".join(parts) for name, parts in by_speaker.items()}


def _vector(said: Sequence[Said]) -> str:
    return " ".join(f"'{word}':{','.join(places)}" for word, places in _positions(said))


def _positions(said: Sequence[Said]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    place = 0
    for turn in said:
        weight = WEIGHTS.get(turn.speaker, WEIGHTS["unknown"])
        for token in tokens(turn.text):
            place += 1
            found.setdefault(token.text, []).append(f"{min(place, _FARTHEST)}{weight}")
        place += 1  # a gap between turns, as FTS5's columns have
    yield from found.items()


def _is_sqlite(session: Session) -> bool:
    bind: Any = session.get_bind()
    return bool(bind.dialect.name == "sqlite")
