"""The readers' marks beside the held-out calls are of those calls, and the author's among them are the calls' own."""

from __future__ import annotations

import pytest
from readers_score import HELD_OUT, KINDS, LANGUAGES, rate, readers_of

from pipeline.analysis.ablation import Judged
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.labelled import read_calls

SETS = ("calls_fresh", "calls_floor", "calls_ordinary", "calls_ninth")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_author_s_marks_are_those_of_the_calls(language: str) -> None:
    read = readers_of(language)
    own: dict[str, set] = {kind: set() for kind in KINDS}
    sentences = {}
    for name in SETS:
        for path in (HELD_OUT / name / language).glob("*.txt"):
            for call in read_calls(path.read_text(encoding="utf-8"), language, source=path.name):
                conversation = Conversation.of(call.transcript, profile=call.profile)
                one = Judged(call, conversation, (), "undetermined")
                sentences[name, path.name, call.id] = conversation.sentences
                for kind in KINDS:
                    own[kind] |= {(name, path.name, call.id, place) for place in one.marked(kind)}
    for kind in KINDS:
        assert own[kind] == read[kind]["a"], kind
        for name, file, call_id, place in read[kind]["s"] | read[kind]["t"]:
            side = "agent" if kind == "hard_sell" else "customer"
            assert sentences[name, file, call_id][place].speaker == side


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_third_is_asked_where_the_two_differ(language: str) -> None:
    for readers in readers_of(language).values():
        assert not readers["t"] & readers["a"] & readers["s"]
        assert readers["two"] == (readers["a"] & readers["s"]) | readers["t"]


def test_rates() -> None:
    a, b, c = (("x", "1.txt", "1", place) for place in range(3))
    assert rate({a, b}, {b, c}) == "0.500 / 0.500 / 0.500"
    assert rate(set(), {a}) == "0.000 / 0.000 / 0.000"
