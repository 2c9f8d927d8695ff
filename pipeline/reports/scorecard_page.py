"""Scorecards as pages: an overview, and one page an agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from pipeline.call_names import safe_name
from pipeline.reports.follow_ups import FollowUp
from pipeline.reports.html import render
from pipeline.reports.labels import Text, labels, same
from pipeline.reports.scorecard import OUTCOMES
from pipeline.reports.scorecard_build import AgentHabits, Scorecards
from pipeline.reports.scorecard_flags import FlagNote
from pipeline.reports.standard_view import CriterionText
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


class ShownCall(NamedTuple):
    """What the pages show of a call; a template reads it twice as fast as a dictionary."""

    call: int
    agent_id: str
    call_id: str
    started: datetime
    campaign: str
    duration_s: float | None
    outcome: str | None
    percent: float | None
    averaged: bool
    provisional: bool
    human: bool
    fatal: Sequence[str] | None


def overview_page(cards: Scorecards, *, language: str) -> str:
    """The page of all agents."""
    follow = _by_agent(cards.follow_ups)
    rows = [_row(row, cards, follow.get(row["agent_id"], ())) for row in _records(cards.agents)]
    still_open = [each for each in cards.follow_ups if each.open]
    values = {
        **_common(cards, language),
        "whole": _whole(cards),
        "rows": rows,
        "groups": [
            (by, _records(table)) for by, table in cards.groups.items() if by != "all" and len(table) > 0
        ],
        "heat": _heat(cards),
        "open": still_open[:SHOWN_FOLLOW_UPS],
        "open_count": len(still_open),
        "trend": _trend(cards, _records(cards.trend)),
        "targets": [(row, cards.targets[row["agent_id"]]) for row in rows if cards.targets[row["agent_id"]]],
    }
    return render("scorecard.html.j2", styles=STYLES, scripts=SCRIPTS, values=values)


def agent_pages(cards: Scorecards, *, language: str, sounds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each agent with their page. ``sounds``: audio digest to the sound's path from the page."""
    common = {**_common(cards, language), "whole": _whole(cards), "sounds": sounds}
    follow = _by_agent(cards.follow_ups)
    criteria = _rows_by_agent(cards.criteria)
    trend = _rows_by_agent(cards.trend)
    calls = cards.calls[list(ShownCall._fields)]
    places: Any = calls.groupby("agent_id").indices
    for row in _records(cards.agents):
        agent = row["agent_id"]
        mine = calls.take(places.get(agent, ())).sort_values("percent", na_position="last")
        values = {
            **common,
            "row": _row(row, cards, follow.get(agent, ())),
            "criteria": _criteria(cards, criteria.get(agent, ())),
            "calls": _shown(mine.head(SHOWN_CALLS)),
            "flagged": _flagged(cards, mine),
            "more": max(0, len(mine) - SHOWN_CALLS),
            "habits": cards.habits.get(agent, AgentHabits()),
            "targets": cards.targets.get(agent, ()),
            "outcomes": _outcomes(row),
            "follow_ups": follow.get(agent, ())[:SHOWN_FOLLOW_UPS],
            "trend": _trend(cards, trend.get(agent, ())),
        }
        yield agent, render("scorecard_agent.html.j2", styles=STYLES, scripts=SCRIPTS, values=values)


def _by_agent(found: Sequence[FollowUp]) -> dict[str, list[FollowUp]]:
    theirs: dict[str, list[FollowUp]] = {}
    for each in found:
        theirs.setdefault(each.agent_id, []).append(each)
    return theirs


def _rows_by_agent(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    theirs: dict[str, list[dict[str, Any]]] = {}
    for row in _records(table):
        theirs.setdefault(row["agent_id"], []).append(row)
    return theirs


def _criteria(
    cards: Scorecards, rows: Sequence[dict[str, Any]]
) -> list[tuple[CriterionText, dict[str, Any]]]:
    """An agent's criteria in the standard's order."""
    order = {each.id: place for place, each in enumerate(cards.view.criteria)}
    ordered = sorted(rows, key=lambda each: order.get(each["criterion"], len(order)))
    return [(cards.view.criterion(each["criterion"]), each) for each in ordered]


def _outcomes(row: Mapping[str, Any]) -> list[tuple[Text, int, bool]]:
    """The outcomes that an agent's calls had: how many, and whether nobody was reached."""
    counted = [(name, row[f"outcome_{name}"]) for name in OUTCOMES]
    return [(labels().get("outcomes", name), count, name in NO_CONNECT) for name, count in counted if count]


def _shown(calls: pd.DataFrame) -> list[ShownCall]:
    return [ShownCall(*row) for row in zip(*_columns(calls), strict=True)]


def _flagged(cards: Scorecards, calls: pd.DataFrame) -> list[tuple[ShownCall, tuple[FlagNote, ...]]]:
    """The calls to hear with the reasons, those with the most reasons first, then the lowest."""
    notes = cards.attention.flags
    rows = _shown(calls[[call in notes for call in calls["call"]]])
    return sorted(((row, notes[row.call]) for row in rows), key=lambda pair: -len(pair[1]))[:SHOWN_FLAGGED]


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
    names = [str(name) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*_columns(table), strict=True)]


def _columns(table: pd.DataFrame) -> list[list[Any]]:
    return [
        [value if known else None for value, known in zip(column.tolist(), column.notna(), strict=True)]
        for _, column in table.items()
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


def _row(row: dict[str, Any], cards: Scorecards, follow: Sequence[FollowUp]) -> dict[str, Any]:
    agent = row["agent_id"]
    mean = row["score_mean"]
    plot = None if mean is None else Plot(mean, row["score_low"], row["score_high"], cards.everybody)
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


def _trend(cards: Scorecards, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Points of a line over the periods up to this one; None with fewer than two of them."""
    points = []
    for place, each in enumerate(cards.period.run_up()):
        means = [
            (row["score_mean"], row["averaged"])
            for row in rows
            if row["period"] == each.text and row["averaged"]
        ]
        if count := sum(averaged for _, averaged in means):
            mean = sum(mean * averaged for mean, averaged in means) / count
            points.append((30 + place * 90, round(100 - mean * 0.8, 1), each.text, round(mean, 1), count))
    if len(points) < 2:
        return None
    return {"points": points, "line": " ".join(f"{x},{y}" for x, y, *_ in points)}
