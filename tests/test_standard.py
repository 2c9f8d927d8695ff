"""The default standard: complete, consistent, its examples true; and mistakes in a standard's file."""

from __future__ import annotations

import copy
import json
import re
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BeforeValidator, Strict

from pipeline.config import Frozen
from pipeline.errors import ConfigError
from pipeline.standards import Standard, check_standard, evidence, list_standards, load_standard, score
from pipeline.standards.examples import BuiltInExample, built_in, evidence_of, judge_example
from pipeline.standards.hours import place_in_hours, works_on
from pipeline.standards.library import DEFAULT, dump_standard, read_standard

STANDARD = load_standard()
EXAMPLES = built_in()
DOCS = Path(__file__).parent.parent / "docs"
ARTICLES = {
    "opening.company": "4.1, 7.1", "opening.department": "7.1", "opening.name": "7.1",
    "opening.purpose": "7.1",
    "opening.concise": "10.1", "opening.needs": "4.1", "voice.courtesy": "5.1", "voice.clarity": "4.1",
    "voice.level": "5.2",
    "voice.balance": "5.2", "voice.steadiness": "5.2", "time.hours": "6.1", "time.pickup": "6.2",
    "time.pickup_apology": "6.3", "time.length": "6.4", "time.on_topic": "6.4",
    "talk.answers_questions": "4.2",
    "talk.explores_needs": "4.2", "talk.patience": "4.2, 5.1", "talk.restates": "7.2",
    "talk.no_hard_sell": "7.3, 10.1",
    "talk.plain_language": "10.3", "talk.benefits": "10.3", "talk.no_interruption": "10.4",
    "talk.listens_first": "10.4",
    "talk.objections": "10.5", "talk.reference": "10.2", "record.complete": "8.1, 8.2",
    "record.follow_up": "8.3, 11.2",
    "prep.ready": "9.2", "compliance.do_not_call": "", "compliance.complaint": "", "compliance.notice": "",
    "compliance.absolute_claims": "", "compliance.script": "",
}  # fmt: skip


def test_every_criterion_of_the_policy_is_there_with_its_article() -> None:
    assert {criterion.id: criterion.article for criterion in STANDARD.criteria} == ARTICLES


def test_the_weights_make_a_hundred_and_compliance_has_none() -> None:
    scored = [c for c in STANDARD.criteria if not c.bonus and c.advisory_until is None]
    assert sum(c.weight for c in scored) == 100
    assert all(c.weight == 0 for c in STANDARD.criteria if c.section == "compliance" or c.advisory)
    assert {c.id for c in STANDARD.criteria if c.fatal is not None} == {"voice.courtesy", "talk.no_hard_sell"}
    assert [(band.min, band.zh) for band in STANDARD.bands] == [
        (90, "优"),
        (80, "良"),
        (60, "合格"),
        (0, "不合格"),
    ]
    assert STANDARD.scoring.gate == 0.6 and STANDARD.scoring.min_coverage == 0.5
    assert STANDARD.approver not in (None, STANDARD.author)


@pytest.mark.parametrize(
    ("percent", "grade"),
    [(100, "优"), (90, "优"), (89.9, "良"), (80, "良"), (60, "合格"), (59.9, "不合格"), (0, "不合格")],
)
def test_bands(percent: float, grade: str) -> None:
    assert STANDARD.grade(percent).zh == grade


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: f"{entry.criterion}: {entry.example.name}")
def test_the_examples_beside_the_standard_hold(entry: BuiltInExample) -> None:
    told = judge_example(STANDARD, entry.criterion, entry.example)
    assert told.verdict == entry.example.expect, told.reason
    for name in ("code", "zh", "en"):
        wanted = getattr(entry.example, name)
        assert wanted is None or getattr(told.reason, name) == wanted
    assert "—" not in told.reason.zh + told.reason.en, "every placeholder is filled"
    assert re.search(r"[\u4e00-\u9fff]", told.reason.zh) or told.reason.code == told.reason.zh


def test_every_criterion_has_a_hitting_and_a_missing_example() -> None:
    seen: dict[str, set[str]] = {criterion.id: set() for criterion in STANDARD.criteria}
    for entry in EXAMPLES:
        seen[entry.criterion].add(entry.example.expect)
    for name, verdicts in seen.items():
        missing = {"not_applicable"} if STANDARD.by_id[name].bonus else {"fail"}
        assert "pass" in verdicts and verdicts & missing, name


def test_an_example_must_be_able_to_fail() -> None:
    entry = EXAMPLES[0]
    wrong = entry.example.model_copy(update={"expect": "fail"})
    assert judge_example(STANDARD, entry.criterion, wrong).verdict != wrong.expect


def test_standards_are_listed() -> None:
    (info,) = list_standards()
    assert (info.id, info.status, info.criteria) == (DEFAULT, "published", len(ARTICLES))
    with pytest.raises(ConfigError, match="Accepted: telesales-cn, or a YAML file"):
        load_standard("telesales-us")


def test_a_standard_kept_as_text_judges_the_same() -> None:
    kept = read_standard(dump_standard(STANDARD), name="store")
    assert kept.model_dump() == STANDARD.model_dump()
    for entry in EXAMPLES[:20]:
        call = evidence_of(entry.example.evidence)
        assert score(call, kept)[0] == score(call, STANDARD)[0]


def test_it_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        STANDARD.criteria[0].weight = 50  # type: ignore[misc]


BROKEN = """
extends: telesales-cn
id: Acme Corp
version: one
effective_from: 2025-01-01
status: pubished
author: Wang
weights: {opening.company: 3}
override:
  opening.company: {weight: -1, wieght: 3}
  talk.no_hard_sell: {reasons: {pass: nowhere, partial: not_said, fail: not_said}}
  opening.compny: {weight: 3}
drop: [talk.patience, talk.nothing]
"""


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(BROKEN, encoding="utf-8")
    told = "\n".join(check_standard(file))
    for expected in (
        "id → text of the form",
        "version → text of the form",
        "retired is accepted, not 'pubished'; did you mean published? (line 6)",
        "weights → unknown key",
        "criteria[opening.company].weight → a number from 0 up is accepted, not -1 (line 10)",
        "criteria[opening.company].wieght → unknown key; did you mean weight?",
        "criteria[talk.no_hard_sell].reasons.pass → 'nowhere' is unknown",
    ):
        assert expected in told, told
    assert all(line.startswith(str(file)) for line in told.splitlines())
    assert "override.opening.compny → is no criterion of the base; did you mean opening.company?" in told
    assert "'talk.nothing' is no criterion of the base" in told


@pytest.mark.parametrize("weight", ["true", "'2'", ".nan"])
def test_a_weight_is_a_number(tmp_path: Path, weight: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(BROKEN.replace("weight: -1", f"weight: {weight}"), encoding="utf-8")
    told = "\n".join(check_standard(file))
    assert "criteria[opening.company].weight → a" in told
    assert "number" in told.split("criteria[opening.company].weight", 1)[1].splitlines()[0]


def loose(annotation: Any, metadata: tuple[Any, ...] = ()) -> bool:
    """Whether a type takes figures, days or times from what isn't written as one."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return loose(inner, (*metadata, *more))
    if any(isinstance(each, Strict | BeforeValidator) for each in metadata):
        return False
    return annotation in (int, float, date, time) or any(map(loose, get_args(annotation)))


def test_no_figure_of_any_settings_file_is_guessed() -> None:
    import pipeline.reports.targets_file
    import pipeline.store.retention  # noqa: F401

    models, found = [Frozen], []
    while models:
        model = models.pop()
        models += [each for each in model.__subclasses__() if each.__module__.startswith("pipeline.")]
        fields = model.model_fields.items()
        found += [f"{model.__name__}.{n}" for n, f in fields if loose(f.annotation, tuple(f.metadata))]
    assert found == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("scoring: {gate: '0.6'}", "scoring.gate"),
        ("scoring: {min_coverage: true}", "scoring.min_coverage"),
        ("scoring: {bonus_cap: yes}", "scoring.bonus_cap"),
        ("scoring: {fatal_cap: .nan}", "scoring.fatal_cap"),
        ("bands: [{min: '60', zh: 好, en: good}, {min: 0, zh: 差, en: bad}]", "bands[0].min"),
        ("appraisal: {min_calls: '20'}", "appraisal.min_calls"),
        ("appraisal: {min_calls: true}", "appraisal.min_calls"),
        ("appraisal: {min_calls: 2.5}", "appraisal.min_calls"),
        ("rules: {few: {hear: jargon, min: '2'}}", "rules.few.min"),
        ("rules: {few: {hear: jargon, max: true}}", "rules.few.max"),
        ("rules: {few: {hear: jargon, where: {seconds: ['0', 9]}}}", "rules.few.where.seconds[0]"),
        ("rules: {few: {hear: jargon, where: {turns: [1, true]}}}", "rules.few.where.turns[1]"),
        ("rules: {long: {measure: talk_s, max: '9'}}", "rules.long.max"),
        ("rules: {long: {measure: talk_s, above: .inf}}", "rules.long.above"),
        ("rules: {long: {measure: talk_s, is: '9'}}", "rules.long.is"),
        ("rules: {long: {measure: talk_s, is: yes}}", "rules.long.is"),
        ("rules: {ends: {ends_within_s: '9'}}", "rules.ends.ends_within_s"),
        ("rules: {two: {some: true, of: [{rule: a}]}}", "rules.two.some"),
        ("effective_from: 0", "effective_from"),
        ("effective_from: '86400'", "effective_from"),
    ],
)
def test_a_figure_is_written_as_one(tmp_path: Path, change: str, key: str) -> None:
    file = tmp_path / "acme.yaml"
    lines = ["extends: telesales-cn", "id: acme", "version: 1.0", "effective_from: 2025-01-01", "author: Li"]
    kept = [line for line in lines if not line.startswith(change.split(":")[0])]
    file.write_text("\n".join([*kept, change]) + "\n", encoding="utf-8")
    told = [line for line in check_standard(file) if f" {key} → " in line]
    assert told and "accepted, not" in told[0] and f"(line {len(kept) + 1})" in told[0], check_standard(file)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("approver: Wang", "approver must be somebody other than the author"),
        ("status: published", "needs an approver"),
        ("bands: [{min: 60, zh: 好, en: good}]", "the last with min: 0"),
        ("bands: [{min: 0, zh: 好, en: good}, {min: 50, zh: 优, en: fine}]", "from the highest min down"),
        ("scoring: {gate: 2}", "scoring.gate → a number up to 1 is accepted"),
        ("extends: nothing", "Accepted: telesales-cn"),
        ("override: [a]", "criterion ids with the keys to change"),
        ("criteria: [{id: Bad Id}]", "criteria[Bad Id].id → text of the form"),
        ("rules: {loop: {rule: loop}}", "goes round in a circle: loop → loop"),
        ("override: {talk.patience: {weight: 2}}", "weight 0 is accepted for an advisory criterion"),
        ("reasons: {wrong_person: {zh: '{person}', en: x}}", "{person} is unknown"),
    ],
)
def test_what_a_standard_may_not_say(tmp_path: Path, change: str, expected: str) -> None:
    file = tmp_path / "acme.yaml"
    key = change.split(":")[0]
    lines = [
        "extends: telesales-cn",
        "id: acme",
        "version: 1.0",
        "effective_from: 2025-01-01",
        "status: draft",
        "author: Wang",
    ]
    lines = [line for line in lines if not line.startswith(f"{key}:")]
    if not any(line.startswith("approver") for line in [change]) and key != "status":
        lines.append("approver: Li")
    if key == "status":
        lines.append("approver: null")
    file.write_text("\n".join([*lines, change]) + "\n", encoding="utf-8")
    assert expected in "\n".join(check_standard(file))


def test_a_right_file_has_no_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text("extends: telesales-cn\nid: acme\nversion: 2.0\nstatus: draft\n", encoding="utf-8")
    assert check_standard(file) == []
    assert load_standard(file).version == "2.0"


def test_an_example_that_does_not_hold_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        "extends: telesales-cn\nid: acme\nversion: 2\nstatus: draft\noverride:\n"
        "  opening.company:\n    examples:\n"
        "      - {name: silent, expect: pass, evidence: {turns: [[agent, 0, 70, 您好], "
        "[customer, 71, 80, 哦]]}}\n"
        "      - {name: odd, expect: pass, evidence: {trns: []}}\n",
        encoding="utf-8",
    )
    told = check_standard(file)
    assert "examples[silent] → expected pass, judged fail" in told[0]
    assert "examples[odd] → can't be read: evidence: trns → unknown key" in told[1]


def test_a_file_that_extends_is_told_what_it_may_hold(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        "extends: telesales-cn\nid: acme\nversion: 2\ndropp: [talk.patience]\ncriteria:\n  - {id: time.hours}\n",
        encoding="utf-8",
    )
    hours, dropped = sorted(check_standard(file))
    assert "dropp → unknown key; did you mean drop?" in dropped and dropped.endswith("(line 4)")
    assert {"drop,", "extends,", "override,", "criteria,"} <= set(dropped.split())
    assert "criteria[time.hours].id → stands in telesales-cn; change it under override (line 6)" in hours


def test_the_worked_sum_of_the_documentation() -> None:
    text = (DOCS / "standard.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\w+) \| ([\d.]+|–) \| ([\d.]+|–) \|", text, re.MULTILINE)
    assert len(rows) == len([c for c in STANDARD.criteria if c.section != "compliance"])
    points = most = asked = 0.0
    share = {"pass": 1.0, "partial": 0.5, "fail": 0.0}
    for name, verdict, got, out_of in rows:
        criterion = STANDARD.by_id[name]
        weight = (
            0.0 if criterion.bonus or criterion.advisory or criterion.advisory_until else criterion.weight
        )
        asked += weight if verdict != "not_applicable" else 0
        if verdict in share and not criterion.bonus:
            assert float(out_of) == weight and float(got) == share[verdict] * weight, name
            points, most = points + float(got), most + weight
        else:
            assert (got, out_of) == ("–", "–"), name
    percent = round(100 * points / most + 2, 1)
    assert f"{points:g} ÷ {most:g} × 100 = {100 * points / most:.2f}" in text
    assert f"{percent} %" in text and STANDARD.grade(percent).zh in text
    assert f"{most:g} ÷ {asked:g} = {most / asked:.2f}" in text


def test_the_documentation_lists_every_weight() -> None:
    text = (DOCS / "standard.md").read_text(encoding="utf-8")
    for criterion in STANDARD.criteria:
        assert re.search(
            rf"^\| {re.escape(criterion.id)} \| .*\| {criterion.weight:g}[^|]*\|", text, re.MULTILINE
        ), criterion.id


def test_evidence_and_standard_are_public() -> None:
    assert isinstance(STANDARD, Standard) and evidence.Evidence is not None


def test_calling_hours() -> None:
    from datetime import date, datetime

    from pipeline.profile import CallingHours

    hours = CallingHours.model_validate(
        {
            "holidays": "CN", "spans": ["09:00-12:00", "14:00-18:00"], "breaks": ["15:00-15:15"],
            "closed_days": ["2025-03-05"], "open_days": ["2025-03-08"],
        }
    )  # fmt: skip
    assert works_on(date(2025, 10, 1), hours) == "holiday"
    assert works_on(date(2025, 9, 28), hours) == "work", "a Sunday made up for National Day"
    assert works_on(date(2025, 3, 9), hours) == "day_off"
    assert works_on(date(2025, 3, 5), hours) == "holiday" and works_on(date(2025, 3, 8), hours) == "work"
    for place, clocks in {
        "before": ("08:59",), "inside": ("09:00", "11:59", "14:00", "17:59"),
        "noon": ("12:00", "13:59", "15:05"), "after": ("18:00", "23:00"),
    }.items():  # fmt: skip
        for clock in clocks:
            started = datetime.fromisoformat(f"2025-03-04T{clock}+08:00")
            assert place_in_hours(started, hours)[0] == place, clock
    assert place_in_hours(datetime.fromisoformat("2025-03-04T01:30+00:00"), hours)[0] == "inside", (
        "another offset"
    )


@pytest.mark.parametrize(
    ("clock", "place"),
    [
        ("2025-03-04T21:59", "before"), ("2025-03-04T22:00", "inside"), ("2025-03-05T00:00", "inside"),
        ("2025-03-05T01:59", "inside"), ("2025-03-05T00:35", "noon"), ("2025-03-05T02:00", "before"),
        ("2025-03-08T01:00", "inside"), ("2025-03-08T22:30", "day_off"), ("2025-03-10T01:00", "before"),
    ],
)  # fmt: skip
def test_hours_over_midnight_belong_to_the_day_on_which_they_began(clock: str, place: str) -> None:
    from datetime import datetime

    from pipeline.profile import CallingHours

    hours = CallingHours.model_validate({"spans": ["22:00-02:00"], "breaks": ["00:30-00:45"]})
    assert [str(span) for span in hours.spans] == ["22:00-02:00"]
    assert place_in_hours(datetime.fromisoformat(clock), hours)[0] == place


def test_holidays_of_a_country_whose_parts_differ() -> None:
    from datetime import date, datetime

    from pipeline.profile import CallingHours, TimeSpan

    easter_monday, second_of_january = date(2026, 4, 6), date(2026, 1, 2)
    country, part = (CallingHours.model_validate({"holidays": name}) for name in ("GB", "GB-ENG"))
    assert works_on(easter_monday, country) == "part_holiday" and works_on(easter_monday, part) == "holiday"
    assert works_on(second_of_january, country) == "work", "of Scotland alone"
    assert works_on(date(2026, 12, 25), country) == "holiday"
    for clock, place in (("10:00", "part_holiday"), ("22:00", "after")):
        hours = country.model_copy(update={"spans": (TimeSpan.model_validate("09:00-17:00"),)})
        assert place_in_hours(datetime.fromisoformat(f"2026-04-06T{clock}"), hours)[0] == place


def test_a_copy_or_another_process_works_out_its_own_plan() -> None:
    import pickle

    changed = "extends: telesales-cn\nid: acme\nversion: 1\nstatus: draft\noverride:\n  talk.reference:\n"
    wording = "    pass: {say: {terms: [朋友介绍]}, from: agent, as: reference}\n"
    standard = read_standard(changed + wording, name="acme.yaml")
    call = evidence_of({"turns": [["agent", 0, 9, "是您朋友介绍的"], ["customer", 10, 60, "哦"]]})
    expected = score(call, standard)[0]
    assert {r.id: r.verdict for r in expected.criteria}["talk.reference"] == "pass"
    assert score(call, pickle.loads(pickle.dumps(standard)))[0] == expected  # noqa: S301 - our own bytes
    fewer = standard.model_copy(update={"criteria": standard.criteria[:3]})
    assert len(score(call, fewer)[0].criteria) == 3
    assert list(fewer.by_id) == [criterion.id for criterion in standard.criteria[:3]]


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(deeper for key, value in children for deeper in paths(value, (*path, key)))]


RAW = yaml.safe_load(dump_standard(STANDARD))
PATHS = paths(RAW)[1:]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PATHS),
    st.sampled_from(
        [None, 3, -1.5, "x", "", [], ["x"], {}, {"x": 1}, {"hear": "pitch"}, True, "{count", [[1]]]
    ),
)
def test_whatever_is_written_is_read_or_named(path: tuple[Any, ...], value: Any) -> None:
    data = copy.deepcopy(RAW)
    here = data
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    try:
        standard = read_standard(json.dumps(data, ensure_ascii=False), name="odd.yaml")
    except ConfigError as error:
        assert all(line.startswith("odd.yaml: ") and " → " in line for line in error.mistakes)
    else:
        score(evidence_of(EXAMPLES[0].example.evidence), standard)


HEAD = """
extends: telesales-cn
id: acme
version: 1.0.0
effective_from: 2025-06-01
author: Wang Fang
"""


@pytest.mark.parametrize("name", [criterion.id for criterion in STANDARD.criteria])
def test_any_criterion_can_be_dropped(tmp_path: Path, name: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(f"{HEAD}drop: [{name}]\n", encoding="utf-8")
    parts = load_standard(file).appraisal.parts
    assert not any(name in part.criteria for part in parts)
    assert [part.id for part in parts if part.measure != "criteria"] == [
        part.id for part in STANDARD.appraisal.parts if part.measure != "criteria"
    ]


def test_a_part_of_dropped_criteria_alone_goes_with_them(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    part = next(part for part in STANDARD.appraisal.parts if part.criteria)
    file.write_text(f"{HEAD}drop: [{', '.join(part.criteria)}]\n", encoding="utf-8")
    assert part.id not in {left.id for left in load_standard(file).appraisal.parts}


OWN = """
criteria:
  - id: talk.own
    section: {section}
    title: {{zh: 甲, en: A}}
    explain: {{zh: 甲, en: A}}
    source: our handbook
    weight: {weight}
    needs: [{needs}]
    applies: {{unless: [{{when: {{rule: nowhere}}, reason: {{code: x, zh: "{{nobody}}", en: x}}}}]}}
    pass: {{all: [{{hear: hard_sel}}, {{measure: {measure}, max: 1}}]}}
    reasons: {{pass: {{code: A, zh: "{{nosuch}}", en: x}}, fail: {{code: x, zh: x, en: x}}}}
"""


def test_what_is_wrong_inside_a_criterion_with_mistakes_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    wrong = OWN.format(section="tlak", weight=-2, needs="hold", measure="jargon_per_100_word")
    file.write_text(HEAD + wrong, encoding="utf-8")
    told = "\n".join(check_standard(file))
    for expected in (
        "weight", "'hard_sel'; did you mean hard_sell?", "'tlak' is unknown; did you mean talk?", "{nosuch}", "{nobody}",
        "'nowhere' is unknown", "did you mean jargon_per_100_words?", "'hold' is unknown",
    ):  # fmt: skip
        assert expected in told, expected


def test_a_figure_without_a_dot_is_one_that_is_delivered(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(HEAD + "rules: {r: {measure: jargon_rat, max: 1}}\n", encoding="utf-8")
    (told,) = check_standard(file)
    assert "rules.r.measure" in told and "did you mean jargon_rate?" in told and "line 7" in told
    file.write_text(HEAD + "rules: {r: {measure: acme.mood, max: 1}}\n", encoding="utf-8")
    assert check_standard(file) == []


def test_an_appraisal_names_criteria_that_exist(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    part = "{id: p, measure: criteria, weight: 1, title: {zh: 甲, en: A}, criteria: [talk.benefit]}"
    file.write_text(f"{HEAD}appraisal: {{parts: [{part}]}}\n", encoding="utf-8")
    (told,) = check_standard(file)
    assert "talk.benefit" in told and "did you mean talk.benefits?" in told and "line 7" in told
