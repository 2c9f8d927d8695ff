"""Appraisals: parts by hand, signing that freezes, verifying that finds a changed figure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from period_store import AT, Made, fill, rule
from sqlalchemy import select, text, update

from pipeline.cli import cli
from pipeline.errors import CallgaugeError
from pipeline.profile import load_profile
from pipeline.reports.period import parse_period
from pipeline.reports.scorecard_build import build_scorecards
from pipeline.store import Store, open_store
from pipeline.store.appraisal_query import all_numbers, digest_of, latest
from pipeline.store.period_tables import AppraisalRow
from pipeline.store.review_tables import ReviewAct, User
from pipeline.store.tables import Call, CriterionRow, Score

PROFILE = """
agents: [{id: A01, names: [李明]}]
targets: {A01: {calls: 12, score: 90}}
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


def calls(**changes: Any) -> list[Made]:
    """20 calls on two days: ten of 80, ten of 90, one of them vetoed; and two follow-ups, one called again."""
    made = [
        Made(f"c{n:02}", "A01", f"2025-03-0{3 + n % 2}T{9 + n // 4:02}:00:00+08:00", 80.0 if n < 10 else 90.0,
             customer_id=f"k{n}", verdicts={"prep.ready": "pass", "talk.benefits": "fail"}, **changes)
        for n in range(20)
    ]  # fmt: skip
    agreed = {"text": "明天", "when": "2025-03-05"}
    extra = {"campaign": "A", "verdicts": made[0].verdicts}
    made[0] = Made(
        "c00",
        "A01",
        "2025-03-03T09:00:00+08:00",
        80.0,
        "interested",
        customer_id="k0",
        follow_up=agreed,
        **extra,
    )
    made[1] = Made(
        "c01",
        "A01",
        "2025-03-04T09:00:00+08:00",
        80.0,
        "call_back",
        customer_id="k1",
        follow_up=agreed,
        **extra,
    )
    made[19] = Made(
        "c19",
        "A01",
        "2025-03-04T13:00:00+08:00",
        90.0,
        customer_id="k0",
        fatal=("talk.no_hard_sell",),
        **extra,
    )
    return made


def run(store: Store, *arguments: str) -> Result:
    profile = Path(str(store.place.sqlite_path)).parents[1] / "profile.yaml"
    line = [
        "appraisal",
        arguments[0],
        "--period",
        "2025-03",
        "--store",
        store.place.text,
        "--profile",
        str(profile),
    ]
    return CliRunner().invoke(cli, [*line, *arguments[1:]])


def body(store: Store) -> dict[str, Any]:
    with store.reading() as session:
        row = latest(session, "A01", "2025-03")
        assert row is not None
        return row.body


def test_the_parts_are_those_of_the_standard(store: Store) -> None:
    fill(store, *calls())
    assert run(store, "build").exit_code == 0
    made = body(store)
    parts = {part["part"]: part["value"] for part in made["parts"]}
    assert parts["call_quality"] == 85.0  # (10 × 80 + 10 × 90) ÷ 20
    # two days: 24 calls expected, 20 made; 90 expected on average, 85 reached
    assert parts["targets"] == pytest.approx(100 * (20 / 24 + 85 / 90) / 2, abs=0.005)
    assert parts["follow_up"] == 50.0  # k0 was called again, k1 is overdue
    assert parts["fatal"] == 80.0  # one failure at 20
    assert parts["coaching"] is None
    from pipeline.standards import load_standard

    weights = load_standard().by_id
    ready, benefits = weights["prep.ready"].weight, weights["talk.benefits"].weight
    assert parts["knowledge"] == pytest.approx(100 * ready / (ready + benefits), abs=0.005)
    expected = (60 * 85.0 + 20 * parts["targets"] + 10 * 50 + 10 * 80) / 100
    assert made["percent"] == round(expected, 1)
    assert made["grade"] == "良"
    traced = {part["part"]: part["calls"] for part in made["parts"]}
    assert traced["fatal"] == ["c19"]
    assert sorted(traced["follow_up"]) == ["c00", "c01"]
    assert len(traced["call_quality"]) == 20


def test_too_few_calls_have_no_total(store: Store) -> None:
    fill(store, *calls()[:19])
    assert "no total (too_few_calls)" in run(store, "build", "--agent", "A01").output


def test_signed_is_frozen_and_verified(store: Store) -> None:
    fill(store, *calls())
    run(store, "build")
    signed = run(store, "sign", "--agent", "A01", "--by", "陈主管")
    assert signed.exit_code == 0, signed.output
    seal = signed.output.rsplit(": ", 1)[1].strip()
    assert len(seal) == 64
    verified = run(store, "verify", "--agent", "A01", "--seal", seal)
    assert (verified.exit_code, "every figure holds" in verified.output) == (0, True)
    assert run(store, "verify", "--agent", "A01", "--seal", "0" * 64).exit_code == 1
    assert run(store, "build").exit_code == 1  # nothing is built over it
    again = run(store, "sign", "--agent", "A01", "--by", "other")
    assert isinstance(again.exception, CallgaugeError)


@pytest.mark.parametrize("what", ["score", "criterion", "body", "signer"])
def test_a_changed_row_is_found(store: Store, what: str) -> None:
    fill(store, *calls())
    run(store, "build")
    run(store, "sign", "--agent", "A01", "--by", "陈主管")
    with store.writing() as session:
        if what == "score":
            session.execute(update(Score).where(Score.id == 3).values(percent=100.0))
        elif what == "criterion":
            session.execute(update(CriterionRow).where(CriterionRow.score == 3).values(verdict="pass"))
        elif what == "body":
            row = session.scalars(select(AppraisalRow)).one()
            row.body = {**row.body, "percent": 99.0}
        else:
            session.execute(update(AppraisalRow).values(signed_by="somebody else"))
    assert run(store, "verify", "--agent", "A01").exit_code == 1


def test_a_new_score_makes_an_amendment_and_no_silent_figure(store: Store) -> None:
    digest = fill(store, *calls())
    run(store, "build")
    run(store, "sign", "--agent", "A01", "--by", "陈主管")
    before = body(store)["percent"]
    with store.writing() as session:
        call = session.scalars(select(Call).where(Call.call_id == "c05")).one()
        rule(session, call, calls()[5], digest, percent=100.0, by="human", review=False)
    assert run(store, "verify", "--agent", "A01").exit_code == 0  # the signed scores are still there
    assert body(store)["percent"] == before
    amended = run(store, "amend", "--agent", "A01", "--reason", "c05 重新复核")
    assert "number 2" in amended.output
    assert body(store)["percent"] == round(
        before + 0.6 * 1.0 + 20 * (1 / 90) / 2, 1
    )  # mean 86, target share with it
    with store.reading() as session:
        first, second = all_numbers(session, "A01", "2025-03")
        assert (first.signed_by, first.body["percent"], second.signed_by) == ("陈主管", before, None)
        assert second.reason == "c05 重新复核"


def test_nothing_is_signed_that_rests_on_open_reviews(store: Store) -> None:
    made = calls()
    fill(store, *made[:-1], Made("open", "A01", "2025-03-04T13:00:00+08:00", 90.0, review=True))
    assert "1 open reviews, can't be signed yet" in run(store, "build").output
    with pytest.raises(CallgaugeError, match="open reviews: open"):
        raise run(store, "sign", "--agent", "A01", "--by", "陈主管").exception or AssertionError


def test_what_changed_after_building_is_not_signed(store: Store) -> None:
    digest = fill(store, *calls())
    run(store, "build")
    with store.writing() as session:
        call = session.scalars(select(Call).where(Call.call_id == "c05")).one()
        rule(session, call, calls()[5], digest, percent=100.0, by="human", review=False)
    with pytest.raises(CallgaugeError, match="build it again"):
        raise run(store, "sign", "--agent", "A01", "--by", "陈主管").exception or AssertionError
    with pytest.raises(CallgaugeError, match="other than the agent"):
        raise run(store, "sign", "--agent", "A01", "--by", "A01").exception or AssertionError


def coach(store: Store, call_id: str, *acts: str) -> None:
    """Acts of a review on a call; ``undo`` takes the first one back."""
    with store.writing() as session:
        if session.get(User, 1) is None:
            session.add(
                User(
                    id=1,
                    name="c",
                    password_hash="-",  # noqa: S106 - no password at all
                    role="coach",
                    team=None,
                    agent_id=None,
                    created_at=AT,
                    disabled_at=None,
                )
            )
            session.flush()
        call = session.scalars(select(Call).where(Call.call_id == call_id)).one()
        first: int | None = None
        for rev, act in enumerate(acts, 1):
            row = ReviewAct(
                call=call.id, rev=rev, score=call.current_score_id or 0, user=1, name="c", role="coach", at=AT, act=act,
                target=None, answers=first if act == "undo" else None, data={},
            )  # fmt: skip
            session.add(row)
            session.flush()
            first = first or row.id


def test_coaching_is_counted_and_traced(store: Store) -> None:
    fill(store, *calls())
    coach(store, "c02", "note", "acknowledge")
    coach(store, "c03", "note")
    coach(store, "c04", "acknowledge", "note")  # seen before the note: not done
    coach(store, "c05", "note", "undo")
    coach(store, "c06", "comment", "acknowledge")
    run(store, "build")
    made = next(part for part in body(store)["parts"] if part["part"] == "coaching")
    assert made["value"] == pytest.approx(100 / 3, abs=0.005)
    assert sorted(made["calls"]) == ["c02", "c03", "c04"]
    signed = run(store, "sign", "--agent", "A01", "--by", "陈主管")
    assert signed.exit_code == 0, signed.output
    assert run(store, "verify", "--agent", "A01").exit_code == 0
    cards = build_scorecards(
        store,
        parse_period("2025-03"),
        load_profile(Path(str(store.place.sqlite_path)).parents[1] / "profile.yaml"),
        now=AT,
    )
    row = cards.agents.to_dict("records")[0]
    assert (row["coached"], row["coached_done"]) == (3, 1)


def test_an_appraisal_signed_before_coaching_was_counted_still_holds(store: Store) -> None:
    fill(store, *calls())
    run(store, "build")
    with store.writing() as session:
        row = session.scalars(select(AppraisalRow)).one()
        row.body = {key: value for key, value in row.body.items() if key != "coaching"}
        row.body_sha256 = digest_of(row.body)
    assert run(store, "verify", "--agent", "A01").exit_code == 0


CHANGES = {
    "UPDATE scores SET percent = 99 WHERE id = 5": 1,
    "UPDATE scores SET outcome = 'voicemail' WHERE id = 5": 1,
    "UPDATE scores SET fatal = '[]' WHERE fatal != '[]'": 1,
    "UPDATE scores SET made_by = 'human' WHERE id = 5": 1,
    "UPDATE calls SET agent_id = 'A02' WHERE call_id = 'c05'": 1,
    "UPDATE calls SET started_at = '2025-04-05 00:00:00.000000' WHERE call_id = 'c05'": 1,
    "UPDATE criteria SET points = 9 WHERE score = 5": 1,
    "DELETE FROM criteria WHERE score = 5": 1,
    "UPDATE standards SET text = replace(text, '\"weight\": 60', '\"weight\": 61')": 1,
    "UPDATE appraisals SET signed_by = 'somebody'": 1,
    "UPDATE appraisals SET body_sha256 = '0'": 1,
    "UPDATE appraisals SET body = replace(body, '85.0', '95.0')": 1,
    "UPDATE calls SET customer_id = 'k' WHERE call_id = 'c05'": 0,  # no figure rests on it
}
"""What somebody who can write the database changes → what `verify` says then."""


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a store that holds a signed appraisal, and the seal."""
    folder = tmp_path_factory.mktemp("signed")
    (folder / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    with open_store(f"sqlite:///{folder / 'store' / 'callgauge.db'}") as opened:
        fill(opened, *calls())
        run(opened, "build")
        told = run(opened, "sign", "--agent", "A01", "--by", "陈主管").output
    return folder, told.rsplit(": ", 1)[1].strip()


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_in_the_database_is_found(
    signed: tuple[Path, str], tmp_path: Path, change: str
) -> None:
    folder, seal = signed
    shutil.copytree(folder, tmp_path / "copy")
    with open_store(f"sqlite:///{tmp_path / 'copy' / 'store' / 'callgauge.db'}") as opened:
        assert run(opened, "verify", "--agent", "A01", "--seal", seal).exit_code == 0
        with opened.writing() as session:
            before = session.execute(text("SELECT total_changes()")).scalar_one()
            session.execute(text(change))
            assert session.execute(text("SELECT total_changes()")).scalar_one() > before
        found = run(opened, "verify", "--agent", "A01", "--seal", seal)
        assert found.exit_code == CHANGES[change], found.output
