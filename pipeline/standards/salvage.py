"""What is right of a standard with mistakes, so that its names and wordings are checked in the same breath."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.config import Frozen
from pipeline.standards.flagging import Flagging
from pipeline.standards.grammar import All, Any_, Condition, Not, Order, Some
from pipeline.standards.schema import Applies, Appraisal, Criterion, ReasonText, Standard, Unless
from pipeline.standards.vocabulary import Label

__all__ = ["items_of", "salvaged"]

_LISTED: Mapping[str, tuple[type, str]] = {
    "all": (All, "all_"),
    "any": (Any_, "any_"),
    "of": (Some, "of"),
    "order": (Order, "order"),
}


class _RuleBox(Frozen):
    rule: Condition


def salvaged(data: dict[str, Any]) -> tuple[Standard, frozenset[str]]:
    """What is right of a standard with mistakes, to check its links too, and every name it gives."""
    listed = items_of(data.get("criteria"), list)
    rules = items_of(data.get("rules"), dict)
    reasons = items_of(data.get("reasons"), dict)
    sections = items_of(data.get("sections"), dict)
    criteria = [_try(Criterion, item) or _criterion(item, sections) for item in listed]
    conditions = {key: _condition(item) for key, item in rules.items()}
    labels = {key: _try(Label, item) for key, item in reasons.items()}
    partial = Standard.model_construct(
        criteria=tuple(criterion for criterion in criteria if criterion is not None),
        rules={key: rule for key, rule in conditions.items() if rule is not None},
        sections=sections,
        flagging=_try(Flagging, data.get("flagging")),
        appraisal=_try(Appraisal, data.get("appraisal")) or Appraisal(),
        reasons={key: label for key, label in labels.items() if label is not None},
    )
    ids = [str(item.get("id")) for item in listed if isinstance(item, dict)]
    return partial, frozenset([*ids, *rules, *reasons])


def items_of(value: Any, kind: type) -> Any:
    """A value of a kind, or an empty one."""
    return value if isinstance(value, kind) else kind()


def _try(model: Any, item: Any) -> Any:
    try:
        return model.model_validate(item)
    except ValidationError:
        return None


def _criterion(item: Any, sections: Mapping[str, Any]) -> Criterion | None:
    """What is right of a criterion with mistakes; None where it has no id to be told by."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return None
    section = item.get("section")
    reasons = {key: _reason(one) for key, one in items_of(item.get("reasons"), dict).items()}
    needs = items_of(item.get("needs"), list)
    return Criterion.model_construct(
        id=item["id"],
        section=section if isinstance(section, str) else next(iter(sections), ""),
        needs=tuple(name for name in needs if isinstance(name, str)),
        applies=_applies(items_of(item.get("applies"), dict)),
        pass_=_condition(item.get("pass")),
        partial=_condition(item.get("partial")),
        fatal=_condition(item.get("fatal")),
        review=_condition(item.get("review")),
        reasons={key: one for key, one in reasons.items() if one is not None},
    )


def _applies(item: dict[str, Any]) -> Applies:
    """When a criterion applies, as far as that is right; what isn't keeps its place."""
    unless = [items_of(one, dict) for one in items_of(item.get("unless"), list)]
    return Applies.model_construct(
        when=_condition(item.get("when")),
        reason=_reason(item.get("reason")) or _NOTHING,
        unless=tuple(
            Unless.model_construct(when=_condition(one.get("when")), reason=_reason(one.get("reason")) or _NOTHING)
            for one in unless
        ),
    )  # fmt: skip


_NOTHING = ReasonText(code="none", zh="-", en="-")


def _reason(item: Any) -> Any:
    """A reason: its name, or its wording even where its code isn't right."""
    if isinstance(item, str):
        return item
    wording = {key: item.get(key) for key in ("zh", "en")} if isinstance(item, dict) else None
    return _try(ReasonText, item) or _try(Label, wording)


def _condition(item: Any) -> Any:
    """A condition, or one with holes where its parts aren't right; None where nothing is."""
    box = _try(_RuleBox, {"rule": item})
    if box is not None or not isinstance(item, dict):
        return box.rule if box is not None else None
    if "not" in item:
        return Not.model_construct(not_=_condition(item["not"]))
    for key, (model, name) in _LISTED.items():
        if isinstance(item.get(key), list):
            parts: Any = tuple(_condition(part) for part in item[key])
            return model.model_construct(**{name: parts})  # type: ignore[attr-defined]
    return None
