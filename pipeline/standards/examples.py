"""Small calls written as YAML, and what a criterion must say of each: examples beside the rules, run by
the suite.

- criterion: opening.company
  name: named at once expect: pass                      # the verdict; `code`, `zh` and `en` check the
  reason as well evidence:
    turns:                          # speaker, start, end, text, confidence (0.9)
      - [agent, 0, 4, 您好，我是华信传媒的李明]
    findings:                       # speaker, times and words are the turn's unless given
      - {kind: company, turn: 0, at: 1.2, quote: 华信传媒}
    measures: {loudness_difference_lu: {unmeasurable: mono}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from pipeline.errors import CallgaugeError, ConfigError
from pipeline.intervals import Span, Timeline
from pipeline.profile import EMPTY, Profile
from pipeline.standards.evidence import Evidence
from pipeline.standards.schema import Example, Standard
from pipeline.standards.scoring import score
from pipeline.types import (
    CallRecord,
    CriterionResult,
    Finding,
    Measure,
    Outcome,
    Reason,
    Side,
    Sound,
    Transcript,
    Turn,
    Unheard,
    Word,
)

__all__ = ["BuiltInExample", "built_in", "evidence_of", "failing", "judge_example"]


@dataclass(frozen=True, slots=True)
class BuiltInExample:
    """An example that ships with a standard."""

    criterion: str
    example: Example
    file: str


def built_in() -> tuple[BuiltInExample, ...]:
    """All examples that lie beside the standards."""
    from pipeline.config import parse_yaml

    found: list[BuiltInExample] = []
    folder = files("pipeline.standards") / "examples"
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".yaml"):
            listed = parse_yaml(item.read_text(encoding="utf-8"), name=item.name).data
            for entry in listed:
                rest = {key: value for key, value in entry.items() if key != "criterion"}
                found.append(BuiltInExample(entry["criterion"], Example.model_validate(rest), item.name))
    return tuple(found)


def failing(standard: Standard) -> Iterator[str]:
    """Examples inside a standard that come out otherwise than they say."""
    for criterion in standard.criteria:
        for example in criterion.examples:
            key = f"criteria[{criterion.id}].examples[{example.name}]"
            try:
                told = judge_example(standard, criterion.id, example)
            except (CallgaugeError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
                yield f"{key} → can't be read: {error}"
                continue
            if told.verdict != example.expect:
                yield f"{key} → expected {example.expect}, judged {told.verdict} ({told.reason.en})"
            for name, wanted in (("code", example.code), ("zh", example.zh), ("en", example.en)):
                if wanted is not None and getattr(told.reason, name) != wanted:
                    yield f"{key}.{name} → expected {wanted!r}, the reason is {getattr(told.reason, name)!r}"


def judge_example(standard: Standard, criterion: str, example: Example) -> CriterionResult:
    """What the standard says of an example's call, by one criterion."""
    told, _ = score(evidence_of(example.evidence), standard)
    return next(result for result in told.criteria if result.id == criterion)


def evidence_of(data: Mapping[str, Any]) -> Evidence:
    """The evidence that an example's YAML describes. ConfigError or ValueError where it can't."""
    unknown = set(data) - {
        "language", "turns", "findings", "measures", "outcome", "record", "profile", "sound",
        "role_confidence",
        "detectors", "suppressed_since", "unheard",
    }  # fmt: skip
    if unknown:
        raise ConfigError([f"evidence: {', '.join(sorted(unknown))} → unknown key"])
    turns = tuple(_turn(entry) for entry in data.get("turns", ()))
    transcript = Transcript(
        data.get("language", "zh"),
        turns,
        role_confidence=data.get("role_confidence", 1.0),
        unheard=tuple(Unheard(start_s, end_s, who) for who, start_s, end_s in data.get("unheard", ())),
    )
    measures = {name: _measure(name, value) for name, value in (data.get("measures") or {}).items()}
    suppressed = data.get("suppressed_since")
    return Evidence(
        transcript=transcript,
        measures=measures,
        findings=tuple(_finding(entry, turns) for entry in data.get("findings", ())),
        outcome=_outcome(data.get("outcome", "undetermined")),
        record=_record(data.get("record") or {}),
        profile=Profile.model_validate(data["profile"]) if data.get("profile") else EMPTY,
        sound=_sound(data.get("sound", True), turns),
        detectors=frozenset(data["detectors"]) if "detectors" in data else None,
        suppressed_since=datetime.fromisoformat(str(suppressed)) if suppressed else None,
    )


def _turn(entry: Any) -> Turn:
    if not isinstance(entry, (list, tuple)) or not 4 <= len(entry) <= 5:
        raise ValueError("a turn is [speaker, start, end, text] with a confidence behind where it isn't 0.9")
    speaker, start, end, text, *rest = entry
    if speaker not in ("agent", "customer", "unknown"):
        raise ValueError(f"a turn's speaker is agent, customer or unknown, not {speaker!r}")
    if start is not None and end is not None and not 0 <= float(start) <= float(end):
        raise ValueError(f"a turn starts at 0 s or later and ends after it starts, not [{start}, {end}]")
    confidence = float(rest[0]) if rest else 0.9
    words: tuple[Word, ...] = ()
    if start is not None and end is not None:
        words = (Word(text, float(start), float(end), confidence),)
    return Turn(speaker, str(text), _number(start), _number(end), confidence, words)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _finding(entry: Mapping[str, Any], turns: tuple[Turn, ...]) -> Finding:
    number = entry.get("turn")
    turn = turns[number] if number is not None else None
    start = entry.get("at", turn.start_s if turn is not None else None)
    end = entry.get("to", turn.end_s if turn is not None else start)
    return Finding(
        kind=entry["kind"], turn=number,
        speaker=entry.get("speaker", turn.speaker if turn is not None else "unknown"),
        start_s=_number(start), end_s=_number(end),
        quote=entry.get("quote", turn.text if turn is not None else None),
        confidence=float(entry.get("confidence", 0.9)), detail=dict(entry.get("detail", {})),
    )  # fmt: skip


def _measure(name: str, value: Any) -> Measure:
    if isinstance(value, Mapping):
        code = str(value["unmeasurable"])
        return Measure(name, None, "", "example", Reason(code, code, code))
    return Measure(name, value, "", "example")


def _outcome(value: Any) -> Outcome:
    if isinstance(value, str):
        return Outcome(value, 0.9)
    return Outcome(
        value["label"], float(value.get("confidence", 0.9)), value.get("follow_up"), value.get("when")
    )


def _record(data: Mapping[str, Any]) -> CallRecord:
    given = dict(data)
    if given.get("started_at") is not None:
        given["started_at"] = datetime.fromisoformat(str(given["started_at"]))
    return CallRecord(**{"file": "example.wav", "call_id": "example", **given})


def _sound(value: Any, turns: tuple[Turn, ...]) -> Sound | None:
    if value is False or value is None:
        return None
    given = value if isinstance(value, Mapping) else {}
    end = max((turn.end_s or 0.0 for turn in turns), default=0.0)
    rings = tuple(Span(float(start), float(stop)) for start, stop in given.get("rings", ()))
    tone = Span(*map(float, given["hung_up"])) if "hung_up" in given else None
    side = Side(Timeline(), -26.0, 0.0)
    return Sound(
        float(given.get("duration_s", end)),
        "two_sides",
        {"agent": side, "customer": side},
        rings,
        hung_up=tone,
    )
