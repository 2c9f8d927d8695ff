"""The network for English: its file, its distances, its graph, and how its word is joined with the others'."""

from __future__ import annotations

import json
import math
import struct
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from models import reader
from models.english_file import distances, read_english
from models.reader import ENGLISH, ENGLISH_FITTED, load_english, load_reader, published
from models.reader_graph import model_of
from models.reader_windows import Spoken, rows_of
from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.second import Join, Opinion, joined, load_joins
from pipeline.learning.join_english import Sentences, digest_of_all, join_of, together
from pipeline.types import Transcript, Turn

LAYER = "encoder.layer.0.attention.attn.q.weight"
CALL = [
    Spoken("agent", ("Shall I put you down for the twelve months then?", "…")),
    Spoken("customer", ("No thanks, 我再想想。", "What does APR mean?")),
    Spoken("agent", ()),
    Spoken(
        "unknown", ("So you really have to decide by six today, or the van goes to the next street. " * 14,)
    ),
]


def _safetensors(path: Path, **arrays: np.ndarray) -> Path:
    head: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, array in arrays.items():
        kind = "F32" if array.dtype == np.float32 else "I64"
        head[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    told = json.dumps(head).encode()
    path.write_bytes(
        struct.pack("<Q", len(told)) + told + b"".join(array.tobytes() for array in arrays.values())
    )
    return path


def test_arrays_are_read_from_where_the_file_says(tmp_path: Path) -> None:
    numbers = np.arange(12, dtype=np.float32).reshape(4, 3)
    words = numbers * 10
    path = _safetensors(
        tmp_path / "net",
        **{
            "embeddings.position_ids": np.arange(5),
            LAYER: numbers,
            "embeddings.word_embeddings.weight": words,
        },
    )
    file = read_english(path)
    assert (file.array("l0.q.w", 3) == numbers).all()
    assert (file.rows("emb.word", np.array([2, 0])) == words[[2, 0]]).all()


@pytest.mark.parametrize("content", [b"E5S1 and more", struct.pack("<Q", 900) + b"{}"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net").write_bytes(content)
    with pytest.raises(ValueError, match="no file of the English network"):
        read_english(tmp_path / "net")


def test_distances_are_exact_nearby_and_wider_and_wider_farther_off() -> None:
    """As transformers' MPNet has them: 32 numbers, the upper 16 for pieces behind."""
    found = distances(300, 32)
    assert found[10, 10] == 0
    assert found[10, :10].tolist() == [8, 8, 8, 7, 6, 5, 4, 3, 2, 1]
    assert found[0, [1, 7, 8, 299]].tolist() == [17, 23, 24, 31]
    for far in (8, 11, 16, 40, 90, 127, 128, 250):
        expected = min(15, 8 + int(math.log(far / 8) / math.log(16) * 8))
        assert found[260, 260 - far] == expected and found[0, far] == 16 + expected


def test_how_near_pieces_stand_is_added_to_what_they_heed() -> None:
    """Told to heed one piece alone, each has that piece's value."""
    chance = np.random.default_rng(5)
    width, heads, pieces = 8, 2, 4
    square = {
        f"{name}.w": chance.normal(size=(width, width)).astype(np.float32) for name in ("q", "k", "v", "ao")
    }
    layer = {
        **square,
        "fi.w": np.zeros((16, width), dtype=np.float32),
        "fo.w": np.zeros((width, 16), dtype=np.float32),
        **{f"{name}.b": np.zeros(16 if name == "fi" else width, dtype=np.float32) for name in ("q", "k", "v", "ao", "fi", "fo")},
        **{f"{name}.{part}": np.full(width, float(part == "w"), dtype=np.float32) for name in ("aln", "oln") for part in "wb"},
    }  # fmt: skip
    state = chance.normal(size=(pieces, width)).astype(np.float32)
    heeded = np.array([2, 2, 0, 3])
    near = np.full((heads, pieces, pieces), -1e4, dtype=np.float32)
    near[:, np.arange(pieces), heeded] = 0
    session = reader._session(model_of([layer], heads, width, 1e-5, near=True))
    (told,) = session.run(None, {"x": state, "near": near})
    expected = state + state[heeded] @ layer["v.w"].T @ layer["ao.w"].T
    for _norm in range(2):
        expected = (expected - expected.mean(axis=1, keepdims=True)) / expected.std(axis=1, keepdims=True)
    assert np.abs(told - expected).max() < 0.1


@pytest.mark.models
def test_every_english_sentence_is_read() -> None:
    told = load_english().read(CALL)
    assert [len(own) for own in told] == [len(spoken.sentences) for spoken in CALL]
    assert load_english().kinds == load_reader().kinds and load_english().labels == ()
    for own in told:
        for said in own:
            assert said.kinds.shape == (len(load_english().kinds),) and np.isfinite(said.kinds).all()


def _log_odds(turns: list[Spoken], kind: str) -> float:
    return float(load_english().read(turns)[-1][-1].kinds[load_english().kinds.index(kind)])


@pytest.mark.models
def test_it_knows_what_the_words_before_make_of_a_sentence() -> None:
    offered = Spoken("agent", ("Would you like me to send the engineer round on Friday?",))
    asked = Spoken("agent", ("And is there a gas supply in the kitchen at the moment?",))
    no = Spoken("customer", ("No, I wouldn't think so.",))
    assert _log_odds([offered, no], "refusal") > _log_odds([asked, no], "refusal") + 1
    push = Spoken("agent", ("Sign now or I'm afraid the discount is gone for good when we hang up.",))
    assert _log_odds([no, push], "hard_sell") > _log_odds([no, asked], "hard_sell") + 3


@pytest.mark.models
def test_the_same_scores_as_in_the_network_that_is_fitted() -> None:
    torch = pytest.importorskip("torch", reason="the fit needs PyTorch (make mono)")
    from pipeline.learning.fit import ENGLISH_ONLY, LAYERS, take
    from pipeline.learning.net import Net

    file, cutter = published(ENGLISH)
    net = Net(file, LAYERS, ENGLISH_ONLY.frozen, len(load_english().kinds), 0)
    take(net, file, (resources.files("models") / ENGLISH_FITTED).read_bytes())
    rows = rows_of(cutter, CALL)
    with torch.no_grad():
        states = net.states(rows, learning=False).numpy()
    for at, row in enumerate(rows):
        told = load_english().states(row)
        assert np.corrcoef(told.ravel(), states[at, : len(told)].ravel())[0, 1] > 0.98


def _call(*lines: tuple[str, str]) -> Conversation:
    turns = tuple(
        Turn(side, text, float(at), at + 1.0, 1.0)  # type: ignore[arg-type]
        for at, (side, text) in enumerate(lines)
    )
    return Conversation.of(Transcript("en", turns))


@pytest.mark.models
def test_a_call_without_english_never_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "pipeline.analysis.reading.load_english", lambda: asked.append("asked") or load_reader()
    )
    mandarin = _call(("agent", "您好，请问您现在方便吗？"), ("customer", "不需要，谢谢。"))
    assert acts.guesses(mandarin, "refusal") and not asked
    mixed = _call(("agent", "您好，请问您现在方便吗？"), ("customer", "Sorry, I'm not interested."))
    assert acts.guesses(mixed, "refusal") and asked


def test_its_word_counts_for_english_only() -> None:
    english, mandarin = load_joins("en"), load_joins("zh")
    assert english.keys() == mandarin.keys()
    assert all(join.english == 0 for join in mandarin.values())
    for kind in ("hard_sell", "refusal", "objection"):
        assert english[kind].english > 0.1


def test_an_opinion_is_both_networks() -> None:
    names = ("objection", "objection.kind=price", "objection.kind=other")
    own, other = np.array([[1.0, 3.0, -3.0]]), np.array([[2.0, -5.0, 5.0]])
    alone, both = Opinion(names, own), Opinion(names, own, other)
    assert alone.of("objection")[1] is None
    join = Join(0.5, 1.0, -1.0, 0.5, english=2.0)
    chance = np.array([0.5])
    assert joined(join, chance, *alone.of("objection"))[0] == pytest.approx(0.5)
    assert joined(join, chance, *both.of("objection"))[0] == pytest.approx(1 / (1 + math.exp(-4)))
    assert alone.share(0, "objection.kind", ["price", "other"])["price"] > 0.9
    assert both.share(0, "objection.kind", ["price", "other"])["price"] < 0.3


def _sentences(count: int, seed: int, *, third: float) -> Sentences:
    """Sentences of whose kind two readings know a little and the third as much as is said."""
    chance = np.random.default_rng(seed)
    real = (chance.uniform(size=count) < 0.2).astype(float)
    knows = np.array([1.0, 1.0, third])
    odds = (real[:, None] * 2 - 1) * knows + chance.normal(size=(count, 3)) - 1
    return Sentences(odds, real)


def test_what_knows_more_counts_more() -> None:
    before = Join(0.5, 0.5, 0.0, 0.45)
    knowing, blind = (join_of(_sentences(4000, 7, third=third), "refusal", before) for third in (2.0, 0.0))
    assert knowing.english > 1.5 * max(knowing.first, knowing.network)
    assert blind.english < 0.1
    assert join_of(_sentences(4000, 7, third=1.0), "pitch", before).threshold == 0.45


def test_files_together_are_all_their_sentences() -> None:
    parts = [_sentences(40, 1, third=1.0), _sentences(60, 2, third=1.0)]
    whole = together(parts)
    assert len(whole.real) == 100 and (whole.odds[40:] == parts[1].odds).all()


def test_the_shipped_figures_are_those_of_the_readings() -> None:
    raw = (resources.files("pipeline.lexicons") / "en" / "third.json").read_text(encoding="utf-8")
    assert json.loads(raw)["digest"] == digest_of_all()
