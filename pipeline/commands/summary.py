"""What a person sees on the terminal while a run goes on, and when it has ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.reports.writer import Written
    from pipeline.scoring_run import Tally


@contextmanager
def progress_bar(count: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr where that is a terminal; else nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("Scoring calls"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("calls", total=count)
        yield lambda: progress.advance(task)


def tell_mistakes(tally: Tally) -> None:
    """What is wrong in the call list, what failed and why, on stderr."""
    from rich.console import Console
    from rich.markup import escape

    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for mistake in tally.mistakes:
        errors.print(f"[yellow]{escape(mistake)}[/]")
    for each in tally.written:
        for side in each.unrecorded:
            told = f"the {side}'s channel" if side in ("agent", "customer") else side.replace("_", " ")
            errors.print(
                f"[yellow]{escape(each.card.call_id)}[/]: {told} carries no sound at all: that side was not recorded"
            )
    for failure in tally.failures:
        errors.print(f"[red]{escape(failure.file)}[/]: {escape(failure.message)}")


def print_summary(tally: Tally, out: Path) -> None:
    """The table of calls on stdout, worst first."""
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    if tally.written:
        console.print(_table(tally.written))
    left_out = len(tally.failures) - tally.failed
    excluded = f" and {tally.excluded_s:.0f} s of excluded ones" if tally.excluded_s else ""
    console.print(
        f"{len(tally.written)} scored, {tally.failed} failed, {left_out} excluded. {tally.audio_s:.0f} s of calls"
        f"{excluded} in {tally.elapsed_s:.0f} s: {tally.ratio:.2f} of their length."
    )
    known = sum(each.from_cache for each in tally.written)
    if known:
        console.print(f"{known} of them from the transcript cache: heard in an earlier run, judged anew.")
    console.print(f"Report: {out / 'index.html'}", soft_wrap=True)


def _table(written: list[Written]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("call", "agent", "lang", "length", "score", "grade", "outcome", "failed"):
        table.add_column(title, justify="right" if title in ("length", "score") else "left")
    for each in sorted(written, key=_worst_first):
        row = each.row.values
        failed = [name for name, value in row.items() if value == "fail" and "." in name]
        percent = row["percent"]
        table.add_row(
            str(row["call_id"]),
            str(row["agent_name"] or row["agent_id"] or ""),
            str(row["language"]),
            f"{row['duration_s'] or 0:.0f} s",
            "–" if percent is None else f"{percent:.1f}",
            str(row["grade"] or "") + (" ?" if row["needs_review"] else ""),
            str(row["outcome"]),
            ", ".join(failed[:1]) + (f" +{len(failed) - 1}" if len(failed) > 1 else ""),
        )
    return table


def _worst_first(each: Written) -> tuple[bool, float, str]:
    percent = each.row.values["percent"]
    return percent is None, percent if percent is not None else 0.0, str(each.row.values["call_id"])
