"""A draft of a standard, replayed over what the store has: same standard nobody moves, another moves whom it must."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from factories import make_result
from night_fakes import judged, run_night, write_wav

from pipeline.cli import cli
from pipeline.nightly.evidence import evidence_from
from pipeline.nightly.preview import preview
from pipeline.nightly.tickets import Ticket
from pipeline.profile import EMPTY
from pipeline.reports.call_json import to_json
from pipeline.standards import Evidence, load_standard, score
from pipeline.store import Store, open_store
from pipeline.store.keep import Judged

DRAFT = """
extends: telesales-cn
id: mine
version: 2.0.0
status: draft
override:
  opening.company: {weight: 60}
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    # another test may have heard the same sound
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        for number in range(2):
            write_wav(tmp_path / "inbox" / f"c{number}.wav", number)
        run_night(opened, tmp_path / "inbox", make=lambda ticket: truly_judged(opened, ticket))
        yield opened


def truly_judged(store: Store, ticket: Ticket) -> Judged:
    """The default dialogue scored by the real engine, with the files that a worker would write."""
    made = make_result()
    result = replace(made, call=ticket.record)
    evidence = Evidence(result.transcript, result.measures, result.findings, result.outcome, ticket.record,
                        sound=result.sound)  # fmt: skip
    scored, findings = score(evidence, load_standard())
    data = to_json(replace(result, score=scored, findings=findings))
    words = data.pop("transcript")
    kept = (
        store.files.put(json.dumps({**data, "transcript": None}).encode(), "result"),
        store.files.put(json.dumps(words).encode(), "transcript"),
    )
    return replace(judged(ticket), score=scored, findings=findings, files=kept)


def test_under_the_same_standard_nobody_moves(store: Store) -> None:
    with store.reading() as session:
        found = preview(session, load_standard(), EMPTY, files=store.files)
    assert found.left_out == {}
    assert [(call.before == call.after, dict(call.why)) for call in found.calls] == [(True, {}), (True, {})]


def test_a_draft_moves_whom_it_must_and_says_why(store: Store, tmp_path: Path) -> None:
    draft = tmp_path / "mine.yaml"
    draft.write_text(DRAFT, encoding="utf-8")
    with store.reading() as session:
        found = preview(session, load_standard(draft), EMPTY, files=store.files)
    assert len(found.calls) == 2
    assert all(call.before != call.after for call in found.calls)
    for call in found.calls:  # no veto, no bonus: the effects of the criteria make up the whole change
        assert call.before is not None
        assert call.after is not None
        assert sum(call.effects.values()) == pytest.approx(
            call.after - call.before, abs=0.11
        )  # both are rounded
        assert max(call.effects, key=lambda name: abs(call.effects[name])) == "opening.company"
    out = tmp_path / "moved.csv"
    shown = CliRunner().invoke(
        cli, ["standards", "preview", str(draft), "--store", store.place.text, "--out", str(out)]
    )
    assert shown.exit_code == 0, shown.output
    assert "2 of 2 calls" in shown.output
    assert "opening.company              moves the mean by +" in shown.output
    assert "→ 60" in next(line for line in shown.output.splitlines() if "opening.company" in line)
    assert "2 calls replayed under mine 2.0.0 (draft)" in shown.output
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_calls_whose_words_are_gone_are_told(store: Store) -> None:
    digest, kind, _ = next(each for each in store.files.each() if each[1] == "transcript")
    store.files.remove(digest, kind)
    with store.reading() as session:
        found = preview(session, load_standard(), EMPTY, files=store.files)
    assert found.left_out == {"words_gone": 2}  # both calls say the same, so they share the file


def test_findings_of_detectors_that_work_by_rules_are_replayed() -> None:
    """Only the hits of a standard's own wording rules, which name their rule and nothing else, are found anew."""
    data = to_json(replace(make_result(), findings=()))
    row = {
        "kind": "apology",
        "turn": 0,
        "speaker": "agent",
        "start_s": 1.0,
        "end_s": 2.0,
        "quote": "抱歉",
        "confidence": 0.9,
    }
    data["findings"] = [
        {**row, "detail": {"rule": "other", "layer": "pattern"}}, {**row, "detail": {"rule": "mine"}},
    ]  # fmt: skip
    kept = evidence_from(
        data, data["transcript"], record=make_result().call, profile=EMPTY, suppressed_since=None
    )
    assert [finding.detail for finding in kept.findings] == [{"rule": "other", "layer": "pattern"}]
