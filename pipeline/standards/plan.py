"""What each criterion reads, worked out once: kinds, measures, whether it needs sides or a clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.standards.checks import catalogue
from pipeline.standards.conditions import Rules
from pipeline.standards.faults import skipping
from pipeline.standards.grammar import (
    Check,
    Condition,
    Ends,
    Hear,
    Measured,
    OutcomeIs,
    Rule,
    Say,
    Share,
    walk,
)
from pipeline.standards.vocabulary import Anchor, Where

if TYPE_CHECKING:
    from pipeline.standards.schema import Criterion, Standard

__all__ = ["Needs", "Plan", "plan"]

_SIDED_FIGURES = (
    "agent_", "customer_", "jargon_", "hard_sell_", "needs_questions", "opening_", "product_fact_",
    "loudness_difference",
)  # fmt: skip

_CUSTOMERS_FIGURES = ("customer_", "opening_", "loudness_difference", "agent_interruptions")
"""Figures that are none where nothing of the customer was recorded."""
_OF_BOTH = frozenset({"interruption"})
"""Kinds that the agent can't show without the customer's being heard."""


@dataclass(slots=True)
class Needs:
    """What a condition reads; ``sides`` are those whose words or sound it is about."""

    kinds: set[str] = field(default_factory=set)
    measures: set[str] = field(default_factory=set)
    side: bool = False
    sides: set[str] = field(default_factory=set)
    clock: bool = False
    outcome: bool = False
    check: bool = False

    def take(self, other: Needs) -> None:
        """Add what another reads."""
        self.kinds |= other.kinds
        self.measures |= other.measures
        self.side |= other.side
        self.sides |= other.sides
        self.clock |= other.clock
        self.outcome |= other.outcome
        self.check |= other.check


@dataclass(frozen=True, slots=True)
class Plan:
    """A standard made ready for judging; ``skipping`` are marks of the wording rules whose denied hits are left out."""

    rules: Rules
    judging: Mapping[str, Needs]
    unless: Mapping[str, tuple[Needs, ...]]
    everything: Mapping[str, Needs]
    says: tuple[tuple[str, Say], ...]
    marks: Mapping[int, str]
    skipping: frozenset[str]

    @property
    def own(self) -> frozenset[str]:
        """Marks of wording rules whose hits are nobody else's evidence."""
        return frozenset(mark for mark, say in self.says if say.kind is None)


def plan(standard: Standard) -> Plan:
    """Work out what each criterion of a standard reads."""
    by_name: dict[str, Condition] = {
        **{criterion.id: criterion.pass_ for criterion in standard.criteria},
        **standard.rules,
    }
    judging, unless, everything = {}, {}, {}
    for criterion in standard.criteria:
        judging[criterion.id] = _judging(criterion, by_name)
        unless[criterion.id] = tuple(_needs(part.when, by_name) for part in criterion.applies.unless)
        whole = Needs()
        for _key, condition in criterion.conditions:
            whole.take(_needs(condition, by_name))
        everything[criterion.id] = whole
    skips = skipping(standard)
    says = tuple(_says(standard, skips))
    marks = {id(say): mark for mark, say in says}
    skipped = frozenset(mark for mark, say in says if id(say) in skips)
    return Plan(Rules(by_name), judging, unless, everything, says, marks, skipped)


def _judging(criterion: Criterion, by_name: Mapping[str, Condition]) -> Needs:
    needs = Needs(measures=set(criterion.needs))
    for condition in (criterion.pass_, criterion.partial, criterion.fatal):
        if condition is not None:
            needs.take(_needs(condition, by_name))
    for name in criterion.needs:
        _figure(name, needs)
    return needs


def _needs(condition: Condition, by_name: Mapping[str, Condition]) -> Needs:
    needs = Needs()
    for part in walk(condition):
        _read(part, needs, by_name)
    return needs


def _read(part: Condition, needs: Needs, by_name: Mapping[str, Condition]) -> None:
    if isinstance(part, Hear):
        needs.kinds.update(part.hear)
        _by(part.by, needs)
        if not _OF_BOTH.isdisjoint(part.hear):
            needs.sides.add("customer")
        _place(part.where, needs, by_name)
        if part.per is not None:
            _anchor(part.per, needs, by_name)
    elif isinstance(part, Say):
        _by(part.by, needs)
        _place(part.where, needs, by_name)
    elif isinstance(part, Share):
        needs.kinds.update(part.share.of)
        _by(part.share.by, needs)
        _place(part.share.where, needs, by_name)
    elif isinstance(part, Measured):
        if part.known is None:
            needs.measures.add(part.measure)
        _figure(part.measure, needs)
    elif isinstance(part, OutcomeIs):
        needs.outcome = True
    elif isinstance(part, Ends):
        needs.clock = True
        needs.side |= part.since == "agent_first_word"
    elif isinstance(part, Check):
        spec = catalogue().get(part.check)
        needs.check = needs.outcome = True
        if spec is not None:
            needs.kinds.update(spec.kinds)
            needs.side |= spec.needs_side
            needs.clock |= spec.needs_clock
    elif isinstance(part, Rule):
        needs.take(_needs(by_name[part.rule], by_name))


def _by(side: str, needs: Needs) -> None:
    if side != "either":
        needs.side = True
        needs.sides.add(side)


def _figure(name: str, needs: Needs) -> None:
    needs.side |= name.startswith(_SIDED_FIGURES)
    if name.startswith(_CUSTOMERS_FIGURES):
        needs.sides.add("customer")


def _place(where: Where | None, needs: Needs, by_name: Mapping[str, Condition]) -> None:
    if where is None:
        return
    needs.clock |= where.seconds is not None
    needs.side |= where.agent_turns is not None
    for anchor in where.anchors:
        _anchor(anchor, needs, by_name)


def _anchor(anchor: Anchor, needs: Needs, by_name: Mapping[str, Condition]) -> None:
    needs.kinds.update(anchor.hear or ())
    _by(anchor.by, needs)
    if anchor.rule is not None:
        needs.take(_needs(by_name[anchor.rule], by_name))


def _says(standard: Standard, skips: frozenset[int]) -> Iterator[tuple[str, Say]]:
    """Every wording rule with the mark that its findings carry in ``detail.rule``: its owner, numbered."""
    for owner, conditions in (
        *((name, (rule,)) for name, rule in standard.rules.items()),
        *((c.id, tuple(condition for _key, condition in c.conditions)) for c in standard.criteria),
    ):
        seen: list[Say] = []
        for part in (part for condition in conditions for part in walk(condition) if isinstance(part, Say)):
            alike = [
                i
                for i, say in enumerate(seen)
                if (say.say, say.by, say.kind, id(say) in skips)
                == (part.say, part.by, part.kind, id(part) in skips)
            ]
            number = alike[0] if alike else len(seen)
            if not alike:
                seen.append(part)
            yield (owner if number == 0 else f"{owner}#{number + 1}"), part
