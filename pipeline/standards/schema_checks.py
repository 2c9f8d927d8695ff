"""What a standard's shape alone can't say: names that must exist, circles, placeholders that nobody fills."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.config_messages import say
from pipeline.standards.grammar import Check, Condition, Hear, Rule, Say, Share, walk
from pipeline.standards.vocabulary import Anchor
from pipeline.standards.wording import placeholders

if TYPE_CHECKING:
    from pipeline.standards.schema import Criterion, Standard


Mistake = tuple[tuple[str | int, ...], str]


def check_standard_links(standard: Standard, given: frozenset[str] = frozenset()) -> list[Mistake]:
    """Every mistake as path and message; criteria go by their id in the path.

    ``given`` are names that the file gives, though what they stand for has mistakes of its own.
    """
    return [*_ids(standard), *_names(standard, given), *_circles(standard), *_wordings(standard)]


def _ids(standard: Standard) -> Iterator[Mistake]:
    seen: set[str] = set()
    for criterion in standard.criteria:
        if criterion.id in seen:
            yield ("criteria", criterion.id, "id"), f"{criterion.id} is given twice; keep one"
        seen.add(criterion.id)
        if criterion.section not in standard.sections:
            yield ("criteria", criterion.id, "section"), _accepted(criterion.section, standard.sections)


def anchors(condition: Condition) -> Iterator[Anchor]:
    """Hits that a condition counts places from."""
    if isinstance(condition, (Hear, Say)) and condition.where:
        yield from condition.where.anchors
    if isinstance(condition, Share) and condition.share.where:
        yield from condition.share.where.anchors
    if isinstance(condition, Hear) and condition.per:
        yield condition.per


def references(condition: Condition) -> Iterator[str]:
    """Names of the rules and criteria that a condition leans on."""
    for part in walk(condition):
        if isinstance(part, Rule):
            yield part.rule
        for anchor in anchors(part):
            if anchor.rule is not None:
                yield anchor.rule


def _conditions(standard: Standard) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
    for name, condition in standard.rules.items():
        yield ("rules", name), condition
    for criterion in standard.criteria:
        for key, condition in criterion.conditions:
            yield ("criteria", criterion.id, *key), condition


def _names(standard: Standard, given: frozenset[str]) -> Iterator[Mistake]:
    from pipeline.standards.checks import catalogue

    known = {*standard.rules, *(criterion.id for criterion in standard.criteria), *given}
    checks = catalogue()
    for path, condition in _conditions(standard):
        for name in references(condition):
            if name not in known:
                yield (*path, "rule"), _accepted(name, known)
        for part in walk(condition):
            if isinstance(part, Check):
                yield from (((*path, key), message) for key, message in _check_mistakes(part, checks))
    reasons = {*standard.reasons, *given}
    for criterion in standard.criteria:
        for path, name in _reason_names(criterion):
            if name not in reasons:
                yield ("criteria", criterion.id, *path), _accepted(name, standard.reasons)


def _check_mistakes(part: Check, checks: Any) -> Iterator[tuple[str, str]]:
    if part.check not in checks:
        yield "check", _accepted(part.check, checks)
        return
    for answer in part.is_:
        if answer not in checks[part.check].answers:
            yield "is", _accepted(answer, checks[part.check].answers)
    model = checks[part.check].settings
    try:
        model.model_validate(part.settings)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path, message = say(detail, model, part.settings)
            yield ".".join(["with", *map(str, path)]), message


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
        criterion.id: set(references(criterion.pass_)) for criterion in standard.criteria
    }
    leans.update({name: set(references(rule)) for name, rule in standard.rules.items()})
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
        for part in walk(condition):
            if part.label is not None:
                yield from _template((*path, "label"), part.label)
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
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]}?" if close else "."
    return f"{given!r} is unknown{hint} Accepted: {', '.join(names)}"
