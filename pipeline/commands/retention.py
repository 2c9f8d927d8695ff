"""``callgauge purge, forget, hold, removals``: what is kept no longer, what must stay, and the proof of both."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from pipeline.commands.forgotten import counted, forgotten, not_deleted
from pipeline.commands.options import LINE, store_option
from pipeline.errors import printable

dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would go and leave all as it is.")
by_option = click.option("--by", type=LINE, metavar="NAME", help="Who answers for it; stands in the proof.")
_LONGEST = 1_000
"""Signs of a line that is read as a number."""
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.command()
@click.option(
    "--retention",
    type=click.Path(path_type=Path),
    help="The rules (YAML); else what CALLGAUGE_RETENTION names.",
)
@dry_run_option
@by_option
@json_option
@store_option
def purge(retention: Path | None, dry_run: bool, by: str | None, as_json: bool, store: str | None) -> None:
    """Remove what the retention rules no longer let be kept, and put down what went.

    Held calls and those with an open appeal stay whole. A run that was cut off is ended by the next one. Backups are
    files of their own: let them expire by the same rules. Exit status 1: recordings that a `forget` was to delete still lie
    where they may not be deleted.
    """
    from datetime import UTC, datetime

    from pipeline.speech import cache
    from pipeline.store.removal import Wanted, remove
    from pipeline.store.retention import find_due, load_retention

    rules = load_retention(retention)
    _needs_name(by, dry_run)
    with _open(store, dry_run) as (opened, before):
        now = datetime.now(UTC)
        with opened.reading() as session:
            due = find_due(session, rules, now)
        told = {"retention": rules.model_dump(mode="json", exclude_none=True), "held": list(due.held)}
        done = None
        if not (due.nothing or dry_run):
            wanted = Wanted(
                "purge", by or "", "retention", due.files, due.quotes, scores=due.scores, told=told
            )
            done = remove(opened, wanted, now=now)
        days = rules.days("original_transcript", None)
        cached = cache.prune(days, now=now, dry_run=dry_run) if days is not None else 0
    plan = {
        **counted(due.files), "calls_quotes": len(due.quotes), "calls_scores": len(due.scores), "cached": cached,
    }  # fmt: skip
    _tell(plan, list(due.held), done, dry_run=dry_run, as_json=as_json)
    raise SystemExit(1 if not_deleted(before) else 0)


@click.command()
@click.option("--customer", type=LINE, metavar="ID", help="The customer's id in the call list.")
@click.option("--number", metavar="N", help="A telephone number; - reads it from standard input.")
@click.option("--reason", type=LINE, help="Why; stands in the proof. Name nobody here.")
@click.option(
    "--with-recordings",
    is_flag=True,
    help="Also delete the recordings that still lie in the inbox, a folder or shared storage, and transcripts beside them.",
)
@dry_run_option
@by_option
@json_option
@store_option
def forget(
    customer: str | None, number: str | None, reason: str | None, with_recordings: bool, dry_run: bool, by: str | None,
    as_json: bool, store: str | None,
) -> None:  # fmt: skip
    """Find one person's calls and remove all that tells of them; the scores stay, belonging to nobody.

    Gone are sound, words, quotes, notes, and who it was. A request not to be called stays, as a digest. Exit status 1: some
    of the calls are held and stay whole, so run it again when they are released; or recordings could not be deleted, which the
    next purge or forget tries again.
    """
    from pipeline.errors import ConfigError
    from pipeline.store.forgetting import digest_of, found_by
    from pipeline.store.holds import held_calls
    from pipeline.store.night_texts import take_out
    from pipeline.store.removal import Wanted, remove

    person = _asked_for(customer, number)
    _needs_name(by, dry_run)
    if not ((reason and reason.strip()) or dry_run):
        raise ConfigError(["--reason: TEXT → say why; it stands in the proof"])
    with _open(store, dry_run) as (opened, before):
        with opened.reading() as session:
            keys = list(fields := found_by(session, person))
            held = sorted(set(keys) & held_calls(session))
            plan, names, told_of, listed = forgotten(
                session, opened.files, person, keys, held, with_recordings, dry_run
            )
        done = None
        mine = tuple(key for key in keys if key not in held)
        if not dry_run:
            take_out(opened.place.files, listed.names)  # before their rows go: cut off, it is done again
        if (mine or listed.missing) and not dry_run:
            with opened.writing() as session:
                digest = digest_of(session, person.given)
            told = {"person": digest, "held": names}
            wanted = Wanted(
                "forget", by or "", reason or "", people=mine, told=told, recordings=with_recordings,
                known_by=person.phone.dialled if person.phone else person.given, missing=listed.missing,
            )  # fmt: skip
            done = remove(opened, wanted)
    by_field = _by_field(fields) if dry_run and person.is_number else None
    for line in told_of:
        click.echo(line, err=True)
    _tell(plan, names, done, dry_run=dry_run, as_json=as_json, by_field=by_field)
    left = not_deleted((*before, *(done.left if done else ())))
    raise SystemExit(1 if left or (names and not dry_run) else 0)


def _asked_for(customer: str | None, number: str | None) -> Any:
    """The one person whom the options name."""
    from pipeline.errors import ConfigError
    from pipeline.store.forgetting import person_of

    if number == "-":
        number = sys.stdin.buffer.readline(_LONGEST).decode("utf-8", "replace").strip()
    if (customer is None) == (number is None) or not (customer or number or "").strip():
        raise ConfigError(["--customer: ID → this or --number N is accepted, one of the two"])
    person = person_of(customer=customer, number=number)
    if person.is_number and person.phone is None:
        raise ConfigError(
            ["--number: N → a telephone number of 7 to 15 digits is accepted; for an id use --customer"]
        )
    return person


def _by_field(fields: dict[int, str]) -> dict[str, int]:
    """How many calls each field of the call list told: whoever asks sees whether it is the right person."""
    from collections import Counter

    return dict(Counter(printable(field) for field in fields.values()))


@click.command()
@click.argument("calls", nargs=-1, type=LINE, metavar="CALL...")
@click.option("--reason", type=LINE, help="Why they must stay.")
@click.option("--release", "release_", is_flag=True, help="Hold them no longer.")
@by_option
@store_option
def hold(
    calls: tuple[str, ...], reason: str | None, release_: bool, by: str | None, store: str | None
) -> None:
    """Keep all data of CALL, whatever the retention rules say; without CALL, list what is held.

    Exit status 1: some of a call was removed before, so that only the rest is held.
    """
    from pipeline.errors import ConfigError
    from pipeline.store import open_store
    from pipeline.store.holds import gone_of, holds, release
    from pipeline.store.holds import hold as keep

    if calls and not ((reason and reason.strip()) or release_):
        raise ConfigError(["--reason: TEXT → say why they must stay"])
    if calls:
        _needs_name(by, False)
    gone: dict[str, list[str]] = {}
    with open_store(store, create=False) as opened, opened.writing() as session:
        if release_ and calls:
            click.echo(f"{release(session, calls, by=by or '')} released.")
        elif calls:
            click.echo(f"{keep(session, calls, reason=reason or '', by=by or '')} held anew.")
            gone = gone_of(session, calls)  # after a removal under way, which the hold has waited for
        for held in holds(session) if not calls else ():
            told = f"by {held.by}: {held.reason}"  # of an earlier version it may be any text
            click.echo(f"{held.call_id:24} since {held.at.date()} {printable(told)}")
    for call_id, what in gone.items():
        click.echo(f"{call_id}: gone already, only the rest is held: {', '.join(what)}", err=True)
    raise SystemExit(1 if gone else 0)


@click.command()
@click.argument("number", type=int, required=False)
@json_option
@store_option
def removals(number: int | None, as_json: bool, store: str | None) -> None:
    """What was removed, when, by whom and why; with NUMBER, exactly what.

    Exit status 1: a record isn't what was put down, or one is lacking.
    """
    from sqlalchemy import select

    from pipeline.store import open_store
    from pipeline.store.privacy_tables import Removal, RemovalDone
    from pipeline.store.removal import faults

    with open_store(store, create=False) as opened, opened.reading() as session:
        query = select(Removal).order_by(Removal.id)
        rows = session.scalars(query if number is None else query.where(Removal.id == number)).all()
        done = dict(session.execute(select(RemovalDone.removal, RemovalDone.at)).all())
        plain = [
            {"number": row.id, "kind": row.kind, "at": row.at.isoformat(), "by": row.by, "reason": row.reason,
             "seal": row.seal, "done": done[row.id].isoformat() if row.id in done else None,
             **(row.body if number is not None or as_json else {"counts": row.body["counts"]})}
            for row in rows
        ]  # fmt: skip
        wrong = faults(session)
    if as_json or number is not None:
        click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
    for row in plain if not (as_json or number is not None) else ():
        counts = ", ".join(f"{count} {name}" for name, count in row["counts"].items())
        by_whom = printable(f"{row['by']} ({row['reason']})")  # of an earlier version they may be any text
        click.echo(
            f"{row['number']:4} {row['kind']:7} {row['at'][:19]} by {by_whom}: {counts}"
            + ("" if row["done"] else "; not all of it is gone yet, run purge or forget again")
        )
    for line in wrong:
        click.echo(line, err=True)
    raise SystemExit(1 if wrong else 0)


def _open(store: str | None, dry_run: bool) -> Any:
    """The store, held against nightly runs, and what was cut off before ended; a dry run only reads.

    Beside it the recordings that earlier removals could not take away.
    """
    import contextlib

    from pipeline.store import open_store
    from pipeline.store.lock import nightly_lock
    from pipeline.store.removal import finish_all

    @contextlib.contextmanager
    def opened():  # type: ignore[no-untyped-def]  # a store, whose module is loaded by the command alone
        with open_store(store, create=False) as there:
            if dry_run:
                yield there, ()
                return
            with nightly_lock(there, wait_s=600.0):
                ended = finish_all(there)
                if ended.done:
                    click.echo(f"{ended.done} removals that were cut off are now done.", err=True)
                yield there, ended.left

    return opened()


def _needs_name(by: str | None, dry_run: bool) -> None:
    from pipeline.errors import ConfigError

    if not (dry_run or (by and by.strip())):
        raise ConfigError(["--by: NAME → say who answers for it"])


def _tell(
    plan: dict[str, int], held: list[str], done: Any, *, dry_run: bool, as_json: bool,
    by_field: dict[str, int] | None = None,
) -> None:  # fmt: skip
    if as_json:
        proof = (
            None if done is None else {"number": done.number, "seal": done.seal, "counts": dict(done.counts)}
        )
        told = {"dry_run": dry_run, "plan": plan, "held": held, "removal": proof}
        more = {} if by_field is None else {"found_by": by_field}
        click.echo(json.dumps({**told, **more}, ensure_ascii=False))
        return
    what = ", ".join(f"{count} {name}" for name, count in plan.items() if count)
    if by_field:
        click.echo("Found by: " + ", ".join(f"{field} ({count})" for field, count in by_field.items()))
    if held:
        click.echo(f"held, so they stay: {', '.join(held)}")
    if done is None:
        click.echo(
            f"Would remove: {what or 'nothing'}."
            if dry_run
            else (f"Removed: {what}." if what else "Nothing to remove.")
        )
        return
    counts = ", ".join(f"{count} {name}" for name, count in done.counts.items())
    click.echo(f"Removal {done.number}: {counts}.\nSeal: {done.seal}")
