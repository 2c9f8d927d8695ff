"""Tickets: one a call to be scored, holding all that a worker needs and all that its score will rest on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.call_claims import agents_differ
from pipeline.call_names import shown_name
from pipeline.calls import derive_call_id
from pipeline.nightly.inbox import Seen
from pipeline.nightly.lists import Listing, record_data
from pipeline.profile import EMPTY
from pipeline.store.alerting import suppressed_since
from pipeline.store.keep import Basis, Made
from pipeline.store.night_tables import LedgerEntry
from pipeline.store.standards_kept import InForce
from pipeline.store.tables import Call, RecordingRow, Score, StoredFile
from pipeline.types import CallRecord


@dataclass(frozen=True, slots=True)
class Ticket:
    """One call to be scored; ``path`` is a URL where the recording lies on shared storage, ``beside`` its transcripts there."""

    entry: int
    path: Path | str
    record: CallRecord
    basis: Basis
    suppressed_since: datetime | None = None
    beside: tuple[str, ...] = ()


class Planner:
    """Finds or makes the call of each content, and its ticket where a score is wanted."""

    def __init__(
        self,
        session: Session,
        inbox: str,
        seen: Sequence[Seen],
        listing: Listing,
        made: Made,
        standards: InForce,
    ) -> None:
        self._session = session
        self._made = made
        self._standards = standards
        self._given = listing.given_ids
        self._files = {each.file for each in seen}
        self._closed = tuple(each.file for each in seen if each.is_folder)
        self.mistakes: list[str] = []
        digests = [each.sha256 for each in seen if each.sha256]
        stems = [derive_call_id(each.file, each.sha256 or "0" * 64) for each in seen]
        self._by_content: dict[str, Call] = {}
        self._by_id: dict[str, Call] = {}
        for call in self._calls(Call.recording_sha256, digests):
            self._by_content[call.recording_sha256] = call
        for call in self._calls(Call.call_id, [*stems, *self._given]):
            self._by_id[call.call_id] = call
        customers = [row.customer_id for row in listing.rows.values() if row.customer_id]
        self._suppressed = suppressed_since(session, customers, before=made.night)
        self._lost = set(session.scalars(select(StoredFile.sha256).where(StoredFile.lost_at.is_not(None))))
        self._recordings = set(_in_parts(session, RecordingRow.sha256, RecordingRow.sha256, digests))

    def _calls(self, column: object, values: Sequence[str]) -> list[Call]:
        return _in_parts(self._session, Call, column, values)

    def ticket(self, entry: LedgerEntry, each: Seen, row: CallRecord) -> Ticket | None:
        """The ticket of a content; None where it has a score that rests on the same."""
        sha256 = each.sha256 or ""
        if sha256 not in self._recordings:
            self._recordings.add(sha256)
            size = each.stamp.bytes if each.stamp else 0
            self._session.add(RecordingRow(sha256=sha256, bytes=size, first_seen_at=self._made.at))
            self._session.flush()
        call = self._call(entry, each, row)
        if call is None:
            return None
        if call.forgotten_at is not None:
            self._leave(entry, call, sha256)
            return None
        cause = self._adopt(call, each.file, sha256, row)
        self._session.flush()
        entry.call, entry.call_id = call.id, call.call_id
        if cause is None and call.current_score_id is not None:
            entry.state, entry.reason, entry.message = "scored", None, None
            return None
        basis = Basis(
            call.id,
            call.current_version,
            cause or "first",
            sha256,
            call.record_sha256,
            self._standard_of(call),
        )
        name = shown_name(each.file, sha256)  # what results and logs may call it
        record = replace(row, file=name, call_id=call.call_id) if row.listed else record_of(call, name)
        self._session.flush()
        since = self._suppressed.get(call.customer_id) if call.customer_id else None
        return Ticket(entry.id, each.path, record, basis, since, each.beside)

    def claimed(self, each: Seen, row: CallRecord | None, *, apart: Container[str]) -> Iterator[str]:
        """Where a recording is another's duplicate, and its row gives it to another agent than the call that counts.

        Contents that stand ``apart`` are told already.
        """
        call = self._by_content.get(each.sha256 or "")
        if row is None or call is None or each.sha256 in apart:
            return
        if agents_differ(record_of(call, call.file), row, EMPTY):
            yield (
                f"call list: {shown_name(each.file, each.sha256)}, file → has the same content as the call "
                f"{call.call_id}, which is another agent's; its row is not taken"
            )

    def _leave(self, entry: LedgerEntry, call: Call, sha256: str) -> None:
        """A call whose customer was forgotten: nothing of it is taken in again."""
        entry.call, entry.call_id = call.id, call.call_id
        scored = call.current_score_id is not None and call.recording_sha256 == sha256
        entry.state, entry.reason = ("scored", None) if scored else ("excluded", "forgotten")
        entry.message = None

    def _call(self, entry: LedgerEntry, each: Seen, row: CallRecord) -> Call | None:
        """The call that this content is: by its content, by its row, by the file's own call, or a new one."""
        sha256 = each.sha256 or ""
        own = self._by_content.get(sha256)
        former = self._session.get(Call, entry.call) if entry.call is not None else None
        named = self._by_id.get(row.call_id) if row.call_id else None
        if named is not None and named not in (own, former) and self._is_present(named):
            self.mistakes.append(
                f"{each.file}: call_id → {row.call_id} is another recording's ({named.file})"
            )
            named, row = None, replace(row, call_id="")
        call = own or named or former
        wanted = row.call_id or None
        if call is None:
            call = self._new(each, row)
        elif wanted not in (None, call.call_id) and wanted not in self._by_id and call.forgotten_at is None:
            self._by_id.pop(call.call_id, None)
            call.call_id = wanted
        self._by_content[sha256] = call
        self._by_id[call.call_id] = call
        return call

    def _is_present(self, call: Call) -> bool:
        """Whether a call's own recording still lies in the inbox, or came from elsewhere: then it isn't replaced."""
        rows = self._session.scalars(select(LedgerEntry).where(LedgerEntry.call == call.id)).all()
        live = [row for row in rows if row.reason not in ("replaced", "withdrawn", "vanished")]
        there = (
            row.file in self._files or row.file.startswith(self._closed) or row.inbox != live[0].inbox
            for row in live
        )  # fmt: skip
        return any(there)

    def _new(self, each: Seen, row: CallRecord) -> Call:
        sha256 = each.sha256 or ""
        call_id = row.call_id or derive_call_id(each.file, sha256, taken=self._given | self._by_id.keys())
        while self._session.scalar(select(Call.id).where(Call.call_id == call_id)) is not None:
            taken = self._given | self._by_id.keys() | {call_id}
            call_id = derive_call_id(each.file, sha256, taken=taken)
        call = Call(
            call_id=call_id, recording_sha256=sha256, file=each.file, listed=False, record={}, record_sha256="",
            current_version=0, created_at=self._made.at, updated_at=self._made.at,
        )  # fmt: skip
        self._session.add(call)
        return call

    def _adopt(self, call: Call, file: str, sha256: str, row: CallRecord) -> str | None:
        """Take over content and row; what made a new score necessary, if anything did."""
        cause = None
        if row.listed or not call.record_sha256:
            digest = record_digest(replace(row, call_id=""))
            if digest != call.record_sha256:
                cause = "metadata" if call.record_sha256 else None
                _fill(call, row, digest)
                call.updated_at = self._made.at
        if call.recording_sha256 != sha256:
            call.recording_sha256, call.file = sha256, file
            call.updated_at, cause = self._made.at, "replaced"
        score = self._session.get(Score, call.current_score_id) if call.current_score_id else None
        if score is not None and cause is None:  # a run that was stopped had taken the change over already
            if score.recording_sha256 != sha256:
                return "replaced"
            if score.record_sha256 != call.record_sha256:
                return "metadata"
            return "mended" if self._is_lost(score) else None
        return cause if score is not None else None

    def _is_lost(self, score: Score) -> bool:
        """Whether `store check` found files of a score gone."""
        return bool({score.result_file, score.transcript_file} & self._lost)

    def _standard_of(self, call: Call) -> str:
        """A call keeps the standard that it was scored under."""
        score = self._session.get(Score, call.current_score_id) if call.current_score_id else None
        return score.standard_sha256 if score is not None else self._standards.of(call.started_at)


def record_digest(record: CallRecord) -> str:
    """Digest of what the call list says of a call; a name that the profile fills in is not its word."""
    data = record_data(record)
    if record.agent_id:
        data.pop("agent_name")
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _fill(call: Call, row: CallRecord, digest: str) -> None:
    call.record, call.record_sha256, call.listed = record_data(row), digest, row.listed
    call.agent_id, call.agent_name, call.customer_id = row.agent_id, row.agent_name, row.customer_id
    call.started_at, call.direction, call.campaign = row.started_at, row.direction, row.campaign


def record_of(call: Call, file: str) -> CallRecord:
    """The row as the store knows it, where the call list no longer holds it."""
    data = dict(call.record)
    started = data.pop("started_at", None)
    data.update(
        file=file, call_id=call.call_id, started_at=datetime.fromisoformat(started) if started else None
    )
    return CallRecord(**data)


def _in_parts(session: Session, what: object, column: object, values: Sequence[str]) -> list:
    found: list = []
    unique = sorted(set(values))
    for start in range(0, len(unique), 500):
        found += session.scalars(select(what).where(column.in_(unique[start : start + 500])))  # type: ignore[attr-defined,call-overload]
    return found
