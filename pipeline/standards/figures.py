"""Comparisons with a measure."""

from __future__ import annotations

from pipeline.standards.context import Context
from pipeline.standards.counted import COUNTED
from pipeline.standards.grammar import Measured
from pipeline.standards.judged import Judged
from pipeline.standards.messages import message
from pipeline.standards.quoting import listed
from pipeline.standards.spots import spot_of
from pipeline.standards.vocabulary import Band

__all__ = ["measured"]


def measured(condition: Measured, context: Context) -> Judged:
    """Compare a measure with the bounds asked for; not measurable when the measure isn't."""
    figure = context.figure(condition.measure)
    if condition.known is not None:
        return Judged((figure.value is not None) is condition.known)
    if figure.value is None:
        assert figure.reason is not None  # noqa: S101 - a figure has a value or a reason
        return Judged(None, why=(figure.reason,))
    shown = {"value": figure.value, "unit": figure.unit}
    if condition.is_ is not None:
        if _sort_of(figure.value) is not _sort_of(condition.is_):
            return Judged(None, why=(message("other_sort"),), values=shown)
        hits, span = spot_of(condition.measure, context)
        return Judged(figure.value == condition.is_, hits, values=shown, searched=span)
    if _sort_of(figure.value) is not float:
        return Judged(None, why=(message("other_sort"),), values=shown)
    value = abs(float(figure.value)) if condition.size else float(figure.value)
    bounds = _bounds(condition, context)
    holds = (
        (bounds.min is None or value >= bounds.min)
        and (bounds.max is None or value <= bounds.max)
        and (condition.above is None or value > condition.above)
        and (condition.below is None or value < condition.below)
    )
    low = bounds.min if bounds.min is not None else condition.above
    high = bounds.max if bounds.max is not None else condition.below
    hits, span = spot_of(condition.measure, context, too_low=low is not None and value < low)
    if holds and low is None and condition.measure in COUNTED:
        hits = ()  # few enough: what there is speaks neither for the verdict nor against it
    values = {
        "value": value, "unit": figure.unit, "low": low, "high": high, "quotes": listed(hits, context.turns),
    }  # fmt: skip
    return Judged(holds, hits, values=values, searched=span)


def _sort_of(value: float | int | bool | str) -> type:
    """Numbers are compared with numbers only, text with text, true and false with each other."""
    return float if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value)


def _bounds(condition: Measured, context: Context) -> Band:
    if condition.by_language:
        language = "zh" if context.evidence.transcript.language.startswith("zh") else "en"
        return condition.by_language.get(language) or Band()  # type: ignore[call-overload]
    if condition.near is not None and condition.within is not None:
        given = getattr(context.evidence.profile, condition.near.profile)
        target = condition.near.default if given is None else float(given)
        return Band(min=target - condition.within, max=target + condition.within)
    return Band(min=condition.min, max=condition.max)
