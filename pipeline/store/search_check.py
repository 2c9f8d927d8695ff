"""Holding the search's index against the calls it speaks of; older calls come into it this way."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.faults import Fault
from pipeline.store.files import FileArea
from pipeline.store.search_index import forget_words, keep_words, outdated, read_said, rebuild, unindexed
from pipeline.store.search_tables import SearchDoc
from pipeline.store.tables import Call, Score


def check_search(files: FileArea, session: Session, mend: bool) -> Iterator[Fault]:
    """Calls without their newest words, words whose transcript was taken away, and an index of older tokens."""
    gone = _without_transcript(session)
    for _, call_id in gone:
        yield Fault("search_words_kept", call_id, mend)
    if mend:
        forget_words(session, [key for key, _ in gone])
    for key, call_id, transcript in unindexed(session):
        said = read_said(files, transcript)
        if said is None:
            continue  # the file is lost; that is told of it already
        if mend:
            keep_words(session, key, said, transcript=transcript)
        yield Fault("not_searchable", call_id, mend)
    if outdated(session):
        if mend:
            rebuild(session)
        yield Fault("search_index", "made anew" if mend else "out of date", mend)


def _without_transcript(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(SearchDoc.call, Call.call_id)
        .join(Call, Call.id == SearchDoc.call)
        .join(Score, Score.id == Call.current_score_id)
        .where(Score.transcript_file.is_(None))
    )
    return [(key, call_id) for key, call_id in rows]
