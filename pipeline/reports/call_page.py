"""The page of one call: what was heard, where, and what it means for the score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.reports.html import href, render, tidy
from pipeline.reports.labels import Text, labels, same
from pipeline.reports.standard_view import CriterionText, StandardView
from pipeline.reports.timeline import axis_of, duration_of
from pipeline.types import CallResult, CriterionResult, Finding, Measure, Speaker, Turn, Unheard

LOW_CONFIDENCE = 0.6
FAIR_CONFIDENCE = 0.8
_NO_SPACE_BEFORE = "，。！？、；：,.!?;:)）】」』”’%"


@dataclass(frozen=True, slots=True)
class WordView:
    """One word of the text: space before it, its second, how surely heard, what was found in it."""

    space: str
    text: str
    start_s: float | None
    end_s: float | None
    sureness: str
    group: str


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn with its words and the findings in it; ``before`` is speech without words that begins ahead of it."""

    index: int
    speaker: Speaker
    start_s: float | None
    end_s: float | None
    words: tuple[WordView, ...]
    findings: tuple[Finding, ...]
    before: tuple[Unheard, ...] = ()


@dataclass(frozen=True, slots=True)
class CriterionView:
    """A criterion's verdict, its text and what it rests on."""

    text: CriterionText
    result: CriterionResult
    findings: tuple[Finding, ...]

    @property
    def reason(self) -> Text:
        """The reason in both languages."""
        return Text(self.result.reason.zh, self.result.reason.en)


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measure with its name, its value as text, its unit."""

    name: Text
    value: Text | None
    reason: Text | None
    method: str


def call_page(result: CallResult, *, standard: StandardView, sound: str | None = None) -> str:
    """The HTML of one call.

    Parameters
    ----------
    result
        The scored call, its text masked.
    standard
        Titles and sections of the standard it was scored under.
    sound
        Name of the playable copy that lies beside the page; None where there is none.
    """
    return render(
        "call.html.j2",
        styles=("base.css", "call.css"),
        scripts=("base.js", "call.js"),
        values=page_values(result, standard=standard, sound=None if sound is None else href(sound)),
    )


def page_values(result: CallResult, *, standard: StandardView, sound: str | None) -> dict[str, Any]:
    """What the templates of a call's page print; ``sound`` is the address of the playable copy."""
    by_id = {finding.id: finding for finding in result.findings}
    turns = _turn_views(result)
    return {
        "result": result,
        "call": result.call,
        "score": result.score,
        "standard": standard,
        "sound": sound,
        "lang": "zh" if result.transcript.language.startswith("zh") else "en",
        "duration_s": duration_of(result),
        "axis": axis_of(result),
        "turns": turns,
        "unheard_after": [
            one for one in result.transcript.unheard if not any(one in t.before for t in turns)
        ],
        "sections": _sections(result, standard, by_id),
        "measures": [_measure_view(measure) for measure in result.measures.values()],
        "describe": describe,
        "group_of": lambda kind: labels().group_of.get(kind, "sound"),
        "low": LOW_CONFIDENCE,
        "used_groups": _used_groups(result.findings),
        "provenance": list(_flat(result.provenance)),
        "masked": any(finding.kind == "pii" for finding in result.findings),
        "covered": result.transcript.covered,
    }


def describe(finding: Finding) -> Text:
    """What a finding is, with its closer kinds, e.g. "Hard sell · scarcity · mild"."""
    text = labels().get("kinds", finding.kind)
    for key in ("kind", "severity", "handling", "term"):
        value = finding.detail.get(key)
        if isinstance(value, str) and value:
            text = text.join(labels().texts["details"].get(value) or same(value))
    return text


def _used_groups(findings: Iterable[Finding]) -> list[str]:
    used = {labels().group_of.get(finding.kind, "sound") for finding in findings}
    return [group for group in labels().texts["groups"] if group in used]


def _turn_views(result: CallResult) -> list[TurnView]:
    views = []
    waiting = list(result.transcript.unheard)
    for index, turn in enumerate(result.transcript.turns):
        start_s = turn.start_s if turn.start_s is not None else -1.0
        before = tuple(one for one in waiting if one.start_s < start_s)
        waiting = [one for one in waiting if one not in before]
        views.append(replace(_turn_view(index, turn, result.findings), before=before))
    return views


def _turn_view(index: int, turn: Turn, findings: Iterable[Finding]) -> TurnView:
    mine = tuple(finding for finding in findings if finding.turn == index)
    marked = _marked(turn.text, mine)
    pieces = (
        [("", turn.text, turn.start_s, turn.end_s, turn.confidence, 0)]
        if not turn.words
        else list(_placed(turn))
    )
    words = tuple(
        WordView(space, text, start_s, end_s, _sureness(confidence), _group_at(marked, at, at + len(text)))
        for space, text, start_s, end_s, confidence, at in pieces
    )
    return TurnView(index, turn.speaker, turn.start_s, turn.end_s, words, mine)


def _placed(turn: Turn) -> Iterable[tuple[str, str, float | None, float | None, float, int]]:
    """Words with the space before each and their place in the turn's text."""
    cursor = 0
    for i, word in enumerate(turn.words):
        text = word.text.strip()
        at = turn.text.find(text, cursor)
        if at < 0:  # the text was edited after recognition: join by script
            joins = i == 0 or text[:1] in _NO_SPACE_BEFORE or not (text[:1].isascii() and text[:1].isalnum())
            yield ("" if joins else " "), text, word.start_s, word.end_s, word.confidence, cursor
            continue
        # what stands between two words in the text but is no word itself is kept with the next
        yield turn.text[cursor:at], text, word.start_s, word.end_s, word.confidence, at
        cursor = at + len(text)


def _marked(text: str, findings: Iterable[Finding]) -> list[tuple[int, int, str]]:
    marked = []
    for finding in findings:
        at = text.find(finding.quote) if finding.quote else -1
        if at >= 0 and finding.quote:
            marked.append((at, at + len(finding.quote), labels().group_of.get(finding.kind, "sound")))
    return sorted(marked, key=lambda part: part[1] - part[0])


def _group_at(marked: list[tuple[int, int, str]], start: int, end: int) -> str:
    """The closest finding that covers this text; the shortest quote wins."""
    return next((group for first, last, group in marked if first < end and start < last), "")


def _sureness(confidence: float) -> str:
    if confidence < LOW_CONFIDENCE:
        return "low"
    return "fair" if confidence < FAIR_CONFIDENCE else ""


def _sections(
    result: CallResult, standard: StandardView, by_id: Mapping[str, Finding]
) -> list[tuple[Text, list[CriterionView]]]:
    sections: dict[str, list[CriterionView]] = {}
    for criterion in result.score.criteria:
        text = standard.criterion(criterion.id)
        found = tuple(by_id[name] for name in criterion.findings if name in by_id)
        sections.setdefault(text.section, []).append(CriterionView(text, criterion, found))
    return [(standard.section(name), rows) for name, rows in sections.items()]


def _measure_view(measure: Measure) -> MeasureView:
    reason = Text(measure.reason.zh, measure.reason.en) if measure.reason else None
    return MeasureView(labels().get("measures", measure.name), _value(measure), reason, measure.method)


def _value(measure: Measure) -> Text | None:
    value = measure.value
    if not measure.measurable or value is None:
        return None
    if isinstance(value, bool | str):
        return same(value)
    unit = labels().get("units", measure.unit) if measure.unit else same("")
    if measure.unit == "ratio":
        return same(f"{tidy(value * 100, 2 if value < 0.01 else 1)} %")
    number = tidy(value, 0 if measure.unit in ("count", "chars/min", "words/min") else 1)
    return Text(f"{number} {unit.zh}".strip(), f"{number} {unit.en}".strip())


def _flat(data: Any, prefix: str = "") -> Iterable[tuple[str, str]]:
    """Nested provenance as dotted names and values."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple):
            yield f"{prefix}{key}", ", ".join(map(str, value))
        else:
            yield f"{prefix}{key}", str(value)
