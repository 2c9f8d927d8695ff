"""How often people agree with what each rule found, and which criteria had better be advisory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.reports.scorecard_stats import share_interval
from pipeline.review.rights import Person
from pipeline.standards.schema import Standard
from pipeline.store.review_tables import ReviewAct
from pipeline.store.tables import Call, FindingRow

Advice = Literal["few", "fine", "watch", "weak"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From how many rulings on, and under which precision, a rule is weak."""

    least_rulings: int
    least_precision: float
    confidence: float


@cache
def bounds() -> Bounds:
    """Those that ship beside this module."""
    import yaml

    path = Path(__file__).with_suffix(".yaml")
    return Bounds(**yaml.safe_load(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Ruled:
    """A finding that somebody ruled on, or that the machine missed (``ruling`` is ``missed``)."""

    kind: str
    sort: str | None
    criterion: str | None
    ruling: Literal["confirm", "reject", "missed"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Rulings on one rule's findings, or on all findings of a criterion. ``sort`` is the finding's kind within its kind."""

    kind: str
    sort: str | None
    criterion: str | None
    confirmed: int
    rejected: int
    missed: int
    low: float | None
    high: float | None
    advice: Advice

    @property
    def rulings(self) -> int:
        """How many findings were ruled on."""
        return self.confirmed + self.rejected

    @property
    def precision(self) -> float | None:
        """Share of the findings that people confirmed."""
        return self.confirmed / self.rulings if self.rulings else None


def rulings(session: Session, person: Person) -> list[Ruled]:
    """Every finding that was ruled on within somebody's scope, by its last ruling that was not taken back."""
    acts = session.execute(
        select(
            ReviewAct.id, ReviewAct.call, ReviewAct.score, ReviewAct.act, ReviewAct.target, ReviewAct.answers,
            ReviewAct.data, FindingRow.kind, FindingRow.criterion, FindingRow.detail,
        )
        .join(Call, Call.id == ReviewAct.call)
        .outerjoin(
            FindingRow, (FindingRow.score == ReviewAct.score) & (FindingRow.finding == ReviewAct.target)
        )
        .where(person.scope(), ReviewAct.act.in_(("finding", "missed", "undo")))
        .order_by(ReviewAct.id)
    ).all()  # fmt: skip
    undone = {act.answers for act in acts if act.act == "undo"}
    last: dict[tuple[Any, ...], Ruled] = {}
    for act in acts:
        if act.act == "undo" or act.id in undone:
            continue
        if act.act == "missed":
            last[(act.id,)] = Ruled(act.data["kind"], None, act.target, "missed")
        elif act.kind is not None:
            mark = act.data.get("finding") or {}
            known = (
                (mark.get("kind"), mark.get("start_s"), mark.get("quote"))
                if mark
                else (act.score, act.target)
            )
            sort = act.detail.get("kind") if isinstance(act.detail, dict) else None
            last[(act.call, *known)] = Ruled(act.kind, sort, act.criterion, act.data["ruling"])
    return list(last.values())


def by_rule(ruled: Iterable[Ruled], limits: Bounds) -> list[Quality]:
    """Quality of each rule, the least precise first. Pure."""
    groups: dict[tuple[str, str | None, str | None], list[Ruled]] = {}
    for each in ruled:
        groups.setdefault((each.kind, each.sort, each.criterion), []).append(each)
    made = [_quality(*key, own, limits) for key, own in groups.items()]
    return sorted(made, key=lambda each: (each.high is None, each.high, each.kind, each.sort or ""))


def by_criterion(ruled: Iterable[Ruled], limits: Bounds) -> list[Quality]:
    """The same of all findings that a criterion rests on. Pure."""
    groups: dict[str, list[Ruled]] = {}
    for each in ruled:
        if each.criterion is not None:
            groups.setdefault(each.criterion, []).append(each)
    return [_quality("", None, name, own, limits) for name, own in sorted(groups.items())]


def _quality(
    kind: str, sort: str | None, criterion: str | None, own: Sequence[Ruled], limits: Bounds
) -> Quality:
    confirmed, rejected, missed = (
        sum(each.ruling == name for each in own) for name in ("confirm", "reject", "missed")
    )
    interval = share_interval(confirmed, confirmed + rejected, confidence=limits.confidence)
    low, high = interval or (None, None)
    advice = _advice(confirmed, confirmed + rejected, high, limits)
    return Quality(kind, sort, criterion, confirmed, rejected, missed, low, high, advice)


def _advice(confirmed: int, count: int, high: float | None, limits: Bounds) -> Advice:
    if high is None or count < limits.least_rulings:
        return "few"
    if high < limits.least_precision:
        return "weak"
    return "watch" if confirmed / count < limits.least_precision else "fine"


def proposal(
    standard: Standard, criteria: Sequence[Quality], *, author: str, today: date, ships: bool
) -> str | None:
    """A change of the standard, as YAML, that makes weak criteria advisory; None where there is nothing to change.

    Where the standard ``ships`` with the package it is a whole draft that extends it, else what goes under ``override``.
    """
    weak = {each.criterion: each for each in criteria if each.advice == "weak"}
    chosen = [each for each in standard.criteria if each.id in weak and each.weight and not each.bonus]
    if not chosen:
        return None
    import yaml

    changes: dict[str, Any] = {}
    for criterion in chosen:
        changes[criterion.id] = {"weight": 0, "advisory": True}
        if criterion.fatal is not None:
            changes[criterion.id] |= {"fatal": None, "fatal_cap": None}
    told = [f"# {_told(weak[each.id])}" for each in chosen]
    head: Mapping[str, Any] = {
        "extends": standard.id, "id": standard.id, "version": _next(standard.version),
        "effective_from": today + timedelta(days=1), "status": "draft", "author": author,
    } if ships else {}  # fmt: skip
    body = yaml.safe_dump({**head, "override": changes}, allow_unicode=True, sort_keys=False)
    return "\n".join(["# Weak by people's rulings on the findings, so advisory from now on:", *told, body])


def _told(each: Quality) -> str:
    low, high = round(100 * (each.low or 0)), round(100 * (each.high or 0))
    return f"{each.criterion}: {each.confirmed} of {each.rulings} confirmed ({low} to {high} %)"


def _next(version: str) -> str:
    *rest, last = version.split("+")[0].split("-")[0].split(".")
    return ".".join([*rest, str(int(last) + 1)])
