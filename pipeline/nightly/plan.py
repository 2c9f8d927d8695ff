"""What is to be done with each file of the inbox: a row in the ledger, and a ticket where a call must be scored.

Identity is the content. Its rules, each tested by name in ``tests/test_nightly_identity.py``:

- the same file again: nothing new, unless its row of the call list has changed (then a new version, cause ``metadata``);
- the same content under another name: ``excluded, duplicate``; the name that the call list knows is the one that counts;
- another content under the same name: a row that had no score becomes the new content's; one that had is
  ``excluded, replaced``, a new row stands in this night, and the call gets a new version, cause ``replaced``;
- the call list late: as a row that changed;
- rows of different agents for one content, under one name or several: ``excluded, contested`` until the list says whose it
  is, and told each night; a score that there is stays.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from pipeline.call_claims import agents_differ
from pipeline.call_names import shown_name
from pipeline.nightly.child import plain
from pipeline.nightly.entries import Entries
from pipeline.nightly.inbox import Seen
from pipeline.nightly.lists import Listing, is_held
from pipeline.nightly.tickets import Planner, Ticket
from pipeline.profile import EMPTY
from pipeline.store.database import heals
from pipeline.store.keep import Made
from pipeline.store.night_tables import LedgerEntry
from pipeline.store.reasons import MOST_ATTEMPTS, REASONS
from pipeline.store.standards_kept import InForce
from pipeline.types import CallRecord

_log = logging.getLogger(__name__)
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""Empty files are not each other's duplicates: each is a failure of its own."""

_FORGOTTEN = f"{REASONS['forgotten'].en}; take the row out"


@dataclass
class Plan:
    """Tickets of the calls to score, and what was wrong in the call lists."""

    tickets: list[Ticket] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def plan_night(
    session: Session,
    *,
    inbox: str,
    seen: Sequence[Seen],
    listing: Listing,
    made: Made,
    standards: InForce,
    retry_failed: bool = False,
) -> Plan:
    """Bring the ledger in line with the inbox and say which calls must be scored. Nothing is done twice.

    Parameters
    ----------
    session
        All changes belong to its one transaction.
    seen
        Every recording in the inbox; ``file`` is relative to it.
    standards
        By which standard calls are judged that have no score yet; others keep theirs.
    """
    entries = Entries(session, inbox, seen, made)
    planner = Planner(session, inbox, seen, listing, made, standards)
    plan = Plan(mistakes=list(listing.mistakes))
    rows = _rows_by_content(seen, listing)
    contested = _contested(seen, listing, plan.mistakes)
    for each in sorted(seen, key=lambda each: (each.file not in listing.rows, each.file)):
        row = rows.get(each.sha256 or "") or CallRecord(file=each.file, call_id="")
        try:
            with session.begin_nested():
                ticket = _one(
                    entries, planner, each, row,
                    listed=listing.rows.get(each.file), contested=contested, retry_failed=retry_failed,
                )  # fmt: skip
        except Exception as error:
            if heals(error):
                raise  # the database is away, for all of them
            plan.mistakes.append(_put_down(session, entries, each, error))
            continue
        if ticket is not None:
            plan.tickets.append(ticket)
    plan.mistakes += [f"{each.file}: folder → {each.told}" for each in seen if each.is_folder]
    entries.close_absent()
    forgotten = entries.forgotten(listing.missing)
    plan.mistakes += [f"call list: {each.file}, file → {_FORGOTTEN}" for each in forgotten]
    entries.note_missing([each for each in listing.missing if each not in forgotten])
    plan.mistakes += planner.mistakes
    return plan


def _one(
    entries: Entries, planner: Planner, each: Seen, row: CallRecord, *,
    listed: CallRecord | None, contested: Collection[str], retry_failed: bool,
) -> Ticket | None:  # fmt: skip
    """The row of one file brought up to date, and its ticket where it must be scored.

    ``row`` is its content's, ``listed`` the row that names the file itself.
    """
    entry = entries.of(each)
    if each.state != "ready":
        entries.not_ready(each, entry)
        return None
    entry = _entry(entries, each, entry)
    if entry is None:
        planner.mistakes += planner.claimed(each, listed, apart=contested)
        return None
    if each.sha256 in contested:
        if entry.state != "scored":
            entries.change(entry, "excluded", "contested")
        return None
    if entries.came_late(entry, row):
        entries.change(entry, "excluded", "forgotten")
        return None
    if is_held(row) and entry.state != "scored":
        entries.change(entry, "excluded", "held")
        return None
    ticket = planner.ticket(entry, each, row) if _due(entry, retry_failed) else None
    if ticket is not None and entry.state != "scored":
        entries.change(entry, "pending", "queued")
    return ticket


def _put_down(session: Session, entries: Entries, each: Seen, error: Exception) -> str:
    """A file that can't be planned fails by itself: its row, where even that can be written, and a line to tell."""
    told = f"could not be planned: {plain(error)[1]}"
    _log.error("%s %s", shown_name(each.file, each.sha256), told)
    try:
        with session.begin_nested():
            entries.failed(each, told)
    except Exception as again:
        if heals(again):
            raise
    return f"{each.file}: {told}"


def _rows_by_content(seen: Sequence[Seen], listing: Listing) -> dict[str, CallRecord]:
    """The call list's row of each content, under whichever of its names it is listed."""
    rows: dict[str, CallRecord] = {}
    for each in seen:
        if each.sha256 is not None and each.file in listing.rows:
            rows.setdefault(each.sha256, listing.rows[each.file])
    return rows


def _contested(seen: Sequence[Seen], listing: Listing, mistakes: list[str]) -> frozenset[str]:
    """Contents that rows of different agents claim. A file's own two rows are told with the list, those of twins here."""
    found: set[str] = set()
    first: dict[str, Seen] = {}
    for each in seen:
        if not each.sha256 or each.sha256 == EMPTY_SHA256 or each.file not in listing.rows:
            continue
        if each.file in listing.contested:
            found.add(each.sha256)
        other = first.setdefault(each.sha256, each)
        if agents_differ(listing.rows[other.file], listing.rows[each.file], EMPTY):
            found.add(each.sha256)
            mistakes.append(
                f"call list: {each.file}, file → has the same content as {other.file}, which is another agent's; "
                "held until one of the rows is taken out"
            )
    return frozenset(found)


def _entry(entries: Entries, each: Seen, entry: LedgerEntry | None) -> LedgerEntry | None:
    """The row of a whole file, made or brought up to date; None where nothing is to be done with the file."""
    if entry is not None and entry.sha256 == each.sha256:
        entries.touch(entry, each)
        return None if entry.reason == "duplicate" and entries.twin(each) is not None else entry
    if entry is not None and entry.state in ("pending", "failed"):
        entries.new_content(entry, each)
    elif entry is not None:
        old = entry
        entry = entries.add(each, call=old.call)
        entries.change(old, "excluded", "replaced")
    elif entries.moved(each):
        return None
    twin = entries.twin(each)
    if twin is not None and each.sha256 != EMPTY_SHA256:
        entry = entry or entries.add(each)
        entries.change(entry, "excluded", "duplicate", message=f"the same as {twin.file}")
        entry.call, entry.call_id = None, twin.call_id
        return None
    entry = entry or entries.add(each)
    entries.owns(entry)
    return entry


def _due(entry: LedgerEntry, retry_failed: bool) -> bool:
    """Whether a row may need work: scored ones too, since their row of the call list may have changed."""
    if entry.state != "failed":
        return True
    why = REASONS.get(entry.reason or "")
    return retry_failed or (why is not None and why.heals and entry.attempts < MOST_ATTEMPTS)
