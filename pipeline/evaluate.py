"""Results against expectations: precision, recall and F1 by kind and language, recognition errors, verdicts, outcomes.

A finding matches an expected one of the same kind and speaker when their times overlap within the tolerance (1 s unless
the expectation says otherwise), or, without times, when the turn is the same or the quotes share most of their
characters. Each matches once. Computing is here, pure; files and tables are in ``evaluation_report``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.analysis.text import fold
from pipeline.evaluation_rates import ErrorRate, error_rate

TOLERANCE_S = 1.0
_QUOTE_OVERLAP = 60.0
"""Least share (0-100) of the shorter quote found in the longer, for a match without times (our default)."""
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Counts:
    """True and false positives and false negatives of one kind."""

    hits: int = 0
    extra: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.extra + other.extra, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        """Share of found that was expected; None with nothing found."""
        return self.hits / (self.hits + self.extra) if self.hits + self.extra else None

    @property
    def recall(self) -> float | None:
        """Share of expected that was found; None with nothing expected."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None with nothing found and nothing expected."""
        total = 2 * self.hits + self.extra + self.missed
        return 2 * self.hits / total if total else None


@dataclass(frozen=True, slots=True)
class Miss:
    """One error: what was expected and not found (``missed``) or found and not expected (``extra``)."""

    call_id: str
    error: str
    kind: str
    speaker: str | None
    start_s: float | None
    quote: str | None
    confidence: float | None = None
    severe: bool = False


@dataclass(frozen=True, slots=True)
class MeasureError:
    """A measure beyond its tolerance; ``value`` is None where it was not measurable."""

    call_id: str
    name: str
    expected: float | bool | str
    value: float | bool | str | None
    within: bool


@dataclass(frozen=True, slots=True)
class CallEvaluation:
    """One call's result against what was expected of it."""

    call_id: str
    language: str
    counts: Mapping[str, Counts]
    misses: tuple[Miss, ...]
    error_rates: Mapping[str, ErrorRate]
    measures: tuple[MeasureError, ...]
    verdicts: tuple[tuple[str, str, str | None], ...]
    outcome: tuple[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All calls together; ``absent`` names calls with an expectation and no result."""

    calls: tuple[CallEvaluation, ...]
    absent: tuple[str, ...] = ()
    by_kind: Mapping[tuple[str, str], Counts] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the calls, in order of name."""
        return tuple(sorted({call.language for call in self.calls}))

    def error_rate(self, language: str, side: str) -> ErrorRate | None:
        """Recognition errors of one side over all calls of a language."""
        rates = [
            call.error_rates[side]
            for call in self.calls
            if call.language == language and side in call.error_rates
        ]
        total = rates[0] if rates else None
        for rate in rates[1:]:
            total = total + rate if total else rate
        return total

    @property
    def verdict_agreement(self) -> float | None:
        """Share of expected verdicts that were given."""
        pairs = [pair for call in self.calls for pair in call.verdicts]
        return sum(wanted == got for _, wanted, got in pairs) / len(pairs) if pairs else None

    @property
    def outcome_accuracy(self) -> float | None:
        """Share of expected outcomes that were given."""
        pairs = [call.outcome for call in self.calls if call.outcome]
        return sum(wanted == got for wanted, got in pairs) / len(pairs) if pairs else None

    def worst(self, count: int = 20) -> list[Miss]:
        """Misses to look at first: severe ones (they veto), then kinds with most errors, surest false findings first."""
        errors = Counter(miss.kind for call in self.calls for miss in call.misses)
        every = [miss for call in self.calls for miss in call.misses]

        def rank(miss: Miss) -> tuple[bool, int, float, str, float]:
            surest = -(miss.confidence or 1.0)
            return not miss.severe, -errors[miss.kind], surest, miss.call_id, miss.start_s or 0.0

        return sorted(every, key=rank)[:count]


def evaluate(pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any] | None]]) -> Evaluation:
    """Expected and result (``callgauge/call/1``), call by call; a result of None counts as absent, all of it missed."""
    calls, absent = [], []
    totals: dict[tuple[str, str], Counts] = defaultdict(Counts)
    for expected, result in pairs:
        if result is None:
            absent.append(str(expected["call_id"]))
        call = evaluate_call(expected, result or {})
        calls.append(call)
        for kind, counts in call.counts.items():
            totals[kind, call.language] = totals[kind, call.language] + counts
    return Evaluation(tuple(calls), tuple(absent), dict(sorted(totals.items())))


def evaluate_call(expected: Mapping[str, Any], result: Mapping[str, Any]) -> CallEvaluation:
    """One call. Kinds judged are those expected or declared ``absent``; others may be found without harm."""
    call_id = str(expected["call_id"])
    wanted = list(expected.get("findings", ()))
    kinds = {entry["kind"] for entry in wanted} | set(expected.get("absent", ()))
    found = [entry for entry in result.get("findings", ()) if entry["kind"] in kinds]
    paired = _pair(wanted, found)
    counts: dict[str, Counts] = {kind: Counts() for kind in sorted(kinds)}
    misses: list[Miss] = []
    for place, entry in enumerate(wanted):
        missed = place not in paired
        counts[entry["kind"]] += Counts(missed=1) if missed else Counts(hits=1)
        if missed:
            misses.append(_miss(call_id, "missed", entry))
    for place, entry in enumerate(found):
        if place not in paired.values():
            counts[entry["kind"]] += Counts(extra=1)
            misses.append(_miss(call_id, "extra", entry))
    language = str(expected.get("language") or (result.get("call") or {}).get("language") or "zh")
    outcome = expected.get("outcome")
    label = outcome.get("label") if isinstance(outcome, Mapping) else outcome
    return CallEvaluation(
        call_id,
        language,
        counts,
        tuple(misses),
        _error_rates(expected, result, language),
        tuple(_measure_errors(call_id, expected, result)),
        tuple(_verdicts(expected, result)),
        (str(label), (result.get("outcome") or {}).get("label")) if label else None,
    )


def _miss(call_id: str, error: str, entry: Mapping[str, Any]) -> Miss:
    return Miss(
        call_id, error, entry["kind"], entry.get("speaker"), entry.get("start_s"), entry.get("quote"),
        entry.get("confidence"), (entry.get("detail") or {}).get("severity") == "severe",
    )  # fmt: skip


def _pair(wanted: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Most pairs possible, each side once: augmenting paths (Kuhn 1955), nearest candidates first."""
    fits = {
        place: sorted(
            (other for other, entry in enumerate(found) if matches(expected, entry)),
            key=lambda other, expected=expected: _distance(expected, found[other]),  # type: ignore[misc]
        )
        for place, expected in enumerate(wanted)
    }
    owner: dict[int, int] = {}

    def place_in(place: int, tried: set[int]) -> bool:
        for other in fits[place]:
            if other in tried:
                continue
            tried.add(other)
            if other not in owner or place_in(owner[other], tried):
                owner[other] = place
                return True
        return False

    for place in range(len(wanted)):
        place_in(place, set())
    return {place: other for other, place in owner.items()}


def _distance(expected: Mapping[str, Any], found: Mapping[str, Any]) -> float:
    if expected.get("start_s") is None or found.get("start_s") is None:
        return 0.0
    return abs(float(expected["start_s"]) - float(found["start_s"]))


def matches(expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a finding is the expected one: kind, speaker (unknown fits any), stated detail, and place."""
    if expected["kind"] != found["kind"] or not _same_speaker(expected.get("speaker"), found.get("speaker")):
        return False
    detail = found.get("detail") or {}
    if any(detail.get(key) != value for key, value in (expected.get("detail") or {}).items()):
        return False
    if None not in (expected.get("start_s"), found.get("start_s"), found.get("end_s")):
        tolerance = float(expected.get("tolerance_s", TOLERANCE_S))
        end = expected["start_s"] if expected.get("end_s") is None else expected["end_s"]
        begins_in_time = float(found["start_s"]) <= float(end) + tolerance
        return begins_in_time and float(found["end_s"]) >= float(expected["start_s"]) - tolerance
    return _same_words(expected, found)


def _same_speaker(wanted: str | None, got: str | None) -> bool:
    return wanted is None or got is None or "unknown" in (wanted, got) or wanted == got


def _same_words(expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    turns = expected.get("turn"), found.get("turn")
    if None not in turns and turns[0] != turns[1]:
        return False
    if not expected.get("quote") or not found.get("quote"):
        return None not in turns
    from rapidfuzz import fuzz

    share: float = fuzz.partial_ratio(_bare(expected["quote"]), _bare(found["quote"]))
    return share >= _QUOTE_OVERLAP


def _bare(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalnum())


def _error_rates(
    expected: Mapping[str, Any], result: Mapping[str, Any], language: str
) -> dict[str, ErrorRate]:
    truth = (expected.get("transcript") or {}).get("turns")
    if not truth:
        return {}
    heard = (result.get("transcript") or {}).get("turns") or ()
    rates = {}
    for side in ("agent", "customer", "all"):
        wanted = [turn["text"] for turn in truth if side in ("all", turn.get("speaker"))]
        got = [turn["text"] for turn in heard if side in ("all", turn.get("speaker"))]
        if wanted:
            rates[side] = error_rate(" ".join(wanted), " ".join(got), language)
    return rates


def _measure_errors(
    call_id: str, expected: Mapping[str, Any], result: Mapping[str, Any]
) -> Iterable[MeasureError]:
    for name, wanted in (expected.get("measures") or {}).items():
        value = ((result.get("measures") or {}).get(name) or {}).get("value")
        truth, tolerance = wanted["value"], wanted.get("tolerance", 0)
        if truth is None or value is None or isinstance(truth, bool | str):
            within = value == truth
        else:
            within = abs(float(value) - float(truth)) <= float(tolerance) + 1e-9
        yield MeasureError(call_id, name, truth, value, within)


def _verdicts(
    expected: Mapping[str, Any], result: Mapping[str, Any]
) -> Iterable[tuple[str, str, str | None]]:
    given = {row["id"]: row["verdict"] for row in (result.get("score") or {}).get("criteria", ())}
    for criterion, wanted in (expected.get("verdicts") or {}).items():
        yield criterion, wanted, given.get(criterion)
