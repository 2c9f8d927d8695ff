"""What the reading network is taught: each sentence keeps its labels, each piece of personal data its kind, in every cut."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from importlib import resources

import numpy as np
import pytest

from models.reader import FITTED, LAST, NAME, published
from models.reader_file import widened
from models.reader_windows import Cutting, Spoken
from pipeline.analysis.acts import KINDS
from pipeline.learning.fit import BOTH, LAYERS, batches_of, packed, take
from pipeline.learning.net import Net, Taught
from pipeline.learning.taught import (
    AT_THE_END,
    BEFORE_IT,
    ENDS,
    HEADS,
    LAST_TURNS,
    OTHER_SIDE,
    REAL,
    TalkSets,
    Told,
    rows_of_calls,
    rows_of_talk,
    told_calls,
)
from pipeline.privacy.altered import pool_of
from pipeline.privacy.tagger import LABELS
from pipeline.privacy.talk import read_talk

pytestmark = pytest.mark.models

CALL = Told(
    (
        Spoken("agent", ("Only two left!", "Shall I book one?")),
        Spoken("customer", ("No.", "What does it cost?")),
    ),
    (
        (frozenset({"hard_sell", "hard_sell.kind=scarcity"}), frozenset()),
        (frozenset({"refusal"}), frozenset({"customer_question"})),
    ),
    "z1",
)
TALK = """A: May I have your name and number?
C: It's {name: Ann Berger}, {phone: 07700 900 123}.
A: Thank you, {name: Ann}.
"""


@pytest.fixture(scope="module")
def cutter() -> Cutting:
    return published(NAME)[1]


def _rounds(cutter: Cutting, told: Told, rounds: int = 40) -> Iterator[Taught]:
    for seed in range(rounds):
        yield from rows_of_calls([told], cutter, random.Random(seed))


def test_every_form_of_a_call_teaches_the_same_findings(cutter: Cutting) -> None:
    forms = set()
    for one in _rounds(cutter, CALL):
        assert one.truth is not None and one.weight is not None
        assert one.truth.shape == one.weight.shape == (len(one.row.parts), len(HEADS))
        true = [
            (part.turn, HEADS[head])
            for part, own in zip(one.row.parts, one.truth, strict=True)
            for head in np.flatnonzero(own)
        ]
        assert sorted(true) == [
            (0, "hard_sell"), (0, "hard_sell.kind=scarcity"), (1, "customer_question"), (1, "refusal"),
        ]  # fmt: skip
        forms.add((len(one.row.parts), one.row.pieces[1]))
    assert len(forms) >= 3  # whole and run on, with sides and without


def test_a_side_is_asked_for_its_own_kinds_and_for_others_where_it_isn_t_known(cutter: Cutting) -> None:
    (side,) = cutter.cut("A")
    for one in _rounds(cutter, CALL):
        assert one.truth is not None and one.weight is not None
        other = OTHER_SIDE if one.row.pieces[1] != side else 0.0
        for part, truth, weight in zip(one.row.parts, one.truth, one.weight, strict=True):
            mine = KINDS["agent" if part.turn == 0 else "customer"]
            for head in {*KINDS["agent"], *KINDS["customer"]}:
                at = HEADS.index(head)
                expected = (REAL if truth[at] else 1.0) if head in mine else other
                assert weight[at] == pytest.approx(expected)


def test_every_sentence_of_a_whole_call_learns_how_it_ended_those_at_the_end_above_all(
    cutter: Cutting,
) -> None:
    turns = tuple(Spoken(("agent", "customer")[n % 2], (f"Turn number {n}.",)) for n in range(10))
    told = Told(turns, tuple((frozenset[str](),) for _ in turns), "z1", end="call_back")
    columns = [HEADS.index(end) for end in ENDS]
    weights: dict[int, set[float]] = {}
    for one in rows_of_calls([told], cutter, random.Random(2)):
        assert one.truth is not None
        assert one.weight is not None
        for part, truth, weight in zip(one.row.parts, one.truth, one.weight, strict=True):
            assert [ENDS[at] for at, column in enumerate(columns) if truth[column]] == ["outcome=call_back"]
            weights.setdefault(part.turn, set()).update(
                (weight[columns] / np.where(truth[columns], REAL, 1)).tolist()
            )
    expected = {n: AT_THE_END if n >= 10 - LAST_TURNS else BEFORE_IT for n in range(10)}
    assert {turn: max(own) for turn, own in weights.items()} == pytest.approx(expected)
    for one in _rounds(cutter, CALL, 2):  # an excerpt has no end
        assert one.weight is not None
        assert not one.weight[:, columns].any()


def test_a_fitted_network_is_gone_on_from_as_it_is(cutter: Cutting) -> None:
    pytest.importorskip("torch")
    (file, _cutter), shipped = published(NAME), (resources.files("models") / FITTED).read_bytes()
    net = Net(file, LAYERS, BOTH.frozen, len(HEADS), len(LABELS))
    take(net, file, shipped)
    written = packed(net, file, "", BOTH)
    again, kept = (np.load(io.BytesIO(raw), allow_pickle=False) for raw in (written, shipped))
    for name in set(kept.files) - {"digest"}:
        if kept[name].dtype == np.uint8:
            assert np.allclose(widened(again[name]), widened(kept[name]), atol=2e-3), name
        elif name not in (*LAST, "kinds"):
            assert (again[name] == kept[name]).all(), name


def test_an_example_of_a_rule_speaks_for_its_kind_only(cutter: Cutting) -> None:
    told = Told((Spoken("agent", ("Only two left!",)),), ((frozenset({"hard_sell"}),),), "", "hard_sell")
    for one in _rounds(cutter, told, 5):
        assert one.weight is not None
        assert {HEADS[at] for at in np.flatnonzero(one.weight[0])} == {"hard_sell"}


def test_personal_data_keeps_its_kind_in_every_form(cutter: Cutting) -> None:
    talks = tuple(read_talk(TALK))
    sets = [TalkSets(talks, pool_of(talks, "en"))]
    kinds = {LABELS.index("name"), LABELS.index("phone")}
    for seed in range(20):
        for one in rows_of_talk(sets, cutter, random.Random(seed)):
            assert [len(own) for own in one.labels] == [len(part.places) for part in one.row.parts]
            by_turn = {part.turn: set(own) - {0} for part, own in zip(one.row.parts, one.labels, strict=True)}
            assert by_turn.get(0, set()) == set() and by_turn.get(1, kinds) == kinds
            assert by_turn.get(2, {LABELS.index("name")}) == {LABELS.index("name")}


def test_batches_hold_every_row_once(cutter: Cutting) -> None:
    rows = list(_rounds(cutter, CALL, 90))
    batches = batches_of(rows, random.Random(2))
    assert sorted(map(id, rows)) == sorted(id(one) for batch in batches for one in batch)
    assert all(batch for batch in batches)


def test_calls_of_both_languages_and_examples_are_taught() -> None:
    told = list(told_calls())
    assert sum(1 for one in told if one.file) > 2_000 and sum(1 for one in told if one.of) > 2_000
    assert all(len(one.turns) == len(one.names) for one in told)
    assert any("拍" in text or "您" in text for one in told for turn in one.turns for text in turn.sentences)


def test_what_is_large_in_a_network_is_named(cutter: Cutting) -> None:
    pytest.importorskip("torch")
    file, _cutter = published(NAME)
    net = Net(file, 2, 1, len(HEADS), len(LABELS))
    loud = net.array("l1.fi.b")
    loud[[7, 90]] += 50.0
    net.take("l1.fi.b", loud)
    rows = [one.row for one in _rounds(cutter, CALL, 3)]
    amounts = net.largest(rows)
    assert sorted(amounts) == [0, 1] and set(np.argsort(-amounts[1])[:2]) == {7, 90}
    assert net.largest(rows[:1])[0].max() <= amounts[0].max()
