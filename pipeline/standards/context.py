"""One call, indexed so that conditions are answered quickly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from pipeline.intervals import Span
from pipeline.standards.counted import counted
from pipeline.standards.evidence import Evidence
from pipeline.standards.messages import message
from pipeline.standards.order import place_in
from pipeline.standards.whose import known, why_unsure
from pipeline.types import Finding, Outcome, Reason, Turn

if TYPE_CHECKING:
    from pipeline.standards.plan import Plan

__all__ = ["Context", "Figure", "doubtful_details", "matches"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, or the reason why there is none."""

    value: float | int | bool | str | None
    unit: str = ""
    reason: Reason | None = None


@dataclass(slots=True)
class Context:
    """A call as conditions see it: all findings, none doubtful, a side's known ones (``known_only``), a veto's (``accuses``)."""

    evidence: Evidence
    findings: tuple[Finding, ...]
    outcome: str
    gate: float
    said: Mapping[int, str]
    all_findings: tuple[Finding, ...]
    doubtful: bool = True
    unread: frozenset[str] = frozenset()
    known_only: bool = False
    accuses: bool = False
    unread_kinds: frozenset[str | None] = frozenset()
    by_kind: dict[str, list[Finding]] = field(default_factory=dict)
    by_rule: dict[str, list[Finding]] = field(default_factory=dict)
    cache: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        evidence: Evidence,
        *,
        gate: float,
        doubtful: bool,
        plan: Plan,
        unread: frozenset[str] = frozenset(),
    ) -> Context:
        """The call with (``doubtful``) or without the findings below the gate, and the outcome likewise.

        Hits of the plan's wording rules are told by their mark; those that name no kind are heard by their rule alone.
        ``unread`` are marks of rules that could not be read to the end.
        """
        kept = evidence.findings if doubtful else tuple(f for f in evidence.findings if f.confidence >= gate)
        sure = doubtful or evidence.outcome.confidence >= gate
        outcome = evidence.outcome if sure else Outcome("undetermined", 1.0)
        marks, own = frozenset(plan.marks.values()), plan.own
        heard, by_rule = list[Finding](), dict[str, list[Finding]]()
        for finding in kept:
            mark = finding.detail["rule"] if finding.detail.keys() == {"rule"} else None
            if mark in marks:
                by_rule.setdefault(mark, []).append(finding)
            if mark not in own:
                heard.append(finding)
        seen = replace(evidence, findings=tuple(heard), outcome=outcome)
        context = cls(seen, kept, outcome.label, gate, plan.marks, evidence.findings, doubtful, unread)
        context.by_rule = by_rule
        context.unread_kinds = frozenset(say.kind for mark, say in plan.says if mark in unread)
        for finding in heard:
            context.by_kind.setdefault(finding.kind, []).append(finding)
        return context

    def unsure(self, finding: Finding, names: Iterable[str] | None = None) -> bool:
        """Whether doubt is left out here and one of these details (or any) is less sure than the gate."""
        if self.doubtful:
            return False
        found = doubtful_details(finding, self.gate)
        return bool(found) if names is None else not found.keys().isdisjoint(names)

    @property
    def turns(self) -> Sequence[Turn]:
        """All turns of both sides."""
        return self.evidence.transcript.turns

    @property
    def sides_sure(self) -> bool:
        """Whether it is known who speaks."""
        return self._once("sides_sure", lambda: self.evidence.transcript.sides_sure)

    @property
    def why_unsure(self) -> Reason:
        """Why it is not known who speaks; of a mono call the sound says more."""
        return why_unsure(self.evidence.transcript, self.evidence.sound)

    @property
    def timed(self) -> bool:
        """Whether every turn has its time."""
        return self._once("timed", lambda: self.evidence.transcript.timed)

    def _once(self, key: Any, make: Any) -> Any:
        if key not in self.cache:
            self.cache[key] = make()
        return self.cache[key]

    def is_side(self, speaker: str, side: str) -> bool:
        """Whether a speaker may be this side; ``unknown`` may be either while the sides are unsure."""
        return side == "either" or speaker == side or (speaker == "unknown" and not self.sides_sure)

    def by(self, finding: Finding, side: str) -> bool:
        """Whether a finding counts as this side's."""
        if not self.known_only or side == "either":
            return self.is_side(finding.speaker, side)
        whose = self._once("whose", lambda: known(self.findings, self.evidence.transcript))
        return bool(whose.get(id(finding)) == side)

    @property
    def told(self) -> Evidence:
        """The evidence, of its findings only those that are known to be somebody's where ``known_only``."""
        if not self.known_only:
            return self.evidence
        kept = known(self.evidence.findings, self.evidence.transcript)
        return replace(self.evidence, findings=tuple(f for f in self.evidence.findings if id(f) in kept))

    def known(self) -> Context:
        """The same call by the words of which it is known who says them."""
        if self.known_only or self.sides_sure:
            return self
        return self._once("known", lambda: replace(self, known_only=True, cache={}))

    def origin_s(self, since: str) -> float | None:
        """Second from which a place is counted."""
        if not self.timed or not self.turns:
            return None
        if since == "start":
            return 0.0
        return self._once(("origin", since), lambda: self._first_word_s(since))

    def _first_word_s(self, since: str) -> float | None:
        for turn in self.turns:
            if since == "first_word" or self.is_side(turn.speaker, "agent"):
                return (
                    turn.words[0].start_s
                    if turn.words and turn.words[0].start_s is not None
                    else turn.start_s
                )
        return None

    @property
    def talk_end_s(self) -> float | None:
        """Second at which the last turn ends."""
        if not self.timed or not self.turns:
            return None
        return self._once("talk_end", lambda: max(turn.end_s or 0.0 for turn in self.turns))

    def at_s(self, finding: Finding) -> float | None:
        """Second of a finding: its own start, else its turn's."""
        if finding.start_s is not None:
            return finding.start_s
        return self.turns[finding.turn or 0].start_s if self._has_turn(finding) else None

    def _has_turn(self, finding: Finding) -> bool:
        return finding.turn is not None and 0 <= finding.turn < len(self.turns)

    def comes_before(self, first: Finding, second: Finding) -> bool | None:
        """Whether one comes before the other; None when that can't be told."""
        if first.turn is not None and second.turn is not None and first.turn != second.turn:
            return first.turn < second.turn
        if first.start_s is not None and second.start_s is not None and first.start_s != second.start_s:
            return first.start_s < second.start_s
        if self._has_turn(first) and first.turn == second.turn:
            text = self.turns[first.turn or 0].text
            here, there = place_in(text, first), place_in(text, second)
            return here < there if here is not None and there is not None and here != there else None
        return None

    def figure(self, name: str) -> Figure:
        """A measure, or a figure that the transcript itself gives (see docs/rules.md)."""
        return self._once(("figure", name), lambda: self._figure(name))

    def _figure(self, name: str) -> Figure:
        if name == "turns":
            return Figure(len(self.turns), "turns")
        if name in ("agent_turns", "customer_turns"):
            if not self.sides_sure:
                return Figure(None, "turns", self.why_unsure)
            return Figure(sum(turn.speaker == name.partition("_")[0] for turn in self.turns), "turns")
        if name == "rings":
            return self._rings()
        if name == "jargon_rate":
            return self._jargon_rate()
        if name == "off_topic_ratio":
            return self._strayed()
        return self._measured(name)

    def _measured(self, name: str) -> Figure:
        measure = self.evidence.measures.get(name)
        if measure is None:
            return Figure(None, "", message("not_yet_measured"))
        if measure.reason is not None or measure.value is None:
            return Figure(None, measure.unit, measure.reason or message("no_value"))
        return Figure(measure.value, measure.unit)

    def _rings(self) -> Figure:
        if self.evidence.record.ring_count is not None:
            return Figure(self.evidence.record.ring_count, "rings")
        heard = self.evidence.measures.get("rings_before_answer")
        if heard is None or heard.value is None:
            return Figure(
                None, "rings", heard.reason if heard and heard.reason else message("no_rings_known")
            )
        return Figure(heard.value, "rings")

    def _jargon_rate(self) -> Figure:
        """``jargon_per_100_words`` counts every term listed; it shrinks with the doubtful ones."""
        rate = self.figure("jargon_per_100_words")
        if not isinstance(rate.value, (int, float)) or self.doubtful:
            return rate
        terms = counted("jargon_rate", self.all_findings)
        sure = sum(f.confidence >= self.gate and not self.unsure(f, ("explained",)) for f in terms)
        return replace(rate, value=rate.value * sure / len(terms)) if terms else rate

    def _strayed(self) -> Figure:
        """``off_topic_ratio`` counts every stretch listed; it shrinks with the doubtful ones."""
        ratio = self._measured("off_topic_ratio")
        if not isinstance(ratio.value, (int, float)) or self.doubtful:
            return ratio
        strays = [f for f in self.all_findings if f.kind == "off_topic"]
        lengths = [float(f.detail.get("talk_s") or 0.0) for f in strays]
        whole = sum(lengths)
        sure = sum(own for own, f in zip(lengths, strays, strict=True) if f.confidence >= self.gate)
        return replace(ratio, value=ratio.value * sure / whole) if whole else ratio

    def badly_heard(self, side: str, span: Span | None) -> bool:
        """Whether this side or nobody knows who speaks within the span without words, or its words' median confidence is low."""
        if any(
            (one.speaker == "unknown" or self.is_side(one.speaker, side))
            and _touches(one.start_s, one.end_s, span)
            for one in self.evidence.transcript.unheard
        ):
            return True
        if self._once("clear", lambda: min(self._confidences("either", None), default=1.0) >= self.gate):
            return False
        key = ("heard", side, span)
        if key not in self.cache:
            heard = self._confidences(side, span)
            self.cache[key] = bool(heard) and median(heard) < self.gate
        return bool(self.cache[key])

    def _confidences(self, side: str, span: Span | None) -> list[float]:
        heard: list[float] = []
        for turn in self.turns:
            if not self.is_side(turn.speaker, side) or not _touches(turn.start_s, turn.end_s, span):
                continue
            words = [word.confidence for word in turn.words if _touches(word.start_s, word.end_s, span)]
            heard.extend(words if turn.words else [turn.confidence] * max(1, len(turn.text)))
        return heard


def _touches(start_s: float | None, end_s: float | None, span: Span | None) -> bool:
    if span is None or start_s is None or end_s is None:
        return True
    return start_s <= span.end_s and end_s >= span.start_s


def doubtful_details(finding: Finding, gate: float) -> dict[str, float]:
    """Details that are told with less than this confidence: a finding's ``share`` says how sure each is."""
    share = finding.detail.get("share")
    if not isinstance(share, Mapping):
        return {}
    return {name: sure for name, sure in share.items() if isinstance(sure, (int, float)) and sure < gate}


def matches(detail: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a finding's detail is as asked: equal, one of a list, or within ``{min, max}``."""
    for key, want in wanted.items():
        have = detail.get(key)
        if isinstance(want, (list, tuple)):
            if have not in want:
                return False
        elif isinstance(want, dict):
            if not isinstance(have, (int, float)):
                return False
            if have < want.get("min", have) or have > want.get("max", have):
                return False
        elif have != want:
            return False
    return True
