"""``callgauge scorecard``: a period's figures for each agent, as pages, a workbook and tables."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.options import store_option

if TYPE_CHECKING:
    from pipeline.profile import Profile

company_option = click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="What the company is (YAML); else the latest night's profile.",
)


targets_option = click.option(
    "--targets",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Targets by agent and period (CSV or YAML); they go before the profile's.",
)


def profile_of(session: Any, given: Path | None, targets: Path | None = None) -> Profile:
    """The profile that is named, else the one that the latest night used, else an empty one, which is told."""
    from pipeline.intake import PROFILE, find_profile
    from pipeline.store.card_query import last_profile

    last = last_profile(session)
    if given is None and last is not None:
        named = Path(last[0]) if last[0] else Path(last[1]) / PROFILE
        given = named if named.is_file() else None
    if given is None:
        click.echo("No profile: days are counted in Asia/Shanghai; no teams, no targets.", err=True)
    profile = find_profile([], given)
    if targets is None:
        return profile
    from pipeline.reports.targets_file import with_targets

    return with_targets(profile, targets)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles: modules and rows by the million hold few, and it takes a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@click.command()
@click.option("--period", required=True, metavar="YYYY|YYYY-MM|YYYY-MM-DD", help="A year, a month or a day.")
@click.option("--agent", "agent_id", metavar="ID", help="One agent's card only.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("scorecards"), show_default=True,
    help="Folder for the reports.",
)  # fmt: skip
@click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True,
    help="Language of the workbook; the pages hold both and follow their reader.",
)  # fmt: skip
@click.option(
    "--sound/--no-sound", default=None,
    help="Copy the calls to hear beside the pages; else for one agent's card only.",
)  # fmt: skip
@targets_option
@company_option
@store_option
@uncollected()
def scorecard(
    period: str,
    agent_id: str | None,
    out: Path,
    language: str,
    sound: bool | None,
    targets: Path | None,
    profile: Path | None,
    store: str | None,
) -> None:
    """Write the scorecards of a day, a month or a year: index.html, scorecard.xlsx and tables as CSV.

    Calls count by their start in the profile's time zone. Calls that reached nobody stay out of averages.
    """
    from datetime import UTC, datetime

    from pipeline.reports.period import parse_period
    from pipeline.reports.scorecard_build import build_scorecards
    from pipeline.reports.scorecard_write import write_scorecards
    from pipeline.store import open_store

    wanted = parse_period(period)
    with open_store(store, create=False) as opened:
        with opened.reading() as session:
            known = profile_of(session, profile, targets)
        cards = build_scorecards(opened, wanted, known, now=datetime.now(UTC), agent_id=agent_id)
    with_sound = agent_id is not None if sound is None else sound
    write_scorecards(cards, out, language=language, sounds=opened.files if with_sound else None)
    if not len(cards.calls):
        click.echo(f"No call started in {wanted.text} ({known.time_zone}).", err=True)
    if cards.without_start:
        click.echo(f"{cards.without_start} calls have no start time and belong to no period.", err=True)
    click.echo(f"{len(cards.agents)} agents, {len(cards.calls)} calls: {out / 'index.html'}")
