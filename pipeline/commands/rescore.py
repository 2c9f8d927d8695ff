"""``callgauge rescore``: stored calls judged again, by another standard or profile, without hearing them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import log_option, start_log, store_option


@click.command()
@click.option(
    "--standard", metavar="ID|ID@VERSION|FILE",
    help="An id: the version in force on each call's day. Else each call is judged by the one it was judged by.",
)  # fmt: skip
@click.option(
    "--profile", type=click.Path(path_type=Path), help="What the company is (YAML); else the latest night's profile."
)  # fmt: skip
@click.option("--period", metavar="YYYY|YYYY-MM|YYYY-MM-DD", help="Calls that started then only.")
@click.option("--agent", "agent_id", metavar="ID", help="One agent's calls only.")
@click.option(
    "--call", "call_ids", metavar="CALL_ID", multiple=True, help="This call only; may be given often."
)
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--workers", type=click.IntRange(1), help="Processes at once; else as many as processors.")
@click.option("--quiet", is_flag=True, help="No progress.")
@log_option
@store_option
def rescore(
    standard: str | None, profile: Path | None, period: str | None, agent_id: str | None, call_ids: tuple[str, ...],
    dry_run: bool, as_json: bool, workers: int | None, quiet: bool, log_format: str, store: str | None,
) -> None:  # fmt: skip
    """Judge stored calls again and keep each new score beside the old ones.

    Nothing is transcribed: words and sound come from the caches, else from the store. What people judged holds for the new
    score too.

    Exit status: 0 all judged; 1 some could not be and stay as they are; 2 the command line or a settings file is wrong.
    """
    from pipeline.commands.night_summary import night_progress
    from pipeline.nightly.rescore import Choice, Wish
    from pipeline.nightly.rescore import rescore as judge_again
    from pipeline.reports.period import parse_period
    from pipeline.store import open_store

    start_log(log_format)
    choice = Choice(parse_period(period) if period else None, agent_id, call_ids)
    wish = Wish(choice, standard, profile, dry_run, workers)
    with open_store(store, create=False) as opened, night_progress(quiet) as step:
        found = judge_again(opened, wish, step=step)
    for each in found.left:
        click.echo(f"{each.call_id}: {each.code} ({each.reason.en})", err=True)
    if as_json:
        click.echo(json.dumps(_data(found, dry_run), ensure_ascii=False))
    else:
        _tell(found, dry_run)
    if found.left:
        raise SystemExit(1)


def _tell(found: Any, dry_run: bool) -> None:
    for each in found.anew:
        if each.moved:
            click.echo(
                f"{each.call_id:16} {each.agent_id or '-':12} {_figure(each.before)} → {_figure(each.after)}  "
                f"{each.before_grade or '–'} → {each.after_grade or '–'}"
            )
    judged = len(found.anew) + found.same
    moved = sum(each.moved for each in found.anew)
    anew = f"{len(found.anew)} {'would get' if dry_run else 'got'} a new score, {moved} of them another percentage or grade"
    click.echo(f"{judged} calls judged again: {anew}; {found.same} stay the same.")
    click.echo(
        f"{found.from_cache} came from the cache, {found.from_store} from the store; nothing was transcribed."
    )
    if found.people:
        click.echo(f"{found.people} calls: what people judged was carried over.")
    if found.left:
        click.echo(f"{len(found.left)} calls are left as they are.")


def _figure(percent: float | None) -> str:
    return "    –" if percent is None else f"{percent:5.1f}"


def _data(found: Any, dry_run: bool) -> dict[str, Any]:
    from dataclasses import asdict

    judged = len(found.anew) + found.same
    return {
        "schema": "callgauge/rescore/1", "dry_run": dry_run, "judged": judged, "new_scores": len(found.anew),
        "changed": sum(each.moved for each in found.anew), "same": found.same, "from_cache": found.from_cache,
        "from_store": found.from_store, "carried_over": found.people,
        "calls": [asdict(each) for each in found.anew],
        "left": [{"call_id": each.call_id, "reason": asdict(each.reason)} for each in found.left],
    }  # fmt: skip
