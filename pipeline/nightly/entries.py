"""Rows of the ledger, as one run finds and changes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from pipeline.nightly.forgotten_rows import ForgottenRows
from pipeline.nightly.inbox import Seen
from pipeline.store.keep import Made
from pipeline.store.night_tables import LedgerEntry, MissingCall
from pipeline.store.reasons import REASONS
from pipeline.types import CallRecord

_PAST = ("replaced", "withdrawn", "opened")
"""Rows that no longer stand for what lies in the inbox."""
_TWINS = ("duplicate", "replaced", "withdrawn", "link_outside", "no_plain_file")
"""Rows that can't make another content a duplicate."""


class Entries:
    """The ledger's rows of one inbox, and those of other inboxes with the same contents."""

    def __init__(self, session: Session, inbox: str, seen: Sequence[Seen], made: Made) -> None:
        self._session = session
        self._inbox = inbox
        self._seen = {each.file: each for each in seen}
        self._made = made
        self._by_file: dict[str, LedgerEntry] = {}
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.inbox == inbox).order_by(LedgerEntry.id))
        for entry in rows:
            if entry.reason not in _PAST:
                self._by_file[entry.file] = entry
        self._by_content: dict[str, list[LedgerEntry]] = {}
        for entry in self._of_contents([each.sha256 for each in seen if each.sha256]):
            self._by_content.setdefault(entry.sha256 or "", []).append(entry)

    def _of_contents(self, digests: list[str]) -> list[LedgerEntry]:
        found: list[LedgerEntry] = []
        for start in range(0, len(digests), 500):
            chosen = LedgerEntry.sha256.in_(digests[start : start + 500])
            found += self._session.scalars(select(LedgerEntry).where(chosen).order_by(LedgerEntry.id))
        return found

    def of(self, each: Seen) -> LedgerEntry | None:
        """The row that stands for a file's name."""
        return self._by_file.get(each.file)

    def twin(self, each: Seen) -> LedgerEntry | None:
        """Another row with the same content that counts."""
        own = self._by_file.get(each.file)
        for entry in self._by_content.get(each.sha256 or "", ()):
            if entry is own or entry.reason in _TWINS or entry.sha256 != each.sha256:
                continue
            if entry.file == each.file and entry.inbox == self._inbox:
                continue
            return entry
        return None

    def moved(self, each: Seen) -> bool:
        """Whether the same content is known by the same name from another inbox: the inbox was moved."""
        return any(
            entry.file == each.file and entry.inbox != self._inbox and entry.reason not in _PAST
            for entry in self._by_content.get(each.sha256 or "", ())
        )

    def add(self, each: Seen, *, call: int | None = None) -> LedgerEntry:
        """A new row in this night."""
        entry = LedgerEntry(
            night=self._made.night, inbox=self._inbox, file=each.file, call=call, state="pending", reason="queued",
            attempts=0, first_run=self._made.run, last_run=self._made.run, updated_at=self._made.at,
            history={"before": []},
        )  # fmt: skip
        self._session.add(entry)
        self._by_file[each.file] = entry
        self._stamp(entry, each)
        return entry

    def owns(self, entry: LedgerEntry) -> None:
        """From now on this row is the one that counts for its content."""
        rows = self._by_content.setdefault(entry.sha256 or "", [])
        if entry not in rows:
            rows.append(entry)

    def touch(self, entry: LedgerEntry, each: Seen) -> None:
        """Note the stamp of a file whose content is the same."""
        self._stamp(entry, each)

    def new_content(self, entry: LedgerEntry, each: Seen) -> None:
        """A row without a score takes the new content of its file."""
        if entry.sha256 is not None:
            self._remember(entry)
            entry.attempts = 0
        self._stamp(entry, each)
        self.change(entry, "pending", "queued")

    def not_ready(self, each: Seen, entry: LedgerEntry | None) -> None:
        """A file that can't be taken now. What has a score keeps it until the new content is whole."""
        if entry is not None and entry.sha256 is not None:
            return
        entry = entry or self.add(each)
        self.change(entry, REASONS[each.state].state, each.state, message=each.told)

    def failed(self, each: Seen, message: str) -> None:
        """A file on which planning itself broke. What was rolled back with it is not relied on."""
        entry = self._by_file.get(each.file)
        if entry is None or not inspect(entry).persistent:
            entry = self.add(each)
        if entry.state != "scored":
            self.change(entry, "failed", "internal", message=message)
            entry.attempts += 1

    def change(
        self, entry: LedgerEntry, state: str, reason: str | None, *, message: str | None = None
    ) -> None:
        """Another state, with what it was before kept beside it."""
        if (entry.state, entry.reason) == (state, reason):
            return
        if entry.id is not None and entry.reason != "queued":
            self._remember(entry)
        entry.state, entry.reason, entry.message = state, reason, message
        entry.last_run, entry.updated_at = self._made.run, self._made.at

    def _remember(self, entry: LedgerEntry) -> None:
        was = {
            "at": entry.updated_at.isoformat(), "state": entry.state, "reason": entry.reason, "sha256": entry.sha256,
        }  # fmt: skip
        entry.history = {**entry.history, "before": [*entry.history.get("before", ()), was][-20:]}

    def _stamp(self, entry: LedgerEntry, each: Seen) -> None:
        stamp = each.stamp
        now = (each.sha256, *((stamp.bytes, stamp.mtime_ns, stamp.ctime_ns) if stamp else (None, None, None)))
        if now != (entry.sha256, entry.bytes, entry.mtime_ns, entry.ctime_ns):
            entry.sha256, entry.bytes, entry.mtime_ns, entry.ctime_ns = now

    def close_absent(self) -> None:
        """Rows that waited for a file that is no longer there, or told of a folder that can be read now."""
        closed = tuple(each.file for each in self._seen.values() if each.is_folder)
        for file, entry in self._by_file.items():
            if file in self._seen or file.startswith(closed):  # what lies in a closed folder may be there
                continue
            if file.endswith("/"):
                self.change(entry, REASONS["opened"].state, "opened")
            elif entry.state == "pending":
                reason = "withdrawn" if entry.sha256 is None else "vanished"
                self.change(entry, REASONS[reason].state, reason)

    def forgotten(self, missing: Sequence[CallRecord]) -> list[CallRecord]:
        """Listed calls without recording whose customer asked to be forgotten: nothing of them is waited for."""
        if not missing:
            return []
        return [each for each in missing if each in self._theirs]

    def came_late(self, entry: LedgerEntry, row: CallRecord) -> bool:
        """Whether a recording comes only after its customer asked to be forgotten."""
        return entry.call is None and row.listed and self._theirs.never_came(row)

    @cached_property
    def _theirs(self) -> ForgottenRows:
        return ForgottenRows(self._session, self._inbox)

    def note_missing(self, missing: Sequence[CallRecord]) -> None:
        """Listed calls without recording: new ones are noted in this night, those that came are closed."""
        wanted = {record.file: record for record in missing}
        for row in self._session.scalars(select(MissingCall).where(MissingCall.inbox == self._inbox)):
            record = wanted.pop(row.file, None)
            if record is None:
                row.closed_at = row.closed_at or self._made.at
            else:
                row.closed_at, row.call_id = None, record.call_id
        self._session.add_all(
            MissingCall(
                night=self._made.night, inbox=self._inbox, file=file, call_id=record.call_id, closed_at=None
            )
            for file, record in wanted.items()
        )
