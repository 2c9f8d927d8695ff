"""A nightly flow as a program of its own, so that tests can kill it: ``python night_run.py INBOX OPTIONS-AS-JSON``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(inbox: str, options: dict[str, Any]) -> int:
    from flows.quiet import prefect_ready
    from pipeline.store import open_store

    with open_store() as store, prefect_ready(store.place.files / "prefect"):
        from night_faults import make_recogniser
        from prefect import flow

        from flows import nightly
        from pipeline.nightly.night import night_date
        from pipeline.nightly.settings import NightSettings

        settings = NightSettings(
            Path(inbox), night_date(options.get("date", "2025-03-04")), settle_s=0.05, make_recogniser=make_recogniser,
            time_limit_s=options.get("time_limit_s", 60.0), io_delays_s=(0.05, 0.1),
            store_delays_s=tuple(options.get("store_delays_s", (0.1, 0.2))),
        )  # fmt: skip

        @flow(name="nightly-under-test")
        def night() -> str:
            runner = options.get("runner", "local")
            with nightly.task_runner(runner, options.get("workers", 2), options.get("scheduler")) as runs:
                outcome = nightly.run_night(store, settings, runs, wait_s=options.get("wait_s", 120.0))
            print(json.dumps({"told": outcome.told, "ok": outcome.ok, "worked": outcome.worked}))  # noqa: T201 - read by the test
            return outcome.told

        night()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}))
