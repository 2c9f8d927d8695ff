"""Nightly runs as programs of their own, on one Prefect server, and what they left in the store."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from pipeline.store import open_store
from pipeline.store.night_tables import LedgerEntry
from pipeline.store.tables import Call, CriterionRow, Score

TESTS = Path(__file__).parent


@contextlib.contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """A Prefect server for many runs, so that each starts fast; its address."""
    from flows import quiet

    (home / "p").mkdir(parents=True, exist_ok=True)
    kept = dict(os.environ)
    try:
        os.environ.pop("PREFECT_API_URL", None)
        os.environ["PREFECT_HOME"] = str(home / "p")
        quiet.settle_environment(home / "p")
        with quiet._private_server(home / "p") as url:
            yield url
    finally:
        os.environ.clear()
        os.environ.update(kept)


@dataclass
class Program:
    """A store, an inbox and a Prefect server; starts runs over them."""

    url: str
    inbox: Path
    api: str
    environment: dict[str, str]

    def start(self, **options: Any) -> subprocess.Popen[str]:
        """Start a run in a process of its own."""
        paths = os.pathsep.join((str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")))
        environment = {
            **os.environ, "CALLGAUGE_STORE": self.url, "PREFECT_API_URL": self.api, "PYTHONPATH": paths,
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            **self.environment,
        }  # fmt: skip
        command = [
            sys.executable,
            str(TESTS / "night_run.py"),
            options.pop("url", str(self.inbox)),
            json.dumps(options),
        ]
        return subprocess.Popen(
            command,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, *, limit_s: float = 300.0, **options: Any) -> dict[str, Any]:
        """A run to its end: what it told."""
        process = self.start(**options)
        out, error = process.communicate(timeout=limit_s)
        assert process.returncode == 0, error[-3000:]
        told: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
        return told

    def left(self) -> dict[str, Any]:
        """What is in the store: each file's state, each call's verdicts and number of versions."""
        with open_store(self.url) as store, store.reading() as session:
            states = {
                file: (state, reason)
                for file, state, reason in session.execute(
                    select(LedgerEntry.file, LedgerEntry.state, LedgerEntry.reason)
                )
            }
            rows = session.scalar(select(func.count()).select_from(LedgerEntry))
            verdicts: dict[str, Any] = {}
            query = select(Call.call_id, CriterionRow.criterion, CriterionRow.verdict, CriterionRow.points)
            query = query.join(Score, Score.call == Call.id).join(
                CriterionRow, CriterionRow.score == Score.id
            )
            for call_id, criterion, verdict, points in session.execute(query):
                verdicts.setdefault(call_id, {})[criterion] = (verdict, points)
            counted = select(Call.call_id, func.count(Score.id)).join(Score, Score.call == Call.id)
            versions = dict(session.execute(counted.group_by(Call.call_id)).all())  # type: ignore[arg-type]
        return {"states": states, "rows": rows, "verdicts": verdicts, "versions": versions}


def orphans(inbox: Path) -> list[str]:
    """Processes that still work on calls or wait to."""
    told = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in told.splitlines() if "pipeline.nightly.child" in line]
