"""What a standard's shape alone can't say: names that must exist, circles, placeholders that nobody fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.analysis.detect import added_details
from pipeline.config_messages import say
from pipeline.kinds import FIGURES, MEASURES, detail_mistakes, near
from pipeline.standards.grammar import Check, Condition, Hear, Measured, Rule, Say, Share, walked
from pipeline.standards.vocabulary import Anchor, Where
from pipeline.standards.wording import placeholders

if TYPE_CHECKING:
    from pipeline.standards.schema import Criterion, Standard


Path_ = tuple[str | int, ...]
Mistake = tuple[Path_, str]


def check_standard_links(
    standard: Standard, given: frozenset[str] = frozenset(), unread: frozenset[str] = frozenset()
) -> list[Mistake]:
    """Every mistake as path and message; criteria go by their id in the path.

    ``given`` are names that the file gives, though what they stand for has mistakes of its own; ``unread`` the sections that
    are of another type than theirs, so that what they should name isn't known.
    """
    return [
        *_ids(standard, unread),
        *_names(standard, given, unread),
        *_circles(standard),
        *_wordings(standard),
        *_appraised(standard, given),
    ]


def unknown_measures(standard: Standard) -> Iterator[Mistake]:
    """Figures that nobody delivers; a package's have a dot, and what it delivers isn't known beforehand.

    A standard that a store kept is not held to this: it may name figures of its day.
    """
    known = (*MEASURES, *FIGURES)
    for path, condition in _conditions(standard):
        for place, part in walked(condition):
            if isinstance(part, Measured) and "." not in part.measure and part.measure not in known:
                yield (*path, *place, "measure"), _accepted(part.measure, known)
    for criterion in standard.criteria:
        for index, name in enumerate(criterion.needs):
            if "." not in name and name not in known:
                yield ("criteria", criterion.id, "needs", index), _accepted(name, known)


def _appraised(standard: Standard, given: frozenset[str]) -> Iterator[Mistake]:
    known = {*given, *(criterion.id for criterion in standard.criteria)}
    for index, part in enumerate(standard.appraisal.parts):
        for number, name in enumerate(part.criteria):
            if name not in known:
                yield ("appraisal", "parts", index, "criteria", number), _accepted(name, known)


def _ids(standard: Standard, unread: frozenset[str]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for criterion in standard.criteria:
        if criterion.id in seen:
            yield ("criteria", criterion.id, "id"), f"{criterion.id} is given twice; keep one"
        seen.add(criterion.id)
        if criterion.section not in standard.sections and "sections" not in unread:
            yield ("criteria", criterion.id, "section"), _accepted(criterion.section, standard.sections)


def anchors(condition: Condition) -> Iterator[tuple[Path_, Anchor]]:
    """Hits that a condition counts places from, each with the path that it stands under."""
    if isinstance(condition, (Hear, Say)) and condition.where:
        yield from _placed(condition.where, ("where",))
    if isinstance(condition, Share) and condition.share.where:
        yield from _placed(condition.share.where, ("share", "where"))
    if isinstance(condition, Hear) and condition.per:
        yield ("per",), condition.per


def _placed(where: Where, path: Path_) -> Iterator[tuple[Path_, Anchor]]:
    for key in ("before", "after", "around"):
        anchor = getattr(where, key)
        if anchor is not None:
            yield (*path, key), anchor


def references(condition: Condition) -> Iterator[tuple[Path_, str]]:
    """Names of the rules and criteria that a condition leans on, each with the path of its key."""
    for path, part in walked(condition):
        if isinstance(part, Rule):
            yield (*path, "rule"), part.rule
        for place, anchor in anchors(part):
            if anchor.rule is not None:
                yield (*path, *place, "rule"), anchor.rule


def _details(condition: Condition) -> Iterator[Mistake]:
    """Details that no finding of the kinds asked for can have."""
    added = added_details()
    for path, part in walked(condition):
        asked: list[tuple[Path_, tuple[str, ...], Mapping[str, Any]]] = []
        if isinstance(part, Hear):
            asked.append((("detail",), part.hear, part.detail))
        elif isinstance(part, Share):
            asked.append((("share", "detail"), part.share.of, part.share.detail))
            asked.append((("share", "having"), part.share.of, part.share.having))
        asked += [
            ((*place, "detail"), anchor.hear, anchor.detail)
            for place, anchor in anchors(part)
            if anchor.hear is not None
        ]
        for place, kinds, wanted in asked:
            for key, told in detail_mistakes(kinds, wanted, added):
                yield (*path, *place, key), told


def _conditions(standard: Standard) -> Iterator[tuple[Path_, Condition]]:
    for name, condition in standard.rules.items():
        yield ("rules", name), condition
    for criterion in standard.criteria:
        for key, condition in criterion.conditions:
            yield ("criteria", criterion.id, *key), condition


def _names(standard: Standard, given: frozenset[str], unread: frozenset[str]) -> Iterator[Mistake]:
    from pipeline.standards.checks import catalogue

    known = {*standard.rules, *(criterion.id for criterion in standard.criteria), *given}
    checks = catalogue()
    for path, condition in _conditions(standard):
        for place, name in references(condition):
            if name not in known and "rules" not in unread:
                yield (*path, *place), _accepted(name, known)
        yield from (((*path, *place), told) for place, told in _details(condition))
        for place, part in walked(condition):
            if isinstance(part, Check):
                yield from (((*path, *place, *key), told) for key, told in _check_mistakes(part, checks))
    reasons = {*standard.reasons, *given}
    for criterion in standard.criteria:
        for path, name in _reason_names(criterion):
            if name not in reasons and "reasons" not in unread:
                yield ("criteria", criterion.id, *path), _accepted(name, standard.reasons)


def _check_mistakes(part: Check, checks: Any) -> Iterator[Mistake]:
    if part.check not in checks:
        yield ("check",), _accepted(part.check, checks)
        return
    for answer in part.is_:
        if answer not in checks[part.check].answers:
            yield ("is",), _accepted(answer, checks[part.check].answers)
    model = checks[part.check].settings
    try:
        model.model_validate(part.settings)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path, message = say(detail, model, part.settings)
            yield ("with", *path), message


def _reason_names(criterion: Criterion) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for key, reason in criterion.reasons.items():
        if isinstance(reason, str):
            yield ("reasons", key), reason
    if criterion.applies.when is not None and isinstance(criterion.applies.reason, str):
        yield ("applies", "reason"), criterion.applies.reason
    for index, unless in enumerate(criterion.applies.unless):
        if isinstance(unless.reason, str):
            yield ("applies", "unless", index, "reason"), unless.reason


def _circles(standard: Standard) -> Iterator[Mistake]:
    leans: dict[str, set[str]] = {
        criterion.id: {name for _path, name in references(criterion.pass_)} for criterion in standard.criteria
    }
    leans |= {name: {each for _path, each in references(rule)} for name, rule in standard.rules.items()}
    done: set[str] = set()
    for start in leans:
        if circle := _circle(start, leans, [], done):
            where = ("rules", circle[0]) if circle[0] in standard.rules else ("criteria", circle[0], "pass")
            yield where, f"goes round in a circle: {' → '.join(circle)}"
            return


def _circle(name: str, leans: dict[str, set[str]], path: list[str], done: set[str]) -> list[str] | None:
    if name in path:
        return [*path[path.index(name) :], name]
    if name in done:
        return None
    for other in sorted(leans.get(name, ())):
        if found := _circle(other, leans, [*path, name], done):
            return found
    done.add(name)
    return None


def _wordings(standard: Standard) -> Iterator[Mistake]:
    for criterion in standard.criteria:
        for key, reason in criterion.reasons.items():
            if not isinstance(reason, str):
                yield from _template(("criteria", criterion.id, "reasons", key), reason)
        for unless_index, unless in enumerate(criterion.applies.unless):
            if not isinstance(unless.reason, str):
                yield from _template(
                    ("criteria", criterion.id, "applies", "unless", unless_index, "reason"), unless.reason
                )
    for path, condition in _conditions(standard):
        for place, part in walked(condition):
            if part.label is not None:
                yield from _template((*path, *place, "label"), part.label)
    for name, label in standard.reasons.items():
        yield from _template(("reasons", name), label)
    for index, rule in enumerate(standard.flagging.rules if standard.flagging else ()):
        yield from _template(("flagging", "rules", index, "reason"), rule.reason)
    if standard.flagging is not None and standard.flagging.sample is not None:
        yield from _template(("flagging", "sample", "reason"), standard.flagging.sample.reason)


def _template(path: tuple[str | int, ...], wording: Any) -> Iterator[Mistake]:
    for language in ("zh", "en"):
        for mistake in placeholders(getattr(wording, language)):
            yield (*path, language), mistake


def _accepted(given: str, accepted: Iterable[str]) -> str:
    names = sorted(str(name) for name in accepted)
    return f"{given!r} is unknown{near(given, names) or '.'} Accepted: {', '.join(names) or 'none is given here'}"
