"""A long sheet holds what xlsxwriter itself would have written, cell by cell."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from pipeline.reports import xlsx_rows
from pipeline.reports.xlsx_rows import Column, LongSheet, put

ROWS = 2 * xlsx_rows.CHUNK + 7
NAMES = ("text", "mixed", "number", "end")


def book(path: Path, kind: type[Worksheet]) -> dict[str, str]:
    """A workbook of one table, written by a kind of sheet: its parts, with each text in its cell."""
    with xlsxwriter.Workbook(str(path)) as workbook:
        text, number = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "0.0"})
        columns = [
            Column([f"<{i % 5}> & \x07" for i in range(ROWS)], text, number),
            Column([(None, True, False, "", "é")[i % 5] for i in range(ROWS)], text, number),
            Column([None if i % 7 == 3 else i / 3 for i in range(ROWS)], text, number),
            Column(range(ROWS), text, number),
        ]
        sheet = workbook.add_worksheet("all", kind)
        for place, name in enumerate(NAMES):
            sheet.write_string(0, place, name, text)
        if isinstance(sheet, LongSheet):
            sheet.fill(columns)
        else:
            put(sheet, columns, row=1)
        sheet.autofilter(0, 0, ROWS, len(columns) - 1)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/")}


def test_a_long_sheet_is_written_as_cell_by_cell(tmp_path: Path) -> None:
    plain, long = book(tmp_path / "plain.xlsx", Worksheet), book(tmp_path / "long.xlsx", LongSheet)
    assert long == plain
    sheet = long["xl/worksheets/sheet1.xml"]
    assert len(re.findall("<row ", sheet)) == ROWS + 1
    assert f'<c r="D{ROWS + 1}" s="2"><v>{ROWS - 1}</v></c>' in sheet


def test_a_text_that_no_cell_holds_is_cut(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as workbook:
        sheet = workbook.add_worksheet("all", LongSheet)
        plain = workbook.add_format()
        sheet.fill([Column(["\U0001f600" * 40_000], plain, plain)])
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        strings = archive.read("xl/sharedStrings.xml").decode()
    assert strings.count("\U0001f600") == xlsx_rows.LONGEST
