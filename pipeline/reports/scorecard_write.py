"""Writing a period's scorecards into a folder."""

from __future__ import annotations

from pathlib import Path

from pipeline.reports.files import atomic_path, write_atomic
from pipeline.reports.scorecard_build import Scorecards
from pipeline.reports.scorecard_csv import agents_frame, calls_frame, follow_frame, to_csv
from pipeline.reports.scorecard_page import agent_pages, overview_page, page_name
from pipeline.reports.scorecard_xlsx import write_workbook
from pipeline.store import FileArea


def write_scorecards(cards: Scorecards, out: Path, *, language: str, sounds: FileArea | None = None) -> None:
    """Write the tables, the workbook and the pages.

    Parameters
    ----------
    sounds
        Where the calls' sound lies; with it, the calls to hear are copied beside the pages.
    """
    tables = {
        "agents": agents_frame(cards),
        "criteria": cards.criteria,
        "calls": calls_frame(cards),
        "followups": follow_frame(cards.follow_ups),
    }
    for name, table in tables.items():
        write_atomic(out / f"{name}.csv", to_csv(table))
    with atomic_path(out / "scorecard.xlsx") as beside:
        write_workbook(cards, tables, beside, language=language)
    heard = _sounds(cards, out, sounds) if sounds is not None else {}
    for agent, page in agent_pages(cards, language=language, sounds=heard):
        write_atomic(out / "agents" / page_name(agent), page)
    write_atomic(out / "index.html", overview_page(cards, language=language))


def _sounds(cards: Scorecards, out: Path, area: FileArea) -> dict[str, str]:
    """Copy the sound of the calls to hear; what the store has lost is left out."""
    found: dict[str, str] = {}
    for habits in cards.habits.values():
        for _, heard in (*habits.best, *habits.weak):
            digest = heard.audio_file if heard else None
            if digest is None or digest in found or not area.is_whole(digest, "audio"):
                continue
            name = f"{digest[:16]}{area.ending(digest, 'audio')}"
            with atomic_path(out / "sound" / name) as beside:
                area.copy_out(digest, "audio", beside)
            found[digest] = f"../sound/{name}"
    return found
