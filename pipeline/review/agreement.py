"""How far several people agree beyond chance: Krippendorff's alpha. Pure, in exact fractions.

K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011: values of one unit are paired with each other, and
alpha = 1 - observed disagreement / disagreement expected by chance. Missing values need no filling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Literal, TypeVar

Value = TypeVar("Value", bound=Hashable)
Level = Literal["nominal", "ordinal"]


def alpha(
    units: Sequence[Sequence[Value]], *, level: Level = "nominal", order: Sequence[Value] = ()
) -> float | None:
    """Krippendorff's alpha of the values that people gave to each unit.

    Parameters
    ----------
    units
        For each unit the values it was given, in any order; units with fewer than two say nothing.
    level
        ``nominal``: values are the same or not; ``ordinal``: they are ranked as in ``order``.
    order
        The ranks, lowest first; needed for ``ordinal`` alone.

    Returns
    -------
    float or None
        1 for full agreement, 0 for what chance gives, less for worse. None where it can't be had: no unit was given two
        values, or none ever varied.

    Examples
    --------
    >>> round(alpha([("a", "a"), ("b", "b"), ("a", "b")]), 3)
    0.444
    """
    pairs = _coincidences(units)
    totals: Counter[Value] = Counter()
    for (one, _), count in pairs.items():
        totals[one] += count  # type: ignore[assignment]  # counts are fractions
    distance = _nominal if level == "nominal" else _ordinal(totals, order)
    whole = sum(totals.values())
    observed = sum(count * distance(one, other) for (one, other), count in pairs.items())
    expected = sum(
        totals[one] * totals[other] * distance(one, other) for one, other in permutations(totals, 2)
    )
    if not expected:
        return None
    return float(1 - (whole - 1) * Fraction(observed) / expected)


def _coincidences(units: Sequence[Sequence[Value]]) -> Mapping[tuple[Value, Value], Fraction]:
    """How often two values met in a unit; a unit counts as many as it has values."""
    met: dict[tuple[Value, Value], Fraction] = {}
    for values in units:
        for pair in permutations(values, 2):
            met[pair] = met.get(pair, Fraction(0)) + Fraction(1, len(values) - 1)
    return met


def _nominal(one: Value, other: Value) -> int:
    return int(one != other)


def _ordinal(totals: Mapping[Value, int], order: Sequence[Value]) -> Callable[[Value, Value], Fraction]:
    """Squared number of values between two ranks, half of each of the two counted."""
    rank = {value: place for place, value in enumerate(order)}

    def distance(one: Value, other: Value) -> Fraction:
        low, high = sorted((rank[one], rank[other]))
        between = sum(totals.get(value, 0) for value in order[low : high + 1])
        return Fraction(between - Fraction(totals[one] + totals[other], 2)) ** 2

    return distance
