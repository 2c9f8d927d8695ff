"""The nightly flow on a Prefect server: a task run a call, its stages beneath, a truthful state, artifacts without words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from night_programs import TESTS, prefect_server

ROOT = TESTS.parent
pytestmark = [pytest.mark.prefect, pytest.mark.models]


@pytest.fixture(scope="module")
def night(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.CompletedProcess[str], str, Path]]:
    """One real night over a good call, a call with personal data and a text file; its server is still there."""
    folder = tmp_path_factory.mktemp("night")
    inbox = folder / "inbox"
    (inbox / "team").mkdir(parents=True)
    shutil.copy(ROOT / "sample_audio" / "zh-11.flac", inbox / "team" / "good.flac")
    (inbox / "notes.wav").write_text("not a sound", encoding="utf-8")
    shutil.copy(ROOT / "sample_audio" / "profile.yaml", inbox / "profile.yaml")
    (inbox / "team" / "calls.csv").write_text("file,call_id\ngood.flac,G-1\n", encoding="utf-8")
    with prefect_server(folder / "prefect") as api:
        done = callgauge(folder, api, "nightly", str(inbox), "--date", "2025-03-04", "--log", "json")
        yield done, api, folder


def callgauge(folder: Path, api: str, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "CALLGAUGE_STORE": f"sqlite:///{folder / 'store' / 'callgauge.db'}", "PREFECT_API_URL": api,
        "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))),
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *args],
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )


def asked(api: str, what: str, body: dict[str, object]) -> list[dict[str, object]]:
    import httpx

    answer = httpx.post(f"{api}/{what}/filter", json=body, timeout=30)
    answer.raise_for_status()
    found: list[dict[str, object]] = answer.json()
    return found


def test_status_and_terminal(night: tuple[subprocess.CompletedProcess[str], str, Path]) -> None:
    done, _, folder = night
    assert done.returncode == 1, done.stderr
    assert done.stdout == "Night of 2025-03-04: 2 received = 1 scored, 0 excluded, 1 failed, 0 pending.\n"
    for line in done.stderr.splitlines():  # nothing of Prefect's: log lines as JSON, and what failed
        assert line.startswith(("{", "notes.wav: not_audio")), line
        if line.startswith("{"):
            assert json.loads(line)["logger"].split(".")[0] in ("pipeline", "flows", "models")
    again = callgauge(folder, night[1], "nightly", str(folder / "inbox"), "--date", "2025-03-04")
    assert (again.returncode, again.stdout) == (1, done.stdout)


def test_a_task_run_a_call_with_its_stages(night: tuple[subprocess.CompletedProcess[str], str, Path]) -> None:
    runs = asked(night[1], "task_runs", {"limit": 200})
    states = {run["name"].split("-")[0] if run["name"] != "G-1" else "G-1": run["state_type"] for run in runs}  # type: ignore[union-attr,attr-defined]
    assert states["G-1"] == "COMPLETED"
    assert states["notes"] == "FAILED"
    assert {"hear", "judge", "files", "rows"} <= set(states)
    assert all(not run["run_count"] or run["run_count"] == 1 for run in runs)  # bad sound is not tried again


def test_the_flows_state_is_truthful(night: tuple[subprocess.CompletedProcess[str], str, Path]) -> None:
    runs = asked(night[1], "flow_runs", {"sort": "START_TIME_ASC"})
    assert runs[0]["state_type"] == "FAILED"
    state = runs[0]["state"]
    assert isinstance(state, dict)
    assert state["message"] == "2 received, 1 scored, 0 excluded, 1 failed, 0 pending, 0 missing"


def test_artifacts_and_the_api_hold_no_word_of_a_call(
    night: tuple[subprocess.CompletedProcess[str], str, Path],
) -> None:
    _, api, folder = night
    artifacts = asked(api, "artifacts", {})
    assert {artifact["key"] for artifact in artifacts} >= {"nightly-summary", "nightly-flagged"}
    told = json.dumps(
        [artifacts, asked(api, "logs", {"limit": 200}), asked(api, "task_runs", {})], ensure_ascii=False
    )
    files = list((folder / "store" / "callgauge.db.files" / "transcript").rglob("*.json"))
    words = [turn["text"] for path in files for turn in json.loads(path.read_text(encoding="utf-8"))["turns"]]
    assert all(text not in told for text in words if len(text) > 4)


def test_the_result_is_whole_when_its_files_are_joined(
    night: tuple[subprocess.CompletedProcess[str], str, Path],
) -> None:
    import jsonschema
    from sqlalchemy import select

    from pipeline.nightly.work import read_result
    from pipeline.reports.call_json import schema
    from pipeline.store import open_store
    from pipeline.store.tables import Score

    with open_store(f"sqlite:///{night[2] / 'store' / 'callgauge.db'}") as store, store.reading() as session:
        score = session.scalars(select(Score)).one()
        data = read_result(store.files, result=score.result_file or "", transcript=score.transcript_file)
        assert store.files.is_whole(score.audio_file or "", "audio")
    jsonschema.validate(data, schema())
    assert data["call"]["call_id"] == "G-1"
    assert data["score"]["percent"] == score.percent


def test_what_a_person_judged_outlives_a_corrected_call_list(
    night: tuple[subprocess.CompletedProcess[str], str, Path],
) -> None:
    from sqlalchemy import select

    from pipeline.review.acts import do
    from pipeline.review.asked import SetVerdict
    from pipeline.review.people import add_user, person_of
    from pipeline.store import open_store
    from pipeline.store.tables import Call, CriterionRow, Score

    _, api, folder = night
    with open_store(f"sqlite:///{folder / 'store' / 'callgauge.db'}") as store:
        with store.writing() as session:
            coach = person_of(add_user(session, "coach", role="coach", password="a long enough password"))  # noqa: S106
        asked = SetVerdict(act="verdict", target="voice.courtesy", verdict="fail", reason="heard it", rev=0)
        do(store, coach, "G-1", asked, address="here")
        (folder / "inbox" / "team" / "calls.csv").write_text(
            "file,call_id,agent_id\ngood.flac,G-1,A01\n", encoding="utf-8"
        )
        done = callgauge(folder, api, "nightly", str(folder / "inbox"), "--date", "2025-03-05")
        assert done.returncode == 0, done.stderr
        with store.reading() as session:
            made = session.execute(select(Score.made_by, Score.cause).order_by(Score.version)).all()
            current = session.scalars(select(Call.current_score_id).where(Call.call_id == "G-1")).one()
            chosen = CriterionRow.score == current, CriterionRow.criterion == "voice.courtesy"
            verdict = session.scalars(select(CriterionRow.verdict).where(*chosen)).one()
    assert [tuple(row) for row in made] == [
        ("machine", "first"), ("human", "review"), ("machine", "metadata"), ("human", "review"),
    ]  # fmt: skip
    assert verdict == "fail"
