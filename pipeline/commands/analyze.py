"""``callgauge analyze``: transcripts made elsewhere, a call a line in, a result a line out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from pipeline.commands.options import profile_option, standard_option

if TYPE_CHECKING:
    from pipeline.process import Workplace


@click.command()
@click.argument(
    "transcripts", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="TRANSCRIPTS.jsonl"
)
@profile_option
@standard_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File for the results; else stdout."
)
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes at once; else as many as the machine takes."
)
def analyze(
    transcripts: Path, profile: Path | None, standard: str, out: Path | None, workers: int | None
) -> None:
    """Score transcripts made elsewhere: one JSON object a line.

    A line: {"call_id", "language", "turns": [{"speaker", "text", "start_s"?, "end_s"?}]}. What needs sound is not
    measurable. Results are written a line each, in the form callgauge/call/1. Exit status 1: some lines can't be used.
    """
    from pipeline.errors import ConfigError
    from pipeline.intake import find_profile
    from pipeline.process import Workplace
    from pipeline.settings import Settings
    from pipeline.standards import load_standard
    from pipeline.standards.added import check_extensions

    check_extensions()
    inputs = {
        "TRANSCRIPTS.jsonl": transcripts,
        "--profile": profile or transcripts.with_name("profile.yaml"),
        "--standard": Path(standard),
    }
    for key, path in inputs.items():
        if out is not None and _same(out, path):
            raise ConfigError([f"--out: {out} → is {key} itself; name another file"])
    workplace = Workplace(Settings(), find_profile([transcripts], profile), load_standard(standard))
    if out is None:
        raise SystemExit(_write(transcripts, workplace, sys.stdout, workers))
    from pipeline.reports.files import atomic_path

    with atomic_path(out) as path, path.open("w", encoding="utf-8") as stream:
        bad = _write(transcripts, workplace, stream, workers)
    raise SystemExit(bad)


def _same(one: Path, other: Path) -> bool:
    """Whether two names stand for one file, be it by a link."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()


def _write(transcripts: Path, workplace: Workplace, stream: TextIO, workers: int | None) -> int:
    """Write a result a line, tell on stderr what can't be used; 1 where a line couldn't, else 0."""
    from pipeline.analyze_run import analyze

    bad = 0
    for line in analyze(transcripts, workplace, workers=workers):
        for note in line.notes:
            click.echo(note, err=True)
        if line.result is None:
            bad = 1
            click.echo(line.trouble, err=True)
        else:
            stream.write(line.result + "\n")
    return bad
