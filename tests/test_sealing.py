"""Encrypted files: what goes in comes out from any place, and nothing else does."""

from __future__ import annotations

import base64
import io
import os
import shutil
import stat
import traceback
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.nightly.night import begin
from pipeline.nightly.settings import NightSettings
from pipeline.sealing import (
    CHUNK,
    NO_KEYS,
    BrokenSealError,
    Keys,
    SealError,
    Unsealed,
    id_of,
    keys_from,
    new_key,
    seal,
    unseal,
)
from pipeline.store import open_store
from pipeline.store.backup import back_up
from pipeline.store.check import check_store, rekey
from pipeline.store.files import MARK, FileArea

OLD, NEW = ("b2xk" * 11)[:43] + "=", ("bmV3" * 11)[:43] + "="


def keys(*texts: str) -> Keys:
    return keys_from({"CALLGAUGE_KEY": "\n".join(texts)})


BOTH = keys(NEW, OLD)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_what_was_sealed_comes_out(size: int) -> None:
    content = os.urandom(size)
    sealed = seal(content, keys(OLD))
    assert unseal(sealed, BOTH) == content
    assert size < 32 or content[:32] not in sealed  # a byte or two may stand there by chance
    assert seal(content, keys(OLD)) != sealed  # a key of its own for each file


@given(st.integers(0, 3 * CHUNK), st.integers(0, 3 * CHUNK))
def test_any_range_can_be_read(start: int, length: int) -> None:
    content = bytes(range(256)) * (2 * CHUNK // 256) + b"the end"
    stream = io.BufferedReader(Unsealed(io.BytesIO(seal(content, keys(OLD))), keys(OLD)))
    stream.seek(start)
    assert stream.read(length) == content[start : start + length]


@given(st.data())
def test_whatever_is_changed_is_found(data: st.DataObject) -> None:
    sealed = bytearray(seal(bytes(CHUNK) + b"tail", keys(OLD)))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        unseal(bytes(sealed), keys(OLD))


def test_chunks_can_t_be_cut_off_swapped_or_moved() -> None:
    tag, head = 16, 36
    sealed = seal(bytes(3 * CHUNK), keys(OLD))
    chunks = [sealed[head + i * (CHUNK + tag) : head + (i + 1) * (CHUNK + tag)] for i in range(3)]
    other = seal(bytes(3 * CHUNK), keys(OLD))[head:]
    for wrong in (
        sealed[: -(CHUNK + tag)],
        sealed[:head] + chunks[1] + chunks[0] + chunks[2],
        sealed[:head] + other,
        sealed + b"x",
        sealed[:10],
        b"",
    ):
        with pytest.raises(BrokenSealError):
            unseal(wrong, keys(OLD))


def test_the_key_is_missing_or_another() -> None:
    sealed = seal(b"secret", keys(OLD))
    with pytest.raises(SealError, match="set CALLGAUGE_KEY or CALLGAUGE_KEY_FILE"):
        unseal(sealed, NO_KEYS)
    with pytest.raises(SealError, match=f"given is {keys(NEW).newest}"):
        unseal(sealed, keys(NEW))
    with pytest.raises(SealError, match="no key"):
        seal(b"x", NO_KEYS)


def test_keys_come_from_the_environment_or_a_file_and_are_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"# since 2026\n{NEW}\n{OLD}\n")
    found = keys_from({"CALLGAUGE_KEY_FILE": str(file)})
    assert list(found.by_id) == [id_of(base64.b64decode(text)) for text in (NEW, OLD)]
    assert NEW not in repr(found)
    assert keys_from({}) == NO_KEYS
    assert len(base64.urlsafe_b64decode(new_key())) == 32
    for wrong in (
        {"CALLGAUGE_KEY": "short"},
        {"CALLGAUGE_KEY": OLD[:-4] + "!!!="},
        {"CALLGAUGE_KEY_FILE": str(tmp_path / "none")},
        {"CALLGAUGE_KEY_FILE": str(file), "CALLGAUGE_KEY": OLD},
    ):
        with pytest.raises(ConfigError) as refused:
            keys_from(wrong)
        assert "short" not in str(refused.value)
        assert OLD[:12] not in str(refused.value)


def test_files_are_sealed_their_owner_s_and_read_as_ever(tmp_path: Path) -> None:
    area = FileArea(tmp_path / "a" / "files", keys(OLD))
    content = b"ID3" + os.urandom(200_000)
    kept = area.put(content, "audio")
    (tmp_path / "rec.wav").write_bytes(content)
    original = area.take(tmp_path / "rec.wav", "original_audio")
    assert original.sha256 == kept.sha256
    path = area.locate(kept.sha256, "audio")
    assert path is not None
    assert path.name.endswith(".flac.enc")
    assert content[:500] not in path.read_bytes()
    for each in (path, *path.parents[:3]):
        assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0, each
    with area.open(kept.sha256, "audio") as stream:
        stream.seek(150_000)
        assert stream.read(10) == content[150_000:150_010]
    assert area.is_whole(kept.sha256, "audio")
    assert {(digest, kind) for digest, kind, _ in area.each()} == {
        (kept.sha256, "audio"),
        (kept.sha256, "original_audio"),
    }
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert not area.is_whole(kept.sha256, "audio")
    assert area.put(content, "audio") == kept
    assert area.is_whole(kept.sha256, "audio")
    assert area.remove(kept.sha256, "audio")
    assert not area.remove(kept.sha256, "audio")


@pytest.mark.parametrize("sealed", [True, False])
def test_a_copy_kept_with_the_ending_of_before_is_found_and_removed(tmp_path: Path, sealed: bool) -> None:
    area = FileArea(tmp_path, keys(OLD) if sealed else keys())
    kept = area.put(b"ID3 sound", "audio")
    path = area.locate(kept.sha256, "audio")
    assert path is not None
    former = path.rename(path.with_name(path.name.replace(".flac", ".mp3")))
    assert area.locate(kept.sha256, "audio") == former
    assert area.read(kept.sha256, "audio") == b"ID3 sound"
    assert area.ending(kept.sha256, "audio") == ".mp3"
    assert [digest for digest, _, _ in area.each()] == [kept.sha256]
    assert area.put(b"ID3 sound", "audio") == kept
    assert area.remove(kept.sha256, "audio")
    assert list(area.each()) == []


def test_a_sealed_area_takes_nothing_plain(tmp_path: Path) -> None:
    kept = FileArea(tmp_path, keys(OLD)).put(b"one", "result")
    for wrong in (NO_KEYS, keys(NEW)):
        with pytest.raises(SealError):
            FileArea(tmp_path, wrong).put(b"two", "result")
        with pytest.raises(SealError):
            FileArea(tmp_path, wrong).is_whole(kept.sha256, "result")
    assert FileArea(tmp_path, BOTH).put(b"two", "result")
    assert FileArea(tmp_path, BOTH).sealed_by() == (keys(OLD).newest, keys(NEW).newest)


@pytest.mark.parametrize("remembered", [True, False])
def test_a_sealed_store_that_has_lost_its_mark_takes_nothing_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, remembered: bool
) -> None:
    """Also one of an earlier version, whose database doesn't know of it yet; a damaged file among them tells nothing."""
    monkeypatch.setenv("CALLGAUGE_KEY", OLD)
    (tmp_path / "in").mkdir()
    with open_store(str(tmp_path / "s.db")) as store:
        kept = [store.files.put(bytes([number]) * 9, "result") for number in range(3)]
        if remembered:
            check_store(store, mend=False)
        first = min(path for _, _, path in store.files.each())
        first.write_bytes(b"damaged")
        if remembered:  # whatever else lies there or not
            for each in kept:
                store.files.remove(each.sha256, "result")
        (store.files.root / MARK).unlink()
    for wrong in ("", NEW):
        monkeypatch.setenv("CALLGAUGE_KEY", wrong)
        with open_store(str(tmp_path / "s.db")) as store:
            with pytest.raises(SealError, match=str(keys(OLD).newest)):
                begin(store, NightSettings(inbox=tmp_path / "in"))
            with pytest.raises(SealError):  # as a worker does, which doesn't ask the database
                store.files.put(b"plain", "result")
    assert "made anew" in caplog.text
    monkeypatch.setenv("CALLGAUGE_KEY", f"{NEW}\n{OLD}")
    with open_store(str(tmp_path / "s.db")) as store:
        store.files.remove(first.name[:64], "result")
        rekey(store)
        (store.files.root / MARK).unlink()
    monkeypatch.setenv("CALLGAUGE_KEY", OLD)
    with open_store(str(tmp_path / "s.db")) as store, pytest.raises(SealError, match=str(keys(NEW).newest)):
        check_store(store, mend=False)  # the older key is no longer one of them


def test_a_store_that_never_had_a_key_needs_none(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "s.db")) as store:
        store.files.put(b"plain", "result")
        check_store(store, mend=False)
        assert store.files.put(b"plain too", "result")
        assert not (store.files.root / MARK).exists()


PLACES = [("audio", "audio"), ("audio", "original_audio"), ("transcript", "transcript")]


def _older(content: bytes, given: Keys) -> bytes:
    """As versions before sealed it: the file doesn't know its place."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    assert given.newest is not None
    salt = os.urandom(16)
    header = b"CGS1" + bytes.fromhex(given.newest) + salt + len(content).to_bytes(8, "big")
    own = HKDF(SHA256(), 32, salt=salt, info=b"callgauge sealed file").derive(given.of(given.newest))
    return header + AESGCM(own).encrypt(bytes(12), content, header)


@pytest.mark.parametrize(("kind", "of"), PLACES)
@pytest.mark.parametrize("form", ["today", "older", "plain"])
def test_a_file_in_another_s_place_is_found_by_every_reader(
    tmp_path: Path, kind: str, of: str, form: str
) -> None:
    area = FileArea(tmp_path, keys(OLD))
    mine, other = area.put(b"mine", kind), area.put(b"the other's", of)
    here, there = area.locate(mine.sha256, kind), area.locate(other.sha256, of)
    assert here is not None
    assert there is not None
    if form == "today":
        here.write_bytes(there.read_bytes())
    elif form == "older":
        here.write_bytes(_older(b"the other's", keys(OLD)))
    else:
        here.unlink()
        area.path(mine.sha256, kind).write_bytes(b"the other's")
    for reader in (area.open, area.read, lambda *name: area.copy_out(*name, tmp_path / "out")):
        with pytest.raises(BrokenSealError):
            reader(mine.sha256, kind)
    assert not area.is_whole(mine.sha256, kind)
    assert area.read(other.sha256, of) == b"the other's"


def test_the_app_serves_no_other_call_s_sound(tmp_path: Path) -> None:
    from fastapi import HTTPException, Request

    from pipeline.review.sound import sound_answer

    area = FileArea(tmp_path, keys(OLD))
    mine, other = area.put(b"ID3mine", "audio"), area.put(b"ID3other", "audio")
    shutil.copy(area.locate(other.sha256, "audio") or "", area.locate(mine.sha256, "audio") or "")
    request = Request({"type": "http", "headers": []})
    assert sound_answer(request, area, other.sha256, "audio").status_code == 200
    with pytest.raises(HTTPException) as refused:
        sound_answer(request, area, mine.sha256, "audio")
    assert refused.value.status_code == 404
    assert "damaged" in refused.value.detail


def test_files_of_the_older_form_are_read_and_brought_into_today_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_KEY", OLD)
    with open_store(str(tmp_path / "s.db")) as store:
        kept = store.files.put(b"from before", "result")
        path = store.files.locate(kept.sha256, "result")
        assert path is not None
        path.write_bytes(_older(b"from before", keys(OLD)))
        assert store.files.read(kept.sha256, "result") == b"from before"
        assert store.files.is_whole(kept.sha256, "result")
        assert rekey(store).files == 1
        assert path.read_bytes()[:4] == b"CGS2"
        assert store.files.read(kept.sha256, "result") == b"from before"
        assert rekey(store).files == 0


def test_keys_are_changed_and_what_was_plain_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "s.db")
    with open_store(url) as store:
        plain = store.files.put(b"from before", "result")
    monkeypatch.setenv("CALLGAUGE_KEY", OLD)
    with open_store(url) as store:
        older = store.files.put(b"under the old key", "transcript")
        assert store.files.read(plain.sha256, "result") == b"from before"
    monkeypatch.setenv("CALLGAUGE_KEY", f"{NEW}\n{OLD}")
    with open_store(url) as store:
        assert rekey(store).files == 2
        assert rekey(store).files == 0
    monkeypatch.setenv("CALLGAUGE_KEY", NEW)
    with open_store(url) as store:
        assert store.files.sealed_by() == (keys(NEW).newest,)
        assert store.files.read(plain.sha256, "result") == b"from before"
        assert store.files.read(older.sha256, "transcript") == b"under the old key"
        assert not any(path.suffix != ".enc" for _, _, path in store.files.each())
        back_up(store, tmp_path / "copy")
    monkeypatch.delenv("CALLGAUGE_KEY")
    with open_store(url) as store, pytest.raises(SealError):
        check_store(store, mend=True)  # it must not take what it can't read for damaged
    with open_store(url) as store, pytest.raises(SealError):
        back_up(store, tmp_path / "other")
    with open_store(str(tmp_path / "copy" / "callgauge.db")) as store, pytest.raises(SealError):
        store.files.put(b"x", "result")


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.commands.store import store as command

    run, file, url = CliRunner(), tmp_path / "keys", str(tmp_path / "s.db")
    open_store(url).close()
    assert run.invoke(command, ["key", str(file)]).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = file.read_text().strip()
    monkeypatch.setenv("CALLGAUGE_KEY_FILE", str(file))
    done = run.invoke(command, ["rekey", "--store", url])
    assert (done.exit_code, first in done.output) == (0, False)
    assert run.invoke(command, ["key", str(file)]).exit_code == 0
    assert file.read_text().splitlines()[1] == first
    assert run.invoke(command, ["rekey", "--store", url]).exit_code == 0


# secrets and modes


def test_no_option_takes_a_secret() -> None:
    from click import Context, Group

    from pipeline.cli import cli

    def options(group: Group) -> list[str]:
        found: list[str] = []
        for name in group.list_commands(Context(group)):
            command = group.get_command(Context(group), name)
            found += options(command) if isinstance(command, Group) else []
            found += [flag for each in (command.params if command else []) for flag in each.opts]
        return found

    taken = options(cli)
    assert "--store" in taken
    assert not [
        flag for flag in taken if any(word in flag for word in ("password", "token", "secret", "--key"))
    ]


WITH_PASSWORD = [
    "postgresql://u:hunter2@h/d", "postgresql+psycopg://u:hunter2@h:5432/d", "postgresql://u:hunt/hunter2@h/d",
    "postgresql://h/d?password=hunter2", "postgresql://h/d?sslmode=require&sslpassword=hunter2",
    "postgresql://h/d?PassWord=hunter2",
]  # fmt: skip


@pytest.mark.parametrize("url", WITH_PASSWORD)
def test_a_password_among_the_arguments_is_refused(url: str) -> None:
    from pipeline.cli import cli

    refused = CliRunner().invoke(cli, ["ledger", "--store", url])
    assert refused.exit_code == 2
    assert "hunter2" not in refused.output
    assert "CALLGAUGE_STORE" in refused.output


@pytest.mark.parametrize("url", WITH_PASSWORD)
def test_a_password_in_a_url_is_never_shown(url: str) -> None:
    from pipeline.store.place import place_of

    place = place_of(url, environment={})
    assert "hunter2" in place.text
    assert "hunter2" not in str(place)


@pytest.mark.parametrize("url", ["postgresql://u:a@hunter2:zz@h:99999999/x", "://hunter2"])
def test_a_url_that_can_t_be_read_is_not_repeated(url: str) -> None:
    from pipeline.store.place import place_of

    with pytest.raises(ConfigError) as refused:
        place_of(url, environment={})
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.secret import secret
    from pipeline.store import default_url

    file = tmp_path / "url"
    file.write_text("postgresql://u:hunter2@h/d\n")
    monkeypatch.delenv("CALLGAUGE_STORE", raising=False)
    monkeypatch.setenv("CALLGAUGE_STORE_FILE", str(file))
    assert default_url() == "postgresql://u:hunter2@h/d"
    assert secret("X", {"X": "1", "X_FILE": str(file)}) == "1"
    for wrong in (str(tmp_path / "none"), "/dev/null"):
        with pytest.raises(ConfigError):
            secret("X", {"X_FILE": wrong})


def test_what_a_command_writes_is_its_user_s(tmp_path: Path) -> None:
    import subprocess
    import sys

    place = tmp_path / "new" / "s.db"
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "users",
        "add",
        "root",
        "--role",
        "admin",
        "--store",
        str(place),
    ]
    given = {**os.environ, "CALLGAUGE_PASSWORD": "a long enough password"}
    subprocess.run(command, check=True, env=given, umask=0o000, timeout=120)
    with open_store(str(place)) as store:
        store.files.put(b"x", "result")
    written = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert {path.name for path in written} >= {"s.db", "s.db.files", "result"}
    for path in written:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_check_closes_what_is_open_to_others(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "s.db")) as store:
        kept = store.files.put(b"x", "result")
        store.files.path(kept.sha256, "result").chmod(0o644)
        (tmp_path / "s.db").chmod(0o664)
        assert {fault.kind for fault in check_store(store, mend=False)} == {"open_to_others", "no_row"}
        check_store(store, mend=True)
        assert check_store(store, mend=False) == []
    assert stat.S_IMODE((tmp_path / "s.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["# the key goes here\n", "   \n# old\n\n", " "])
def test_what_holds_no_key_is_not_taken_for_no_encryption(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys").write_text(text, encoding="utf-8")
    for told in ({"CALLGAUGE_KEY": text}, {"CALLGAUGE_KEY_FILE": str(tmp_path / "keys")}):
        with pytest.raises(ConfigError, match="CALLGAUGE_KEY"):
            keys_from(told)
    assert keys_from({"CALLGAUGE_KEY": ""}).newest is None


def test_a_key_file_of_a_text_editor_is_read(tmp_path: Path) -> None:
    """Some put an unseen mark before the first line, and end lines by two signs."""
    key, path = new_key(), tmp_path / "keys"
    path.write_bytes(b"\xef\xbb\xbf" + key.encode() + b"\r\n\r\n")
    assert keys_from({"CALLGAUGE_KEY_FILE": str(path)}).newest == keys_from({"CALLGAUGE_KEY": key}).newest
