"""Rows of a call list's text, CSV or a JSON object a line; a row that can't be read as written is told."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.call_fields import column_of, holds_signs
from pipeline.config_messages import shown
from pipeline.errors import ConfigError, printable, why
from pipeline.json_once import DoubledKeyError, loads_once

__all__ = ["MAX_ROWS", "csv_rows", "json_rows"]

MAX_FIELD = 64 << 20
MAX_ROWS = 1_000_000
MOST_LINES = 200
"""Lines that a quoted cell may go over; a quote that closes later than that is taken for one that was forgotten."""


def csv_rows(text: str, name: str, mistakes: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row by its header, with its number as a spreadsheet shows it, the header being row 1."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t，", key=head.count) if head.count(",") == 0 else ","
    csv.field_size_limit(MAX_FIELD)
    texts = _row_texts(text, delimiter)
    first, _closed = next(texts, ("", True))
    header = [column_of(cell.replace("\0", "")) for cell in _cells(first, delimiter)]
    for place, column in enumerate(header):
        if holds_signs(column):
            mistakes.append(
                f"{name}: row 1, {column} → a name of printable characters is accepted; {_COLUMN}"
            )
            header[place] = ""
    _check_header(header, name)
    for number, (row, closed) in enumerate(texts, start=2):
        if number > MAX_ROWS + 1:
            mistakes.append(_too_many(name, number))
            break
        if not closed:
            mistakes.append(
                f"{name}: row {number} → a quote is opened and not closed; the row is read to the end of its line"
            )
        try:
            cells = _cells(row, delimiter)
        except csv.Error as error:
            mistakes.append(
                f"{name}: row {number} → not CSV ({error}); cells of up to {MAX_FIELD:,} characters are accepted"
            )
            continue
        if not any(cell.strip("\0 \t\r\n\u3000") for cell in cells):
            continue
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            mistakes.append(
                f"{name}: row {number} → {len(cells)} cells under {len(header)} columns; the rest is left out"
            )
        yield number, dict(zip(header, cells, strict=False))


def _cells(row: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(row, newline=""), delimiter=delimiter), [])


def _row_texts(text: str, delimiter: str) -> Iterator[tuple[str, bool]]:
    """Each row's text, and whether its quotes close; one whose quotes don't is cut at the end of its first line."""
    coming, ahead = io.StringIO(text, newline=""), deque[str]()
    while first := ahead.popleft() if ahead else next(coming, ""):
        row, taken, state = first, 0, _state(first, delimiter)
        while state is _OPEN and taken < MOST_LINES - 1:
            if taken == len(ahead) and (line := next(coming, None)) is not None:
                ahead.append(line)
            if taken == len(ahead):
                break
            row += ahead[taken]
            taken += 1
            state = _state(row, delimiter)
        # a first line that is odd within itself is read as ever; over several lines its quote belongs to another row
        if state is _WHOLE or (state is _ODD and not taken):
            for _ in range(taken):
                ahead.popleft()
            yield row, True
        else:
            yield first.rstrip("\r\n") + '"', False


def _too_many(name: str, number: int) -> str:
    return f"{name}: row {number} → more than {MAX_ROWS:,} rows; the rest is left out"


_WHOLE, _OPEN, _ODD = "whole", "open", "odd"


def _state(row: str, delimiter: str) -> str:
    """Whether a row's quoted cells are closed, one is open, or a closed one goes on behind its quote."""
    if '"' not in row:
        return _WHOLE
    mark = re.escape(delimiter)
    cells = re.compile(rf'(?:"[^"]*(?:""[^"]*)*"(?={mark}|\r|\n|$)|(?!")[^{mark}]*)(?:{mark}|[\r\n]*$)')
    place = 0
    while place < len(row):
        cell = cells.match(row, place)
        if cell is None:
            closes = re.compile(r'"[^"]*(?:""[^"]*)*"').match(row, place)
            return _OPEN if closes is None else _ODD
        if cell.end() == place:
            break
        place = cell.end()
    return _WHOLE


def _check_header(header: list[str], name: str) -> None:
    if "file" not in header:
        given = printable(", ".join(header[:30])) or "nothing"
        raise ConfigError([f"{name}: row 1 → a column named file is required; the header holds {given}"])
    twice = sorted(column for column, times in Counter(header).items() if column and times > 1)
    if twice:
        raise ConfigError([f"{name}: row 1, {printable(column)} → given twice; keep one" for column in twice])


_ONE = "one of them is accepted"
_LEFT = "the row is left out"
_COLUMN = "the column is left out"


def _not_json(error: Exception) -> str:
    return f"no JSON from column {error.colno} on" if isinstance(error, json.JSONDecodeError) else why(error)


def json_rows(text: str, name: str, mistakes: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line's object, with its number."""
    for number, line in enumerate(io.StringIO(text, newline="\n"), start=1):
        if number > MAX_ROWS:
            mistakes.append(_too_many(name, number))
            break
        if not line.strip():
            continue
        try:
            row = loads_once(line)
        except DoubledKeyError as error:
            mistakes.append(f"{name}: row {number}, {error.key} → {error}; {_LEFT}")
            continue
        except (ValueError, RecursionError) as error:
            mistakes.append(f"{name}: row {number} → {_not_json(error)}; one JSON object a line is accepted")
            continue
        if not isinstance(row, dict):
            mistakes.append(f"{name}: row {number} → an object is accepted, not {type(row).__name__}")
            continue
        named = {column_of(key): value for key, value in row.items()}
        if len(named) < len(row):
            mistakes.append(f"{name}: row {number}, {_same_column(row)} → name one column; {_ONE}; {_LEFT}")
            continue
        yield number, named


def _same_column(row: Mapping[str, Any]) -> str:
    """The first keys of a row that mean the same column."""
    first: dict[str, str] = {}
    return next(
        f"{shown(first[column])} and {shown(key)}"
        for key in row
        if first.setdefault(column := column_of(key), key) != key
    )
