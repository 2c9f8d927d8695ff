"""``callgauge appraisal``: what supervisors sign for a month or a year."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import LINE, store_option
from pipeline.commands.scorecard import company_option, profile_of, targets_option

_period = click.option("--period", required=True, metavar="YYYY|YYYY-MM", help="A year or a month.")
_agent = click.option("--agent", "agent_id", required=True, metavar="ID", help="Whose appraisal.")


def _options(*more: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def put_on(command: Any) -> Any:
        for option in reversed((_period, *more, targets_option, company_option, store_option)):
            command = option(command)
        return command

    return put_on


@click.group()
def appraisal() -> None:
    """Build, sign, verify and amend appraisals, composed as the standard says."""


@appraisal.command()
@_options(
    click.option("--agent", "agent_id", metavar="ID", help="One agent's; else everybody's with calls."),
    click.option(
        "--out", type=click.Path(path_type=Path, file_okay=False), help="Write each as JSON there too."
    ),
)
def build(
    period: str,
    agent_id: str | None,
    out: Path | None,
    targets: Path | None,
    profile: Path | None,
    store: str | None,
) -> None:
    """Work out a period's appraisals. One that is signed stays as it is; an unsigned one is built anew.

    Exit status 1: some could not be built.
    """
    from pipeline.reports.appraisal import AppraisalError, keep_body
    from pipeline.reports.period import parse_period
    from pipeline.store import open_store
    from pipeline.store.card_query import Window, call_facts

    wanted, failed = parse_period(period), 0
    with open_store(store, create=False) as opened:
        with opened.reading() as session:
            known = profile_of(session, profile, targets)
            facts = [] if agent_id else call_facts(session, Window(*wanted.moments(known.zone)))
            agents = [agent_id] if agent_id else sorted({fact.agent_id for fact in facts if fact.agent_id})
        for each in agents:
            try:
                with opened.writing() as session:
                    body, at = _body(session, opened, each, wanted, known)
                    row = keep_body(session, body, at=at)
                    _show(row, out)
            except AppraisalError as error:
                failed += 1
                click.echo(str(error), err=True)
    if not agents:
        click.echo(f"Nobody has a call in {wanted.text}.", err=True)
    raise SystemExit(1 if failed else 0)


@appraisal.command()
@_options(_agent, click.option("--by", type=LINE, required=True, metavar="NAME", help="Who signs."))
def sign(
    period: str, agent_id: str, by: str, targets: Path | None, profile: Path | None, store: str | None
) -> None:
    """Sign an appraisal; from then on it is frozen. Prints the seal: keep it outside the store too."""
    from pipeline.reports.appraisal import sign as put_name
    from pipeline.reports.period import parse_period
    from pipeline.store import open_store

    with open_store(store, create=False) as opened, opened.writing() as session:
        known = profile_of(session, profile, targets)
        row = _latest(session, agent_id, period)
        body, at = _body(session, opened, agent_id, parse_period(period), known)
        seal = put_name(session, row, body, by=by, at=at)
        click.echo(f"{agent_id} {period} number {row.number} signed by {by}: {seal}")


@appraisal.command()
@_period
@_agent
@click.option("--seal", metavar="SEAL", help="The seal as it was kept outside the store.")
@company_option
@store_option
def verify(period: str, agent_id: str, seal: str | None, profile: Path | None, store: str | None) -> None:
    """Work an appraisal out again from the scores that it names. Exit status 1: something doesn't hold."""
    from pipeline.reports.appraisal import verify as check
    from pipeline.store import open_store

    with open_store(store, create=False) as opened, opened.reading() as session:
        row = _latest(session, agent_id, period)
        faults = check(session, row, files=opened.files, seal=seal)
        signed = f"signed by {row.signed_by}" if row.signed_by else "not signed"
    for fault in faults:
        click.echo(f"{'wrong' if fault.grave else 'note':6} {fault.kind:9} {fault.what}")
    wrong = sum(fault.grave for fault in faults)
    told = f"{wrong} things don't hold" if wrong else "every figure holds"
    click.echo(f"{agent_id} {period} number {row.number}, {signed}: {told}")
    raise SystemExit(1 if wrong else 0)


@appraisal.command()
@_options(
    _agent,
    click.option("--reason", type=LINE, required=True, metavar="TEXT", help="Why the signed figures change."),
)
def amend(
    period: str, agent_id: str, reason: str, targets: Path | None, profile: Path | None, store: str | None
) -> None:
    """Make an amendment beside a signed appraisal; it has to be signed in its turn."""
    from pipeline.reports.appraisal import keep_body
    from pipeline.reports.period import parse_period
    from pipeline.store import open_store

    with open_store(store, create=False) as opened, opened.writing() as session:
        known = profile_of(session, profile, targets)
        body, at = _body(session, opened, agent_id, parse_period(period), known)
        _show(keep_body(session, body, at=at, reason=reason), None)


def _body(session: Any, opened: Any, agent_id: str, period: Any, profile: Any) -> tuple[dict[str, Any], Any]:
    from datetime import UTC, datetime

    from pipeline.reports.appraisal import build_body

    at = datetime.now(UTC)
    return build_body(session, agent_id, period, profile, now=at, files=opened.files), at


def _latest(session: Any, agent_id: str, period: str) -> Any:
    from pipeline.reports.appraisal import AppraisalError
    from pipeline.store.appraisal_query import latest

    row = latest(session, agent_id, period)
    if row is None:
        raise AppraisalError(f"{agent_id} {period}: not built yet; `callgauge appraisal build` does it")
    return row


def _show(row: Any, out: Path | None) -> None:
    import json

    from pipeline.call_names import safe_name
    from pipeline.reports.files import write_atomic

    body = row.body
    total = (
        f"{body['percent']:.1f} {body['grade']}"
        if body["percent"] is not None
        else f"no total ({body['reason']})"
    )
    open_ = body["figures"]["open_reviews"]
    click.echo(
        f"{row.agent_id} {row.period} number {row.number}: {total}; {body['figures']['averaged']} calls"
        + (f"; {open_} open reviews, can't be signed yet" if open_ else "")
    )
    for part in body["parts"]:
        value = "-" if part["value"] is None else f"{part['value']:.1f}"
        click.echo(f"  {part['part']:16} weight {part['weight']:5g}  {value:>6}  {part['reason'] or ''}")
    if out is not None:
        name = f"{safe_name(row.agent_id)}-{row.period}-{row.number}.json"
        told = {"number": row.number, "reason": row.reason, "body_sha256": row.body_sha256, "body": body}
        write_atomic(out / name, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
