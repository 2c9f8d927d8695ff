"""Whether a finding lies where a rule looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.intervals import Span
from pipeline.standards.context import Context, matches
from pipeline.standards.vocabulary import Anchor, Where
from pipeline.types import Finding

__all__ = ["EVERYWHERE", "Place", "anchored", "place_of"]

Hits = Callable[[Context, str], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something counts in this call; an anchor is None where it was not heard."""

    where: Where | None
    before: Finding | None = None
    after: Finding | None = None
    around: Finding | None = None
    nowhere: bool = False
    span: Span | None = None
    origin_s: float | None = None

    def holds(self, context: Context, finding: Finding) -> bool | None:
        """Whether a finding lies here; None when that can't be told."""
        if self.where is None:
            return True
        if self.nowhere:
            return False
        answers = [
            self._seconds(context, finding),
            self._turns(context, finding),
            self._share(context, finding),
            True if self.before is None else context.comes_before(finding, self.before),
            True if self.after is None else context.comes_before(self.after, finding),
            self._around(finding),
        ]
        if False in answers:
            return False
        return None if None in answers else True

    def _seconds(self, context: Context, finding: Finding) -> bool | None:
        assert self.where is not None  # noqa: S101 - holds() asked already
        if self.where.seconds is None:
            return True
        at = context.at_s(finding)
        if at is None or self.origin_s is None:
            return None
        least, most = self.where.seconds
        return (least == 0 or at - self.origin_s >= least) and at - self.origin_s <= most

    def _turns(self, context: Context, finding: Finding) -> bool | None:
        assert self.where is not None  # noqa: S101
        if self.where.turns is None and self.where.agent_turns is None:
            return True
        if finding.turn is None:
            return None
        if self.where.turns is not None and not _within(finding.turn + 1, self.where.turns):
            return False
        if self.where.agent_turns is None:
            return True
        turns = context.turns[: finding.turn + 1]
        return _within(sum(context.is_side(turn.speaker, "agent") for turn in turns), self.where.agent_turns)

    def _share(self, context: Context, finding: Finding) -> bool | None:
        assert self.where is not None  # noqa: S101
        if self.where.share is None:
            return True
        least, most = self.where.share
        at, end = context.at_s(finding), context.talk_end_s
        if at is not None and end:
            return least <= at / end < most or (most == 1 and at >= end)
        if finding.turn is None or not context.turns:
            return None
        return least <= finding.turn / len(context.turns) < most

    def _around(self, finding: Finding) -> bool | None:
        if self.where is None or self.where.around is None or self.around is None:
            return True
        if finding.turn is None or self.around.turn is None:
            return None
        return abs(finding.turn - self.around.turn) <= self.where.around.turns


EVERYWHERE = Place(None)


def _within(number: int, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= number <= bounds[1]


def anchored(context: Context, anchor: Anchor, hits_of: Hits) -> tuple[Finding, ...]:
    """All hits that an anchor may mean, in order."""
    if anchor.rule is not None:
        return hits_of(context, anchor.rule)
    found = [finding for kind in anchor.hear or () for finding in context.by_kind.get(kind, ())]
    kept = [f for f in found if context.by(f, anchor.by) and matches(f.detail, anchor.detail)]
    if len(anchor.hear or ()) > 1:
        kept.sort(
            key=lambda finding: (finding.turn if finding.turn is not None else -1, finding.start_s or 0.0)
        )
    return tuple(kept)


def _nth(context: Context, anchor: Anchor | None, hits_of: Hits) -> Finding | None:
    if anchor is None:
        return None
    hits = anchored(context, anchor, hits_of)
    return hits[anchor.nth - 1] if len(hits) >= anchor.nth else None


def place_of(context: Context, where: Where | None, hits_of: Hits) -> Place:
    """The place that a rule means in this call."""
    if where is None:
        return Place(None, span=_whole(context))
    before, after = _nth(context, where.before, hits_of), _nth(context, where.after, hits_of)
    around = _nth(context, where.around, hits_of)
    absent = any(
        anchor is not None and hit is None
        for anchor, hit in ((where.before, before), (where.after, after), (where.around, around))
    )
    origin = context.origin_s(where.since) if where.seconds else None
    return Place(
        where, before, after, around,
        nowhere=absent and where.if_absent == "none",
        span=_span(context, where, origin, before, after),
        origin_s=origin,
    )  # fmt: skip


def _whole(context: Context) -> Span | None:
    """From the first word to the last; where speech has no words, the recording from end to end."""
    end, evidence = context.talk_end_s, context.evidence
    if end is None:
        return None
    start = min(context.turns[0].start_s or 0.0, end)
    if not (wordless := evidence.transcript.unheard):
        return Span(start, end)
    sound_s = evidence.sound.duration_s if evidence.sound is not None else end
    return Span(0.0, max(end, sound_s, *(one.end_s for one in wordless)))


def _span(
    context: Context, where: Where, origin_s: float | None, before: Finding | None, after: Finding | None
) -> Span | None:
    whole = _whole(context)
    if whole is None:
        return None
    start, end = whole.start_s, whole.end_s
    if where.seconds and origin_s is not None:
        start, end = max(start, origin_s + where.seconds[0]), min(end, origin_s + where.seconds[1])
    if where.share:
        said_s, (least, most) = context.talk_end_s or whole.end_s, where.share
        start, end = max(start, least * said_s), end if most == 1 else min(end, most * said_s)
    if before is not None and (at := context.at_s(before)) is not None:
        end = min(end, at)
    if after is not None and (at := context.at_s(after)) is not None:
        start = max(start, at)
    return Span(start, max(start, end))
