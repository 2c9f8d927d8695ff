"""Scorecards as pages: an overview, and one page an agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.call_names import safe_name
from pipeline.reports.html import render
from pipeline.reports.labels import Text, labels, same
from pipeline.reports.scorecard import OUTCOMES
from pipeline.reports.scorecard_build import AgentHabits, Scorecards
from pipeline.reports.scorecard_flags import FlagNote
from pipeline.store.card_query import NO_CONNECT

STYLES = ("base.css", "scorecard.css")
SCRIPTS = ("base.js", "scorecard.js")
HEAT_CRITERIA = 40
HEAT_AGENTS = 60
SHOWN_CALLS = 300
SHOWN_FOLLOW_UPS = 25
SHOWN_FLAGGED = 20
PLOT_WIDTH = 160
_ZEBRA = ((0.9, "h3"), (0.75, "h2"), (0.5, "h1"), (-1.0, "h0"))


@dataclass(frozen=True, slots=True)
class Plot:
    """A mean with its interval on a scale from 0 to 100, in pixels."""

    mean: float
    low: float | None
    high: float | None
    everybody: float | None = None

    def x(self, value: float | None) -> float:
        """Where a percentage lies."""
        return round((value or 0.0) * PLOT_WIDTH / 100, 1)


def overview_page(cards: Scorecards, *, language: str) -> str:
    """The page of all agents."""
    everybody = _whole(cards)
    rows = [_row(row, cards) for row in _records(cards.agents)]
    values = {
        **_common(cards, language),
        "whole": everybody,
        "rows": rows,
        "groups": [
            (by, _records(table)) for by, table in cards.groups.items() if by != "all" and len(table) > 0
        ],
        "heat": _heat(cards),
        "open": [each for each in cards.follow_ups if each.open][:SHOWN_FOLLOW_UPS],
        "open_count": sum(each.open for each in cards.follow_ups),
        "trend": _trend(cards, None),
        "targets": [(row, cards.targets[row["agent_id"]]) for row in rows if cards.targets[row["agent_id"]]],
    }
    return render("scorecard.html.j2", styles=STYLES, scripts=SCRIPTS, values=values)


def agent_page(cards: Scorecards, agent_id: str, *, language: str, sounds: Mapping[str, str]) -> str:
    """The page of one agent. ``sounds``: audio digest to the sound's path from this page."""
    everybody = _whole(cards)
    row = next(row for row in _records(cards.agents) if row["agent_id"] == agent_id)
    calls = cards.calls[cards.calls["agent_id"] == agent_id].sort_values("percent", na_position="last")
    mine = cards.criteria[cards.criteria["agent_id"] == agent_id]
    order = {each.id: place for place, each in enumerate(cards.view.criteria)}
    criteria = sorted(_records(mine), key=lambda each: order.get(each["criterion"], len(order)))
    outcomes = [
        (labels().get("outcomes", name), row[f"outcome_{name}"], name in NO_CONNECT) for name in OUTCOMES
    ]
    values = {
        **_common(cards, language),
        "whole": everybody,
        "row": _row(row, cards),
        "criteria": [(cards.view.criterion(each["criterion"]), each) for each in criteria],
        "calls": _records(calls.head(SHOWN_CALLS)),
        "flagged": _flagged(cards, calls),
        "more": max(0, len(calls) - SHOWN_CALLS),
        "habits": cards.habits.get(agent_id, AgentHabits()),
        "sounds": sounds,
        "targets": cards.targets.get(agent_id, ()),
        "outcomes": [each for each in outcomes if each[1]],
        "follow_ups": [each for each in cards.follow_ups if each.agent_id == agent_id][:SHOWN_FOLLOW_UPS],
        "trend": _trend(cards, agent_id),
    }
    return render("scorecard_agent.html.j2", styles=STYLES, scripts=SCRIPTS, values=values)


def _flagged(cards: Scorecards, calls: pd.DataFrame) -> list[tuple[dict[str, Any], tuple[FlagNote, ...]]]:
    """The calls to hear with the reasons, those with the most reasons first, then the lowest."""
    notes = cards.attention.flags
    rows = _records(calls[calls["call"].isin(list(notes))])
    return sorted(((row, notes[row["call"]]) for row in rows), key=lambda pair: -len(pair[1]))[:SHOWN_FLAGGED]


def page_name(agent_id: str) -> str:
    """File name of an agent's page."""
    return f"{safe_name(agent_id) if agent_id else '_'}.html"


def _common(cards: Scorecards, language: str) -> dict[str, Any]:
    period = same(cards.period.text)
    return {
        "lang": language,
        "cards": cards,
        "period": cards.period.text,
        "title": labels().get("cards", "title").join(period),
        "t": labels().texts["cards"],
        "c": labels().texts["columns"],
        "states": labels().texts["follow_states"],
        "page_name": page_name,
        "width": PLOT_WIDTH,
        "percent": _percent,
        "when": lambda text: _when(text, cards),
        "view": cards.view,
    }


def _when(text: str, cards: Scorecards) -> str:
    """A time that was agreed, short where it could be resolved, else as it was said."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) <= 10:
        return text
    return f"{moment.astimezone(cards.settings.zone) if moment.tzinfo else moment:%m-%d %H:%M}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None where a table has NaN."""
    return [
        {
            str(key): None if not isinstance(value, list | tuple | dict) and pd.isna(value) else value
            for key, value in row.items()
        }
        for row in table.to_dict("records")
    ]


def _whole(cards: Scorecards) -> dict[str, Any]:
    rows = _records(cards.groups["all"])
    empty = dict.fromkeys(
        (
            "agents",
            "calls",
            "scored",
            "connects",
            "averaged",
            "interested",
            "fatal",
            "provisional",
            "reviewed",
        ),
        0,
    )
    return (
        rows[0]
        if rows
        else {**empty, "score_mean": None, "score_low": None, "score_high": None, "talk_s": None}
    )


def _row(row: dict[str, Any], cards: Scorecards) -> dict[str, Any]:
    agent = row["agent_id"]
    mean = row["score_mean"]
    plot = None if mean is None else Plot(mean, row["score_low"], row["score_high"], cards.everybody)
    follow = [each for each in cards.follow_ups if each.agent_id == agent]
    return {
        **row,
        "plot": plot,
        "page": page_name(agent),
        "shown_name": same(row["agent_name"] or agent) if agent else labels().get("cards", "nobody"),
        "few": row["averaged"] < cards.settings.min_calls,
        "follow_open": sum(each.open for each in follow),
        "grade_text": labels().get("grades", row["grade"]) if row["grade"] else None,
        "reached": cards.targets.get(agent, ()),
    }


def _heat(cards: Scorecards) -> dict[str, Any] | None:
    """Criteria down, agents across: pass rates of what gives points; None where the table would be too wide."""
    agents = [str(agent) for agent in cards.agents["agent_id"]] if len(cards.agents) else []
    if not 1 <= len(agents) <= HEAT_AGENTS or cards.criteria.empty:
        return None
    rates = {
        (str(row["agent_id"]), str(row["criterion"])): row
        for row in _records(cards.criteria)
        if row["judged"]
    }
    weighted = [each for each in cards.view.criteria if each.weight > 0][:HEAT_CRITERIA]
    rows = []
    for criterion in weighted:
        cells = [_cell(rates.get((agent, criterion.id))) for agent in agents]
        known = [row for agent in agents if (row := rates.get((agent, criterion.id)))]
        if known:
            rows.append((criterion, known[0]["team_rate"], cells))
    names = dict(zip(cards.agents["agent_id"], cards.agents["agent_name"], strict=True))
    return {"agents": [names[agent] or agent or "–" for agent in agents], "rows": rows}


def _cell(row: Mapping[str, Any] | None) -> tuple[str, str, Text]:
    if row is None:
        return "", "", same("")
    band = next(name for least, name in _ZEBRA if row["rate"] >= least)
    judged = labels().get("cards", "judged")
    return (
        f"{row['rate'] * 100:.0f}",
        band,
        Text(f"{judged.zh} {row['judged']}", f"{row['judged']} {judged.en}"),
    )


def _trend(cards: Scorecards, agent_id: str | None) -> dict[str, Any] | None:
    """Points of a line over the periods up to this one; None with fewer than two of them."""
    table = cards.trend if agent_id is None else cards.trend[cards.trend["agent_id"] == agent_id]
    points = []
    for place, each in enumerate(cards.period.run_up()):
        rows = table[table["period"] == each.text]
        count = int(rows["averaged"].sum())
        if count:
            mean = float((rows["score_mean"] * rows["averaged"]).sum() / count)
            points.append((30 + place * 90, round(100 - mean * 0.8, 1), each.text, round(mean, 1), count))
    if len(points) < 2:
        return None
    return {"points": points, "line": " ".join(f"{x},{y}" for x, y, *_ in points)}
