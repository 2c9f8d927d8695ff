"""Wording rules that mean a fault of the agent: there words that he denies, reports of others or only asks about are no hits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.standards.grammar import All, Any_, Condition, Not, Rule, Say, Some, walk

if TYPE_CHECKING:
    from pipeline.standards.schema import Standard

__all__ = ["ADDRESSED", "FAULTS", "skipping"]

FAULTS = frozenset({"hard_sell", "pitch_after_refusal", "absolute_claim", "rude", "impatient"})
"""Kinds of finding that are an agent's fault by what he says."""
ADDRESSED = frozenset({"rude", "impatient"})
"""Kinds that do harm in a question, too: it doesn't take them back."""


def skipping(standard: Standard) -> frozenset[int]:
    """Identities of the wording rules whose denied hits are left out.

    ``denied`` says so, or, where it isn't given, the rule means a fault of the agent: its ``as`` is one, or a criterion is
    the better for fewer hits (a ``max``, a ``not``, a ``fatal``).
    """
    by_name: dict[str, Condition] = {
        **{criterion.id: criterion.pass_ for criterion in standard.criteria},
        **standard.rules,
    }
    fewer: set[int] = set()
    for criterion in standard.criteria:
        for condition, wanted in (
            (criterion.pass_, True),
            (criterion.partial, True),
            (criterion.fatal, False),
        ):
            fewer |= {id(say) for say in _better_fewer(condition, by_name, wanted=wanted, seen=frozenset())}
    return frozenset(
        id(say)
        for say in _all_says(standard)
        if say.denied == "skip"
        or (say.denied is None and say.by != "customer" and (say.kind in FAULTS or id(say) in fewer))
    )


def _all_says(standard: Standard) -> Iterator[Say]:
    conditions = [*standard.rules.values(), *(c for one in standard.criteria for _key, c in one.conditions)]
    for condition in conditions:
        yield from (part for part in walk(condition) if isinstance(part, Say))


def _better_fewer(
    condition: Condition | None, by_name: Mapping[str, Condition], *, wanted: bool, seen: frozenset[str]
) -> Iterator[Say]:
    """Wording rules within a condition that is ``wanted`` or not whose hits speak against the agent."""
    if isinstance(condition, Say):
        bounded = condition.max is not None and not condition.min
        if bounded is wanted:
            yield condition
    elif isinstance(condition, Not):
        yield from _better_fewer(condition.not_, by_name, wanted=not wanted, seen=seen)
    elif isinstance(condition, Rule):
        if condition.rule not in seen:
            inner = by_name.get(condition.rule)
            yield from _better_fewer(inner, by_name, wanted=wanted, seen=seen | {condition.rule})
    elif isinstance(condition, (All, Any_, Some)):
        parts = {All: "all_", Any_: "any_", Some: "of"}[type(condition)]
        for part in getattr(condition, parts):
            yield from _better_fewer(part, by_name, wanted=wanted, seen=seen)
