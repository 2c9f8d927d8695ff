"""``callgauge bench``: speed as a ratio measured in one run, and error rates where the truth lies beside the sound."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.commands.options import profile_option


@click.command()
@click.argument("audio", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--against", type=click.Choice(["faster-whisper"]), help="Also run this engine's defaults, and compare."
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    help="How often both take turns; the best of each counts.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes at once; else one a processor.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object (callgauge/bench/1) instead.")
@profile_option
def bench(
    audio: tuple[Path, ...], against: str | None, rounds: int, workers: int | None, as_json: bool,
    profile: Path | None,
) -> None:  # fmt: skip
    """Score AUDIO (files or folders) without any cache and print the time by its length, the share of each stage, error
    rates, peak memory, and how cost grows.

    Truth is a .txt of the same name, or transcripts.tsv (file, text) in the folder.
    """
    from pipeline.benchmark import BenchSettings, run_bench

    report = run_bench(audio, BenchSettings(bool(against), rounds, workers, profile))
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    for line in report.lines():
        click.echo(line)
