"""The reading network in numpy: the same scores however it is asked, the file as it says, pieces as SentencePiece cuts them."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import reader, registry
from models.reader import Passage, load_reader, narrowed, row_of
from models.reader_file import ReaderFile, read, widened
from models.reader_tokens import BEGIN, END, Cutter
from pipeline.analysis.reader_fit import HEADS, in_four_bits
from pipeline.analysis.second_fit import digest_of_all

PASSAGES = [
    Passage("您今天不定，明天就没有这个价了。", before="我再想想吧。", after="那算了。"),
    Passage("No thanks.", before="Shall I put you down for the twelve months then?"),
    Passage("What does APR mean?", after="It's what the loan costs you in a year."),
    Passage("嗯"),
    Passage(
        "So you really have to decide by six o'clock today, madam, or the van goes to the next street. " * 4
    ),
]


@pytest.fixture(scope="module")
def published() -> ReaderFile:
    entry = registry.entries()[reader.NAME]
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    assert found is not None
    return read(found)


@pytest.mark.models
def test_a_passage_scores_the_same_alone_and_among_others() -> None:
    alone = np.concatenate([load_reader().scores([passage]) for passage in PASSAGES])
    together = load_reader().scores([*PASSAGES, *reversed(PASSAGES)])
    assert np.abs(together[: len(PASSAGES)] - alone).max() < 1e-3
    assert np.abs(together[len(PASSAGES) :][::-1] - alone).max() < 1e-3
    assert load_reader().scores([]).shape == (0, len(HEADS))


@pytest.mark.models
def test_it_knows_a_push_from_a_question_and_what_stands_before_a_no() -> None:
    kinds = load_reader().kinds
    push, plain = load_reader().scores(
        [
            Passage(
                "If it's not signed by tonight I can't keep that rate for you.",
                before="I'd like to sleep on it.",
            ),
            Passage("What rate are you paying at the moment?", before="Go on then."),
        ]
    )
    assert push[kinds.index("hard_sell")] > 0 > plain[kinds.index("hard_sell")]
    asked, refused = load_reader().scores(
        [
            Passage("No.", before="Have you had any claims in the last five years?"),
            Passage("No.", before="So shall I book you in for the free demonstration?"),
        ]
    )
    assert refused[kinds.index("refusal")] > asked[kinds.index("refusal")]


@pytest.mark.models
def test_the_same_scores_as_in_the_network_that_is_fitted(published: ReaderFile) -> None:
    torch = pytest.importorskip("torch", reason="the fit needs PyTorch (make mono)")
    from pipeline.analysis.reader_fit import Net, packed

    net = Net(published, 3, 1, len(HEADS))
    rows = [net.row(passage) for passage in PASSAGES[:3]]
    with torch.no_grad():
        expected = net._scores(rows, learning=False).numpy()
    ours = reader.join(published, Cutter(published), packed(net, published, "")).scores(PASSAGES[:3])
    assert np.abs(ours - expected).max() < 0.02


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
    row, own = row_of(cutter, Passage(text, before=text))
    assert row[0] == BEGIN and row.count(END) >= 5 and own <= reader.MOST["text"]


_cutters: dict[int, Cutter] = {}


def _cutter(file: ReaderFile) -> Cutter:
    return _cutters.setdefault(id(file), Cutter(file))


@given(st.lists(st.floats(-3, 3, width=32), min_size=32, max_size=32))
def test_four_bits_are_within_a_fifteenth_of_what_they_stand_for(numbers: list[float]) -> None:
    whole = np.array(numbers, dtype=np.float32)
    back = widened(in_four_bits(whole)).reshape(-1)
    assert np.abs(back - whole).max() <= np.abs(whole).max() / 7 + 1e-3


@given(st.lists(st.floats(-3, 3, width=32), min_size=12, max_size=12))
def test_a_byte_a_number_is_within_half_a_step(numbers: list[float]) -> None:
    whole = np.array(numbers, dtype=np.float32).reshape(3, 4)
    kept, scale = narrowed(whole)
    assert np.abs(kept * scale - whole).max() <= np.abs(whole).max() / 254 + 1e-6


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="no file of the reading network"):
        read(tmp_path / "other.bin")


def test_the_shipped_figures_are_those_of_the_calls_and_the_network() -> None:
    raw = (resources.files("pipeline.lexicons") / "second.json").read_text(encoding="utf-8")
    assert json.loads(raw)["digest"] == digest_of_all()
