"""Processes and threads by the machine, and what the engine's settings take from the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import registry, whisper_check
from models.whisper_check import check_recogniser
from models.whisper_load import from_environment, has_avx512, prepare_processor, resolve
from models.whisper_settings import WhisperSettings
from pipeline.errors import ConfigError, ModelError
from pipeline.machine import Share, free_memory, limit_threads, share_out


@pytest.mark.parametrize(
    ("calls", "given", "wanted"),
    [
        (100, {"processors": 2}, Share(2, 1)),
        (1, {"processors": 2}, Share(1, 2)),
        (3, {"processors": 16}, Share(3, 5)),
        (100, {"processors": 8, "memory_bytes": 2_500_000_000}, Share(2, 4)),
        (100, {"processors": 8, "memory_bytes": 100}, Share(1, 8)),
        (100, {"processors": 2, "workers": 4, "memory_bytes": 100}, Share(4, 1)),
        (0, {"processors": 4}, Share(1, 4)),
    ],
)
def test_processes_come_before_threads_and_memory_bounds_them(
    calls: int, given: dict[str, int], wanted: Share
) -> None:
    assert share_out(calls, **given) == wanted


def test_free_memory_is_a_number_of_bytes_or_unknown() -> None:
    found = free_memory()
    assert found is None or found > 1_000_000


def test_threads_of_number_libraries_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "7")
    limit_threads(1)
    assert {os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")} == {"1"}


def test_the_environment_sets_device_precision_and_beam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_DEVICE", "cuda")
    monkeypatch.setenv("CALLGAUGE_COMPUTE_TYPE", "int8_float16")
    monkeypatch.setenv("CALLGAUGE_BEAM", "1")
    chosen = from_environment()
    assert (chosen.device, chosen.compute_type, chosen.beam_size) == ("cuda", "int8_float16", 1)


def test_wrong_values_are_all_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_DEVICE", "gpu")
    monkeypatch.setenv("CALLGAUGE_COMPUTE_TYPE", "int4")
    monkeypatch.setenv("CALLGAUGE_BEAM", "0")
    with pytest.raises(ConfigError) as caught:
        from_environment()
    assert len(caught.value.mistakes) == 3
    assert "one of auto, cpu, cuda" in caught.value.mistakes[0]


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("/nowhere", "no folder /nowhere"), ("smal", "no Whisper model 'smal'"), ("FOLDER", "holds no model.bin"),
        ("owner/model", ""), ("Small", ""), ("", ""), ("BASE", ""),
    ],
)  # fmt: skip
def test_a_wrong_model_is_told_together_with_the_other_settings(
    model: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    utils = pytest.importorskip("faster_whisper.utils")
    monkeypatch.setattr(utils, "download_model", lambda _name: pytest.fail("fetched"))
    monkeypatch.setenv("CALLGAUGE_WHISPER", str(tmp_path) if model == "FOLDER" else model)
    monkeypatch.setenv("CALLGAUGE_DEVICE", "gpu")
    monkeypatch.setenv("CALLGAUGE_BEAM", "0")
    with pytest.raises(ConfigError) as caught:
        from_environment()
    assert len(caught.value.mistakes) == (3 if told else 2)
    assert told in caught.value.mistakes[-1]
    assert not told or caught.value.mistakes[-1].startswith("environment: CALLGAUGE_WHISPER → ")


def test_letter_case_and_blanks_of_a_setting_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_DEVICE", " CPU ")
    monkeypatch.setenv("CALLGAUGE_COMPUTE_TYPE", "INT8\t")
    monkeypatch.setenv("CALLGAUGE_BEAM", " 5 ")
    monkeypatch.setenv("CALLGAUGE_WHISPER", " Base ")
    chosen = from_environment()
    assert (chosen.device, chosen.compute_type, chosen.beam_size) == ("cpu", "int8", 5)
    assert registry.chosen_whisper() == registry.WHISPER_BASE
    for name in ("CALLGAUGE_DEVICE", "CALLGAUGE_COMPUTE_TYPE", "CALLGAUGE_BEAM", "CALLGAUGE_WHISPER"):
        monkeypatch.setenv(name, "  ")
    assert from_environment() == WhisperSettings()
    assert registry.chosen_whisper("  /A/Folder ") == "/A/Folder", "a folder's letters count"


@pytest.mark.parametrize(
    ("given", "gpus", "wanted"),
    [
        (("auto", "auto"), 0, ("cpu", "int8")),
        (("auto", "auto"), 2, ("cuda", "float16")),
        (("cpu", "auto"), 2, ("cpu", "int8")),
        (("auto", "float32"), 0, ("cpu", "float32")),
    ],
)
def test_auto_takes_a_gpu_where_there_is_one(
    given: tuple[str, str], gpus: int, wanted: tuple[str, str]
) -> None:
    assert resolve(*given, gpus=gpus) == wanted


def test_avx512_needs_all_of_its_parts() -> None:
    parts = frozenset({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"})
    assert has_avx512(parts | {"sse4_1"})
    assert not has_avx512(parts - {"avx512vl"})
    assert not has_avx512(frozenset())


def test_the_makers_own_library_is_left_aside_unless_asked_for() -> None:
    plain: dict[str, str] = {}
    prepare_processor(plain)
    assert plain["CT2_USE_MKL"] == "0"
    asked = {"CT2_USE_MKL": "1"}
    prepare_processor(asked)
    assert asked["CT2_USE_MKL"] == "1"
    only_there: dict[str, str] = {}
    prepare_processor(only_there, "int16")
    assert "CT2_USE_MKL" not in only_there


_LISTENED = """
import sys
import numpy as np
from pipeline.audio.activity import speech_activity
speech_activity(np.zeros(16_000, dtype=np.float32))
print("ctranslate2" in sys.modules)
"""


def test_how_to_compute_is_said_before_the_engine_is_imported() -> None:
    # CTranslate2 reads it then; finding where somebody speaks comes before the first transcription
    done = subprocess.run([sys.executable, "-c", _LISTENED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_the_default_is_not_tried_out_in_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CALLGAUGE_WHISPER", raising=False)
    monkeypatch.setattr(registry, "whisper_path", lambda _name: tmp_path)
    monkeypatch.setattr(whisper_check, "_tried", lambda *_: pytest.fail("tried out"))
    check_recogniser(WhisperSettings())


def test_a_damaged_packaged_model_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(_name: str | None) -> Path:
        raise ModelError("Whisper base is damaged")

    monkeypatch.delenv("CALLGAUGE_WHISPER", raising=False)
    monkeypatch.setattr(registry, "whisper_path", damaged)
    with pytest.raises(ModelError, match="damaged"):
        check_recogniser(WhisperSettings())


def test_model_device_and_precision_are_told_with_their_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ctranslate2 = pytest.importorskip("ctranslate2")
    if ctranslate2.get_cuda_device_count():
        pytest.skip("a GPU is there")
    monkeypatch.setenv("CALLGAUGE_WHISPER", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError) as caught:
        check_recogniser(WhisperSettings(device="cuda"))
    model, device = caught.value.mistakes
    assert model.startswith("environment: CALLGAUGE_WHISPER → no folder ")
    assert device.startswith("environment: CALLGAUGE_DEVICE → 'cuda'")
    assert device.endswith("accepted here: auto, cpu")
    monkeypatch.setenv("CALLGAUGE_WHISPER", "base")
    (told,) = whisper_check.faults(WhisperSettings(compute_type="float16"), "")
    assert told.startswith("environment: CALLGAUGE_COMPUTE_TYPE → 'float16'")
    assert "int8" in told
    (tmp_path / "model.bin").write_bytes(b"torn")
    monkeypatch.setenv("CALLGAUGE_WHISPER", str(tmp_path))
    (torn,) = whisper_check.faults(WhisperSettings(), str(tmp_path))
    assert torn.startswith(f"environment: CALLGAUGE_WHISPER → {tmp_path} can't be used (")
