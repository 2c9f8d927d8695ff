"""The night's frame: what happens before the first call and after the last, and what is put down of each."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pipeline import __version__
from pipeline.call_names import kept_name, without_numbers
from pipeline.errors import ConfigError, printable
from pipeline.intake import find_profile
from pipeline.nightly.inbox import Stamp, known_from, look
from pipeline.nightly.lists import read_lists
from pipeline.nightly.plan import plan_night
from pipeline.nightly.settings import NightSettings
from pipeline.nightly.shared import Shared, exists, lists_of, look_at, told_unread
from pipeline.nightly.tickets import Ticket
from pipeline.nightly.work import Setup
from pipeline.process import Workplace
from pipeline.profile import Profile
from pipeline.settings import Settings
from pipeline.standards import Standard, list_standards, load_standard
from pipeline.standards.added import check_extensions
from pipeline.standards.checks_record import outcome_words
from pipeline.standards.library import dump_standard, names_no_file
from pipeline.store import Store
from pipeline.store.errors import StoreError
from pipeline.store.keep import Judged, Made, keep_score, keep_standard
from pipeline.store.ledger import Night, night_of
from pipeline.store.night_tables import NIGHTLY, LedgerEntry, Run
from pipeline.store.reasons import REASONS, code_of
from pipeline.store.runs import clear_up, must_run
from pipeline.store.sealed import ready
from pipeline.store.standards_kept import InForce, in_force, kept_standard, versions
from pipeline.store.tables import StandardText
from pipeline.store.tally import freshen

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """A night that has begun: what is to be done, and for whom it is put down."""

    made: Made
    inbox: Path | Shared
    setup: Setup
    tickets: tuple[Ticket, ...]
    mistakes: tuple[str, ...]


def begin(store: Store, settings: NightSettings, *, now: datetime | None = None) -> Begun:
    """Look into the inbox, bring the ledger in line with it, and say which calls are to be scored.

    The caller holds `pipeline.store.lock.nightly_lock`.

    Raises
    ------
    ConfigError
        The inbox is no folder, or the profile, the standard or an installed extension is wrong.
    SealError
        The store is encrypted and its key is not given.
    """
    check_extensions()
    inbox = _folder(settings.inbox) if isinstance(settings.inbox, Path) else settings.inbox
    if not exists(inbox):
        raise ConfigError([f"{settings.inbox}: INBOX → there is no such folder"])
    unread: dict[str, str] = {}
    with lists_of(inbox, unread) as lists:
        told = told_unread(unread, settings.profile)
        return _begin(store, settings, inbox, lists, told, now or datetime.now(UTC))


def _folder(inbox: Path) -> Path:
    """The inbox itself, by a name that the ledger can hold."""
    try:
        found = inbox.expanduser().resolve()
    except (OSError, RuntimeError):  # a link that leads round in a circle, a home that nobody has
        return inbox
    try:
        str(found).encode()
    except UnicodeEncodeError:
        raise ConfigError(
            [f"{kept_name(str(inbox))}: INBOX → a folder whose name is UTF-8 is accepted"]
        ) from None
    return found


def _begin(
    store: Store, settings: NightSettings, inbox: Path | Shared, lists: Path, unread: list[str], at: datetime
) -> Begun:
    transcripts: list[str] = []
    profile = find_profile([lists], settings.profile)
    standard = standard_named(store, settings.standard)
    workplace = Workplace(Settings(language=settings.language), profile, standard, settings.make_recogniser)
    ready(store)
    clear_up(store)
    setup = Setup(workplace, store.place.files, settings.shortest_s, {}, settings.keep)
    made = _open_run(store, settings, str(inbox), profile, at)
    known = known_from(_stamps(store, str(inbox)))
    if isinstance(inbox, Shared):
        seen = look_at(inbox, known=known, settle_s=settings.settle_s, transcripts=transcripts)
    else:
        seen = look(inbox, known=known, settle_s=settings.settle_s, transcripts=transcripts)
    listing = read_lists(
        lists, {each.file: each.state for each in seen}, profile=profile, outcomes=outcome_words(standard),
        transcripts=transcripts, unread=unread,
    )  # fmt: skip
    with store.writing() as session:
        keep_standard(
            session, sha256=setup.standard_sha256, standard=standard.id, version=standard.version,
            text=dump_standard(standard), at=at,
        )  # fmt: skip
        plan = plan_night(
            session, inbox=str(inbox), seen=seen, listing=listing, made=made,
            standards=in_force(session, standard.id, base=setup.standard_sha256, zone=profile.zone, night=made.night)
            if names_no_file(settings.standard) else InForce(setup.standard_sha256, (), profile.zone, made.night),
            retry_failed=settings.retry_failed,
        )  # fmt: skip
        setup.standards.update(_older_standards(session, plan.tickets, setup.standard_sha256))
    mistakes = tuple(printable(without_numbers(mistake)) for mistake in plan.mistakes)
    for mistake in mistakes:
        _log.warning("%s", mistake)
    _log.info("%d recordings in the inbox, %d to score", len(seen), len(plan.tickets))
    return Begun(made, inbox, setup, tuple(plan.tickets), mistakes)


def standard_named(store: Store, name: str) -> Standard:
    """The standard of this name that ships or lies in a file; else the first one of it that the store has published."""
    if name in {known.id for known in list_standards()} or not names_no_file(name):
        return load_standard(name)
    with store.reading() as session:
        published = [each for each in versions(session, name) if each.state == "published"]
        if published:
            return kept_standard(session, f"{name}@{published[0].version}")
    return load_standard(name)  # which says what is accepted


def _open_run(store: Store, settings: NightSettings, inbox: str, profile: Profile, at: datetime) -> Made:
    night = settings.night or at.astimezone(profile.zone).date()
    options: dict[str, str | None]
    options = {"standard": settings.standard, "language": settings.language, "host": socket.gethostname()}
    options["profile"] = str(settings.profile.expanduser().resolve()) if settings.profile else None
    with store.writing() as session:
        run = Run(
            kind=NIGHTLY, night=night, inbox=inbox, state="running", started_at=at, code_version=__version__,
            settings=options, counts={},
        )  # fmt: skip
        session.add(run)
        session.flush()
        return Made(run.id, night, at)


def _stamps(store: Store, inbox: str) -> dict[str, tuple[Stamp, str]]:
    columns = (
        LedgerEntry.file, LedgerEntry.sha256, LedgerEntry.bytes, LedgerEntry.mtime_ns, LedgerEntry.ctime_ns,
    )  # fmt: skip
    with store.reading() as session:
        rows = session.execute(
            select(*columns).where(LedgerEntry.inbox == inbox).order_by(LedgerEntry.id)
        ).all()
    return {
        file: (Stamp(size, mtime, ctime), sha256)
        for file, sha256, size, mtime, ctime in rows
        if sha256 is not None and size is not None and mtime is not None and ctime is not None
    }


def _older_standards(session: Session, tickets: list[Ticket], own: str) -> dict[str, str]:
    wanted = {ticket.basis.standard_sha256 for ticket in tickets} - {own}
    return {digest: session.get_one(StandardText, digest).text for digest in sorted(wanted)}


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one ticket: small, since a night holds many."""

    file: str
    call_id: str
    state: str
    reason: str | None = None
    message: str | None = None
    percent: float | None = None


def keep(store: Store, ticket: Ticket, judged: Judged, made: Made) -> Ended:
    """Put down a judged call: its score's rows and its line in the ledger, in one transaction."""
    at = Made(made.run, made.night, datetime.now(UTC))
    with store.writing() as session:
        must_run(session, made.run)
        score = keep_score(session, judged, ticket.basis, at)
        entry = session.get_one(LedgerEntry, ticket.entry)
        _settle(entry, at, "scored", None, None)
        return Ended(entry.file, ticket.record.call_id, "scored", percent=score.percent)


def put_down(store: Store, ticket: Ticket, made: Made, *, code: str, message: str) -> Ended:
    """Put down a call that got no score, with its reason from the closed list.

    A call that has a score already, and only could not be given a new one, keeps its state; the next run tries again.
    """
    reason = code_of(code)
    state = REASONS[reason].state
    at = Made(made.run, made.night, datetime.now(UTC))
    with store.writing() as session:
        must_run(session, made.run)
        entry = session.get_one(LedgerEntry, ticket.entry)
        if entry.state == "scored":
            entry.last_run, entry.updated_at, entry.message = at.run, at.at, message
        else:
            _settle(entry, at, state, reason, message)
            if reason == "being_written":
                entry.sha256 = None
        return Ended(entry.file, ticket.record.call_id, state, reason, message)


def _settle(entry: LedgerEntry, made: Made, state: str, reason: str | None, message: str | None) -> None:
    entry.state, entry.reason, entry.message = state, reason, message
    entry.attempts += 1
    entry.last_run, entry.updated_at = made.run, made.at


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the night's ledger, and what of this run went wrong."""

    night: Night
    made: Made
    worked: int
    failed_now: int
    mistakes: tuple[str, ...]
    elapsed_s: float

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing is missing, in this night or in what this run worked on, and the lists are right."""
        counts = self.night.counts
        return not (counts["failed"] or counts["missing"] or self.failed_now or self.mistakes)

    @property
    def told(self) -> str:
        """The counts in one line."""
        counts = self.night.counts
        order = ("received", "scored", "excluded", "failed", "pending", "missing")
        wrong = (f"{len(self.mistakes)} mistakes told",) if self.mistakes else ()
        return ", ".join((*(f"{counts[name]} {name}" for name in order), *wrong))


def finish(store: Store, begun: Begun, *, failed_now: int, worked: int) -> Outcome:
    """Count the days that have changed, close the run, and read its night from the ledger."""
    freshen(
        store, begun.setup.workplace.profile.zone, adopt=True,
        told=lambda left: _log.info("%d days to count", left) if left else None,
    )  # fmt: skip
    at = datetime.now(UTC)
    with store.reading() as session:
        night = night_of(session, begun.made.night)
    assert night is not None  # noqa: S101 - a date always gives a night
    outcome = Outcome(
        night, begun.made, worked, failed_now, begun.mistakes, (at - begun.made.at).total_seconds()
    )
    close_run(store, begun.made.run, "completed" if outcome.ok else "failed", night.counts)
    return outcome


def interrupted(store: Store, begun: Begun) -> None:
    """Say that a run was stopped. Where the store is away too, the next run says it."""
    try:
        close_run(store, begun.made.run, "interrupted", {})
    except (SQLAlchemyError, StoreError) as error:
        _log.warning("the run's end could not be put down: %s", type(error).__name__)


def close_run(store: Store, run: int, state: str, counts: Mapping[str, Any]) -> None:
    """Say how a run ended."""
    with store.writing() as session:
        row = session.get_one(Run, run)
        row.state, row.ended_at, row.counts = state, datetime.now(UTC), dict(counts)


def night_date(text: str | None) -> date | None:
    """A date as the command line gives it. Raises ConfigError that says what is accepted."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError([f"--date: {text} → a date such as 2025-03-04 is accepted"]) from error
