"""The reading network: rows that hold every sentence, the same scores as in the network that is fitted, the file as it says."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import reader, registry
from models.reader import load_reader
from models.reader_bits import coded, decoded
from models.reader_file import ReaderFile, read, widened
from models.reader_graph import LARGEST, model_of, narrowed
from models.reader_tokens import BEGIN, END, Cutter
from models.reader_windows import AFTER, BEFORE, OWN, Spoken, rows_of
from pipeline.learning.fit import in_four_bits
from pipeline.learning.join_acts import digest_of_all
from pipeline.learning.taught import HEADS

CALL = [
    Spoken("agent", ("您好，我是安心保险的小李。", "您今天不定，明天就没有这个价了。")),
    Spoken("customer", ("那算了。", "嗯")),
    Spoken("agent", ("Shall I put you down for the twelve months then?",)),
    Spoken("customer", ("No thanks.", "What does APR mean?")),
    Spoken("agent", ()),
    Spoken(
        "unknown",
        (
            "So you really have to decide by six o'clock today, madam, or the van goes to the next street. "
            * 12,
        ),
    ),
]


@pytest.fixture(scope="module")
def published() -> ReaderFile:
    entry = registry.entries()[reader.NAME]
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    assert found is not None
    return read(found)


@pytest.mark.models
def test_every_sentence_is_read_and_every_piece_has_its_place() -> None:
    told = load_reader().read(CALL)
    assert [len(own) for own in told] == [len(spoken.sentences) for spoken in CALL]
    for spoken, own in zip(CALL, told, strict=True):
        for text, said in zip(spoken.sentences, own, strict=True):
            assert said.kinds.shape == (len(load_reader().kinds),)
            assert said.labels.shape == (len(said.places), len(load_reader().labels))
            covered = {at for start, end in said.places for at in range(start, end)}
            assert covered >= {at for at, letter in enumerate(text) if letter.isalnum()}
    assert load_reader().read([]) == []


@pytest.mark.models
def test_a_call_scores_the_same_each_time() -> None:
    first = load_reader().read(CALL)
    reader._read_row.cache_clear()
    second = load_reader().read(CALL)
    for one, other in zip(itertools.chain(*first), itertools.chain(*second), strict=True):
        assert np.array_equal(one.kinds, other.kinds) and np.array_equal(one.labels, other.labels)


@pytest.mark.models
def test_what_masking_leaves_as_it_was_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read_rows: list[int] = []
    plainly = reader.Reader.states
    monkeypatch.setattr(
        reader.Reader, "states", lambda self, row: read_rows.append(len(row.pieces)) or plainly(self, row)
    )
    said = [Spoken("agent", (f"This is what I say to you in turn number {at}.",)) for at in range(80)]
    masked = [*said[:40], Spoken("agent", ("This is what I say to you, [name].",)), *said[41:]]
    load_reader().read(said)
    whole = len(read_rows)
    load_reader().read(masked)
    assert whole > 5 and len(read_rows) - whole <= whole / 2


def _log_odds(turns: list[Spoken], kind: str) -> float:
    """Of the last sentence."""
    return float(load_reader().read(turns)[-1][-1].kinds[load_reader().kinds.index(kind)])


@pytest.mark.models
def test_it_knows_a_push_from_a_question_and_what_stands_before_a_no() -> None:
    slept = Spoken("customer", ("I'd like to sleep on it.",))
    push = Spoken("agent", ("If it's not signed by tonight I can't keep that rate for you.",))
    plain = Spoken("agent", ("What rate are you paying at the moment?",))
    # marks weigh double in the fit, so nought is no even chance
    assert _log_odds([slept, push], "hard_sell") > max(0, _log_odds([slept, plain], "hard_sell") + 2)
    no = Spoken("customer", ("No.",))
    offered = Spoken("agent", ("So shall I book you in for the free demonstration?",))
    asked = Spoken("agent", ("Have you had any claims in the last five years?",))
    assert _log_odds([offered, no], "refusal") > _log_odds([asked, no], "refusal")


@pytest.mark.models
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["agent", "customer", "unknown"]),
            st.lists(st.text(st.sampled_from("你好啊today,. 9"), max_size=400), max_size=4),
        ),
        max_size=6,
    )
)
def test_rows_hold_each_piece_once_where_they_say(
    published: ReaderFile, said: list[tuple[str, list[str]]]
) -> None:
    cutter = _cutter(published)
    turns = [Spoken(side, tuple(texts)) for side, texts in said]
    found: dict[tuple[int, int], list[int]] = {}
    for row in rows_of(cutter, turns):
        assert row.pieces[0] == BEGIN and len(row.pieces) <= OWN + BEFORE + AFTER + 4
        for part in row.parts:
            found.setdefault((part.turn, part.sentence), []).extend(row.pieces[part.first : part.after])
            assert row.pieces[part.after] == END
    for turn, spoken in enumerate(turns):
        for number, text in enumerate(spoken.sentences):
            assert tuple(found.get((turn, number), ())) == cutter.placed(text)[0]


@pytest.mark.models
def test_a_row_begins_with_the_side_that_speaks(published: ReaderFile) -> None:
    cutter = _cutter(published)
    rows = rows_of(cutter, [Spoken("customer", ("word " * 600,))])
    (side,) = cutter.cut("C")
    assert len(rows) > 1 and all(side in row.pieces[: row.parts[0].first] for row in rows)


def _layers(width: int, inner: int, chance: np.random.Generator) -> list[dict[str, np.ndarray]]:
    shapes = dict.fromkeys(["q", "k", "v", "ao"], (width, width)) | {
        "fi": (inner, width),
        "fo": (width, inner),
    }
    layers = []
    for _at in range(2):
        found = {}
        for name, (out, into) in shapes.items():
            found[f"{name}.w"] = chance.normal(scale=0.3, size=(out, into)).astype(np.float32)
            found[f"{name}.b"] = chance.normal(scale=0.3, size=out).astype(np.float32)
        for name in ("aln", "oln"):
            found[f"{name}.w"] = chance.uniform(0.5, 1.5, width).astype(np.float32)
            found[f"{name}.b"] = chance.normal(size=width).astype(np.float32)
        layers.append(found)
    return layers


def _in_numpy(arrays: dict[str, np.ndarray], state: np.ndarray, heads: int, epsilon: float) -> np.ndarray:
    """A layer of BERT, plainly."""

    def through(name: str, x: np.ndarray) -> np.ndarray:
        return x @ arrays[f"{name}.w"].T + arrays[f"{name}.b"]

    def normed(name: str, x: np.ndarray) -> np.ndarray:
        x = x - x.mean(axis=1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=1, keepdims=True) + epsilon)
        return x * arrays[f"{name}.w"] + arrays[f"{name}.b"]

    query, key, value = (through(name, state).reshape(len(state), heads, -1) for name in "qkv")
    raw = np.einsum("ihd,jhd->hij", query, key) / math.sqrt(query.shape[2])
    share = np.exp(raw - raw.max(axis=2, keepdims=True))
    share /= share.sum(axis=2, keepdims=True)
    heard = np.einsum("hij,jhd->ihd", share, value).reshape(len(state), -1)
    state = normed("aln", state + through("ao", heard))
    inner = through("fi", state)
    inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
    return normed("oln", state + through("fo", inner))


@pytest.mark.parametrize("rows", [1, 7, 60])
def test_the_graph_is_that_of_the_network(rows: int) -> None:
    chance = np.random.default_rng(3)
    layers = _layers(24, 48, chance)
    state = chance.normal(size=(rows, 24)).astype(np.float32)
    (told,) = reader._session(model_of(layers, 4, 24, 1e-12)).run(None, {"x": state})
    expected = state
    for layer in layers:
        expected = _in_numpy(layer, expected, 4, 1e-12)
    assert np.corrcoef(told.ravel(), expected.ravel())[0, 1] > 0.999
    assert np.abs(told - expected).max() < 0.25


def test_a_few_large_columns_go_apart() -> None:
    chance = np.random.default_rng(8)
    layers, state = _layers(24, 48, chance), chance.normal(size=(30, 24)).astype(np.float32)
    for layer in layers:
        layer["fi.b"][[5, 17]] = 90.0  # so large that all others are lost in one scale
    expected = _in_numpy(layers[1], _in_numpy(layers[0], state, 4, 1e-12), 4, 1e-12)

    def error() -> float:
        (told,) = reader._session(model_of(layers, 4, 24, 1e-12)).run(None, {"x": state})
        return float(np.abs(told - expected).mean())

    together = error()
    for layer in layers:
        layer["fo.apart"] = np.array([5, 17], dtype=np.int16)
    assert error() < together / 3


@pytest.mark.models
def test_the_same_scores_as_in_the_network_that_is_fitted(published: ReaderFile) -> None:
    torch = pytest.importorskip("torch", reason="the fit needs PyTorch (make mono)")
    from pipeline.learning.fit import BOTH, packed
    from pipeline.learning.net import Net

    net = Net(published, 3, 1, len(HEADS), len(load_reader().labels))
    cutter = Cutter(published)
    ours = reader.join(published, cutter, packed(net, published, "", replace(BOTH, frozen=1), layers=3))
    rows = rows_of(cutter, CALL)
    with torch.no_grad():
        states = net.states(rows, learning=False).numpy()
    for at, row in enumerate(rows):
        told = ours.states(row)
        assert np.corrcoef(told.ravel(), states[at, : len(told)].ravel())[0, 1] > 0.998


@pytest.mark.parametrize(("bits", "left"), [(1, 0.37), (2, 0.12), (3, 0.04)])
def test_changes_in_few_bits_are_near_what_they_were(bits: int, left: float) -> None:
    changes = np.random.default_rng(4).normal(scale=[[0.01], [3.0], [1e-5], [0.2]], size=(4, 640))
    packed = coded(changes, bits)
    assert packed.dtype == np.uint8 and packed.shape == (80, 2 + 4 * bits)
    again = decoded(packed, bits).reshape(changes.shape)
    error = ((again - changes) ** 2).mean(axis=1) / (changes**2).mean(axis=1)
    assert (error < left).all()
    assert not decoded(coded(np.zeros(64), bits), bits).any()


@pytest.mark.models
def test_weights_of_another_form_are_refused(published: ReaderFile, tmp_path: Path) -> None:
    np.savez(tmp_path / "old.npz", form=np.array(1))
    with pytest.raises(ValueError, match="of form 1"):
        reader.join(published, _cutter(published), (tmp_path / "old.npz").read_bytes())


@pytest.mark.models
def test_pieces_are_those_of_the_published_network(published: ReaderFile) -> None:
    """As XLM-RoBERTa's tokenizer cuts them."""
    cutter = Cutter(published)
    told = {
        "您好，我是平安保险的小王": ["▁您", "好", ",", "我是", "平安", "保险", "的小", "王"],
        "I'm not going to fight you on it": [
            "▁I", "'", "m", "▁not", "▁going", "▁to", "▁fight", "▁you", "▁on", "▁it",
        ],
    }  # fmt: skip
    for text, expected in told.items():
        assert [_piece(published, number) for number in cutter.cut(text)] == expected


def _piece(file: ReaderFile, number: int) -> str:
    first = int(file.ends[number - 1]) if number else 0
    return file.pieces[first : int(file.ends[number])].tobytes().decode("utf-8")


@pytest.mark.models
@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60) | st.text(st.sampled_from("你好啊today,. '９é한  "), max_size=40))
def test_any_text_is_cut_and_nothing_known_is_lost(published: ReaderFile, text: str) -> None:
    cutter = _cutter(published)
    pieces = cutter.cut(text)
    written = "".join(_piece(published, number) for number in pieces if number != published.unknown)
    plain = "".join(published.rewritten.get(ord(letter), letter) for letter in text).replace(" ", "▁")
    left = iter(plain.replace("▁", "") if "  " in plain else plain)
    assert all(letter in left for letter in written.replace("▁", "")) or not written


_cutters: dict[int, Cutter] = {}


def _cutter(file: ReaderFile) -> Cutter:
    return _cutters.setdefault(id(file), Cutter(file))


@given(st.lists(st.floats(-3, 3, width=32), min_size=32, max_size=32))
def test_four_bits_are_within_a_fifteenth_of_what_they_stand_for(numbers: list[float]) -> None:
    whole = np.array(numbers, dtype=np.float32)
    back = widened(in_four_bits(whole)).reshape(-1)
    assert np.abs(back - whole).max() <= np.abs(whole).max() / 7 + 1e-3


@given(st.lists(st.floats(-3, 3, width=32), min_size=12, max_size=12))
def test_seven_bits_a_number_are_within_half_a_step(numbers: list[float]) -> None:
    whole = np.array(numbers, dtype=np.float32).reshape(3, 4)
    kept, scale = narrowed(whole)
    assert np.abs(kept).max() <= LARGEST
    assert (np.abs(kept * scale[:, None] - whole) <= scale[:, None] * 0.501 + 1e-6).all()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="no file of the reading network"):
        read(tmp_path / "other.bin")


def test_the_shipped_figures_are_those_of_the_calls_and_the_network() -> None:
    raw = (resources.files("pipeline.lexicons") / "second.json").read_text(encoding="utf-8")
    assert json.loads(raw)["digest"] == digest_of_all()
