"""The Prefect flow: one task run a call, a failed call leaves the others alone, the flow's state tells the truth."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.prefect, pytest.mark.models]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        patch.setenv("PREFECT_LOGGING_LEVEL", "CRITICAL")
        from prefect.testing.utilities import prefect_test_harness

        with prefect_test_harness(server_startup_timeout=120):
            yield


def test_a_failed_call_is_a_failed_task_run(server: None, tmp_path: Path) -> None:
    from prefect.client.orchestration import get_client

    from flows.score_calls import score_calls

    inbox, out = tmp_path / "inbox", tmp_path / "out"
    inbox.mkdir()
    shutil.copy(ROOT / "sample_audio" / "zh-11.flac", inbox / "good.flac")
    (inbox / "notes.wav").write_text("not a sound", encoding="utf-8")
    state = score_calls([inbox], out, return_state=True)
    assert state.is_failed()
    assert state.message == "1 scored, 1 failed, 0 excluded"
    assert (out / "calls" / "good.json").is_file()
    assert "notes.wav" in (out / "calls.csv").read_text(encoding="utf-8")
    with get_client(sync_client=True) as client:
        runs = {run.name: run.state.type.value for run in client.read_task_runs() if run.state}
    assert runs == {"good": "COMPLETED", "notes": "FAILED"}


def test_all_scored_is_completed(server: None, tmp_path: Path) -> None:
    from flows.score_calls import score_calls

    state = score_calls([ROOT / "sample_audio" / "zh-11.flac"], tmp_path / "out", return_state=True)
    assert state.is_completed()
    assert state.message == "1 scored, 0 failed, 0 excluded"
