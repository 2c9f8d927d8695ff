"""``callgauge standards``: what there is, what it says, and whether a file is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import store_option
from pipeline.commands.scorecard import company_option, profile_of

_kept_option = click.option("--store", metavar="URL", help="Look into this store too.")


@click.group()
def standards() -> None:
    """List, show, check, preview, approve, publish and retire service standards."""


@standards.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@_kept_option
def list_(as_json: bool, store: str | None) -> None:
    """The standards that ship with the package; with --store also those approved, published and retired in it."""
    from pipeline.standards import list_standards

    known = list_standards()
    kept = _kept(store)
    if as_json:
        import json
        from dataclasses import asdict

        rows = [asdict(info) for info in (*known, *kept)]
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    for info in known:
        click.echo(
            f"{info.id}  {info.version}  {info.status}  from {info.effective_from}  {info.title_zh} / {info.title_en}"
        )
    for each in kept:
        since = f"from {each.effective_from}" if each.effective_from else "no date yet"
        click.echo(
            f"{each.standard}@{each.version}  {each.state}  {since}  by {each.by}, {each.at:%Y-%m-%d}; "
            f"author {each.author}, approver {each.approver}"
        )


def _kept(store: str | None) -> list[Any]:
    if store is None:
        return []
    from pipeline.store import open_store
    from pipeline.store.standards_kept import versions

    with open_store(store, create=False) as opened, opened.reading() as session:
        return versions(session)


def _named(name: str, store: str | None) -> Any:
    """A standard by id or file, or one that the store holds, by ID@VERSION."""
    from pipeline.standards import load_standard
    from pipeline.standards.library import names_no_file

    if "@" not in name or not names_no_file(name):
        return load_standard(name)
    from pipeline.store import open_store
    from pipeline.store.standards_kept import kept_standard

    with open_store(store, create=False) as opened, opened.reading() as session:
        return kept_standard(session, name)


@standards.command()
@click.argument("standard", default="telesales-cn")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="Language of the titles."
)
@_kept_option
def show(standard: str, lang: str, store: str | None) -> None:
    """Each criterion of a standard (id, file, or ID@VERSION of a store): id, article, weight, title."""
    chosen = _named(standard, store)
    for criterion in chosen.criteria:
        weight = "bonus" if criterion.bonus else "advisory" if criterion.advisory else f"{criterion.weight:g}"
        title = getattr(criterion.title, lang)
        click.echo(f"{criterion.id:28} {criterion.article:10} {weight:>8}  {title}")


@standards.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def check(file: str) -> None:
    """Check a standard's FILE: every mistake at once, and its own examples run."""
    from pipeline.standards import check_standard

    mistakes = check_standard(file)
    for mistake in mistakes:
        click.echo(mistake, err=True)
    if mistakes:
        raise SystemExit(2)
    click.echo(f"{file}: no mistakes")


@standards.command()
@click.argument("file")
@click.option("--period", metavar="YYYY|YYYY-MM|YYYY-MM-DD", help="Calls of this period only.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write each call as CSV.")
@company_option
@store_option
def preview(file: str, period: str | None, out: Path | None, profile: Path | None, store: str | None) -> None:
    """Who would move under the draft in FILE (or ID@VERSION), by how much and why. Nothing in the store changes."""
    from pipeline.nightly.preview import preview as replay
    from pipeline.reports.period import parse_period
    from pipeline.store import open_store

    draft = _named(file, store)
    with open_store(store, create=False) as opened, opened.reading() as session:
        known = profile_of(session, profile)
        since, until = parse_period(period).moments(known.zone) if period else (None, None)
        found = replay(session, draft, known, files=opened.files, since=since, until=until)
    for line in _agents_moved(found):
        click.echo(line)
    for line in _why(found):
        click.echo(line)
    for name, (old, new) in found.weights.items():
        click.echo(f"  {name:28} weight {_weight(old):>7} → {_weight(new)}")
    for line in _effects(found):
        click.echo(line)
    for reason, count in found.left_out.items():
        click.echo(f"left out: {count} calls, {reason}")
    click.echo(f"{len(found.calls)} calls replayed under {draft.id} {draft.version} ({draft.status}).")
    if out is not None:
        _write_moved(found, out)


def _agents_moved(found: Any) -> list[str]:
    """One line an agent, the largest change first; calls without a percentage under either are left out of the means."""
    by_agent: dict[str, list[tuple[float, float]]] = {}
    for call in found.calls:
        if call.before is not None and call.after is not None:
            by_agent.setdefault(call.agent_id, []).append((call.before, call.after))
    rows = []
    for agent, pairs in by_agent.items():
        before, after = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
        moved = sum(b != a for b, a in pairs)
        line = f"{agent or '-':12} {before:6.1f} → {after:6.1f}  {after - before:+6.1f}  {moved} of {len(pairs)} calls"
        rows.append((-abs(after - before), line))
    return [line for _, line in sorted(rows)]


def _weight(weight: float | None) -> str:
    return "absent" if weight is None else f"{weight:g}"


def _why(found: Any) -> list[str]:
    from collections import Counter

    changes = Counter((name, *pair) for call in found.calls for name, pair in call.why.items())
    return [
        f"  {name:28} {before or 'absent':>14} → {after or 'absent':14} {count} calls"
        for (name, before, after), count in sorted(changes.items(), key=lambda item: (-item[1], item[0][0]))
    ]


def _effects(found: Any) -> list[str]:
    """By how many points of the percentage each criterion moves the mean, the largest first."""
    moved = [call for call in found.calls if call.before is not None and call.after is not None]
    sums: dict[str, float] = {}
    for call in moved:
        for name, effect in call.effects.items():
            sums[name] = sums.get(name, 0.0) + effect / len(moved)
    shown = sorted(
        ((name, mean) for name, mean in sums.items() if abs(mean) >= 0.05), key=lambda item: -abs(item[1])
    )
    return [f"  {name:28} moves the mean by {mean:+.1f}" for name, mean in shown]


def _write_moved(found: Any, out: Path) -> None:
    import pandas as pd

    from pipeline.reports.files import write_atomic
    from pipeline.reports.scorecard_csv import to_csv

    rows = [
        {
            "call_id": call.call_id, "agent_id": call.agent_id, "before": call.before, "after": call.after,
            "before_grade": call.before_grade, "after_grade": call.after_grade,
            "effects": "; ".join(f"{name} {effect:+.1f}" for name, effect in call.effects.items()),
            "why": "; ".join(f"{name} {old or 'absent'}>{new or 'absent'}" for name, (old, new) in call.why.items()),
        }
        for call in found.calls
    ]  # fmt: skip
    columns = ["call_id", "agent_id", "before", "after", "before_grade", "after_grade", "effects", "why"]
    write_atomic(out, to_csv(pd.DataFrame(rows, columns=columns)))
