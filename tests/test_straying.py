"""Straying as learned: which stretch, how surely, and that the weights belong to their data."""

from __future__ import annotations

import numpy as np
import pytest
from dialogue_sets import call
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import off_topic, straying, straying_fit

CHATS = {
    "zh": (
        "A 您好，我是海岳的小文，您上次问的净水机今天有货了。",
        "C 哦小文啊，你们那儿下雪没有？",
        "A 下了，昨晚下了一宿，我家那俩孩子高兴坏了，大清早就跑楼下堆雪人去了，胡萝卜都给我偷走了。",
        "C 哎哟，小孩都这样，我孙女也是，前年堆了一个，非要把我那条红围脖给它围上，晚上还哭着不让化。",
        "A 哈哈哈，我小时候也干过，我姥姥说雪人半夜会自己走回家，我就信了好几年。",
        "C 老人家会哄人，我妈那会儿也这么讲，我们村里还打雪仗，一打就是一下午，手都冻得跟萝卜似的。",
        "A 是啊，现在的孩子也就玩那么一会儿。",
        "C 行了不说了，那个机器多少钱来着？",
        "A 一千六百八，带三年滤芯。",
        "C 那你给我留一台。",
    ),
    "en": (
        "A Morning, it's Dee at Harrow Blinds, your samples are ready.",
        "C Oh lovely. Is that a dog I can hear?",
        "A That's Biscuit, she comes to the shop with me, she's only a pup and she's eaten my left shoe today, heel and all.",
        "C Ours did that, a spaniel he was, ate the corner off the settee and then looked at us as if the cat had done it.",
        "A They've no shame have they, my mum's terrier used to bury the remote in the flower bed and sit on it.",
        "C Ha, mine never buried anything but he'd swim out after the ducks every Sunday and my husband waded in to his waist.",
        "A Oh bless him, I can just picture it.",
        "C Anyway, the blinds, how much were they again?",
        "A Two hundred and ten for the pair, fitted.",
        "C Go on then.",
    ),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_long_chat_without_words_of_the_small_talk_lexicon_is_at_least_a_doubt(language: str) -> None:
    """Its subjects (snow, dogs) are told as people tell them; the sale before and after is none of it."""
    conversation = call(*CHATS[language], seconds=7.0, language=language)
    found = off_topic.find(conversation, ())
    assert len(found) == 1
    first, last = found[0].detail["turns"]
    assert first >= 1 and last <= 7 and last - first >= 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_same_call_without_the_chat_does_not_stray(language: str) -> None:
    lines = (*CHATS[language][:1], *CHATS[language][7:])
    assert off_topic.find(call(*lines, seconds=9.0, language=language), ()) == []


def test_the_weights_are_those_of_the_labelled_calls() -> None:
    assert straying.load().digest == straying_fit.digest(), "make weights"


@given(st.lists(st.floats(0, 1), min_size=3, max_size=20), st.sets(st.integers(0, 19)))
def test_the_furthest_stretch_scores_no_less_than_any_other(chat: list[float], tied: set[int]) -> None:
    best = straying.furthest(np.array(chat), tied, set(), lambda first, last: True)
    for first in range(len(chat) - 2):
        if {first, first + 2} & tied:
            continue
        assert best is not None and straying.LEAST_TURNS <= best.last - best.first + 1 <= straying.MOST_TURNS
        assert not {best.first, best.last} & tied
        cost = straying.TIED * ((first + 1) in tied)
        assert best.score >= sum(chat[first : first + 3]) / 3 - cost - 1e-9


def test_nothing_fits_nothing_strays() -> None:
    assert straying.furthest(np.ones(9), (), (), lambda first, last: False) is None


def test_a_higher_score_is_never_less_sure() -> None:
    model = straying.load()
    sure = [straying.sure(score, model) for score in (-1.0, 0.0, 0.1, 0.2, 0.5, 1.0)]
    assert sure == sorted(sure) and sure[0] >= 0 and sure[-1] <= 1


def test_a_call_without_turns_strays_nowhere() -> None:
    assert off_topic.find(call(), ()) == []
