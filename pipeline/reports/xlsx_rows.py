"""Long tables in a workbook: rows written from whole columns, in a third of the time that cell by cell takes.

xlsxwriter offers no way to hand over a column at once, so this reaches behind `Worksheet` at the one place where it writes
its rows. ``tests/test_xlsx_rows.py`` holds the file against what xlsxwriter itself writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

CHUNK = 2_000
LONGEST = 16_383
"""Characters of a text that fit into a cell (32,767 units of UTF-16) whatever they are."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's cells (texts, truth values, numbers; None stays empty) and the formats of texts and of numbers."""

    values: Sequence[str | bool | float | None]
    text: Any
    number: Any


def put(sheet: Any, columns: Sequence[Column], *, row: int) -> None:
    """The cells of columns from ``row`` down; what isn't known stays empty."""
    for place, column in enumerate(columns):
        for below, value in enumerate(column.values, row):
            if isinstance(value, str):
                sheet.write_string(below, place, value, column.text)
            elif isinstance(value, bool):
                sheet.write_boolean(below, place, value, column.text)
            elif value is not None:
                sheet.write_number(below, place, value, column.number)


class LongSheet(Worksheet):
    """A sheet that holds, below its heading, one long table."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[tuple[list[str | None], Column]] = []

    def fill(self, columns: Sequence[Column]) -> None:
        """Set the table, from the second row and the first column on."""
        strings: Any = self.str_table
        index = strings._get_shared_string_index
        self._columns = [([_inner(value, index) for value in column.values], column) for column in columns]
        self._check_dimensions(len(columns[0].values), len(columns) - 1)

    def _write_rows(self) -> None:
        super()._write_rows()
        file: Any = self.fh
        count = len(self._columns[0][0]) if self._columns else 0
        for start in range(0, count, CHUNK):
            parts = [
                list(self._cells(place, start, inner[start : start + CHUNK], column))
                for place, (inner, column) in enumerate(self._columns)
            ]
            for row, cells in enumerate(zip(*parts, strict=True), start + 2):
                file.write(f'<row r="{row}" spans="1:{len(cells)}">{"".join(cells)}</row>')

    def _cells(self, place: int, start: int, inner: Sequence[str | None], column: Column) -> Iterator[str]:
        name = xl_col_to_name(place)
        text, number = column.text._get_xf_index(), column.number._get_xf_index()
        for row, each in enumerate(inner, start + 2):
            style = text if each and each[0] == " " else number
            yield f'<c r="{name}{row}" s="{style}"{each}</v></c>' if each else ""


def _inner(value: str | bool | float | None, index: Callable[[str], int]) -> str | None:
    """A cell without its place: how its kind is told, and its value (a text's by its index)."""
    if isinstance(value, str):
        return f' t="s"><v>{index(value[:LONGEST])}'
    if isinstance(value, bool):
        return f' t="b"><v>{value:d}'
    return None if value is None else f"><v>{value:.16G}"
