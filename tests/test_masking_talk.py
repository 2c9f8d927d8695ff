"""Masking measured on labelled talk: what was first seen when stands at the head of each set."""

from __future__ import annotations

import pytest
from masking_score import GROUPS, dialogues, score

from pipeline.privacy.rules import KINDS, rules

# what is reached now, a little under it: a change that loses more than that is seen. The tagger was fitted to all but
# the fourteenth, sixteenth and seventeenth, whose lines nobody looks at: they must not be printed
FLOORS = {
    ("develop", "zh"): (0.98, 0.96, 0.93, 0.94), ("develop", "en"): (0.97, 0.98, 0.98, 0.94),
    ("unseen", "zh"): (0.97, 0.94, 0.98, 0.95), ("unseen", "en"): (0.98, 0.92, 0.98, 0.95),
    ("third", "zh"): (0.98, 0.92, 0.98, 0.92), ("third", "en"): (0.98, 0.96, 0.98, 0.95),
    ("sixth", "zh"): (0.98, 0.96, 0.98, 0.93), ("sixth", "en"): (0.98, 0.94, 0.92, 0.92),
    ("thirteenth", "zh"): (0.98, 0.90, 0.98, 0.95), ("thirteenth", "en"): (0.98, 0.96, 0.98, 0.96),
    ("fifteenth", "zh"): (0.98, 0.88, 0.95, 0.87), ("fifteenth", "en"): (0.98, 0.93, 0.95, 0.91),
    ("fourteenth", "zh"): (0.96, 0.94, 0.96, 0.86), ("fourteenth", "en"): (0.96, 0.85, 0.96, 0.82),
    ("sixteenth", "zh"): (0.90, 0.84, 0.92, 0.87), ("sixteenth", "en"): (0.90, 0.92, 0.93, 0.85),
    ("seventeenth", "zh"): (0.96, 0.92, 0.90, 0.91), ("seventeenth", "en"): (0.94, 0.90, 0.80, 0.84),
    ("twentysecond", "zh"): (0.95, 0.88, 0.88, 0.92), ("twentysecond", "en"): (0.95, 0.88, 0.90, 0.89),
}  # fmt: skip


@pytest.mark.parametrize(("which", "language"), FLOORS)
def test_talk(which, language):
    tally = score(which, language)
    reached = (*(tally.recall(kinds) for kinds in GROUPS.values()), tally.precision())
    assert all(got >= floor for got, floor in zip(reached, FLOORS[which, language], strict=True)), reached


def test_the_sets_hold_every_kind_and_plain_turns():
    for language in ("zh", "en"):
        turns = [
            one for which in ("develop", "unseen") for block in dialogues(which, language) for one in block
        ]
        marked = [one for one in turns if one.marks]
        kinds = {kind for one in marked for _, _, kind in one.marks}
        assert len(marked) >= 250
        assert len(turns) - len(marked) >= 250
        assert set(KINDS) <= kinds


def test_every_word_in_the_rules_is_text():
    def leaves(node: object) -> list[object]:
        if isinstance(node, dict):
            return [leaf for value in node.values() for leaf in leaves(value)]
        return [leaf for value in node for leaf in leaves(value)] if isinstance(node, list) else [node]

    assert all(isinstance(leaf, str) for leaf in leaves(rules()))
