"""A tone covers all that was told: word times are wrong where a number is written as one word, and the span makes up for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.masking import mask
from pipeline.privacy.told_seconds import told_seconds
from pipeline.types import Finding, Transcript, Turn, Word


def said(*words: tuple[str, float, float]) -> Turn:
    parts = tuple(Word(text, start, end, 0.9) for text, start, end in words)
    return Turn("customer", " ".join(word.text for word in parts), words[0][1], words[-1][2], 0.9, parts)


def hidden(turn: Turn) -> list[tuple[float | None, float | None]]:
    _, found = mask(Transcript("en", (turn,)))
    return [(one.start_s, one.end_s) for one in found if isinstance(one, Finding)]


def test_a_number_in_one_short_word_owns_the_time_up_to_its_neighbours() -> None:
    """As recognised: ten digits said from 1.4 to 5.4 s, written as one word of 1.3 s, the word before stretched over the rest."""
    turn = said(
        ("My", 0.0, 0.2), ("phone", 0.2, 0.5), ("number", 0.5, 0.9), ("is", 0.9, 3.0), ("4155550177.", 3.2, 4.5),
        ("Thank", 5.3, 5.6), ("you.", 5.6, 5.9),
    )  # fmt: skip
    ((start, end),) = hidden(turn)
    assert start is not None and end is not None
    assert start <= 1.4 and 5.3 <= end <= 5.6


def test_words_at_the_turn_s_edges_own_it_to_the_edge() -> None:
    turn = Turn(
        "customer", "it's 4155550177", 10.0, 16.0, 0.9, (Word("it's", 10.0, 10.3, 0.9), Word("4155550177", 10.4, 12.0, 0.9))
    )  # fmt: skip
    assert [end for _, end in hidden(turn)] == [16.0]


def test_a_number_has_the_seconds_that_its_digits_need() -> None:
    """Its neighbours leave too little room: rather the neighbours are covered too."""
    turn = said(("yes", 0.0, 2.0), ("6214836569070293134", 2.0, 2.6), ("yes", 2.6, 6.0))
    start, end = told_seconds(turn, turn.words[1:2], "6214836569070293134", turn.words[0], turn.words[2])
    assert start is not None and end is not None and end - start >= 19 * 0.22 - 0.01


TIMES = st.lists(st.floats(0, 60), min_size=8, max_size=8).map(sorted)


@given(TIMES, st.sampled_from(["4155550177", "幺三八零零幺三八零零零", "Fletcher", "x"]))
def test_the_span_holds_the_words_and_stays_in_the_turn(times: list[float], text: str) -> None:
    before, own, after = (Word("word", times[at], times[at + 1], 0.9) for at in (1, 3, 5))
    turn = Turn("customer", "", times[0], times[7], 0.9)
    start, end = told_seconds(turn, [own], text, before, after)
    assert start is not None and end is not None and own.start_s is not None and own.end_s is not None
    assert times[0] - 0.001 <= start <= own.start_s + 0.001 and own.end_s - 0.001 <= end <= times[7] + 0.001


def test_without_times_there_is_none() -> None:
    turn = Turn("customer", "4155550177", None, None, 0.9, (Word("4155550177", None, None, 0.9),))
    assert told_seconds(turn, turn.words, "4155550177", None, None) == (None, None)
