"""What a hostile sender may put into the inbox: each is refused in words, nothing is lost, nothing is run."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import struct
import unicodedata
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest
from factories import make_result, make_transcript, make_turn
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio.decode import DecodeLimits, load, open_recording
from pipeline.call_names import (
    derive_call_id,
    holds_number,
    printable,
    safe_name,
    shown_name,
    without_numbers,
)
from pipeline.calls import parse_call_list
from pipeline.delivered import BadLine, read_transcripts
from pipeline.errors import ConfigError, RecordingError
from pipeline.intake import take_in
from pipeline.process import Job
from pipeline.reports.audio_copy import write_copy
from pipeline.reports.call_json import dumps_line, to_json
from pipeline.reports.calls_csv import Row, neutral, row_of, to_csv
from pipeline.scoring_run import failure_of
from pipeline.types import CallRecord, Recording

ROOT = Path(__file__).parents[1]
HOSTILE_NAMES = [
    "a\nERROR: forged.wav", "\x1b[31mred.wav", "invoice\u202egpj.wav", "x" * 240 + ".wav", "-rf.wav", "=cmd|calc.wav",
    "$(id).wav", "a'b\"c.wav", "con.wav", "  .wav", "%2e%2e%2f.wav", "\u200f\u05d0.wav", "a|b.wav", "concat:x.wav",
]  # fmt: skip


def _wav(path: Path, *, seconds: float = 1.0, rate: int = 8000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.zeros(round(seconds * rate) * channels, dtype="<i2").tobytes())
    return path


# names

NUMBERS_IN_NAMES = [
    "rec_13812345678_1.wav", "138-1234-5678.wav", "+8613812345678.wav", "11010519491231002X.wav", "0044 2071234567.wav",
    "20250304093000_13812345678.wav", "13812345678/morning.wav", "(212) 555-0123.wav", "010-88886666.wav",
]  # fmt: skip


@pytest.mark.parametrize("file", NUMBERS_IN_NAMES)
def test_a_number_in_a_file_name_never_leaves(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    _wav(path)
    (tmp_path / "calls.csv").write_text(
        f"file,agent_id\n{file},A1\n{file},A1\nno-such-{file},A3\n", encoding="utf-8"
    )
    taken = take_in([tmp_path])
    ((where, record),) = taken.calls
    assert where == path
    assert record.agent_id == "A1"
    told = [record.file, record.call_id, *taken.mistakes, *(missing.file for missing in taken.missing)]
    assert len(taken.mistakes) == 1
    assert len(taken.missing) == 1
    assert not any(holds_number(text) for text in told)
    digest = load(path)[0].sha256
    assert digest[:8] in record.file


@pytest.mark.parametrize("file", NUMBERS_IN_NAMES)
def test_errors_and_outputs_show_the_masked_name_only(
    tmp_path: Path, file: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / file
    shown = shown_name(file, "ab" * 32)
    job = Job(path, CallRecord(shown, "c1"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no sound at all")
    with pytest.raises(RecordingError) as refused:
        load(path, file=shown)
    foreseen = failure_of(job, refused.value)
    unforeseen = failure_of(job, PermissionError(13, "Permission denied", str(path)))
    with pytest.raises(RecordingError) as copied:
        write_copy(path, tmp_path / "c1.flac")
    said = [foreseen.message, unforeseen.message, foreseen.file, caplog.text, str(copied.value)]
    assert not any(holds_number(text.replace(str(tmp_path), "")) for text in said), said
    recording = Recording(path, shown, "ab" * 32, 1.0, 1, 8000, "pcm_s16le")
    result = make_result(recording=recording)
    table = to_csv([row_of(result)])
    assert file not in json.dumps(to_json(result)) + table
    assert "ab" * 32 in table


@given(st.text(max_size=60), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_no_name_keeps_a_mobile_number(around: str, number: str) -> None:
    assert number not in shown_name(f"{around}{number}.wav", "0" * 64)


@given(st.text(max_size=300))
def test_shown_names_are_one_printable_line(file: str) -> None:
    shown = shown_name(file, "0" * 64)
    assert len(shown) <= 220
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)


def test_dates_and_counters_stay_in_names() -> None:
    for file in ("20250304093000.wav", "2025-03-04/call-0042.wav", "order-88231.wav"):
        assert shown_name(file, "0" * 64) == file
    assert without_numbers("a: row 12, file → 3 of 4,000") == "a: row 12, file → 3 of 4,000"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_taken_in_and_tamed(tmp_path: Path, name: str) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    _wav(inbox / name)
    ((path, record),) = take_in([inbox]).calls
    assert path.name == name
    assert record.file.isprintable()
    assert "\n" not in record.call_id
    out = tmp_path / "out" / f"{safe_name(record.call_id)}.json"
    assert out.resolve().parent == (tmp_path / "out").resolve()
    assert len(out.name.encode()) <= 255
    copy = write_copy(path, tmp_path / "out" / safe_name(record.call_id))
    assert copy.resolve().parent == (tmp_path / "out").resolve()


def test_a_derived_id_holds_nothing_unseen() -> None:
    assert derive_call_id("a\u202egpj.wav", "ab" * 32) == "call-" + "ab" * 6
    assert derive_call_id("a\nb.wav", "ab" * 32) == "call-" + "ab" * 6


# links


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside, inbox = tmp_path / "secret", tmp_path / "in"
    outside.mkdir()
    inbox.mkdir()
    _wav(outside / "boss.wav")
    (outside / "calls.csv").write_text("password,file\nhunter2,x.wav\n", encoding="utf-8")
    (outside / "profile.yaml").write_text("company: {name: Elsewhere}\n", encoding="utf-8")
    _wav(inbox / "mine.wav")
    (inbox / "boss.wav").symlink_to(outside / "boss.wav")
    (inbox / "folder").symlink_to(outside)
    (inbox / "calls.csv").symlink_to(outside / "calls.csv")
    (inbox / "profile.yaml").symlink_to(outside / "profile.yaml")
    (inbox / "loop").symlink_to(inbox)
    (inbox / "dangling.wav").symlink_to(inbox / "nowhere.wav")
    os.mkfifo(inbox / "pipe.wav")
    taken = take_in([inbox])
    assert [record.file for _, record in taken.calls] == ["mine.wav"]
    assert taken.missing == ()
    assert taken.mistakes == ()
    assert [(each.file, why) for each, why in taken.apart] == [
        ("boss.wav", "link_outside"), ("dangling.wav", "link_outside"), ("folder", "link_outside"),
        ("pipe.wav", "no_plain_file"),
    ]  # fmt: skip


# media


@pytest.mark.parametrize("channels", [3, 8, 100])
def test_many_channels(tmp_path: Path, channels: int) -> None:
    with pytest.raises(RecordingError) as refused:
        load(_wav(tmp_path / "many.wav", channels=channels))
    assert refused.value.code == "too_many_channels"
    assert str(channels) in str(refused.value)


def test_a_small_file_that_unpacks_to_hours(tmp_path: Path) -> None:
    import av

    bomb = tmp_path / "bomb.flac"
    with av.open(str(bomb), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=8000)
        stream.layout = "mono"
        block = np.zeros((1, 8000 * 60), dtype=np.int16)
        for minute in range(20):
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8000, minute * block.shape[1]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert bomb.stat().st_size < 300_000  # of 19 MB
    with pytest.raises(RecordingError) as refused:
        load(bomb, limits=DecodeLimits(longest_s=300))
    assert refused.value.code == "too_long"


def _floats(path: Path, samples: np.ndarray) -> Path:
    data = samples.astype("<f4").tobytes()
    head = struct.pack("<HHIIHH", 3, 1, 8000, 32_000, 4, 32)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e37])
@pytest.mark.parametrize("where", [slice(None, None, 97), slice(None), slice(-1, None)])
@pytest.mark.filterwarnings("error")
def test_samples_that_are_no_sound_are_refused_in_words(tmp_path: Path, wrong: float, where: slice) -> None:
    samples = np.sin(np.arange(8000 * 30, dtype=np.float32))
    samples[where] = wrong
    for read in (load, open_recording):
        with pytest.raises(RecordingError, match="samples in .* no sound") as refused:
            read(_floats(tmp_path / "bad.wav", samples))
        assert refused.value.code == "damaged"


def test_floats_over_full_scale_are_sound(tmp_path: Path) -> None:
    samples = 4 * np.sin(np.arange(8000, dtype=np.float32))
    assert load(_floats(tmp_path / "loud.wav", samples))[1].clipping[0].ratio > 0.1


@pytest.mark.parametrize("rate", [1, 10, 1999, 768_001, 4_000_000_000])
def test_absurd_rates(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "rate.wav"
    data = b"\0\0" * 20_000
    head = struct.pack("<HHIIHH", 1, 1, rate, (rate * 2) & 0xFFFFFFFF, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    with pytest.raises(RecordingError) as refused:
        load(path)
    assert refused.value.code in ("unreadable", "not_audio")


def test_halves_of_characters_cost_their_cell() -> None:
    row = b'{"file":"a.wav","call_id":"K","customer_id":"c\\ud800","notes":"n","x":"\\udfff","y\\ud800":"1","z":"2"}\n'
    found = parse_call_list(row + b'{"file":"b\\ud800.wav"}\n', name="calls.jsonl", lines=True)
    (record,) = found.records
    assert (record.call_id, record.customer_id, record.notes, record.extra) == ("K", None, "n", {"z": "2"})
    assert len(found.mistakes) == 4
    assert "".join(found.mistakes).encode()


def test_an_id_of_a_call_list_holds_nothing_unseen() -> None:
    found = parse_call_list("file,call_id\na.wav,K\u202e1\n".encode(), name="calls.csv")
    assert found.records[0].call_id == ""
    assert "printable" in found.mistakes[0]


def test_archives_and_playlists_under_a_recording_s_name(tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    _wav(secret)
    with zipfile.ZipFile(tmp_path / "zip.wav", "w") as archive:
        archive.write(secret, "inner.wav")
    (tmp_path / "list.wav").write_text(f"#EXTM3U\n#EXTINF:1,\n{secret}\n", encoding="utf-8")
    (tmp_path / "concat.wav").write_text(f"ffconcat version 1.0\nfile {secret}\n", encoding="utf-8")
    (tmp_path / "net.wav").write_text("http://127.0.0.1:1/x.wav", encoding="utf-8")
    for name in ("zip.wav", "list.wav", "concat.wav", "net.wav"):
        with pytest.raises(RecordingError) as refused:
            load(tmp_path / name)
        assert refused.value.code == "not_audio"
        with pytest.raises(RecordingError):
            write_copy(tmp_path / name, tmp_path / "out.flac")
        assert not (tmp_path / "out.flac").exists()


# lines and lists

LINES = {
    "deep": b"[" * 200_000 + b"]" * 200_000,
    "deep turns": b'{"call_id":"a","turns":' + b'[{"a":' * 50_000,
    "long number": b'{"call_id":' + b"9" * 10_000 + b',"turns":[]}',
    "not an object": b"[1,2,3]",
    "no end": b'{"call_id":"a","turns":[{"text":"',
    "control": b'{"call_id":"a\\nERROR forged","turns":[]}',
    "turned": '{"call_id":"a\u202eb","turns":[]}'.encode(),
    "infinite": b'{"call_id":"a","turns":[{"text":"x","start_s":1e999,"end_s":1}]}',
    "bytes": b"\xff\xfe\x00",
    "null": b'{"call_id":null,"turns":[]}',
    "many turns": b'{"call_id":"a","turns":[' + b",".join([b"1"] * 30_000) + b"]}",
}


@pytest.mark.parametrize("name", LINES)
def test_lines_of_absurd_size_or_depth(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.jsonl"
    good = b'{"call_id":"good","turns":[{"speaker":"agent","text":"hello"}]}'
    path.write_bytes(LINES[name] + b"\n" + good + b"\n")
    (_, bad), (_, kept) = read_transcripts(path)
    assert isinstance(bad, BadLine)
    assert len(bad.message) < 400
    assert "\n" not in bad.message
    assert not isinstance(kept, BadLine)
    assert kept.record.call_id == "good"


def test_half_a_surrogate_is_written_as_json() -> None:
    result = make_result(transcript=make_transcript(make_turn("agent", "hi \ud800 there", 0.0, 1.0)))
    assert json.loads(dumps_line(result).encode("utf-8"))


@pytest.mark.parametrize(
    "raw",
    [b"file\n" + b"a" * 100_000, b"file,notes\na.wav,\"" + b"x" * 200_000, b"file\n../../etc/passwd\n", b"file\n\x1b[2Ja.wav\n",
     b"file,call_id\na.wav," + b"x" * 300, b"file,started_at\na.wav,13812345678 99:99\n", b"fi\0le\na.wav\n", b"\x00" * 1000,
     b"file\n" * 5000],
)  # fmt: skip
def test_call_lists(raw: bytes) -> None:
    try:
        read = parse_call_list(raw, name="calls.csv")
    except ConfigError as refused:
        assert str(refused).startswith("calls.csv: ")
        return
    assert all(mistake.startswith("calls.csv: ") and len(mistake) < 400 for mistake in read.mistakes)


# tables


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "\u202e=1", "\ufeff=1", '"=1', "'=1", "＝1",
     "\x00=1", "\x0b=1", "﹦1+1", "﹣1+1", "\u22121+1", "﹫x", "\u2066@x", "%0A=1", "\x7f-2+3"],
)  # fmt: skip
def test_no_cell_begins_a_formula(text: str) -> None:
    written = to_csv([Row({"file": text, "agent_name": text, text: text})])
    header, row = csv.reader(io.StringIO(written, newline=""))
    for cell in (*header, *row):
        head = cell.lstrip("".join(map(chr, range(33))) + '\u3000\u202e\ufeff\u2066\x7f"')
        assert not head.startswith(tuple("=+-@＝＋－＠﹦﹢﹣﹫\u2212")), cell


@given(st.text(max_size=30))
def test_neutral_keeps_the_text(text: str) -> None:
    assert neutral(text).removeprefix("'").replace("\0", "") == text.replace("\0", "").removeprefix("'") or (
        neutral(text)[1:] == text.replace("\0", "")
    )


# code


def _calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


OWN_PIPE = {ROOT / "pipeline" / "nightly" / name for name in ("workers.py", "child.py")}
"""A night's owner tells its own child processes what to do, over a private socket; nothing from outside gets there."""


def test_nothing_unpickles_or_runs_what_it_reads() -> None:
    """No pickle, no allow_pickle, no unsafe YAML, no eval, exec or shell in what ships."""
    wrong = []
    for path in (
        file for folder in ("pipeline", "models", "flows") for file in (ROOT / folder).rglob("*.py")
    ):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in (node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")])
        }
        wrong += [
            f"{path.name}: {name}"
            for name in imported & {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
            if path not in OWN_PIPE
        ]
        for name, call in _calls(tree):
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            loader = keywords.get("Loader", ast.unparse(call.args[1]) if len(call.args) > 1 else "")
            if (
                name in ("eval", "exec", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load")
                or (name.endswith("np.load") and keywords.get("allow_pickle", "False") != "False")
                or keywords.get("allow_pickle") == "True"
                or keywords.get("shell") == "True"
                or (
                    name in ("yaml.load", "yaml.load_all")
                    and loader not in ("_Loader", "yaml.SafeLoader", "yaml.BaseLoader")
                )
            ):
                wrong.append(f"{path.name}:{call.lineno}: {name}")
    assert wrong == []


def test_printable_is_one_line() -> None:
    assert printable("a\r\nb\x1b[0m\u2028c") == "a??b?[0m?c"
