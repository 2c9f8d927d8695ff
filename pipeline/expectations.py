"""What may stand in ``expected/<call_id>.json``, checked before anything is held against it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pipeline.config_messages import shown
from pipeline.kinds import KINDS, OUTCOMES, VERDICTS, detail_mistakes, near

SCHEMA = "callgauge/expected/1"
_SPEAKERS = ("agent", "customer", "unknown")
_KEYS = (
    "schema", "call_id", "language", "roles", "transcript", "findings", "absent", "measures", "verdicts", "outcome",
)  # fmt: skip
_FINDING = ("kind", "speaker", "turn", "start_s", "end_s", "tolerance_s", "quote", "detail")
_SHAPES = (
    ("findings", list, "a list"), ("absent", list, "a list"), ("measures", Mapping, "an object"),
    ("verdicts", Mapping, "an object"), ("transcript", Mapping, "an object"),
)  # fmt: skip


def mistakes_in(data: Any, criteria: Collection[str] | None = None) -> Iterator[str]:
    """Every mistake of one expectation, as ``key → message``; ``criteria`` are those of the standard, None where unknown."""
    if not isinstance(data, Mapping):
        yield "file → an object is wanted"
        return
    if data.get("schema") != SCHEMA:
        yield f"schema → {SCHEMA} is wanted, got {shown(data.get('schema'))}"
    if not isinstance(data.get("call_id"), str):
        yield "call_id → text is wanted"
    for key in data:
        if key not in _KEYS:
            yield f"{key} → unknown key{near(key, _KEYS) or '.'} Accepted: {', '.join(_KEYS)}"
    if data.get("language", "zh") not in ("zh", "en"):
        yield f"language → zh or en is wanted, got {shown(data['language'])}"
    for name, kind, words in _SHAPES:
        if name in data and not isinstance(data[name], kind):
            yield f"{name} → {words} is wanted"
    yield from _findings(data)
    yield from _measures(data)
    yield from _verdicts(data, criteria)
    yield from _outcome(data.get("outcome"))
    yield from _transcript(data.get("transcript"))


def _findings(data: Mapping[str, Any]) -> Iterator[str]:
    findings, absent = data.get("findings"), data.get("absent")
    for place, entry in enumerate(findings if isinstance(findings, list) else ()):
        yield from (f"findings[{place}]{told}" for told in _finding(entry))
    for place, kind in enumerate(absent if isinstance(absent, list) else ()):
        if told := _unknown_kind(kind):
            yield f"absent[{place}] → {told}"


def _finding(entry: Any) -> Iterator[str]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("kind"), str):
        yield ".kind → text is wanted"
        return
    for key in entry:
        if key not in _FINDING:
            yield f".{key} → unknown key{near(key, _FINDING) or '.'} Accepted: {', '.join(_FINDING)}"
    if told := _unknown_kind(entry["kind"]):
        yield f".kind → {told}"
        return
    if entry.get("speaker") not in (None, *_SPEAKERS):
        yield f".speaker → one of {', '.join(_SPEAKERS)} is wanted, got {shown(entry['speaker'])}"
    for key in ("turn", "start_s", "end_s", "tolerance_s"):
        if entry.get(key) is not None and not _number(entry[key]):
            yield f".{key} → a number from 0 on is wanted, got {shown(entry[key])}"
    detail = entry.get("detail")
    if detail is not None and not isinstance(detail, Mapping):
        yield ".detail → an object is wanted"
    elif detail and "." not in entry["kind"]:
        yield from (f".detail.{key} → {told}" for key, told in detail_mistakes((entry["kind"],), detail))


def _unknown_kind(kind: Any) -> str | None:
    if kind in KINDS or (isinstance(kind, str) and "." in kind):  # with a dot: of an installed detector
        return None
    return f"{shown(kind)} is no kind of finding{near(kind, KINDS) or '.'} Accepted: {', '.join(KINDS)}"


def _measures(data: Mapping[str, Any]) -> Iterator[str]:
    measures = data.get("measures")
    for key, entry in (measures if isinstance(measures, Mapping) else {}).items():
        if not isinstance(entry, Mapping) or "value" not in entry:
            yield f'measures.{key} → {{"value", "tolerance"}} is wanted'
        elif not _number(entry.get("tolerance", 0)):
            yield f"measures.{key}.tolerance → a number from 0 on is wanted, got {shown(entry['tolerance'])}"


def _verdicts(data: Mapping[str, Any], criteria: Collection[str] | None) -> Iterator[str]:
    verdicts = data.get("verdicts")
    for key, verdict in (verdicts if isinstance(verdicts, Mapping) else {}).items():
        if criteria is not None and key not in criteria:
            yield f"verdicts.{key} → is no criterion of the standard{near(key, criteria)}"
        if verdict not in VERDICTS:
            yield (
                f"verdicts.{key} → one of {', '.join(VERDICTS)} is wanted, got {shown(verdict)}"
                f"{near(verdict, VERDICTS)}"
            )


def _outcome(outcome: Any) -> Iterator[str]:
    label = outcome.get("label") if isinstance(outcome, Mapping) else outcome
    if label is not None and label not in OUTCOMES:
        yield f"outcome → one of {', '.join(OUTCOMES)} is wanted, got {shown(label)}{near(label, OUTCOMES)}"


def _transcript(transcript: Any) -> Iterator[str]:
    turns = transcript.get("turns") if isinstance(transcript, Mapping) else None
    if turns is not None and not isinstance(turns, list):
        yield "transcript.turns → a list is wanted"
    for place, turn in enumerate(turns if isinstance(turns, list) else ()):
        if not isinstance(turn, Mapping) or not isinstance(turn.get("text"), str):
            yield f"transcript.turns[{place}].text → text is wanted"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
