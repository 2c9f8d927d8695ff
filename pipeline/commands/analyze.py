"""``callgauge analyze``: transcripts made elsewhere, a call a line in, a result a line out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import profile_option, standard_option

if TYPE_CHECKING:
    from collections.abc import Iterator

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
def analyze(transcripts: Path, profile: Path | None, standard: str, out: Path | None) -> None:
    """Score transcripts made elsewhere: one JSON object a line.

    A line: {"call_id", "language", "turns": [{"speaker", "text", "start_s"?, "end_s"?}]}. What needs sound is not
    measurable. Results are written a line each, in the form callgauge/call/1. Exit status 1: some lines can't be used.
    """
    from pipeline.intake import find_profile
    from pipeline.process import Workplace
    from pipeline.settings import Settings
    from pipeline.standards import load_standard

    workplace = Workplace(Settings(), find_profile([transcripts], profile), load_standard(standard))
    bad = 0
    if out is None:
        for line in _results(transcripts, workplace):
            bad += line is None
            if line is not None:
                sys.stdout.write(line + "\n")
    else:
        from pipeline.reports.files import atomic_path

        with atomic_path(out) as path, path.open("w", encoding="utf-8") as stream:
            for line in _results(transcripts, workplace):
                bad += line is None
                if line is not None:
                    stream.write(line + "\n")
    raise SystemExit(1 if bad else 0)


def _results(transcripts: Path, workplace: Workplace) -> Iterator[str | None]:
    """One JSON line a call; None for a line that can't be used, which is told on stderr."""
    from pipeline.delivered import BadLine, read_transcripts
    from pipeline.errors import CallgaugeError
    from pipeline.process import appraise
    from pipeline.reports.call_json import dumps_line

    for number, call in read_transcripts(transcripts):
        if isinstance(call, BadLine):
            click.echo(call.message, err=True)
            yield None
            continue
        try:
            result = appraise(call.transcript, record=call.record, workplace=workplace)
        except Exception as error:  # one call's fault must not end the others; it is told with its line
            # a type tells where to look; a message might quote what was said
            told = str(error) if isinstance(error, CallgaugeError) else type(error).__name__
            click.echo(f"{transcripts.name}: line {number} → can't be analysed: {told}", err=True)
            yield None
            continue
        yield dumps_line(result)
