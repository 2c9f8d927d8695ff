"""The nightly flow over the faulty transcriber; in a module of its own, since Dask workers import it."""

from __future__ import annotations

import json
from typing import Any

from night_faults import make_recogniser
from prefect import flow

from flows import nightly
from pipeline.nightly.night import night_date
from pipeline.nightly.settings import NightSettings
from pipeline.nightly.shared import place_of
from pipeline.store import open_store


@flow(name="nightly-under-test")
def night(inbox: str, options: dict[str, Any]) -> str:
    """A night as the options say; tells on stdout how it ended."""
    settings = NightSettings(
        place_of(inbox), night_date(options.get("date", "2025-03-04")), settle_s=0.05, make_recogniser=make_recogniser,
        time_limit_s=options.get("time_limit_s", 120.0), io_delays_s=(0.05, 0.1),
        store_delays_s=tuple(options.get("store_delays_s", (0.1, 0.2))),
    )  # fmt: skip
    runner = options.get("runner", "local")
    with (
        open_store() as store,
        nightly.task_runner(runner, options.get("workers", 2), options.get("scheduler")) as runs,
    ):
        outcome = nightly.run_night(store, settings, runs, wait_s=options.get("wait_s", 120.0))
    print(json.dumps({"told": outcome.told, "ok": outcome.ok, "worked": outcome.worked}))  # noqa: T201 - read by the test
    return outcome.told
