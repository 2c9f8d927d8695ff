"""The flow that `flows.load` measures: a night with a transcriber that answers at once."""

from __future__ import annotations

import statistics
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow
from sqlalchemy import select

from flows.nightly import run_night, task_runner
from pipeline.nightly.instant import instant_recogniser
from pipeline.nightly.settings import NightSettings
from pipeline.store import Store, open_store
from pipeline.store.tables import Score


@flow(name="nightly-load")
def load_night(inbox: str, workers: int) -> dict[str, Any]:
    """A night as `flows.nightly` runs it; what its calls took, and whether the ledger is exact."""
    settings = NightSettings(Path(inbox), date(2025, 3, 4), settle_s=0.0, make_recogniser=instant_recogniser)
    with open_store() as store:
        with task_runner("local", workers, None) as runs:
            outcome = run_night(store, settings, runs, wait_s=0.0)
        return {"told": outcome.told, "night_s": round(outcome.elapsed_s, 1)} | _seconds(
            store, outcome.elapsed_s, workers
        )


def _seconds(store: Store, elapsed_s: float, workers: int) -> dict[str, Any]:
    with store.reading() as session:
        rows = [seconds for (seconds,) in session.execute(select(Score.seconds))]
    work = [sum(row.values()) for row in rows]
    stages = (
        {name: round(statistics.median(row[name] for row in rows) * 1000, 1) for name in rows[0]}
        if rows
        else {}
    )
    overhead = (elapsed_s * workers - sum(work)) / max(1, len(rows))
    return {"median_ms": stages, "work_ms_per_call": round(sum(work) / max(1, len(rows)) * 1000, 1),
            "overhead_ms_per_call": round(overhead * 1000, 1)}  # fmt: skip
