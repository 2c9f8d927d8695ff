"""Masking measured on labelled talk: what was first seen when stands at the head of each set."""

from __future__ import annotations

import pytest
from masking_score import GROUPS, dialogues, score

from pipeline.privacy.rules import KINDS, rules

# what the rules reach now, a little under it: a change that loses more than that is seen
FLOORS = {
    ("develop", "zh"): (0.98, 0.95, 0.87, 0.97), ("develop", "en"): (0.96, 0.96, 0.95, 0.98),
    ("unseen", "zh"): (0.97, 0.92, 0.97, 0.97), ("unseen", "en"): (0.97, 0.96, 0.95, 0.97),
    ("last", "zh"): (0.97, 0.95, 0.95, 0.97), ("last", "en"): (0.97, 0.95, 0.95, 0.97),
    ("third", "zh"): (0.98, 0.92, 0.95, 0.98), ("third", "en"): (0.95, 0.96, 0.95, 0.98),
    ("fourth", "zh"): (0.97, 0.95, 0.95, 0.97), ("fourth", "en"): (0.94, 0.97, 0.95, 0.97),
    ("fifth", "zh"): (0.97, 0.82, 0.95, 0.97), ("fifth", "en"): (0.97, 0.95, 0.90, 0.97),
    ("sixth", "zh"): (0.98, 0.95, 0.95, 0.96), ("sixth", "en"): (0.97, 0.96, 0.92, 0.97),
    ("seventh", "zh"): (0.98, 0.92, 0.95, 0.98), ("seventh", "en"): (0.98, 0.96, 0.94, 0.97),
    ("eighth", "zh"): (0.98, 0.97, 0.95, 0.96), ("eighth", "en"): (0.95, 0.92, 0.90, 0.98),
    ("ninth", "zh"): (0.98, 0.94, 0.82, 0.98), ("ninth", "en"): (0.98, 0.97, 0.97, 0.97),
    ("tenth", "zh"): (0.98, 0.89, 0.97, 0.98), ("tenth", "en"): (0.98, 0.91, 0.97, 0.94),
    ("eleventh", "zh"): (0.98, 0.87, 0.97, 0.98), ("eleventh", "en"): (0.98, 0.97, 0.97, 0.97),
    ("twelfth", "zh"): (0.98, 0.91, 0.66, 0.96), ("twelfth", "en"): (0.98, 0.97, 0.97, 0.97),
}  # fmt: skip


@pytest.mark.parametrize(("which", "language"), FLOORS)
def test_talk(which, language):
    tally = score(which, language)
    reached = (*(tally.recall(kinds) for kinds in GROUPS.values()), tally.precision())
    assert all(got >= floor for got, floor in zip(reached, FLOORS[which, language], strict=True)), (
        reached,
        tally.lines,
    )


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
