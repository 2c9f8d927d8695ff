"""Whom a person should hear: the standard's rules, the sample, and the flags that a store keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from night_fakes import judged, run_night, write_wav
from period_store import Made, fill, rule
from sqlalchemy import delete, select

from pipeline.errors import ConfigError
from pipeline.nightly.closing import close_night
from pipeline.profile import Profile
from pipeline.reports.period import parse_period
from pipeline.reports.scorecard_build import build_scorecards
from pipeline.reports.scorecard_csv import calls_frame
from pipeline.reports.scorecard_write import write_scorecards
from pipeline.review.queue import Filters, queue
from pipeline.review.rights import Person
from pipeline.standards.flagging import Flagging, Heard, Past, Seen, drawn, flags_of, wording
from pipeline.standards.library import flagging_of, load_standard, read_standard
from pipeline.store import Store, open_store
from pipeline.store.day_tables import Flag
from pipeline.store.flags import flags_told
from pipeline.store.tables import Call
from pipeline.store.tally import freshen

SHANGHAI = ZoneInfo("Asia/Shanghai")
DEFAULT = flagging_of(load_standard())
USUAL = {90: Past(30, 80.0, 4.0)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


def heard(kind: str, speaker: str, confidence: float = 0.9) -> Heard:
    return Heard(kind, speaker, confidence, "…")


@pytest.mark.parametrize(
    ("seen", "past", "expected"),
    [
        (Seen(80.0, False), USUAL, []),
        (Seen(59.9, False), {}, ["low_score"]),
        (Seen(60.0, False), {}, []),
        (Seen(None, False), USUAL, []),  # no percentage: neither low nor unusual
        (Seen(0.0, False, ["voice.courtesy"], [heard("rude", "agent")]), {}, ["fatal", "rude", "low_score"]),
        (Seen(80.0, False, (), [heard("rude", "customer")]), {}, []),
        (Seen(80.0, False, (), [heard("rude", "agent", 0.59)]), {}, []),  # a doubt
        (Seen(80.0, False, (), [heard("complaint", "customer")]), {}, ["complaint"]),
        (Seen(80.0, True), {}, ["doubtful"]),
        (Seen(69.9, False), USUAL, ["outlier"]),  # 80 less 2.5 × 4 is 70
        (Seen(70.0, False), USUAL, []),
        (Seen(90.1, False), USUAL, ["outlier"]),
        (Seen(69.9, False), {90: Past(29, 80.0, 4.0)}, []),  # too few to know what is usual
        (Seen(69.9, False), {90: Past(50, 80.0, 0.0)}, []),
        (Seen(80.0, False, number=20), {}, ["new_agent"]),
        (Seen(80.0, False, number=21), {}, []),
    ],
)  # fmt: skip
def test_the_rules_that_ship(seen: Seen, past: dict[int, Past], expected: list[str]) -> None:
    assert [each.rule for each in flags_of(DEFAULT, seen, past, gate=0.6)] == expected


def test_each_flag_says_why() -> None:
    seen = Seen(
        41.25, True, ["talk.no_hard_sell"], [heard("rude", "agent"), heard("complaint", "customer")], 3
    )
    flags = flags_of(DEFAULT, seen, USUAL, gate=0.6)
    assert {each.rule for each in flags} == {each.id for each in DEFAULT.rules}
    told = {each.rule: wording(DEFAULT, each.rule, each.values) for each in flags}
    assert told["low_score"] is not None
    assert told["low_score"].en == "score 41.2, below 60"
    assert told["outlier"] is not None
    assert told["outlier"].zh == "得分 41.2，不在本人此前 30 通的常见范围 70–90 内"
    assert told["new_agent"] is not None
    assert told["new_agent"].en == "a new agent's call 3 of the first 20"
    assert not [label for label in told.values() if label is None or "—" in label.en + label.zh]
    assert wording(DEFAULT, "no_such_rule", {}) is None


def test_a_sample_is_the_same_whoever_draws_it() -> None:
    sample = DEFAULT.sample
    assert sample is not None
    calls = [f"call-{number}" for number in range(200)]
    chosen = drawn(sample, "A01", "2025-03", calls)
    assert len(chosen) == sample.calls == 4
    assert drawn(sample, "A01", "2025-03", list(reversed(calls))) == chosen
    assert drawn(sample, "A02", "2025-03", calls) != chosen
    assert drawn(sample, "A01", "2025-04", calls) != chosen
    assert drawn(sample.model_copy(update={"seed": "other"}), "A01", "2025-03", calls) != chosen
    assert drawn(sample, "A01", "2025-03", calls[:2]) == frozenset(calls[:2])
    without = [call for call in calls if call not in chosen]
    assert drawn(sample, "A01", "2025-03", [*without, *chosen]) == chosen


def test_every_call_is_drawn_as_often() -> None:
    sample = DEFAULT.sample
    assert sample is not None
    calls = [f"call-{number}" for number in range(20)]
    counts = dict.fromkeys(calls, 0)
    for month in range(2000):
        for call in drawn(sample, "A01", str(month), calls):
            counts[call] += 1
    # 400 expected of each, standard deviation 17.9: all within five of them
    assert 310 < min(counts.values()) <= max(counts.values()) < 490


@pytest.mark.parametrize(
    ("flagging", "told"),
    [
        ("{rules: [{id: a, kind: low, title: {zh: x, en: x}, reason: {zh: x, en: x}}]}", "low needs below"),
        ("{rules: [{id: a, kind: fatal, below: 3, title: {zh: x, en: x}, reason: {zh: x, en: x}}]}", "takes no below"),
        ("{rules: [{id: a, kind: odd, title: {zh: x, en: x}, reason: {zh: x, en: x}}]}", "kind"),
        ("{rules: [{id: a, kind: fatal, title: {zh: x, en: x}, reason: {zh: '{nobody}', en: x}}]}", "nobody"),
        ("{rules: [{id: a, kind: finding, findings: [shouting], title: {zh: x, en: x}, reason: {zh: x, en: x}}]}", "shouting"),
        ("{rules: [{id: sample, kind: fatal, title: {zh: x, en: x}, reason: {zh: x, en: x}}]}", "given twice"),
        ("{sample: {calls: 0, title: {zh: x, en: x}, reason: {zh: x, en: x}}}", "calls"),
    ],
)  # fmt: skip
def test_mistakes_are_told(flagging: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read_standard(f"extends: telesales-cn\nid: own\nflagging: {flagging}", name="own.yaml")


def test_a_company_changes_the_sample_alone_or_flags_nothing() -> None:
    own = read_standard(
        "extends: telesales-cn\nid: own\nflagging: {sample: {calls: 9, title: {zh: x, en: x}, reason: {zh: x, en: x}}}",
        name="own.yaml",
    )
    assert own.flagging is not None
    assert own.flagging.sample is not None
    assert (len(own.flagging.rules), own.flagging.sample.calls) == (len(DEFAULT.rules), 9)
    assert flagging_of(load_standard().model_copy(update={"flagging": Flagging()})) == Flagging()
    assert flagging_of(load_standard().model_copy(update={"flagging": None})) == DEFAULT


def rules_of(store: Store) -> dict[str, set[str]]:
    with store.reading() as session:
        keys = list(session.scalars(select(Call.id)))
        told = flags_told(session, keys)
    return {each.call_id: {other.rule for other in flags} for flags in told.values() for each in flags}


def test_flags_are_kept_beside_the_score_that_counts(store: Store) -> None:
    calls = [
        Made(f"c{n:02}", "A01", f"2025-03-{1 + n // 8:02}T{9 + n % 8:02}:00:00+08:00", 80.0 + n % 5)
        for n in range(40)
    ]
    digest = fill(
        store,
        *calls,
        Made("low", "A01", "2025-03-20T10:00:00+08:00", 30.0),
        Made("lost", "A01", "2025-03-20T11:00:00+08:00", None, "voicemail"),
        Made("veto", "A01", "2025-03-20T12:00:00+08:00", 0.0, fatal=("talk.no_hard_sell",)),
        Made("other", None, "2025-03-20T13:00:00+08:00", 50.0),
    )
    freshen(store, SHANGHAI)
    found = rules_of(store)
    drawn_ = {name for name, rules in found.items() if "sample" in rules}
    assert len(drawn_) == 4
    assert drawn_ <= {
        *(call.call_id for call in calls),
        "low",
        "veto",
    }  # nobody's calls and voicemail are not drawn
    new = {name for name, rules in found.items() if "new_agent" in rules}
    assert new == {f"c{n:02}" for n in range(20)}
    assert found["low"] - {"sample"} == {"low_score", "outlier"}
    assert found["veto"] - {"sample"} == {"fatal", "low_score", "outlier"}
    assert found["other"] == {"low_score"}
    assert "lost" not in found
    with store.writing() as session:  # a person rules otherwise
        call = session.scalar(select(Call).where(Call.call_id == "low"))
        assert call is not None
        rule(session, call, Made("low", "A01", "", 81.0), digest, percent=81.0, by="human", review=False)
    assert "low" not in rules_of(store)
    freshen(store, SHANGHAI)
    assert rules_of(store).get("low", set()) <= {"sample"}
    assert {name for name, rules in rules_of(store).items() if "sample" in rules} == drawn_


def test_flags_counted_again_are_the_same(store: Store) -> None:
    fill(store, *[Made(f"c{n}", "A01", f"2025-03-{n + 1:02}T10:00:00+08:00", 50.0 + n) for n in range(25)])
    freshen(store, SHANGHAI)
    first = rules_of(store)
    with store.writing() as session:
        session.execute(delete(Flag))
        for call in session.scalars(select(Call)):
            call.agent_name = "李明"
    freshen(store, SHANGHAI)
    assert rules_of(store) == first


def test_the_queue_the_cards_and_the_night_show_them(store: Store, tmp_path: Path) -> None:
    fill(
        store,
        Made("low", "A01", "2025-03-20T10:00:00+08:00", 30.0),
        Made("good", "A01", "2025-03-20T11:00:00+08:00", 95.0, fatal=("voice.courtesy",)),
    )
    cards = build_scorecards(store, parse_period("2025-03"), Profile(), now=datetime(2025, 4, 1, tzinfo=UTC))
    assert cards.agents["flagged"].tolist() == [2]
    rows = {row["call_id"]: row["flags"] for row in calls_frame(cards).to_dict("records")}
    assert rows == {"low": "low_score new_agent sample", "good": "fatal new_agent sample"}
    write_scorecards(cards, tmp_path / "out", language="en")
    page = (tmp_path / "out" / "agents" / "A01.html").read_text(encoding="utf-8")
    for reason in (
        "score 30.0, below 60",
        "得分 30.0，低于 60",
        "fatal: Courtesy",
        "a new agent&#x27;s call 1 of the first 20",
    ):
        assert reason in page
    everybody = Person(0, "", "auditor", None, None)
    with store.reading() as session:
        low, _ = queue(session, everybody, Filters(reason="low", state="any"))
        new, _ = queue(session, everybody, Filters(reason="new_agent", state="any"))
    assert [(item.call_id, item.reasons) for item in low] == [("low", ("low", "new_agent", "sample"))]
    assert {item.call_id for item in new} == {"low", "good"}


def test_the_nights_table_names_the_rules(store: Store, tmp_path: Path) -> None:
    write_wav(tmp_path / "inbox" / "a.wav", 1)
    (tmp_path / "inbox" / "calls.csv").write_text(
        "file,agent_id,started_at\na.wav,A01,2025-03-03T10:00:00+08:00\n", encoding="utf-8"
    )
    outcome = run_night(store, tmp_path / "inbox", make=lambda ticket: judged(ticket, percent=40.0))
    (line,) = close_night(store, outcome).flagged
    assert line["call"] == "a"
    assert {"low_score", "new_agent", "sample"} <= set(line["why"].split(", "))
