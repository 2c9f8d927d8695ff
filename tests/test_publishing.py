"""From a draft to what calls are judged by: approved by another than its author, in force by the day of the call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from night_fakes import run_night, write_wav
from sqlalchemy import select

from pipeline.cli import cli
from pipeline.errors import ConfigError
from pipeline.standards import Standard
from pipeline.standards.library import read_standard
from pipeline.store import Store, open_store
from pipeline.store.keep import keep_standard
from pipeline.store.standards_kept import approve, in_force, kept_standard, publish, retire, versions
from pipeline.store.tables import Call, Score, StandardText

AT = datetime(2025, 3, 1, 8, tzinfo=UTC)
TODAY = date(2025, 3, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


def draft(version: str, name: str = "telesales-cn") -> Standard:
    text = f"extends: telesales-cn\nid: {name}\nversion: {version}\nstatus: draft\nauthor: Wang"
    return read_standard(text, name="draft.yaml")


def published(store: Store, version: str, since: date, name: str = "telesales-cn") -> None:
    with store.writing() as session:
        approve(session, draft(version, name), by="Chen", at=AT)
        publish(session, name, version, by="Chen", since=since, today=TODAY, at=AT)


def test_the_way_of_a_version(store: Store) -> None:
    with store.writing() as session:
        made = approve(session, draft("2.0.0"), by="Chen", at=AT)
        assert (made.state, made.author, made.approver, made.effective_from) == (
            "approved",
            "Wang",
            "Chen",
            None,
        )
        kept = kept_standard(session, "telesales-cn@2.0.0")
        assert (kept.status, kept.approver) == ("approved", "Chen")
        made = publish(session, "telesales-cn", "2.0.0", by="Li", since=date(2025, 4, 1), today=TODAY, at=AT)
        assert (made.state, made.by, made.effective_from) == ("published", "Li", date(2025, 4, 1))
        kept = kept_standard(session, "telesales-cn@2.0.0")
        assert (kept.status, kept.effective_from) == ("published", date(2025, 4, 1))
        made = retire(session, "telesales-cn", "2.0.0", by="Li", at=AT)
        assert (made.state, made.effective_from) == ("retired", date(2025, 4, 1))
        assert [each.version for each in versions(session)] == ["2.0.0"]


def test_what_is_refused(store: Store) -> None:
    with store.writing() as session:
        with pytest.raises(ConfigError, match="other than the author"):
            approve(session, draft("2.0.0"), by=" wang ", at=AT)
        with pytest.raises(ConfigError, match="standards approve FILE"):
            publish(session, "telesales-cn", "2.0.0", by="Li", since=TODAY, today=TODAY, at=AT)
        approve(session, draft("2.0.0"), by="Chen", at=AT)
        with pytest.raises(ConfigError, match="approved already"):
            approve(session, draft("2.0.0"), by="Chen", at=AT)
        with pytest.raises(ConfigError, match="is past"):
            publish(session, "telesales-cn", "2.0.0", by="Li", since=date(2025, 2, 28), today=TODAY, at=AT)
        with pytest.raises(ConfigError, match="it is approved"):
            retire(session, "telesales-cn", "2.0.0", by="Li", at=AT)
        publish(session, "telesales-cn", "2.0.0", by="Li", since=TODAY, today=TODAY, at=AT)
        approve(session, draft("2.1.0"), by="Chen", at=AT)
        with pytest.raises(ConfigError, match=r"version 2\.0\.0 holds from 2025-03-01"):
            publish(session, "telesales-cn", "2.1.0", by="Li", since=TODAY, today=TODAY, at=AT)
        keep_standard(session, sha256="0" * 64, standard="telesales-cn", version="3.0.0", text="{}", at=AT)
        with pytest.raises(ConfigError, match="another content"):
            approve(session, draft("3.0.0"), by="Chen", at=AT)
        with pytest.raises(ConfigError, match="unknown in the store"):
            kept_standard(session, "telesales-cn@9")


def test_the_day_of_the_call_decides(store: Store) -> None:
    published(store, "2.0.0", date(2025, 3, 10))
    published(store, "3.0.0", date(2025, 3, 20))
    with store.writing() as session:
        known = {each.version: each.sha256 for each in versions(session)}
        held = in_force(session, "telesales-cn", base="base", zone=SHANGHAI, night=date(2025, 3, 15))
        assert held.of(datetime(2025, 3, 9, 15, 59, tzinfo=UTC)) == "base"
        assert held.of(datetime(2025, 3, 9, 16, 0, tzinfo=UTC)) == known["2.0.0"]  # midnight in Shanghai
        assert held.of(datetime(2025, 3, 25, tzinfo=UTC)) == known["3.0.0"]
        assert held.of(None) == known["2.0.0"]  # as of the night
        retire(session, "telesales-cn", "3.0.0", by="Li", at=AT)
        held = in_force(session, "telesales-cn", base="base", zone=SHANGHAI, night=date(2025, 3, 15))
        assert held.of(datetime(2025, 3, 25, tzinfo=UTC)) == known["2.0.0"]
        assert in_force(session, "own", base="base", zone=SHANGHAI, night=TODAY).of(None) == "base"


def used(store: Store) -> dict[str, tuple[str, int]]:
    with store.reading() as session:
        rows = session.execute(
            select(Call.file, StandardText.version, Score.version)
            .join(Score, Score.id == Call.current_score_id)
            .join(StandardText, StandardText.sha256 == Score.standard_sha256)
        )
        return {file: (standard, version) for file, standard, version in rows}


def test_a_night_judges_by_the_version_in_force_and_earlier_scores_stay(store: Store, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    starts = {"old": "2025-03-09T23:00:00+08:00", "new": "2025-03-10T09:00:00+08:00"}

    def listed(*names: str, notes: str = "") -> None:
        rows = "".join(f"{name}.wav,{starts[name]},{notes}\n" for name in names)
        (inbox / "calls.csv").write_text("file,started_at,notes\n" + rows, encoding="utf-8")

    write_wav(inbox / "old.wav", 1)
    listed("old")
    run_night(store, inbox, on=date(2025, 3, 10))
    published(store, "2.0.0", date(2025, 3, 10))
    write_wav(inbox / "new.wav", 2)
    listed("old", "new")
    run_night(store, inbox, on=date(2025, 3, 11))
    assert used(store) == {"old.wav": ("1.1.0", 1), "new.wav": ("2.0.0", 1)}
    published(store, "3.0.0", date(2025, 3, 5))
    listed("old", "new", notes="corrected")  # judged again, each by its own standard
    run_night(store, inbox, on=date(2025, 3, 12))
    assert used(store) == {"old.wav": ("1.1.0", 2), "new.wav": ("2.0.0", 2)}


def run(store: Store, *line: str) -> Result:
    return CliRunner().invoke(cli, ["standards", *line, "--store", store.place.text])


def test_the_commands(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "extends: telesales-cn\nid: own\nversion: 1.1.0\nstatus: draft\nauthor: Wang\n"
        "override: {opening.company: {weight: 9}}\n",
        encoding="utf-8",
    )
    assert isinstance(run(store, "approve", str(path), "--by", "Wang").exception, ConfigError)
    assert "own 1.1.0 approved by Chen" in run(store, "approve", str(path), "--by", "Chen").output
    shown = run(store, "show", "own@1.1.0")
    assert shown.exit_code == 0, shown.output
    assert any(line.startswith("opening.company ") and " 9 " in line for line in shown.output.splitlines())
    assert "0 calls replayed under own 1.1.0 (approved)" in run(store, "preview", "own@1.1.0").output
    done = run(store, "publish", "own", "1.1.0", "--from", "2099-01-01", "--by", "Chen")
    assert "calls from 2099-01-01 on" in done.output, done.output
    assert "own@1.1.0  published  from 2099-01-01  by Chen" in run(store, "list").output
    assert "own 1.1.0 retired by Li" in run(store, "retire", "own", "1.1.0", "--by", "Li").output
    listed = run(store, "list", "--json").output
    assert '"state": "retired"' in listed
