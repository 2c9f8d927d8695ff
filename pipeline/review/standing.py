"""What a call's history comes to: which findings hold, which verdicts people set, what is appealed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.types import Finding


@dataclass(frozen=True, slots=True)
class Deed:
    """One act of a call's history."""

    id: int
    rev: int
    score: int
    user: int
    name: str
    role: str
    at: datetime
    act: str
    target: str | None
    answers: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal with what was ruled, the last ruling last."""

    deed: Deed
    rulings: tuple[Deed, ...]

    @property
    def is_open(self) -> bool:
        """Whether nobody has ruled."""
        return not self.rulings

    @property
    def is_final(self) -> bool:
        """Whether a final ruling was given."""
        return any(ruling.data.get("final") for ruling in self.rulings)


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a call's review.

    Attributes
    ----------
    findings
        Finding's id → the deed that confirmed or rejected it.
    added
        Deeds that name a finding the machine missed.
    verdicts
        Criterion → the deed that set its verdict: a judgement, or a ruling that upheld an appeal.
    settled
        Criteria on which a final ruling was given.
    """

    findings: Mapping[str, Deed] = field(default_factory=dict)
    added: tuple[Deed, ...] = ()
    verdicts: Mapping[str, Deed] = field(default_factory=dict)
    comments: tuple[Deed, ...] = ()
    notes: tuple[Deed, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    acknowledged: Deed | None = None
    undone: frozenset[int] = frozenset()
    settled: frozenset[str] = frozenset()

    @property
    def judged(self) -> bool:
        """Whether a person has changed or confirmed anything that the score rests on."""
        return bool(self.findings or self.added or self.verdicts)

    @property
    def open_appeals(self) -> int:
        """How many appeals wait for a ruling."""
        return sum(appeal.is_open for appeal in self.appeals)


UNDOABLE = frozenset({"finding", "missed", "verdict", "comment", "note"})


def signature_of(finding: Finding) -> dict[str, Any]:
    """What a finding is known by when a call is scored anew and its findings get other ids."""
    return {"kind": finding.kind, "start_s": finding.start_s, "quote": finding.quote}


def standing_of(
    history: Iterable[Deed],
    *,
    score: int,
    kin: frozenset[int] = frozenset(),
    others: Mapping[int, frozenset[str]] | None = None,
    findings: Sequence[Finding] = (),
) -> Standing:
    """Fold a history, oldest first.

    Parameters
    ----------
    score
        The machine's score that the standing is for.
    kin
        Older scores of the same recording by the same standard: what was judged there still counts, findings
        where the same one (`signature_of`) is among ``findings``.
    others
        Older scores of the same recording by other standards, each with the criteria that say the same in both. What is
        heard doesn't depend on the standard, so rulings on findings still count; verdicts do on those criteria. What was
        judged on any other score doesn't count.
    """
    deeds = tuple(history)
    undone = frozenset(deed.answers for deed in deeds if deed.act == "undo" and deed.answers is not None)
    kept = tuple(deed for deed in deeds if deed.id not in undone and deed.act != "undo")
    appeals = tuple(
        Appeal(deed, tuple(other for other in kept if other.act == "ruling" and other.answers == deed.id))
        for deed in kept
        if deed.act == "appeal"
    )
    appealed = {appeal.deed.id: appeal.deed.target for appeal in appeals}
    near = {score, *kin}
    now = tuple(deed for deed in kept if deed.score in near or _still_counts(deed, others or {}, appealed))
    verdicts, settled = _verdicts(now, appealed)
    acknowledged = [deed for deed in now if deed.act == "acknowledge"]
    return Standing(
        findings=_ruled(now, score, findings),
        added=tuple(deed for deed in now if deed.act == "missed"),
        verdicts=verdicts,
        comments=tuple(deed for deed in kept if deed.act == "comment"),
        notes=tuple(deed for deed in kept if deed.act == "note"),
        appeals=appeals,
        acknowledged=acknowledged[-1] if acknowledged else None,
        undone=undone,
        settled=settled,
    )


def _verdicts(
    deeds: Iterable[Deed], appealed: Mapping[int, str | None]
) -> tuple[dict[str, Deed], frozenset[str]]:
    """The deed that set each criterion's verdict, and the criteria on which a final ruling was given."""
    verdicts: dict[str, Deed] = {}
    settled = set()
    for deed in deeds:
        target = deed.target if deed.act == "verdict" else appealed.get(deed.answers or 0)
        if deed.act not in ("verdict", "ruling") or target is None:
            continue
        if deed.data.get("verdict"):
            verdicts[target] = deed
        if deed.data.get("final"):
            settled.add(target)
    return verdicts, frozenset(settled)


def _still_counts(
    deed: Deed, others: Mapping[int, frozenset[str]], appealed: Mapping[int, str | None]
) -> bool:
    """Whether what was done on a score by another standard counts for this one."""
    if deed.score not in others:
        return False
    if deed.act in ("finding", "missed"):
        return True
    target = deed.target if deed.act == "verdict" else appealed.get(deed.answers or 0)
    return deed.act in ("verdict", "ruling") and target in others[deed.score]


def _ruled(deeds: Iterable[Deed], score: int, findings: Sequence[Finding]) -> dict[str, Deed]:
    ruled: dict[str, Deed] = {}
    for deed in deeds:
        if deed.act != "finding" or deed.target is None:
            continue
        names = [deed.target] if deed.score == score else []
        if deed.score != score:
            names = [each.id for each in findings if signature_of(each) == deed.data.get("finding")]
        if len(names) == 1:
            ruled[names[0]] = deed
    return ruled
