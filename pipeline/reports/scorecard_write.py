"""Writing a period's scorecards into a folder."""

from __future__ import annotations

from pathlib import Path

from pipeline.reports.files import write_atomic
from pipeline.reports.scorecard_build import Scorecards
from pipeline.reports.scorecard_csv import agents_frame, calls_frame, follow_frame, to_csv


def write_scorecards(cards: Scorecards, out: Path, *, language: str) -> None:
    """Write the tables, the workbook and the pages."""
    tables = {
        "agents.csv": agents_frame(cards),
        "criteria.csv": cards.criteria,
        "calls.csv": calls_frame(cards),
        "followups.csv": follow_frame(cards.follow_ups),
    }
    for name, table in tables.items():
        write_atomic(out / name, to_csv(table))
