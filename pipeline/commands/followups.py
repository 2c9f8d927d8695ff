"""``callgauge followups``: the daily hand-over (article 11): each agent's day, and who is to be contacted again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.options import LINE, store_option
from pipeline.commands.scorecard import company_option, profile_of

if TYPE_CHECKING:
    from pipeline.profile import Profile
    from pipeline.reports.follow_ups import FollowUp


@click.command()
@click.option("--agent", "agent_id", metavar="ID", help="One agent's only.")
@click.option(
    "--date", "date_", metavar="YYYY-MM-DD", help="The day handed over; else today in the profile's zone."
)
@click.option(
    "--done", multiple=True, metavar="CALL_ID", help="Mark this call's follow-up as done; may be repeated."
)
@click.option("--by", type=LINE, metavar="NAME", help="Who did it, with --done; else whoever is logged in.")
@click.option("--note", type=LINE, metavar="TEXT", help="What came of it, with --done.")
@click.option("--all", "closed", is_flag=True, help="Closed ones too.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the list as CSV.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@company_option
@store_option
def followups(
    agent_id: str | None,
    date_: str | None,
    done: tuple[str, ...],
    by: str | None,
    note: str | None,
    closed: bool,
    out: Path | None,
    language: str,
    profile: Path | None,
    store: str | None,
) -> None:
    """Hand over a day: each agent's day in figures, then the open follow-ups, overdue ones first.

    Customers who asked not to be called again are never on the open list.
    """
    from pipeline.reports.files import write_atomic
    from pipeline.reports.scorecard_csv import follow_frame, to_csv
    from pipeline.store import open_store

    with open_store(store, create=False) as opened:
        if done:
            _mark(opened, done, by=by, note=note)
        with opened.reading() as session:
            known = profile_of(session, profile)
            day, now = _day(date_, known)
            figures, found = _hand_over(session, known, day, now, agent_id)
    shown = [each for each in found if each.open or closed]
    if out is not None:
        write_atomic(out, to_csv(follow_frame(shown)))
        click.echo(f"{len(shown)} follow-ups: {out}", err=True)
        return
    for line in figures:
        click.echo(line)
    for each in shown:
        click.echo(_line(each, language))
    click.echo(
        f"{day}: {sum(each.open for each in found)} open, {sum(e.state == 'overdue' for e in found)} overdue"
    )


def _mark(opened: Any, done: Sequence[str], *, by: str | None, note: str | None) -> None:
    import getpass
    from datetime import UTC

    from pipeline.store.follow_query import mark_done

    with opened.writing() as session:
        count = mark_done(session, done, by=by or getpass.getuser(), at=datetime.now(UTC), note=note)
    click.echo(f"{count} marked as done, {len(set(done)) - count} were already.", err=True)


def _day(text: str | None, profile: Profile) -> tuple[date, datetime]:
    """The day handed over and the moment it is looked at: now, or the end of an earlier or later day."""
    from datetime import timedelta

    from pipeline.nightly.night import night_date

    now = datetime.now(profile.zone)
    day = night_date(text) or now.date()
    if day == now.date():
        return day, now
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), profile.zone)
    return day, end - timedelta(seconds=1)


def _hand_over(
    session: Any, profile: Profile, day: date, now: datetime, agent_id: str | None
) -> tuple[list[str], Sequence[FollowUp]]:
    from pipeline.reports.follow_ups import follow_ups
    from pipeline.reports.html import clock, tidy
    from pipeline.reports.period import parse_period
    from pipeline.reports.scorecard import CardSettings, agent_table, call_table
    from pipeline.reports.scorecard_sums import sums_of_calls
    from pipeline.store.card_query import Window, call_facts

    window = Window(*parse_period(day.isoformat()).moments(profile.zone), agent_id)
    settings = CardSettings(profile.zone, profile=profile)
    calls = call_table(call_facts(session, window), settings, machine={})
    table = agent_table(sums_of_calls(calls), settings)
    figures = [
        f"{row['agent_id'] or '-':10} {row['agent_name']:12} {row['calls']:4} calls {row['connects']:4} connects "
        f"{row['outcome_interested'] + row['outcome_order_placed']:3} interested "
        f"talk {clock(None if row['talk_s'] != row['talk_s'] else row['talk_s']):>8} "
        f"mean {tidy(None if row['score_mean'] != row['score_mean'] else row['score_mean']):>5}"
        for row in table.fillna({"talk_s": float("nan"), "score_mean": float("nan")}).to_dict("records")
    ]
    found = follow_ups(session, profile, now=now, until=min(now, window.end), agent_id=agent_id)
    return figures, found


def _line(each: FollowUp, language: str) -> str:
    from pipeline.reports.labels import labels

    state = getattr(labels().get("follow_states", each.state), language)
    outcome = getattr(labels().get("outcomes", each.outcome), language)
    due = each.due.isoformat() if each.due else "-"
    parts = (
        state,
        due,
        each.agent_id or "-",
        each.customer_id or "-",
        each.call_id,
        outcome,
        each.agreed,
        each.by,
    )
    return "  ".join(part for part in parts if part)
