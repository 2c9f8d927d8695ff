"""Call lists that are made to cost time or memory: bounded, told, and what is good in them is read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline import call_rows, calls
from pipeline.call_fields import FIELDS, read_field
from pipeline.call_names import derive_call_id, shown_name, without_numbers
from pipeline.calls import parse_call_list, read_call_list
from pipeline.errors import printable
from pipeline.profile import EMPTY

PAGE = 65_536


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What goes on far longer for a page than for a line is not bounded by it."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


@pytest.mark.parametrize(
    "pattern", [" ", "1 ", "+86 1", "2026-05-12T", "13812345678", "010-", "\u3000", '"', "(1)"]
)
@pytest.mark.parametrize("head", ["", "2026年5月12日", "2026-5-12 ", "12 may", "2026年5月12日 下午"])
def test_a_page_in_any_cell_is_read_or_refused_at_once(head: str, pattern: str) -> None:
    cell = (head + pattern * PAGE)[:PAGE]
    with within(2.0):
        for column in FIELDS:
            try:
                read_field(column, cell, EMPTY)
            except ValueError as error:
                assert len(str(error)) < 500  # what is told repeats no page


@pytest.mark.parametrize(
    "masks", [without_numbers, lambda t: shown_name(t, "0" * 64), lambda t: derive_call_id(t, "0" * 64)]
)
@pytest.mark.parametrize(
    "pattern", ["13812345678", "138-1234-5678 ", "1-", "+44 20 7123 4567", "11010119900307123X"]
)
def test_a_page_of_numbers_is_masked_at_once(pattern: str, masks: Callable[[str], str]) -> None:
    with within(2.0):
        assert "1381234567" not in masks((pattern * PAGE)[:PAGE])


def test_a_header_of_many_columns() -> None:
    columns = ",".join(f"c{number}" for number in range(20_000))
    with within(3.0):
        assert len(parse_call_list(f"file,{columns}\na.wav\n".encode(), name="c").records) == 1


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("row", ["a.wav", "", "x.wav,,,"])
def test_rows_without_end(monkeypatch: pytest.MonkeyPatch, row: str, lines: bool) -> None:
    monkeypatch.setattr(call_rows, "MAX_ROWS", 50)
    text = '{"file": "first.wav"}\n' if lines else "file\nfirst.wav\n"
    found = parse_call_list((text + f"{row}\n" * 500).encode(), name="c", lines=lines)
    assert found.records[0].file == "first.wav"
    assert "more than 50 rows" in found.mistakes[-1] and len(found.mistakes) <= 51


def test_mistakes_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_TOLD", 10)
    rows = "".join(f"{number}.wav,x\n" for number in range(100))
    found = parse_call_list(f"file,ring_count\n{rows}".encode(), name="c")
    assert len(found.records) == 100
    assert found.mistakes[10:] == ("c: 90 mistakes more; put right what is told and look again",)


@pytest.mark.parametrize(
    "rows", ['a,"x\ny"\nb,z\n', 'a,"x\nb,y\nc,"z"\n', '"a\n' * 500, '"' * 99, 'a,"\n\n\n"\nb\n']
)
def test_quoted_cells_over_lines_as_ever(rows: str) -> None:
    """The rows of a list whose lines are looked at one after another are those of one that is looked at as a whole."""
    texts = list(call_rows._row_texts(rows, ","))
    assert "".join(text.removesuffix('"') if not closed else text for text, closed in texts).replace(
        "\n", ""
    ) == (rows.replace("\n", ""))


def test_a_cell_that_holds_a_nul_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_bytes(b"file,call_id\na.wav,x\0y\nb.wav,z\n\0\0\0\n")
    read = read_call_list(tmp_path / "calls.csv")
    assert [(each.file, each.call_id) for each in read.records] == [("a.wav", ""), ("b.wav", "z")]
    assert len(read.mistakes) == 1 and "row 2, call_id → up to 200 printable characters" in read.mistakes[0]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            '{"file": "b.wav", "agent_id": "A1", "agent_id": "A2"}',
            "'agent_id' → is given twice in one object",
        ),
        ('{"file": "b.wav", "file": "c.wav"}', "'file' → is given twice in one object; one is accepted"),
        ('{"file": "b.wav", "产品": "甲", "产品": "乙"}', "'产品' → is given twice in one object"),
        ('{"file": "b.wav", "more": {"x": 1, "x": 2}}', "'x' → is given twice in one object"),
        (
            '{"file": "b.wav", "agent_id": "A1", "Agent ID": "A2"}',
            "'agent_id' and 'Agent ID' → name one column",
        ),
    ],
)
def test_a_row_of_json_that_gives_a_key_twice_is_refused_alone(row: str, told: str, tmp_path: Path) -> None:
    listed = tmp_path / "calls.jsonl"
    listed.write_text(
        f'{{"file": "a.wav", "agent_id": "A1"}}\n{row}\n{{"file": "d.wav"}}\n', encoding="utf-8"
    )
    read = read_call_list(listed)
    assert [each.file for each in read.records] == ["a.wav", "d.wav"]
    (mistake,) = read.mistakes
    assert f"calls.jsonl: row 2, {told}" in mistake
    assert mistake.endswith("the row is left out")


def test_a_key_that_stands_in_two_objects_is_no_key_given_twice() -> None:
    row = '{"file": "a.wav", "agent_id": "A1", "more": {"file": "x", "agent_id": "y"}}'
    assert parse_call_list(row.encode(), name="c", lines=True).mistakes == ()


@pytest.mark.parametrize("sign", ["\0", "\x1b[2J", "\x7f", "\u202e", "\u2066"])
def test_signs_in_columns_beyond_ours_are_told_and_reach_nothing(sign: str) -> None:
    raw = f"file,team,st{sign}ate,st{sign}age\na.wav,nor{sign}th,1,2\nb.wav,south,3,4\n"
    raw = raw.replace("st\0", "st\x01") if sign == "\0" else raw  # a NUL is taken out of headings
    read = parse_call_list(raw.encode(), name="calls.csv")
    assert [dict(each.extra) for each in read.records] == [{}, {"team": "south"}]
    told = " ".join(read.mistakes)
    assert "row 2, team → printable characters are accepted" in told and told.count("row 1, ") == 2
    assert all(printable(each) == each for each in read.mistakes)


def test_notes_keep_their_lines_and_lose_what_is_no_text() -> None:
    line = json.dumps(
        {"file": "a.wav", "notes": "one\nt\x1bwo\u202e\0", "told": {"by": ["x"]}, "mended": True}
    )
    read = parse_call_list(line.encode(), name="calls.jsonl", lines=True)
    assert read.records[0].notes == "one\nt?wo??" and read.mistakes == ()
    assert dict(read.records[0].extra) == {"told": '{"by": ["x"]}', "mended": "true"}


@pytest.mark.parametrize("given", ["123", "1.5", "true", '["a.wav"]', '{"name": "a.wav"}'])
def test_a_recordings_name_is_a_text(given: str) -> None:
    read = parse_call_list(f'{{"file": {given}}}\n'.encode(), name="calls.jsonl", lines=True)
    assert not read.records and "a recording's name is accepted, a text" in read.mistakes[0]
