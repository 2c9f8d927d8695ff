"""Settings files: read safely, every mistake named at once; and the profile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import MAX_BYTES, load_yaml, parse_yaml
from pipeline.errors import ConfigError
from pipeline.profile import EMPTY, Profile, TimeSpan, load_profile

GOOD = """
company: {name: 华信传媒, aliases: [华信, Huaxin Media]}
departments: [{name: 销售部, aliases: [媒体销售部]}]
agents: [{id: 007, names: [李明, 小李], department: 销售部, team: 一组, supervisor: S01}]
products: [{name: 电梯媒体, aliases: [], benefits: [覆盖写字楼]}]
jargon: [{term: CPM, plain: 每千人成本}]
calling_hours: {time_zone: Asia/Shanghai, holidays: CN, work_days: [mon, tue, wed, thu, fri],
                spans: ["09:00-12:00", "14:00-18:00"], breaks: [12:00-13:30]}
call_length_s: {default: [60, 360], 续费: [60, 600]}
targets: {A01: {calls: 60, connects: 30, interested: 5, score: 85}}
line_reference_lufs: -23
compliance:
  notice: [{name: 录音告知, phrases: [通话将被录音]}]
  script: {续费: [{name: 核实身份, meaning: [请问是本人吗]}]}
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "profile.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def mistakes(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_profile(write(tmp_path, text))
    return caught.value.mistakes


def test_reads_all_of_a_profile(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path, GOOD))
    assert profile.company.name == "华信传媒"
    assert profile.agent("007") is not None, "an id with leading zeros stays text"
    assert profile.agent_named("小李") is profile.agents[0]
    assert profile.length_band("续费") == (60, 600)
    assert profile.length_band("别的") == (60, 360)
    assert [str(part) for part in profile.calling_hours.breaks] == ["12:00-13:30"]
    assert profile.notices("续费")[0].name == "录音告知", "a bare list counts for every campaign"
    assert profile.script("续费")[0].meaning == ("请问是本人吗",)
    assert profile.script(None) == ()


def test_short_forms_that_people_write(tmp_path: Path) -> None:
    profile = load_profile(
        write(
            tmp_path,
            "company: 华信传媒\ndepartments: [销售部]\nagents: [{id: 1, names: 李明}]\n"
            "products: [宽带, {name: 保险, benefits: 住院可以报销, facts: [每月 199 元]}]\n"
            "jargon: [SKU, {term: CPM, plain: [每千人成本, cost per thousand]}]\n",
        )
    )
    assert profile.company.name == "华信传媒" and profile.departments[0].name == "销售部"
    assert profile.agents[0].names == ("李明",) and profile.products[1].benefits == ("住院可以报销",)
    assert [entry.plain for entry in profile.jargon] == [None, "每千人成本"]
    assert profile.jargon[1].plain_words == ("每千人成本", "cost per thousand")


def test_everything_is_optional(tmp_path: Path) -> None:
    assert load_profile(write(tmp_path, "")) == EMPTY
    assert EMPTY.time_zone == "Asia/Shanghai"
    assert EMPTY.length_band("x") is None


def test_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        EMPTY.company = None  # type: ignore[misc, assignment]


def test_names_every_mistake_at_once_with_what_is_accepted(tmp_path: Path) -> None:
    told = "\n".join(
        mistakes(
            tmp_path,
            """
compnay: {name: x}
agents: [{id: A, nmes: [x]}, {names: [3]}]
calling_hours: {time_zone: Mars/X, holidays: XX, work_days: [mon, die], spans: [9-12, 12:30-11:00]}
targets: {A01: {calls: -1, score: x}}
call_length_s: {default: [60, 30], 续费: [60]}
line_reference_lufs: 3
""",
        )
    )
    for expected in (
        "compnay → unknown key; did you mean company?",
        "agents[A].nmes → unknown key; did you mean names?",
        "agents[1].id → is required (line 3)",
        "time_zone → a time zone such as Asia/Shanghai",
        "holidays → a country code such as CN",
        "work_days[1] → one of mon, tue, wed, thu, fri, sat or sun is accepted, not 'die'",
        "spans[0] → a span such as 09:00-12:00 is accepted, not '9-12'",
        "spans[1] → a span ends after it starts",
        "targets.A01.calls → a number from 0 up is accepted, not -1",
        "targets.A01.score → a number is accepted, not 'x'",
        "call_length_s.default → [least, most]",
        "call_length_s.续费 → a list of at least 2 is accepted",
        "line_reference_lufs → a number up to 0 is accepted, not 3 (line 7)",
    ):
        assert expected in told
    assert all(line.startswith(str(tmp_path)) for line in told.splitlines())


def test_an_agent_s_id_counts_once(tmp_path: Path) -> None:
    assert "given twice: A" in mistakes(tmp_path, "agents: [{id: A}, {id: A}]")[0]


@pytest.mark.parametrize("text", ["09:00-12:00", "9:00–12:00", "09:00至12:00", "00:00-24:00"])
def test_spans_that_people_write(text: str) -> None:
    assert TimeSpan.model_validate(text).start <= TimeSpan.model_validate(text).end


def test_words_and_clock_times_stay_text() -> None:
    assert parse_yaml("a: [no, on, 12:30, 007, 1_000, 0x1F]", name="x").data == {
        "a": ["no", "on", "12:30", "007", "1_000", "0x1F"]
    }
    assert parse_yaml("a: [true, False, 12, -3.5, 1e3, null, ~]", name="x").data["a"][:4] == [
        True,
        False,
        12,
        -3.5,
    ]


def test_a_key_given_twice_is_a_mistake() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 2\n", name="x.yaml")
    assert set(caught.value.mistakes) == {
        "x.yaml: a → given twice, on lines 1 and 3; keep one",
        "x.yaml: b.c → given twice, on lines 2 and 2; keep one",
    }


def test_a_day_that_no_calendar_has_is_told_by_its_key_and_line() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml("a: 2025-02-28\nb:\n  c: [2025-02-30]\nd: 2024-00-10\n", name="x.yaml")
    assert sorted(line.split(":", 2)[1] for line in caught.value.mistakes) == [
        " b.c[0] → a date (YYYY-MM-DD) is accepted, not '2025-02-30'",
        " d → a date (YYYY-MM-DD) is accepted, not '2024-00-10'",
    ]
    assert caught.value.mistakes[0].endswith("(line 4)") and caught.value.mistakes[1].endswith("(line 3)")


def test_an_alias_bomb_is_refused_quickly() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    with pytest.raises(ConfigError, match="once its aliases are followed"):
        parse_yaml(bomb, name="x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &a [*a]", "holds itself"),
        ("[" * 5000, "nested deeper"),
        ("a: {b: [1, 2", "not YAML"),
        ("!!python/object/apply:os.system ['true']", "not YAML"),
        ("a: 1\nb: !!binary aGVsbG8=", "line 2 → not YAML as it is read here: the tag !!binary"),
        ("a: !!set {b, c}", "line 1 → not YAML.*!!set"),
        ("a: [1, !!omap [b: 1]]", "line 1 → not YAML.*!!omap"),
        ("a: !!pairs [b: 1]", "not YAML.*!!pairs"),
        ("!!binary YQ==: 1", "not YAML.*!!binary"),
        ("a: !own b", "not YAML.*!own"),
        ("? [a, b]\n: 1", "can't be read|not YAML|keys with values|unhashable"),
        ('a: {b: ["甲\\u202e乙"]}', r"x: a\.b\[0\] → holds U\+202E, which nobody sees.*line 1"),
        ('a: "x\\0y"', r"a → holds U\+0000"),
        ('"c\\x1b[2J": 1', r"c\?\[2J → holds U\+001B"),
        ('a: "\\ud800"', r"U\+D800|not YAML|can't be read"),
    ],
)
def test_hostile_files_are_mistakes_not_crashes(text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        load = parse_yaml(text, name="x")
        Profile.model_validate(load.data)


def test_plain_kinds_may_be_tagged() -> None:
    text = "a: !!str 1\nb: &b !!map {c: !!int 2}\nd: {<<: *b}\ne: 2025-03-04\nf: =\ng: ~\n"
    data = parse_yaml(text, name="x").data
    assert (data["a"], data["b"], data["d"], data["f"]) == ("1", {"c": 2}, {"c": 2}, "=")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('agents: [{id: A1, names: [Li, " "]}]', r"agents\[A1\].names\[1\]"),
        ('agents:\n  - {id: "\u3000"}', "agents.*id"),
        ('agents: [{id: A1, names: " "}]', "names"),
        ('company: "  "', "company"),
        ('products: [{name: P, benefits: [" "]}]', r"benefits\[0\]"),
    ],
)
def test_blanks_are_no_name(text: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"{key}.* → text is accepted, not blanks alone \(line \d\)"):
        load_profile(tmp_path / "p.yaml")


def test_lines_and_tabs_within_a_text_are_text() -> None:
    assert parse_yaml("a: |\n  one\n  two\tthree\n", name="x").data == {"a": "one\ntwo\tthree\n"}


def test_a_mistake_is_one_printable_line_whatever_the_key() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml('"a\\nFORGED: x: no mistakes": 1\n"a\\nFORGED: x: no mistakes": 2\n', name="x")
    assert len(caught.value.mistakes) == 1
    assert caught.value.mistakes[0].isprintable()


def test_files_out_of_bounds(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_yaml(tmp_path / "none.yaml")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than"):
        load_yaml(large)
    large.write_bytes("公司: 华".encode("gb18030"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_yaml(large)
    with pytest.raises(ConfigError, match="keys with values"):
        load_profile(write(tmp_path, "- a\n- b\n"))


@given(st.text(alphabet="a:[]{},&*!|>-'\"\n \t#%@`0é华", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml(text, name="x")
    except ConfigError as error:
        assert error.mistakes


@pytest.mark.parametrize(
    ("text", "key", "accepted"),
    [
        ("line_reference_lufs: '-23'", "line_reference_lufs", "a number"),
        ("line_reference_lufs: true", "line_reference_lufs", "a number"),
        ("call_length_s: {default: ['60', 360]}", "call_length_s.default[0]", "a number"),
        ("call_length_s: {default: [60, true]}", "call_length_s.default[1]", "a number"),
        ("targets: {A01: {calls: '60'}}", "targets.A01.calls", "a whole number"),
        ("targets: {A01: {connects: true}}", "targets.A01.connects", "a whole number"),
        ("targets: {A01: {score: yes}}", "targets.A01.score", "a number"),
        (
            "targets: {A01: {periods: {2025-03: {calls: '1'}}}}",
            "targets.A01.periods.2025-03.calls",
            "a whole number",
        ),
        ("calling_hours: {closed_days: [0]}", "calling_hours.closed_days[0]", "a date"),
        ("calling_hours: {open_days: ['20250305']}", "calling_hours.open_days[0]", "a date"),
        (
            "calling_hours: {spans: [{start: 9, end: 17}]}",
            "calling_hours.spans[0].start",
            "a time such as 09:00",
        ),
        (
            "calling_hours: {breaks: [{start: '9', end: '17'}]}",
            "calling_hours.breaks[0].end",
            "a time such as",
        ),
    ],
)
def test_a_figure_of_a_profile_is_written_as_one(tmp_path: Path, text: str, key: str, accepted: str) -> None:
    told = mistakes(tmp_path, text)
    mine = [line for line in told if f" {key} → {accepted}" in line]
    assert mine and "accepted, not" in mine[0] and "(line 1)" in mine[0], told
