"""Calls whose data must stay: held by a person for a dispute, or with an appeal that nobody has ruled on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.store.errors import StoreError
from pipeline.store.files import KINDS
from pipeline.store.parts import in_parts
from pipeline.store.privacy_tables import Hold
from pipeline.store.review_tables import Review
from pipeline.store.tables import Call, Score, StoredFile


class Held(NamedTuple):
    """One call that is held, and why."""

    call_id: str
    reason: str
    by: str
    at: datetime


def held_calls(session: Session) -> frozenset[int]:
    """Keys of all calls that nothing may be removed of."""
    held = session.scalars(select(Hold.call).where(Hold.released_at.is_(None)))
    disputed = session.scalars(select(Review.call).where(Review.open_appeals > 0))
    return frozenset(held) | frozenset(disputed)


def none_held(session: Session, calls: Collection[int]) -> None:
    """Hold calls against holds and appeals for the transaction's time, which then may remove data of them.

    Who places a hold or an appeal at the same moment waits for the removal, or the removal for them.

    Raises
    ------
    StoreError
        One of them was held, or appealed, since the removal was planned.
    """
    for part in in_parts(sorted(calls)):
        for table, key in (
            (Review, Review.call),
            (Call, Call.id),
        ):  # in the order in which judging locks them
            session.execute(select(key).where(key.in_(part)).order_by(key).with_for_update(of=table))
    if held := held_calls(session) & set(calls):
        names = session.scalars(select(Call.call_id).where(Call.id == min(held))).one()
        raise StoreError(
            f"calls were held or appealed meanwhile ({names} …): nothing is removed, run it again"
        )


def hold(session: Session, call_ids: Sequence[str], *, reason: str, by: str) -> int:
    """Hold calls; one that is held already stays as it is. Says how many are new. Raises ConfigError."""
    calls = _calls(session, call_ids)
    for part in in_parts(calls):  # a removal under way is waited for
        session.execute(select(Call.id).where(Call.id.in_(part)).order_by(Call.id).with_for_update())
    there = set(session.scalars(select(Hold.call).where(Hold.call.in_(calls), Hold.released_at.is_(None))))
    new = [call for call in calls if call not in there]
    session.add_all(Hold(call=call, reason=reason, held_by=by, held_at=datetime.now(UTC)) for call in new)
    return len(new)


def gone_of(session: Session, call_ids: Sequence[str]) -> dict[str, list[str]]:
    """What a hold comes too late for, by call: what the removals took of it, with the number of each. Raises ConfigError."""
    found: dict[str, list[str]] = {}
    for part in in_parts(_calls(session, call_ids)):
        query = select(Call, Score).join(Score, Score.id == Call.current_score_id).where(Call.id.in_(part))
        for call, score in session.execute(query.order_by(Call.call_id)):
            gone = [] if call.forgotten_at is None else [f"who it was ({call.forgotten_at.date()})"]
            named = {getattr(score, f"{kind}_file") for kind in KINDS} - {None}
            rows = session.scalars(
                select(StoredFile).where(StoredFile.sha256.in_(named)).order_by(StoredFile.kind)
            )
            gone += [_taken(session, row) for row in rows if row.removed_at is not None]
            if gone:
                found[call.call_id] = gone
    return found


def _taken(session: Session, row: StoredFile) -> str:
    """A result goes with the scores, or for its quotes alone, and another one then stands for it."""
    then = session.get(StoredFile, row.replaced_by) if row.replaced_by else None
    if then is not None:
        return _taken(session, then) if then.removed_at is not None else f"quotes (removal {row.removal})"
    return f"{row.kind.replace('_', ' ')} (removal {row.removal})"


def release(session: Session, call_ids: Sequence[str], *, by: str) -> int:
    """End holds; says how many there were. Raises ConfigError."""
    calls = _calls(session, call_ids)
    rows = session.scalars(select(Hold).where(Hold.call.in_(calls), Hold.released_at.is_(None))).all()
    for row in rows:
        row.released_at, row.released_by = datetime.now(UTC), by
    return len(rows)


def holds(session: Session) -> list[Held]:
    """All calls that are held by hand, the oldest hold first."""
    query = select(Call.call_id, Hold.reason, Hold.held_by, Hold.held_at).join(Call, Call.id == Hold.call)
    return [Held(*row) for row in session.execute(query.where(Hold.released_at.is_(None)).order_by(Hold.id))]


def _calls(session: Session, call_ids: Sequence[str]) -> list[int]:
    rows = session.execute(select(Call.call_id, Call.id).where(Call.call_id.in_(call_ids))).all()
    known = {row.call_id: row.id for row in rows}
    if unknown := [each for each in call_ids if each not in known]:
        raise ConfigError([f"CALL: {each} → no call of this id is in the store" for each in unknown])
    return sorted(set(known.values()))
