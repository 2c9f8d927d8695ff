"""``callgauge evaluate``: recordings with expectations beside them, held against what is found in them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import language_option, profile_option, standard_option
from pipeline.settings import Language

if TYPE_CHECKING:
    from pipeline.evaluate import Evaluation


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option(
    "--results",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A report folder made before; else the recordings are scored now.",
)
@profile_option
@standard_option
@language_option
@click.option("--workers", type=click.IntRange(1, 256), help="Processes at once; else one a processor.")
@click.option(
    "--worst", type=click.IntRange(0), default=20, show_default=True, help="How many misses to list."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option(
    "--layers", is_flag=True, help="For labelled calls: what each layer brings, and how far confidences hold."
)
def evaluate(
    folder: Path,
    results: Path | None,
    profile: Path | None,
    standard: str,
    language: Language,
    workers: int | None,
    worst: int,
    as_json: bool,
    layers: bool,
) -> None:
    """Precision, recall and F1 by kind and language; recognition errors; the worst misses, listed.

    DIR holds recordings as for `callgauge score`, and expected/<call_id>.json for each; or labelled calls as
    text (*.zh.txt, *.en.txt), on which the detectors of wording are judged. docs/evaluate.md shows both forms.
    """
    from pipeline.commands.evaluate_wording import holds_labelled_calls, show_wording

    if results is None and holds_labelled_calls(folder):
        show_wording(folder, worst=worst, as_json=as_json, layers=layers)
        return
    from pipeline.commands.summary import progress_bar
    from pipeline.evaluation_report import read_expected
    from pipeline.scoring_run import Run, run_scoring
    from pipeline.standards import load_standard

    if results is not None:
        _show(_evaluate(folder, results, standard), worst=worst, as_json=as_json)
        return
    read_expected(
        folder, load_standard(standard).by_id
    )  # what is wrong in them is told before an hour of scoring
    with tempfile.TemporaryDirectory(prefix="callgauge-") as scratch:
        run = Run((folder,), Path(scratch), None, profile, standard, language, workers)
        tally = run_scoring(run, progress=progress_bar)
        for failure in tally.failures:
            click.echo(f"{failure.file}: {failure.message}", err=True)
        _show(_evaluate(folder, Path(scratch), standard), worst=worst, as_json=as_json)
    raise SystemExit(1 if tally.failed else 0)


def _evaluate(folder: Path, results: Path, standard: str) -> Evaluation:
    from pipeline.evaluate import evaluate as held_against
    from pipeline.evaluation_report import read_expected, read_results
    from pipeline.standards import load_standard

    found, wanted = read_results(results), read_expected(folder, load_standard(standard).by_id)
    return held_against((expected, found.get(str(expected["call_id"]))) for expected in wanted)


def _show(evaluation: Evaluation, *, worst: int, as_json: bool) -> None:
    from pipeline.evaluation_report import tables, to_json

    if as_json:
        import json

        click.echo(json.dumps(to_json(evaluation), ensure_ascii=False))
        return
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    for table in tables(evaluation, worst=worst):
        console.print(table)
