"""What hostile words do once they are in the store: nothing, in tables, in the database, in logs."""

from __future__ import annotations

import ast
import csv
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from period_store import Made, fill
from sqlalchemy import func, select

from pipeline.commands import options
from pipeline.errors import CallgaugeError
from pipeline.reports.period import parse_period
from pipeline.review.people import find_user
from pipeline.review.queue import Filters, queue
from pipeline.review.reading import UnreadableError
from pipeline.review.rights import Person
from pipeline.store import Store, open_store
from pipeline.store.forgetting import calls_of, person_of
from pipeline.store.holds import hold
from pipeline.store.tables import Call

ROOT = Path(__file__).parents[1]
FORMULAS = (
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\u202e=1",
    "＝1",
    ' =HYPERLINK("http://x")',
)
INJECTIONS = (
    "' OR 1=1 --", "'; DROP TABLE calls; --", "%' UNION SELECT password_hash FROM users --", "\\'; --", "a' || 'b", "%", "_",
    "\x1b[2J", "a\nERROR: forged", "\ud800", "x" * 10_000,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "s.db")) as opened:
        yield opened


def callgauge(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_no_cell_of_any_exported_table_is_a_formula(store: Store, tmp_path: Path) -> None:
    made = [
        Made(
            f"{text}{i}", f"{text}{i}", "2025-03-05T09:00:00+08:00", 50.0, "interested", f"{text}{i}",
            agent_name=text, customer_id=f"{text}{i}", follow_up={"text": text, "when": None},
            verdicts={"opening.company": "fail"},
        )
        for i, text in enumerate(FORMULAS)
    ]  # fmt: skip
    fill(store, *made)
    url = store.place.text
    out = tmp_path / "out"
    callgauge("scorecard", "--period", "2025-03", "--out", out, "--store", url)
    callgauge("followups", "--date", "2025-03-05", "--out", out / "today.csv", "--store", url)
    callgauge("store", "suppressions", "--out", out / "suppressed.csv", "--store", url)
    tables = sorted(out.rglob("*.csv"))
    assert {path.name for path in tables} >= {
        "agents.csv",
        "calls.csv",
        "criteria.csv",
        "followups.csv",
        "today.csv",
    }
    seen = 0
    for path in tables:
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
            for cell in row:
                seen += "cmd|" in cell
                head = cell.lstrip("".join(map(chr, range(33))) + "\u202e\u3000\ufeff")
                number = head.removeprefix("-").replace(".", "", 1).isdigit()
                assert number or not head.startswith(("=", "+", "-", "@", "＝")), f"{path.name}: {cell!r}"
    assert seen >= 4


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_word_is_read_as_sql(store: Store, text: str) -> None:
    fill(store, Made("c1", "A01", "2025-03-05T09:00:00+08:00", 50.0, customer_id="C1"))
    everybody = Person(1, "x", "admin", None, None)
    with store.reading() as session:
        for name in (
            "agent",
            "team",
            "criterion",
            "verdict",
            "outcome",
            "assigned",
            "before",
            "since",
            "least",
            "reason",
        ):
            try:
                items, _ = queue(session, everybody, Filters.of({name: text, "state": "any"}, reason="all"))
            except UnicodeEncodeError:
                assert text == "\ud800"  # no database takes half a character
                continue
            except UnreadableError:
                assert name in (
                    "before",
                    "since",
                    "least",
                    "reason",
                    "verdict",
                    "outcome",
                )  # a number, a day, a closed list
                continue
            assert len(items) <= 1
            if name in ("agent", "team", "criterion", "verdict", "outcome", "assigned"):
                assert items == []
        if text != "\ud800":
            assert find_user(session, text) is None
            assert (
                queue(session, Person(1, text, "coach", text, text), Filters(reason="all", state="any"))[0]
                == []
            )
        assert calls_of(session, person_of(customer=text)) == []
        assert calls_of(session, person_of(number=text)) == []
        if text != "\ud800":
            with pytest.raises(CallgaugeError):
                hold(session, [text], reason="r", by="b")
        with pytest.raises(CallgaugeError):
            parse_period(text)
        assert session.scalar(select(func.count()).select_from(Call)) == 1


def test_statements_are_written_not_put_together() -> None:
    """Raw SQL is a constant everywhere but in migrations, where no data reaches it."""
    wrong = []
    for path in (
        file for folder in ("pipeline", "flows", "models") for file in (ROOT / folder).rglob("*.py")
    ):
        if path.parent.name == "versions":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports_text = any(
            isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("sqlalchemy")
            and any(alias.name == "text" for alias in node.names)
            for node in ast.walk(tree)
        )
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name = ast.unparse(node.func)
            raw = name.endswith("exec_driver_sql") or (name == "text" and imports_text)
            if raw and any(
                isinstance(each, ast.JoinedStr | ast.BinOp | ast.Call) for each in ast.walk(node.args[0])
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node.args[0])}")
    assert wrong == []


def test_the_threat_model_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = set(re.findall(r"test_\w+", text))
    there = {path.stem for path in (ROOT / "tests").glob("test_*.py")}
    for path in (ROOT / "tests").glob("test_*.py"):
        there |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(named) > 30
    assert named - there == set()


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("text", [text for text in INJECTIONS if text != "\ud800"])
def test_no_word_forges_a_line_of_the_log(
    form: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    options.start_log(form)
    logging.getLogger("pipeline.test").warning("%s: something", text)
    (line,) = capsys.readouterr().err.splitlines()
    assert "\x1b" not in line
    if form == "json":
        assert json.loads(line)["message"] == f"{text}: something"
    else:
        assert line.startswith("WARNING: ")
