"""An evaluation's edges: expectations and results read from files, the figures as JSON and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError, why
from pipeline.evaluate import Counts, Evaluation
from pipeline.expectations import SCHEMA, mistakes_in
from pipeline.json_once import DoubledKeyError, loads_once

if TYPE_CHECKING:
    from rich.table import Table


def read_expected(folder: Path, criteria: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Every ``*.json`` of ``folder/expected`` (or of the folder itself) that follows ``callgauge/expected/1``.

    Parameters
    ----------
    criteria
        Ids of the standard's criteria, which verdicts may be expected of; None lets all go.

    Raises
    ------
    ConfigError
        Every mistake in every file, as ``file: key → message``; also when there is no such file.
    """
    place = folder / "expected" if (folder / "expected").is_dir() else folder
    found: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    mistakes: list[str] = []
    for path in sorted(place.glob("*.json")):
        try:
            data = loads_once(path.read_text(encoding="utf-8-sig"))
        except DoubledKeyError as error:
            mistakes.append(f"{path.name}: {error.key} → {error}")
            continue
        except (OSError, ValueError, RecursionError) as error:
            mistakes.append(f"{path.name}: file → {why(error)}; UTF-8 JSON is accepted")
            continue
        wrong = [f"{path.name}: {line}" for line in mistakes_in(data, criteria)]
        if not wrong and data["call_id"] in names:
            wrong = [
                f"{path.name}: call_id → {data['call_id']} stands in {names[data['call_id']]} already; keep one"
            ]
        mistakes.extend(wrong)
        if not wrong:
            found[data["call_id"]] = data
            names[data["call_id"]] = path.name
    if not found and not mistakes:
        mistakes.append(f"{place}: folder → no expectation here; *.json with schema {SCHEMA} is wanted")
    if mistakes:
        raise ConfigError(mistakes)
    return list(found.values())


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    """Results by call_id from ``folder/calls/*.json``, or from the folder itself. Raises ConfigError as `read_expected`."""
    place = folder / "calls" if (folder / "calls").is_dir() else folder
    results, mistakes = {}, []
    for path in sorted(place.glob("*.json")):
        try:
            data = loads_once(path.read_text(encoding="utf-8"))
        except DoubledKeyError as error:
            mistakes.append(f"{path.name}: {error.key} → {error}")
            continue
        except (OSError, ValueError, RecursionError) as error:
            mistakes.append(f"{path.name}: file → {why(error)}; UTF-8 JSON is accepted")
            continue
        if isinstance(data, dict) and str(data.get("schema", "")).startswith("callgauge/call/"):
            results[str(data["call"]["call_id"])] = data
    if mistakes:
        raise ConfigError(mistakes)
    return results


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The figures as plain data, schema ``callgauge/evaluation/1``."""
    return {
        "schema": "callgauge/evaluation/1",
        "calls": len(evaluation.calls),
        "absent": list(evaluation.absent),
        "kinds": [
            {"kind": kind, "language": language, **_figures(counts)}
            for (kind, language), counts in evaluation.by_kind.items()
        ],
        "error_rates": [
            {"language": language, "side": side, "unit": rate.unit, "edits": rate.edits, "length": rate.length,
             "rate": rate.rate}
            for language in evaluation.languages
            for side in ("agent", "customer", "all")
            if (rate := evaluation.error_rate(language, side))
        ],
        "measures": [
            {"call_id": error.call_id, "name": error.name, "expected": error.expected, "value": error.value,
             "within": error.within}
            for call in evaluation.calls
            for error in call.measures
        ],
        "verdict_agreement": evaluation.verdict_agreement,
        "outcome_accuracy": evaluation.outcome_accuracy,
        **_wrong(evaluation),
    }  # fmt: skip


def _wrong(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "verdicts_wrong": [
            {"call_id": call.call_id, "criterion": criterion, "expected": wanted, "got": got}
            for call in evaluation.calls
            for criterion, wanted, got in call.verdicts
            if wanted != got
        ],
        "outcomes_wrong": [
            {"call_id": call.call_id, "expected": call.outcome[0], "got": call.outcome[1]}
            for call in evaluation.calls
            if call.outcome and call.outcome[0] != call.outcome[1]
        ],
        "misses": [
            {"call_id": miss.call_id, "error": miss.error, "kind": miss.kind, "speaker": miss.speaker,
             "start_s": miss.start_s, "quote": miss.quote, "confidence": miss.confidence}
            for miss in evaluation.worst(count=10_000)
        ],
    }  # fmt: skip


def _figures(counts: Counts) -> dict[str, Any]:
    return {
        "hits": counts.hits, "extra": counts.extra, "missed": counts.missed,
        "precision": counts.precision, "recall": counts.recall, "f1": counts.f1,
    }  # fmt: skip


def tables(evaluation: Evaluation, *, worst: int = 20) -> list[Table]:
    """Tables for the terminal: kinds, recognition and agreement, worst misses."""
    return [_kinds(evaluation), _whole(evaluation), _misses(evaluation, worst)]


def _kinds(evaluation: Evaluation) -> Table:
    from rich.table import Table

    table = Table(title="Findings by kind and language")
    for heading in ("kind", "language", "hits", "extra", "missed", "precision", "recall", "F1"):
        table.add_column(heading, justify="left" if heading in ("kind", "language") else "right")
    for (kind, language), counts in evaluation.by_kind.items():
        shares = (_share(counts.precision), _share(counts.recall), _share(counts.f1))
        table.add_row(kind, language, str(counts.hits), str(counts.extra), str(counts.missed), *shares)
    return table


def _whole(evaluation: Evaluation) -> Table:
    from rich.table import Table

    table = Table(title=f"{len(evaluation.calls)} calls, {len(evaluation.absent)} without result")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for language in evaluation.languages:
        for side in ("agent", "customer", "all"):
            rate = evaluation.error_rate(language, side)
            if rate:
                table.add_row(f"{rate.unit} error rate, {language}, {side}", _share(rate.rate))
    measures = [error for call in evaluation.calls for error in call.measures]
    if measures:
        table.add_row("measures within tolerance", f"{sum(m.within for m in measures)} of {len(measures)}")
    table.add_row("verdicts agreed", _share(evaluation.verdict_agreement))
    table.add_row("outcomes right", _share(evaluation.outcome_accuracy))
    return table


def _misses(evaluation: Evaluation, worst: int) -> Table:
    from rich.table import Table

    table = Table(title="Worst misses")
    for heading in ("call", "error", "kind", "speaker", "second", "quote"):
        table.add_column(heading)
    for miss in evaluation.worst(worst):
        second = "" if miss.start_s is None else f"{miss.start_s:.1f}"
        table.add_row(miss.call_id, miss.error, miss.kind, miss.speaker or "", second, miss.quote or "")
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
