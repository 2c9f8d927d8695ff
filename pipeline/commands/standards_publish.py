"""``callgauge standards approve | publish | retire``: from a draft to what calls are judged by."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import LINE, store_option
from pipeline.commands.scorecard import company_option, profile_of
from pipeline.commands.standards import standards

_by = click.option("--by", type=LINE, required=True, metavar="NAME", help="Who does it.")
_id = click.argument("standard")
_version = click.argument("version")


@standards.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@_by
@store_option
def approve(file: str, by: str, store: str | None) -> None:
    """Approve the draft in FILE, by somebody other than its author. Its content is kept in the store and stays as it is."""
    from pipeline.errors import ConfigError
    from pipeline.standards import check_standard, load_standard
    from pipeline.store import open_store
    from pipeline.store.standards_kept import approve as put_down

    if mistakes := check_standard(file):
        raise ConfigError(mistakes)
    with open_store(store) as opened, opened.writing() as session:
        found = put_down(session, load_standard(file), by=by, at=datetime.now(UTC))
    click.echo(
        f"{found.standard} {found.version} approved by {found.by}. See who would move, then publish it:\n"
        f"  callgauge standards preview {found.standard}@{found.version}\n"
        f"  callgauge standards publish {found.standard} {found.version} --from YYYY-MM-DD --by NAME"
    )


@standards.command()
@_id
@_version
@click.option(
    "--from", "since", required=True, metavar="YYYY-MM-DD", help="The day from which calls are judged by it."
)
@_by
@company_option
@store_option
def publish(
    standard: str, version: str, since: str, by: str, profile: Path | None, store: str | None
) -> None:
    """Publish an approved VERSION: nights judge calls from that day on by it. Earlier scores stay as they are."""
    from pipeline.errors import ConfigError
    from pipeline.store import open_store
    from pipeline.store.standards_kept import publish as put_down

    try:
        first = date.fromisoformat(since)
    except ValueError as error:
        raise ConfigError([f"--from: {since} → a date such as 2025-03-04 is accepted"]) from error
    with open_store(store, create=False) as opened, opened.writing() as session:
        now = datetime.now(UTC)
        today = now.astimezone(profile_of(session, profile).zone).date()
        found = put_down(session, standard, version, by=by, since=first, today=today, at=now)
    click.echo(
        f"{found.standard} {found.version} published by {found.by}: calls from {found.effective_from} on."
    )


@standards.command()
@_id
@_version
@_by
@store_option
def retire(standard: str, version: str, by: str, store: str | None) -> None:
    """Retire a published VERSION: the one before it holds again. Scores that it made stay."""
    from pipeline.store import open_store
    from pipeline.store.standards_kept import retire as put_down

    with open_store(store, create=False) as opened, opened.writing() as session:
        found: Any = put_down(session, standard, version, by=by, at=datetime.now(UTC))
    click.echo(f"{found.standard} {found.version} retired by {found.by}.")
