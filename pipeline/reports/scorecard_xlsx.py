"""Scorecards as a workbook: formatted, filterable, with charts; every text is a text, never a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from pipeline.reports.calls_csv import neutral
from pipeline.reports.labels import labels
from pipeline.reports.scorecard_build import Scorecards
from pipeline.reports.scorecard_csv import AGENT_FIRST
from pipeline.reports.xlsx_rows import Column, LongSheet, put

LONG = ("calls", "follow_ups")
MOST_CALLS = 50_000
"""Rows of the sheet of calls; the whole table stands in calls.csv."""
MOST_FOLLOW_UPS = 100_000
"""Rows of the sheet of follow-ups, the open ones first; all stand in followups.csv."""
CHART_AGENTS = 40
ONE_PAGE = 60
"""Rows of the summary up to which it is printed on one page."""
RATES = frozenset(
    ["connect_rate", "connect_rate_low", "connect_rate_high", "coverage", "rate", "low", "high", "team_rate"]
)
WIDE = {
    "campaigns": 30,
    "agreed": 34,
    "criterion": 30,
    "call_id": 22,
    "started": 24,
    "started_at": 24,
    "fatal": 12,
    "flags": 22,
}


@dataclass(slots=True)
class _Book:
    """The open workbook, its formats and the language of its labels."""

    workbook: Any
    language: str
    formats: Mapping[str, Any]

    def text(self, group: str, name: str) -> str:
        return getattr(labels().get(group, name), self.language)


def write_workbook(
    cards: Scorecards, tables: Mapping[str, pd.DataFrame], path: Path, *, language: str
) -> None:
    """Write ``scorecard.xlsx``: summary, agents, criteria, calls, follow-ups, trend.

    Parameters
    ----------
    tables
        ``agents``, ``calls`` and ``followups`` as the CSV files hold them.
    """
    import xlsxwriter

    kinds = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers", "nan_inf_to_errors")
    options = dict.fromkeys(kinds, False)
    with xlsxwriter.Workbook(str(path), options) as workbook:
        book = _Book(workbook, language, _formats(workbook))
        sheets = {
            name: workbook.add_worksheet(book.text("cards", name), LongSheet if name in LONG else None)
            for name in ("summary", "agents", "criteria", "calls", "follow_ups", "trend")
        }
        agents, calls, follow_ups = tables["agents"], tables["calls"], tables["followups"]
        _table(book, sheets["agents"], agents)
        sheets["agents"].print_area(
            0, 0, len(agents), len(AGENT_FIRST) - 1
        )  # the others are too many for paper
        _table(book, sheets["criteria"], _criteria(cards, language))
        _table(book, sheets["calls"], calls.head(MOST_CALLS))
        _table(book, sheets["follow_ups"], _worded(book, follow_ups.head(MOST_FOLLOW_UPS)))
        _table(book, sheets["trend"], cards.trend)
        _shade(book, sheets, agents, cards)
        many = len(calls) > MOST_CALLS or len(follow_ups) > MOST_FOLLOW_UPS
        _summary(book, sheets["summary"], cards, many=many)
        _charts(book, sheets["summary"], agents, cards)


def _formats(workbook: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"font_name": "Arial", "font_size": 10, "valign": "vcenter"}
    made: dict[str, dict[str, Any]] = {
        "text": {}, "head": {
            "bold": True, "bg_color": "#2B65A8", "font_color": "#FFFFFF", "text_wrap": True, "border": 1,
            "border_color": "#E2E0D9",
        },
        "number": {"num_format": "#,##0.0"}, "whole": {"num_format": "#,##0"}, "rate": {"num_format": "0.0%"},
        "title": {"bold": True, "font_size": 16}, "soft": {"font_color": "#5B626B"},
        "bold": {"bold": True}, "section": {"bold": True, "font_size": 12, "bottom": 1},
    }  # fmt: skip
    return {name: workbook.add_format({**plain, **form}) for name, form in made.items()}


def _criteria(cards: Scorecards, language: str) -> pd.DataFrame:
    table = cards.criteria.copy()
    names = {name: getattr(cards.view.criterion(name).title, language) for name in set(table["criterion"])}
    table.insert(2, "name", table["criterion"].map(names))
    return table


def _worded(book: _Book, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        state=[book.text("follow_states", name) for name in table["state"]],
        outcome=[book.text("outcomes", name) for name in table["outcome"]],
    )


def _heading(book: _Book, name: str) -> str:
    if name.startswith("outcome_"):
        return book.text("outcomes", name.removeprefix("outcome_"))
    if name.startswith("target_"):
        part = name.removeprefix("target_").removesuffix("_reached")
        what = (
            book.text("cards", "reached") if name.endswith("_reached") else book.text("columns", "expected")
        )
        return f"{what}: {book.text('columns', part)}"
    group = "columns" if name in labels().texts["columns"] else "verdicts"
    return book.text(group, name)


def _table(book: _Book, sheet: Any, table: pd.DataFrame) -> None:
    """A table from the first cell on: fixed heading, filter, widths by kind."""
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 32)
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, _heading(book, str(name)), book.formats["head"])
        sheet.set_column(column, column, WIDE.get(str(name), 13))
    columns = [_column(book, table[name]) for name in table.columns]
    if isinstance(sheet, LongSheet):
        sheet.fill(columns)
    else:
        put(sheet, columns, row=1)
    if len(table.columns):
        sheet.autofilter(0, 0, max(1, len(table)), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _column(book: _Book, column: pd.Series) -> Column:
    whole = pd.api.types.is_integer_dtype(column)
    number = book.formats["rate" if column.name in RATES else "whole" if whole else "number"]
    values = [neutral(value) if isinstance(value, str) else _known(value) for value in column.tolist()]
    return Column(values, book.formats["text"], number)


def _known(value: Any) -> Any:
    return None if value is pd.NA or value != value else value


def _shade(book: _Book, sheets: Mapping[str, Any], agents: pd.DataFrame, cards: Scorecards) -> None:
    """Colours where they say something: bars for scores, a scale for pass rates."""
    place = list(agents.columns).index("score_mean")
    bar = {
        "type": "data_bar", "bar_color": "#7FB1EC", "bar_solid": True, "min_type": "num", "min_value": 0,
        "max_type": "num", "max_value": 100,
    }  # fmt: skip
    sheets["agents"].conditional_format(1, place, max(1, len(agents)), place, bar)
    columns = list(_criteria(cards, book.language).columns)
    scale = {
        "type": "3_color_scale", "min_color": "#F4C7C3", "mid_color": "#FCE8B2", "max_color": "#B7E1CD",
        "min_type": "num", "min_value": 0, "mid_type": "num", "mid_value": 0.5, "max_type": "num", "max_value": 1,
    }  # fmt: skip
    for name in ("rate", "team_rate"):
        at = columns.index(name)
        sheets["criteria"].conditional_format(1, at, max(1, len(cards.criteria)), at, scale)


def _summary(book: _Book, sheet: Any, cards: Scorecards, *, many: bool) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 13, 12)
    title = f"{book.text('cards', 'title')} {cards.period.text}"
    sheet.write_string(0, 0, title, book.formats["title"])
    row = 2
    for line in _notes(book, cards, many=many):
        sheet.write_string(row, 0, neutral(line), book.formats["soft"])
        row += 1
    row += 1
    for by, table in cards.groups.items():
        if table.empty:
            continue
        sheet.write_string(
            row, 0, book.text("cards", "team_name" if by == "team" else by), book.formats["section"]
        )
        shown = table.assign(name=book.text("cards", "all")) if by == "all" else table
        for column, name in enumerate(shown.columns):
            sheet.write_string(row + 1, column, _heading(book, str(name)), book.formats["head"])
        put(sheet, [_column(book, shown[name]) for name in shown.columns], row=row + 2)
        sheet.set_row(row + 1, 30)
        row += len(shown) + 3
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1 if row < ONE_PAGE else 0)  # so that no chart is cut in two


def _notes(book: _Book, cards: Scorecards, *, many: bool) -> Sequence[str]:
    text = book.text
    lines = [
        f"{text('cards', 'generated')}: {cards.settings.zone.key}",
        f"{text('cards', 'note_standards')}: "
        + ", ".join(f"{use.id} {use.version} ({use.calls})" for use in cards.used),
        text("cards", "note_average"),
        f"{text('cards', 'note_rank')}: {cards.settings.min_calls}",
        text("cards", "note_like"),
    ]
    if cards.without_start:
        lines.append(f"{text('cards', 'note_no_start')}: {cards.without_start}")
    if cards.idle:
        lines.append(f"{text('cards', 'idle')}: {', '.join(cards.idle)}")
    return [*lines, text("cards", "note_limit")] if many else lines


def _charts(book: _Book, sheet: Any, agents: pd.DataFrame, cards: Scorecards) -> None:
    if agents.empty:
        return
    last = min(len(agents), CHART_AGENTS)
    where = book.text("cards", "agents")
    columns = list(agents.columns)
    spread = agents.head(last)

    def cells(name: str) -> list[Any]:
        return [where, 1, columns.index(name), last, columns.index(name)]

    means = book.workbook.add_chart({"type": "bar"})
    bars = _error_bars(book, spread, at=len(columns) + 1)
    means.add_series(
        {
            "name": book.text("columns", "score_mean"), "categories": cells("agent_id"),
            "values": cells("score_mean"), "x_error_bars": bars, "fill": {"color": "#7FB1EC"}, "gap": 60,
        }
    )  # fmt: skip
    means.set_title({"name": f"{book.text('columns', 'score_mean')} · {book.text('cards', 'interval')}"})
    means.set_x_axis({"min": 0, "max": 100})
    means.set_y_axis({"reverse": True})
    means.set_legend({"none": True})
    means.set_size({"width": 620, "height": max(260, 60 + 24 * last)})
    outcomes = _outcomes(book, columns, cells, last)
    row = 8 + sum(len(table) + 3 for table in cards.groups.values() if len(table)) + 4
    sheet.insert_chart(row, 0, means)
    sheet.insert_chart(row, 7, outcomes)


def _error_bars(book: _Book, agents: pd.DataFrame, *, at: int) -> dict[str, str]:
    """What the interval reaches above and below each mean, in cells beside the table: not every program reads constants."""
    where = book.text("cards", "agents")
    sheet = book.workbook.get_worksheet_by_name(where)
    ends = {
        "plus_values": agents["score_high"] - agents["score_mean"],
        "minus_values": agents["score_mean"] - agents["score_low"],
    }
    bars = {"type": "custom"}
    for column, (name, values) in enumerate(ends.items(), at):
        sheet.write_string(
            0,
            column,
            f"{book.text('cards', 'interval')} {'+' if column == at else '−'}",
            book.formats["head"],
        )
        sheet.write_column(1, column, values.fillna(0).tolist(), book.formats["number"])
        first, last = (
            xl_rowcol_to_cell(1, column, True, True),
            xl_rowcol_to_cell(len(agents), column, True, True),
        )
        bars[name] = f"={quote_sheetname(where)}!{first}:{last}"
    return bars


def _outcomes(book: _Book, columns: Sequence[str], cells: Callable[[str], list[Any]], last: int) -> Any:
    """Shares of the outcomes by agent, as stacked bars."""
    outcomes = book.workbook.add_chart({"type": "bar", "subtype": "percent_stacked"})
    for name in (name for name in columns if name.startswith("outcome_")):
        outcomes.add_series(
            {
                "name": _heading(book, name),
                "categories": cells("agent_id"),
                "values": cells(name),
                "gap": 60,
            }
        )
    outcomes.set_title({"name": book.text("cards", "outcomes")})
    outcomes.set_y_axis({"reverse": True})
    outcomes.set_size({"width": 620, "height": max(260, 60 + 24 * last)})
    return outcomes
