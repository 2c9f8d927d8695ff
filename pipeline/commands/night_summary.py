"""What a person sees of a night: progress while it runs, its ledger after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.store.ledger import Night


@contextmanager
def night_progress(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr where that is a terminal; else nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("Scoring calls"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    off = quiet or not console.is_terminal
    with Progress(*columns, console=console, disable=off, transient=True) as progress:
        task = progress.add_task("calls", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def print_night(night: Night) -> None:
    """The counts on stdout; on stderr each file without a score that needs somebody, as ``NAME: reason``."""
    import click

    from pipeline.call_names import shown_name

    for line in night.lines:
        if line.state in ("failed", "missing"):
            name = shown_name(line.file, line.sha256)
            click.echo(f"{name}: {line.reason}" + (f" ({line.message})" if line.message else ""), err=True)
    counts = night.counts
    parts = ", ".join(f"{counts[name]} {name}" for name in ("scored", "excluded", "failed", "pending"))
    missing = f"; {counts['missing']} missing" if counts["missing"] else ""
    click.echo(f"Night of {night.date}: {counts['received']} received = {parts}{missing}.")
