"""The layer over replies: what it reads, that its weights are those of the data, and that its doubts reach the detail."""

from __future__ import annotations

import math

import pytest
from dialogue_sets import call

from pipeline.analysis import objection, replies, replies_fit
from pipeline.analysis.acts_features import HASHED
from pipeline.analysis.replies_features import Exchange, Row, row_of, row_of_term


def exchange(*lines: str, turn: int = 1, language: str = "zh") -> Exchange:
    conversation = call(*lines, language=language)
    return Exchange.of(conversation, list(conversation.in_turn(turn))[:1])


def nothing(_kind: str, _sentence: object) -> float:
    return 0.0


def test_weights_are_those_of_the_data() -> None:
    """After a change to the calls or to what is read of them: ``make weights``."""
    assert replies.load().digest == replies_fit.digest()


def test_an_exchange_is_the_agents_next_two_turns() -> None:
    told = exchange("A 您好。", "C 多少钱？", "A 三百。可以吗？", "C 嗯。", "A 好的。", "C 哦。", "A 再见。")
    assert [[s.text for s in turn] for turn in told.replies] == [["三百。", "可以吗？"], ["好的。"]]
    assert (told.earlier, [s.text for s in told.last]) == ("您好。", ["您好。"])


def test_what_is_said_after_two_turns_is_not_read() -> None:
    lines = ("A 您好。", "C 多少钱？", "A 三百。", "C 嗯。", "A 好的。", "C 哦。")
    assert row_of(exchange(*lines, "A 再见。"), nothing) == row_of(
        exchange(*lines, "A 一年三百块钱。"), nothing
    )


def test_the_acts_of_a_reply_are_read() -> None:
    told = exchange("A 您好。", "C 多少钱？", "A 今天不买就没了。")
    calm, pushing = row_of(told, nothing), row_of(told, lambda kind, _s: float(kind == "hard_sell"))
    assert sum(pushing.values) > sum(calm.values)


def test_no_reply_leaves_its_words_and_vectors_empty() -> None:
    row = row_of(exchange("A 您好。", "C 多少钱？"), nothing)
    assert [len(texts) for _weight, texts in row.texts] == [1, 0, 0]
    assert replies.dense_of(row).shape == (3 * 512,)
    assert not replies.dense_of(row)[512:].any()


def test_a_term_is_read_with_what_follows_it() -> None:
    sentences = call("A It has a deductible, that is what you pay first. Fine.", language="en").sentences
    row = row_of_term(sentences[0], 9, 19, sentences[1], ruled=True)
    bare = row_of_term(sentences[0], 9, 19, None, ruled=False)
    assert row != bare
    assert all(0 <= column < HASHED for column in row.columns)
    assert [texts for _weight, texts in row.texts] == [(sentences[0].text,), (sentences[1].text,)]


@pytest.mark.parametrize("name", list(replies.DETAILS))
def test_chances_sum_to_one(name: str) -> None:
    row = row_of(exchange("A 您好。", "C 多少钱？", "A 三百。"), nothing)
    size = len(replies.load().weights[name].vectors)
    row = Row(row.columns, row.values, row.texts[: size // 512])
    assert math.isclose(sum(replies.chances(name, [row])[0].values()), 1.0, abs_tol=1e-6)


def test_no_author_stands_in_two_parts() -> None:
    row = Row((0,), (1.0,), ())
    told = [replies_fit.Example(author, "en", row, True) for author in "aaaaabbbcdefghijjk"]
    parts = replies_fit.parts_of(told)
    by_author = {
        author: {int(parts[at]) for at, one in enumerate(told) if one.author == author} for author in "abj"
    }
    assert all(len(found) == 1 for found in by_author.values())
    assert set(parts.tolist()) == set(range(replies_fit.FOLDS))


def test_how_sure_a_detail_is_stands_beside_it() -> None:
    told = call("A 我们有一款产品。", "C 太贵了。", "A 可以分期的，平均一天才两块钱。")
    share = objection.find(told, ())[0].detail["share"]["handling"]
    assert 0 <= share <= 1
