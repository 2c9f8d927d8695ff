"""Which rows of an inbox's call lists are those of people who were forgotten, though nothing that names them is kept."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.nightly.tickets import record_digest
from pipeline.store.forgetting import missing_digest, row_digest, taken_digest
from pipeline.store.night_tables import LedgerEntry, MissingCall
from pipeline.store.tables import Call
from pipeline.types import CallRecord


class ForgottenRows:
    """The forgotten calls of one inbox, as a row of its lists can be told to be theirs.

    A row is theirs by its file and customer, or where it says, its customer among it, all that the call's row said. An id
    is not enough: another folder's recording, or another campaign's, may have it too.
    """

    def __init__(self, session: Session, inbox: str) -> None:
        self._session = session
        self._by_row: dict[str, list[Call]] = {}
        self._by_file: dict[str, list[Call]] = {}
        self._records: set[str] = set()
        found = select(LedgerEntry.file, LedgerEntry.history, Call).join(Call, Call.id == LedgerEntry.call)
        found = found.where(LedgerEntry.inbox == inbox, Call.forgotten_at.is_not(None))
        for file, history, call in session.execute(found):
            self._records.add(call.record_sha256)
            for digest in history.get("rows", ()):
                self._by_row.setdefault(digest, []).append(call)
            if "rows" not in history:  # forgotten when no digest was kept: by its name, while that is there
                self._by_file.setdefault(file, []).append(call)

        names = session.scalars(select(MissingCall.file).where(MissingCall.inbox == inbox))
        self._missing = frozenset(filter(None, map(taken_digest, names)))

    def never_came(self, row: CallRecord) -> bool:
        """Whether a row is one whose recording had not come when its customer was forgotten."""
        return bool(self._missing) and missing_digest(self._session, row) in self._missing

    def __contains__(self, row: CallRecord) -> bool:
        calls = self._by_file.get(row.file, [])
        if self._by_row:
            calls = [*calls, *self._by_row.get(row_digest(self._session, row.file, row.customer_id), ())]
        if self.never_came(row) or any(_may_be(call, row) for call in calls):
            return True
        return bool(row.customer_id) and record_digest(replace(row, call_id="")) in self._records


def _may_be(call: Call, row: CallRecord) -> bool:
    """Whether a row may be a call's by its campaign and time: programs give the same file name again."""
    begun = row.started_at.isoformat() if row.started_at else None
    told = {"campaign": row.campaign, "started_at": begun}
    known = {name: call.record.get(name) for name in told}
    return not any(told[name] and known[name] and told[name] != known[name] for name in told)
