"""The call list, and the names that calls go by."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.beside import Beside, TranscriptError
from pipeline.call_names import holds_number, safe_name, shown_name, without_numbers
from pipeline.calls import assign, derive_call_id, joined, parse_call_list, read_call_list, unknown_outcomes
from pipeline.errors import ConfigError
from pipeline.profile import Agent, Profile
from pipeline.standards import load_standard
from pipeline.standards.checks_record import outcome_words
from pipeline.types import Transcript

HEADER = "file,call_id,agent_id,agent_name,started_at,direction,ring_count,agent_channel,notes,客户等级"
ROW = 'a.wav,c1,A01,李明,2025-03-04T09:30:00+08:00,outbound,3,1,"说好，周四再联系",A'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_reads_what_spreadsheets_save(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "calls.csv"
    file.write_bytes(f"{HEADER}\r\n{ROW}\r\n".encode(encoding))
    calls = read_call_list(file)
    assert calls.mistakes == ()
    (record,) = calls.records
    assert (record.file, record.call_id, record.agent_name) == ("a.wav", "c1", "李明")
    assert (record.ring_count, record.agent_channel, record.notes) == (3, 1, "说好，周四再联系")
    assert record.extra == {"客户等级": "A"}, "unknown columns are kept"
    assert record.listed


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(delimiter: str) -> None:
    text = f"file{delimiter}notes\na.wav{delimiter}x, y\n"
    assert parse_call_list(text.encode(), name="c").records[0].notes == "x, y"


def test_reads_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    rows = [
        {"file": "a.wav", "ring_count": 4, "score": 7.0, "tags": ["x"]},
        {"file": "b.wav", "ring_count": None},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n\nnot json\n[1]\n", encoding="utf-8")
    calls = read_call_list(file)
    assert [record.ring_count for record in calls.records] == [4, None]
    assert calls.records[0].extra == {"score": "7", "tags": '["x"]'}
    assert [line.split(" → ")[0] for line in calls.mistakes] == [f"{file}: row 4", f"{file}: row 5"]


def test_mistakes_are_listed_and_lose_no_recording() -> None:
    text = """file,call_id,started_at,direction,ring_count,agent_channel
a.wav,one,yesterday,sideways,many,2
,two,,,,
b.wav,one,2025/3/4 9:30,呼入,3,0
a.wav,three,,,,
c.wav,"bad\u0007id",2025-03-04,,,,,extra
"""
    calls = parse_call_list(text.encode(), name="calls.csv")
    assert [record.file for record in calls.records] == ["a.wav", "b.wav", "c.wav"]
    assert [line.split(" → ")[0] for line in calls.mistakes] == [
        "calls.csv: row 2, started_at",
        "calls.csv: row 2, direction",
        "calls.csv: row 2, ring_count",
        "calls.csv: row 2, agent_channel",
        "calls.csv: row 3, file",
        "calls.csv: row 4, call_id",
        "calls.csv: row 5, file",
        "calls.csv: row 6",
        "calls.csv: row 6, call_id",
        "calls.csv: row 6, started_at",
    ]
    assert calls.records[0].ring_count is None
    assert calls.records[1].direction == "inbound"
    assert "outbound or inbound is accepted, not 'sideways'" in calls.mistakes[1]


def test_a_start_without_offset_is_in_the_profile_s_zone() -> None:
    profile = Profile.model_validate({"calling_hours": {"time_zone": "Europe/London"}})
    text = b"file,started_at\na.wav,2025-07-01T09:30:00\nb.wav,2025-07-01T09:30:00Z\nc.wav,2025/7/1 9:30:05\n"
    starts = [record.started_at for record in parse_call_list(text, name="c", profile=profile).records]
    assert starts[0] == datetime(2025, 7, 1, 9, 30, tzinfo=ZoneInfo("Europe/London"))
    assert starts[1] == datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
    assert starts[2] == datetime(2025, 7, 1, 9, 30, 5, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"name,notes\na,b\n", "a column named file is required; the header holds name, notes"),
        (b"", "a column named file is required"),
        (b"file,notes,notes\na,b,c\n", "notes → given twice"),
        (b"file\n\xff\xff\xff\x81", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_list_that_can_t_be_read_at_all(raw: bytes, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_call_list(raw, name="calls.csv")


def test_an_absent_list(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        read_call_list(tmp_path / "calls.csv")


def test_rows_meet_their_recordings() -> None:
    text = "file,call_id,agent_id\nmon/a.wav,x,A01\nb.wav,,\ngone.wav,,\nsub\\c.wav,,\ntwin.wav,,\n"
    calls = parse_call_list(text.encode(), name="calls.csv")
    digest = "0123456789abcdef" * 4
    files = ["mon/a.wav", "tue/b.wav", "sub/c.wav", "new.wav", "p/twin.wav", "q/twin.wav"]
    profile = Profile(agents=(Agent(id="A01", names=("李明",)),))
    assigned = assign(calls, [(file, digest) for file in files], profile=profile)
    assert {file: record.call_id for file, record in assigned.records.items()} == {
        "mon/a.wav": "x",
        "tue/b.wav": "b",
        "sub/c.wav": "c",
        "new.wav": "new",
        "p/twin.wav": "twin",
        "q/twin.wav": "twin-01234567",
    }
    assert assigned.records["mon/a.wav"].agent_name == "李明", "the name follows from the id"
    assert not assigned.records["new.wav"].listed
    assert [record.file for record in assigned.missing] == ["gone.wav", "twin.wav"]
    assert "2 recordings have this name" in assigned.mistakes[0]


def test_without_a_list_every_recording_has_a_name() -> None:
    assigned = assign(None, [("a.wav", "1" * 64), ("b/a.mp3", "2" * 64)])
    assert [record.call_id for record in assigned.records.values()] == ["a", "a-22222222"]


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("13812345678", True),
        ("rec_13812345678_20250304", True),
        ("+8613812345678", True),
        ("2025030409300013812345678", True),
        ("138-1234-5678", True),
        ("010-88886666", True),
        ("02088886666", True),
        ("212-555-0123", True),
        ("110101199003072316", True),
        ("11010119900307231X", True),
        ("call-0042", False),
        ("20250304093000", False),
        ("20250304093000123", False),
        ("202503040930", False),
        ("0000000042", False),
        ("auto_repairs_49_agent", False),
        ("9f86d081884c7d65", False),
    ],
)
def test_telephone_and_identity_numbers_stay_out_of_names(stem: str, expected: bool) -> None:
    assert holds_number(stem) is expected
    name = derive_call_id(f"{stem}.wav", "ab12" * 16)
    assert (name == "call-ab12ab12ab12") is expected


def test_collisions_take_digits_of_the_digest() -> None:
    assert derive_call_id("a.wav", "ab12" * 16, taken={"a"}) == "a-ab12ab12"
    assert derive_call_id("a.wav", "ab12" * 16, taken={"a", "a-ab12ab12"}) == "a-ab12ab12-2"


@given(st.text(min_size=1, max_size=120))
def test_safe_names_are_safe_and_differ(call_id: str) -> None:
    name = safe_name(call_id)
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-%")
    assert 0 < len(name.encode()) <= 180
    assert not name.startswith(".") and not name.endswith(".")
    assert name != safe_name(call_id + "x")


@pytest.mark.parametrize(
    ("call_id", "name"),
    [
        ("abc-1._", "abc-1._"),
        ("a/b", "a%2Fb"),
        ("../etc", "%2E.%2Fetc"),
        ("..", "%2E%2E"),
        ("晨", "%E6%99%A8"),
        ("~", "%7E"),
        ("con", "%63on"),
        ("\udcff.wav", "%ED%B3%BF.wav"),
    ],
)
def test_safe_names(call_id: str, name: str) -> None:
    assert safe_name(call_id) == name


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for lines in (False, True):
        try:
            parse_call_list(b"file,notes\n" + raw if not lines else raw, name="c", lines=lines)
        except ConfigError as error:
            assert error.mistakes


def test_a_quote_that_is_not_closed_costs_its_own_row_alone() -> None:
    text = (
        'file,notes\na.wav,"open, and\nb.wav,x\nc.wav,"closed ""here"" and, well"\nd.wav,"over\ntwo lines"\n'
    )
    calls = parse_call_list(text.encode(), name="calls.csv")
    assert {record.file: record.notes for record in calls.records} == {
        "a.wav": "open, and", "b.wav": "x", "c.wav": 'closed "here" and, well', "d.wav": "over\ntwo lines",
    }  # fmt: skip
    (told,) = calls.mistakes
    assert told.startswith("calls.csv: row 2 → a quote is opened and not closed")
    assert len(calls.mistakes) == 1


@pytest.mark.parametrize("text", ['file,notes\na.wav,"open', 'file,notes\na.wav,"open\n' + "b.wav,x\n" * 500])
def test_a_quote_that_is_open_to_the_end_swallows_nothing(text: str) -> None:
    calls = parse_call_list(text.encode(), name="calls.csv")
    assert calls.records[0].notes == "open" and "row 2 → a quote" in calls.mistakes[0]
    assert [record.file for record in calls.records[1:]] == (["b.wav"] if "b.wav" in text else [])


def test_a_quote_within_a_cell_is_a_letter() -> None:
    calls = parse_call_list(b'file,notes\na.wav,5" pipe\nb.wav,"x"y\n', name="calls.csv")
    assert [record.notes for record in calls.records] == ['5" pipe', "xy"] and not calls.mistakes


def test_an_overlong_cell_is_refused_with_its_row() -> None:
    text = f"file,notes,agent_id\na.wav,{'x' * 200_000},A1\nb.wav,y,A2\n"
    calls = parse_call_list(text.encode(), name="calls.csv")
    assert [(r.file, r.agent_id, r.notes) for r in calls.records] == [
        ("a.wav", "A1", None),
        ("b.wav", "A2", "y"),
    ]
    assert (
        calls.mistakes[0].startswith("calls.csv: row 2, notes → up to 65,536 characters")
        and len(calls.mistakes) == 1
    )


def test_big5_is_refused_and_not_read_as_other_names(tmp_path: Path) -> None:
    rows = "file,agent_name,campaign\na.wav,李明,續費專案客戶關懷\n"
    for encoding in ("gb18030", "utf-8"):
        assert parse_call_list(rows.encode(encoding), name="c").records[0].agent_name == "李明"
    for text in (rows, "file,campaign\na.wav,續費\n", "file,agent_name\na.wav,陳小明\n"):
        with pytest.raises(ConfigError, match="may be Big5.*save it as UTF-8"):
            parse_call_list(text.encode("big5"), name="c")
    plain = "file,notes\na.wav,客户说下周再联系，意向很强，请张经理跟进\n"
    assert parse_call_list(plain.encode("gb18030"), name="c").records[0].notes is not None


def test_headings_in_capitals() -> None:
    calls = parse_call_list(
        b"File,Call ID,AGENT-ID,Started_At,Tier\na.wav,C1,A1,2025-03-04 10:00,x\n", name="c"
    )
    (record,) = calls.records
    assert (record.call_id, record.agent_id, record.extra) == ("C1", "A1", {"Tier": "x"})
    assert (
        parse_call_list(b'{"File": "a.wav", "Agent_ID": "A1"}', name="c", lines=True).records[0].agent_id
        == "A1"
    )
    with pytest.raises(ConfigError, match="file → given twice"):
        parse_call_list(b"File,file\na.wav,b.wav\n", name="c")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026年5月12日 10:00", "2026-05-12T10:00"),
        ("2026年5月12日10时05分30秒", "2026-05-12T10:05:30"),
        ("2026年5月12日 星期二 下午2:30", "2026-05-12T14:30"),
        ("2026/5/12 下午2:30", "2026-05-12T14:30"),
        ("2026/5/12 下午 14:30", "2026-05-12T14:30"),
        ("2026/5/12 中午12:10", "2026-05-12T12:10"),
        ("2026/5/12 2:30 PM", "2026-05-12T14:30"),
        ("2026-05-12 12:05 a.m.", "2026-05-12T00:05"),
        ("12 May 2026 14:30", "2026-05-12T14:30"),
        ("May 12th, 2026 at 2:30 pm", "2026-05-12T14:30"),
        ("05/06/2026 10:00", None),
        ("2026/5/12 上午 14:30", None),
        ("2026/5/12 13:30 AM", None),
        ("2026/5/12 上午12:30", None),
        ("2026年2月30日 10:00", None),
        ("下午2:30", None),
        ("46154.4375", None),
        ("31 Foo 2026 10:00", None),
    ],
)
def test_starts_that_nobody_can_mistake(cell: str, expected: str | None) -> None:
    calls = parse_call_list(json.dumps({"file": "a.wav", "started_at": cell}).encode(), name="c", lines=True)
    started = calls.records[0].started_at
    if expected is None:
        assert started is None and len(calls.mistakes) == 1
    else:
        assert started == datetime.fromisoformat(expected).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("rows", "contested"),
    [
        (("A01,", "A02,"), True),
        (("A01,", "A01,"), False),
        (("A01,", ","), False),
        (("A01,", ",李明"), False),
        ((",李明", ",王芳"), True),
        (("A02,", ",李明"), True),
    ],
)
def test_a_recording_that_two_agents_claim_is_nobody_s(rows: tuple[str, str], contested: bool) -> None:
    text = "file,agent_id,agent_name\n" + "".join(f"a.wav,{row}\n" for row in rows) + "b.wav,A03,\n"
    profile = Profile(agents=(Agent(id="A01", names=("李明",)),))
    calls = parse_call_list(text.encode(), name="calls.csv", profile=profile)
    assert (len(calls.records), len(calls.mistakes)) == (2, 1)
    assert calls.contested == (frozenset({"a.wav"}) if contested else frozenset())
    assert calls.mistakes[0].startswith("calls.csv: row 3, file → a.wav")
    assert ("held" in calls.mistakes[0]) == contested
    assert assign(calls, [("a.wav", "1" * 64)], profile=profile).contested == calls.contested


def test_two_lists_that_give_one_recording_to_two_agents() -> None:
    one = parse_call_list(b"file,agent_id\na.wav,A01\nb.wav,A01\n", name="one")
    other = parse_call_list(b"file,agent_id\na.wav,A02\nb.wav,A01\n", name="two")
    both = joined([one, other])
    assert both.contested == {"a.wav"} and len(both.mistakes) == 2


def test_lines_of_json_end_where_lines_end_and_numbers_are_bounded() -> None:
    huge = '{"file": "b.wav", "ring_count": ' + "9" * 401 + ', "agent_channel": NaN, "started_at": Infinity}'
    text = '{"file": "a.wav", "notes": "x\u2028y"}\n' + huge + '\n{"file": "c.wav", "ring_count": 1e999}\n'
    calls = parse_call_list(text.encode(), name="c", lines=True)
    assert [record.file for record in calls.records] == ["a.wav", "b.wav", "c.wav"]
    assert [record.ring_count for record in calls.records] == [None] * 3
    assert [told.split(" → ")[0] for told in calls.mistakes] == [
        "c: row 2, ring_count", "c: row 2, agent_channel", "c: row 2, started_at", "c: row 3, ring_count",
    ]  # fmt: skip


def test_an_outcome_that_nobody_knows_is_told_once_a_word() -> None:
    text = "file,outcome\na.wav,interestd\nb.wav,INTERESTED\nc.wav,有意向\nd.wav,interestd\ne.wav,call back\n"
    calls = parse_call_list(text.encode(), name="calls.csv")
    (told,) = unknown_outcomes(calls, outcome_words(load_standard()))
    assert told.startswith("calls.csv: a.wav and 1 more, outcome → 'interestd' is no outcome")
    assert "did you mean interested?" in told and "Accepted: interested, not_interested" in told
    assert calls.records[0].outcome == "interestd"


@pytest.mark.parametrize("column", ["agent_id", "agent_name", "customer_id", "campaign", "outcome"])
@pytest.mark.parametrize("sign", ["\x1b]0;x\x07", "\r\nERROR: forged", "\u202e", "\u2066"])
def test_what_names_somebody_is_printable_in_either_form(tmp_path: Path, column: str, sign: str) -> None:
    row = json.dumps({"file": "a.wav", column: f"Li{sign}x", "notes": "kept"})
    for name, text in (
        ("calls.csv", f'file,{column},notes\na.wav,"Li{sign}x",kept\nb.wav,Wu,\n'),
        ("calls.jsonl", f'{row}\n{{"file": "b.wav", "{column}": "Wu"}}\n'),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        calls = read_call_list(path)
        (told,) = calls.mistakes
        assert column in told and "printable characters are accepted" in told and told.isprintable()
        first, second = calls.records
        assert not getattr(first, column) and first.notes == "kept" and getattr(second, column) == "Wu"


def test_json_lines_hold_text_or_numbers(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    rows = [
        {"file": {"a": 1}},
        {"file": "a.wav", "agent_id": ["x"], "notes": "n"},
        {"file": "b.wav", "customer_id": "K\0"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    calls = read_call_list(path)
    assert [told.partition(" →")[0].rpartition("/")[2] for told in calls.mistakes] == [
        "calls.jsonl: row 1, file", "calls.jsonl: row 2, agent_id", "calls.jsonl: row 3, customer_id",
    ]  # fmt: skip
    assert [(one.file, one.agent_id, one.customer_id) for one in calls.records] == [
        ("a.wav", None, None),
        ("b.wav", None, None),
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\u0007.wav", "printable characters are accepted in a recording's name; this one holds U+0007"),
        ("a\u0085b.wav", "this one holds U+0085"),
        ("x" * 4097, "a name of up to 4,096 characters is accepted, not 4,097"),
        ("http://pbx.example/2025/c.flac", "not an address (URL)"),
        ("S3://bucket/c.flac", "not an address (URL)"),
        ("file:///srv/c.flac", "not an address (URL)"),
    ],
)
def test_a_name_that_is_none_says_what_is_accepted(name: str, told: str) -> None:
    raw = json.dumps({"file": name, "customer_id": "C-1"}).encode()
    read = parse_call_list(raw, name="calls.jsonl", lines=True)
    assert read.records == ()
    (mistake,) = read.mistakes
    assert told in mistake and "the row is left out" in mistake and "required" not in mistake


@pytest.mark.parametrize("name", ["C:\\rec\\c.flac", "c:/rec/c.flac", "\\\\pbx\\rec\\c.flac", "a:b.wav"])
def test_a_path_is_no_address(name: str) -> None:
    raw = json.dumps({"file": name}).encode()
    assert parse_call_list(raw, name="calls.jsonl", lines=True).mistakes == ()


@pytest.mark.parametrize(
    "number",
    [
        "１５９２６６４０８３１",
        "一五九二六六四零八三一",
        "幺五九 二六六四 〇八三幺",
        "159\u200b2664\u200b0831",
        "159\u20132664\u20130831",
        "159\u30002664\u30000831",
        "1 5 9 2 6 6 4 0 8 3 1",
        "159·2664·0831",
        "①⑤⑨②⑥⑥④⓪⑧③①",
    ],
    ids=ascii,
)
def test_a_number_in_a_name_is_hidden_however_it_is_written(number: str) -> None:
    assert holds_number(f"录音_{number}_晨")
    assert without_numbers(f"录音_{number}_晨.wav").startswith("录音_")
    assert without_numbers(f"录音_{number}_晨.wav").endswith("#_晨.wav")
    assert derive_call_id(f"录音_{number}_晨.wav", "0123456789abcdef") == "call-0123456789ab"


def test_figures_of_other_scripts_that_are_no_number_stay() -> None:
    for name in ("二〇二六年三月十八日_一.wav", "２０２６０３１８０９３０００.wav", "第三组－１２８.wav"):
        assert without_numbers(name) == name


def test_no_sign_made_visible_parts_a_number() -> None:
    assert shown_name("159\u200b2664\u200b0831.wav", "0123456789abcdef") == "#-01234567.wav"


def test_what_is_wrong_with_a_transcript_names_no_number() -> None:
    assert (
        str(TranscriptError("15926640831.transcript.json: turns → none")) == "#.transcript.json: turns → none"
    )


def test_provenance_of_a_transcript_names_no_number() -> None:
    told = Beside(Transcript("zh", ()), "１５９２６６４０８３１.transcript.json", "0" * 64).provenance()
    assert told["recogniser"]["file"] == "#.transcript.json"
