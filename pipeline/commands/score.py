"""``callgauge score``: recordings in, reports out. No server, no database."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.options import keep_option, language_option, profile_option, standard_option
from pipeline.settings import Keep, Language


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--calls",
    type=click.Path(path_type=Path),
    help="Call list (CSV or JSON lines); else calls.csv or calls.jsonl beside the recordings.",
)
@profile_option
@standard_option
@language_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("callgauge-report"),
    show_default=True,
    help="Folder for the reports.",
)
@keep_option
@click.option("--workers", type=click.IntRange(1, 256), help="Processes at once; else one a processor.")
@click.option("--quiet", is_flag=True, help="No progress, no summary; what failed is told all the same.")
def score(
    paths: tuple[Path, ...],
    calls: Path | None,
    profile: Path | None,
    standard: str,
    language: Language,
    out: Path,
    keep: Keep,
    workers: int | None,
    quiet: bool,
) -> None:
    """Score recordings: PATH is a file or a folder (searched with its subfolders).

    Writes DIR/calls/<call_id>.json and .html, DIR/calls.csv and DIR/index.html. Exit status 0: all scored; 1: some calls
    failed, or the call list has a mistake (a cell, a row, a claim of two agents), and all else is done; 2: the command
    line, a settings file or a standard is wrong.
    """
    from pipeline.commands.summary import print_summary, progress_bar, tell_mistakes
    from pipeline.scoring_run import Run, run_scoring

    run = Run(paths, out, calls, profile, standard, language, workers, keep)
    tally = run_scoring(run, progress=None if quiet else progress_bar)
    tell_mistakes(tally)
    if not quiet:
        print_summary(tally, out)
    raise SystemExit(1 if tally.failed or tally.mistakes else 0)
