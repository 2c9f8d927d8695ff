"""Rule quality: what is counted of people's rulings, and the change of the standard that follows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from review_calls import fill
from test_review_judging import HARD_SELL, Somebody, finding

from pipeline.review.rule_quality import Bounds, Quality, Ruled, bounds, by_criterion, by_rule, proposal
from pipeline.standards import check_standard, load_standard
from pipeline.store import Store, open_store

LIMITS = Bounds(least_rulings=20, least_precision=0.75, confidence=0.95)


def ruled(confirmed: int, rejected: int, *, criterion: str = HARD_SELL, sort: str = "urgency") -> list[Ruled]:
    both = [Ruled("hard_sell", sort, criterion, "confirm")] * confirmed
    return both + [Ruled("hard_sell", sort, criterion, "reject")] * rejected


@pytest.mark.parametrize(
    ("confirmed", "rejected", "advice"),
    [
        (0, 0, "few"),
        (0, 19, "few"),
        (0, 20, "weak"),
        (10, 20, "weak"),
        (14, 10, "watch"),
        (16, 4, "fine"),
        (20, 0, "fine"),
    ],
)
def test_advice(confirmed, rejected, advice):
    made = by_criterion([*ruled(confirmed, rejected), Ruled("hard_sell", None, HARD_SELL, "missed")], LIMITS)
    assert [each.advice for each in made] == [advice]
    assert made[0].missed == 1


def test_intervals_are_wilsons():
    # by hand, z = 1.959964: (8/10 + z²/20 ± z √(.8·.2/10 + z²/400)) / (1 + z²/10)
    made = by_rule(ruled(8, 2), LIMITS)[0]
    assert (made.precision, made.confirmed, made.rejected) == (0.8, 8, 2)
    assert made.low == pytest.approx(0.4902, abs=1e-4)
    assert made.high == pytest.approx(0.9433, abs=1e-4)


def test_the_least_precise_comes_first_and_kinds_stand_apart():
    made = by_rule(ruled(9, 1) + ruled(1, 9, sort="guarantee"), LIMITS)
    assert [(each.sort, each.confirmed) for each in made] == [("guarantee", 1), ("urgency", 9)]


def weak(*criteria: str) -> list[Quality]:
    return by_criterion([each for name in criteria for each in ruled(2, 28, criterion=name)], LIMITS)


def test_the_proposal_is_a_standard_that_passes_its_check(tmp_path: Path):
    text = proposal(
        load_standard(), weak("talk.plain_language", HARD_SELL, "time.on_topic"), author="Wang Fang",
        today=date(2025, 6, 1), ships=True,
    )  # fmt: skip
    assert text is not None
    path = tmp_path / "proposal.yaml"
    path.write_text(text, encoding="utf-8")
    assert check_standard(path) == []
    changed, before = load_standard(path), load_standard()
    assert changed.version > before.version
    assert changed.by_id["talk.plain_language"].advisory
    assert changed.by_id[HARD_SELL].fatal is None and before.by_id[HARD_SELL].fatal is not None
    assert "time.on_topic" not in yaml.safe_load(text)["override"]  # advisory already
    assert "2 of 30 confirmed" in text


def test_where_nothing_is_weak_nothing_is_proposed():
    fine = by_criterion(ruled(30, 0), LIMITS)
    assert proposal(load_standard(), fine, author="x", today=date(2025, 6, 1), ships=True) is None


def test_a_standard_of_ones_own_gets_what_goes_under_override():
    text = proposal(
        load_standard(), weak("talk.plain_language"), author="x", today=date(2025, 6, 1), ships=False
    )
    assert yaml.safe_load(text or "") == {
        "override": {"talk.plain_language": {"weight": 0, "advisory": True}}
    }


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "callgauge.db")) as opened:
        fill(opened, tmp_path)
        yield opened
    shutil.rmtree(tmp_path / "callgauge.db.files")


def test_what_people_ruled_is_counted_once_and_what_they_took_back_is_not(store):
    coach, other = Somebody(store, "coach1"), Somebody(store, "sup1")
    named = finding(coach.case(), "hard_sell")
    coach.does("finding", target=named, ruling="confirm")
    other.does("finding", target=named, ruling="reject")  # the later one holds
    coach.does("finding", call_id="call-a2", target=named, ruling="reject")
    back = coach.does("finding", target=finding(coach.case(), "jargon"), ruling="reject")
    coach.does("undo", answers=back["act"])
    coach.does("missed", target=HARD_SELL, kind="hard_sell", start_s=1.0, end_s=2.0)
    rules = coach.client.get("/api/v1/rules").json()
    assert [(each["kind"], each["sort"], each["confirmed"], each["rejected"], each["missed"]) for each in rules["rules"]] == [
        ("hard_sell", "scarcity", 0, 2, 0), ("hard_sell", None, 0, 0, 1),
    ]  # fmt: skip
    assert [
        (each["criterion"], each["rejected"], each["missed"], each["advice"]) for each in rules["criteria"]
    ] == [(HARD_SELL, 2, 1, "few")]
    assert rules["proposal"] is None and rules["least_rulings"] == bounds().least_rulings
    page = coach.client.get("/rules").text
    assert "scarcity" in page
    assert coach.client.get("/rules/proposal.yaml").status_code == 404
    elsewhere = Somebody(store, "coach2")
    assert elsewhere.client.get("/api/v1/rules").json()["rules"] == []
    assert "Nobody has ruled" in elsewhere.client.get("/rules").text
    assert Somebody(store, "A01").client.get("/rules").status_code == 403


def test_a_weak_rule_is_proposed_in_the_app(store, monkeypatch):
    coach = Somebody(store, "free")
    for call_id in ("call-a1", "call-a2", "call-b1"):
        coach.does(
            "finding", call_id=call_id, target=finding(coach.case(call_id), "interruption"), ruling="reject"
        )
    monkeypatch.setattr("pipeline.review.rule_pages.bounds", lambda: Bounds(3, 0.75, 0.95))
    text = coach.client.get("/rules/proposal.yaml")
    assert text.headers["content-type"].startswith("application/yaml")
    assert list(yaml.safe_load(text.text)["override"]) == ["talk.no_interruption"]
    assert "talk.no_interruption: 0 of 3 confirmed" in coach.client.get("/rules").text
