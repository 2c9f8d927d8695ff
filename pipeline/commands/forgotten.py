"""What ``callgauge forget`` takes of a person's calls, and what of them still lies in the inbox."""

from __future__ import annotations

from typing import Any

import click


def forgotten(
    session: Any, files: Any, person: Any, keys: list[int], held: list[int], with_recordings: bool, dry_run: bool
) -> tuple[dict[str, int], list[str], list[str], Any]:  # fmt: skip
    """What goes by kind, the held calls, and lines of recordings, their transcripts and rows of call lists in the inbox.

    Last what the call lists and the store hold of them besides (`pipeline.nightly.listed_rows.Listed`).
    """
    from sqlalchemy import select

    from pipeline.nightly.listed_rows import listed_of
    from pipeline.store.lying import Place, entries_of, look
    from pipeline.store.lying_words import used_words, words_of
    from pipeline.store.retention import FILE_COLUMNS, files_of
    from pipeline.store.tables import Call

    mine = [key for key in keys if key not in held]
    names = list(session.scalars(select(Call.call_id).where(Call.id.in_(held)).order_by(Call.call_id)))
    plan = {"calls": len(mine), **counted(tuple(files_of(session, mine, tuple(FILE_COLUMNS))))}
    entries = entries_of(session, mine)
    found = [look(Place(entry.inbox, entry.file)) for entry in entries]
    used = used_words(session, files, mine)
    words = [each for entry in entries for each in words_of(Place(entry.inbox, entry.file), used)]
    words = list(dict.fromkeys(words))  # two recordings of one stem have one
    plan["recordings"], plan["delivered_transcripts"] = (
        sum(each.state == "there" for each in some) if with_recordings else 0 for some in (found, words)
    )
    there = [each.place for each in (*found, *words) if each.state == "there"]
    told = [f"to be deleted: {place.shown}" for place in there if with_recordings and dry_run]
    told += [f"still in the inbox: {place.shown}" for place in there if not with_recordings]
    told += [
        f"perhaps still in the inbox: {each.place.address}{_unsure(each)}"
        for each in (*found, *words)
        if each.state == "unknown" and (dry_run or not with_recordings)  # else it is tried, and told below
    ]
    listed = listed_of(session, entries, person, keys=keys, held=held)
    if listed.missing:
        plan["missing"] = len(listed.missing)
    lines = [*told, *(f"still in the inbox: {row}" for row in listed.told)]
    return plan, names, lines, listed


def _unsure(each: Any) -> str:
    from pipeline.store.lying_words import ALONE, SHARED

    return f": {each.why}" if each.why in (ALONE, SHARED) else f", which can't be looked at: {each.why}"


def not_deleted(left: Any) -> bool:
    """Tell of recordings and transcripts that were to be deleted and are not; whether there are any."""
    for each in left:
        click.echo(
            f"not deleted: {each.place.address}: {each.why}; let this user delete it, or delete it by hand, and run "
            "purge or forget again",
            err=True,
        )
    return bool(left)


def counted(files: Any) -> dict[str, int]:
    from collections import Counter

    counts = Counter(item.kind for item in files)
    return {**counts, "bytes": sum(item.bytes for item in files)}
