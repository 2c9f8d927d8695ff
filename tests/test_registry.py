"""The registry: joined once, atomically, and damage told with the command that mends it."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from models import joined, registry
from pipeline.errors import ModelError

PARTS = (b"first half, ", b"second half")
WHOLE = b"".join(PARTS)
DIGEST = hashlib.sha256(WHOLE).hexdigest()


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    paths = []
    for place, content in enumerate(PARTS):
        path = tmp_path / f"part{place}"
        path.write_bytes(content)
        paths.append(path)
    return paths


def join(parts: list[Path], into: Path, *, sha256: str = DIGEST) -> None:
    joined.join(parts, [], into=into, name="model.bin", sha256=sha256, install="pip install it")


def fault(folder: Path) -> str | None:
    return joined.fault(folder, name="model.bin", sha256=DIGEST, size_bytes=len(WHOLE))


def test_parts_become_one_file_and_nothing_is_left_beside_it(parts: list[Path], tmp_path: Path) -> None:
    join(parts, tmp_path / "cache" / "model")
    assert (tmp_path / "cache" / "model" / "model.bin").read_bytes() == WHOLE
    assert fault(tmp_path / "cache" / "model") is None
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["model"]


def test_damaged_parts_are_told_with_the_command_and_leave_nothing(parts: list[Path], tmp_path: Path) -> None:
    parts[1].write_bytes(b"something else")
    with pytest.raises(ModelError, match="pip install it"):
        join(parts, tmp_path / "cache" / "model")
    assert list((tmp_path / "cache").iterdir()) == []


def test_many_may_join_at_once(parts: list[Path], tmp_path: Path) -> None:
    into = tmp_path / "cache" / "model"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: join(parts, into), range(16)))
    assert fault(into) is None
    assert [path.name for path in into.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("content", [WHOLE[:-1], WHOLE + b"x", WHOLE[::-1]])
def test_a_changed_file_is_noticed_at_the_next_load(
    content: bytes, parts: list[Path], tmp_path: Path
) -> None:
    join(parts, tmp_path / "model")
    (tmp_path / "model" / "model.bin").write_bytes(content)
    assert fault(tmp_path / "model")


def test_a_copied_model_with_other_times_is_still_whole(parts: list[Path], tmp_path: Path) -> None:
    import os

    join(parts, tmp_path / "model")
    os.utime(tmp_path / "model" / "model.bin", (1, 1))
    assert fault(tmp_path / "model") is None


def test_a_model_exchanged_under_its_size_and_time_is_noticed(parts: list[Path], tmp_path: Path) -> None:
    """As another process would leave it: the digest, not the stamp of the file, is what is believed."""
    import os

    join(parts, tmp_path / "model")
    path = tmp_path / "model" / "model.bin"
    assert fault(path.parent) is None
    before = path.stat()
    path.write_bytes(WHOLE[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert "SHA-256" in str(fault(path.parent))
    joined._digest_of.cache_clear()  # the next process
    assert "SHA-256" in str(fault(path.parent))


def test_a_packaged_model_is_checked_before_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from models import encoder, whole

    whole.expect_whole("sentence-encoder")
    exchanged = tmp_path / "weights.npz"
    exchanged.write_bytes(b"other weights")
    monkeypatch.setattr(registry, "packaged", lambda _file: exchanged)
    encoder._encoder.cache_clear()
    with pytest.raises(ModelError, match="SHA-256"):
        encoder.encode(["x"])
    whole.expect_whole("silero-vad")  # another version is accepted, and told by doctor


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path))
    entry = registry.entries()[registry.WHISPER_BASE]
    lacking = replace(entry, parts=(registry.PackagedFile("no_such_package_here", "data/model.bin.part1"),))
    monkeypatch.setattr(registry, "entries", lambda: {registry.WHISPER_BASE: lacking})
    with pytest.raises(ModelError, match="pip install"):
        registry.whisper_path()
    (state,) = registry.status()
    assert (state.found, state.path, state.command) == (False, None, entry.install)


def test_a_folder_without_a_model_and_an_unknown_name_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.bin"):
        registry.whisper_path(str(tmp_path))
    with pytest.raises(ModelError, match="neither a folder nor a known name"):
        registry.whisper_path("no-such-model")


def test_a_folder_of_ones_own_is_taken_by_setting_or_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.bin").write_bytes(WHOLE)
    assert registry.whisper_path(str(tmp_path)) == tmp_path
    monkeypatch.setenv("CALLGAUGE_WHISPER", str(tmp_path))
    assert registry.whisper_path() == tmp_path
    assert registry.whisper_digest(tmp_path) == DIGEST


def test_every_entry_says_where_it_comes_from_and_how_to_get_it() -> None:
    for entry in registry.entries().values():
        assert len(entry.sha256) == 64
        assert entry.licence
        assert entry.source
        assert entry.revision
        assert entry.install.startswith("pip install ")
        assert entry.parts or entry.package


def test_all_models_that_are_not_optional_are_found_whole() -> None:
    for state in registry.status(full=True):
        assert state.found or state.optional, state.message
        if state.name == registry.WHISPER_BASE:
            assert (Path(state.path or "") / "model.bin").is_file()
