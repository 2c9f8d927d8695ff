"""Checks on the call list: hours, length, the record's completeness, the follow-up, the preparation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pipeline.analysis.shapes import has_shape
from pipeline.config import Frozen, Number
from pipeline.intervals import Span
from pipeline.kinds import OUTCOMES
from pipeline.profile import Band, CallingHours, TimeSpan, zone_name
from pipeline.standards.checks import CheckSpec, Told
from pipeline.standards.evidence import Evidence
from pipeline.standards.grammar import Check, walk
from pipeline.standards.hours import place_in_hours
from pipeline.standards.messages import message, word
from pipeline.standards.notes_people import names_a_person, only_a_person
from pipeline.standards.record_notes import outcomes_in
from pipeline.standards.spots import talk_span
from pipeline.standards.vocabulary import OutcomeLabel
from pipeline.standards.whose import known, why_unsure
from pipeline.standards.wording import Bilingual
from pipeline.types import Outcome

if TYPE_CHECKING:
    from pipeline.standards.schema import Standard

__all__ = ["CHECKS", "outcome_words"]

_PLACES = {
    "inside": Bilingual("工作时间内", "inside calling hours"),
    "before": Bilingual("早于工作时间", "before calling hours"),
    "after": Bilingual("晚于工作时间", "after calling hours"),
    "noon": Bilingual("午休或用餐时间", "in the noon rest or a break"),
    "holiday": Bilingual("公众假日", "a public holiday"),
    "day_off": Bilingual("休息日", "a day off"),
    "part_holiday": Bilingual("部分地区的公众假日", "a public holiday in some parts of the country"),
}
_ZONE_COLUMNS = ("customer_time_zone", "customer_timezone", "客户时区")


class HoursSettings(Frozen):
    """``spans`` of a day where the profile has none; a call outside of them is ``unstated``, never a fault."""

    spans: tuple[TimeSpan, ...] = ()


class LengthSettings(Frozen):
    """``band``: least and most seconds where the profile has none; ``stretch``: times the most."""

    band: Band = (30.0, 360.0)
    stretch: Annotated[Number, Field(ge=1)] = 1.5


class RecordSettings(Frozen):
    """Columns that may name the person, wordings of outcomes, and outcomes that agree with each other.

    ``notes``: wordings that say so in the free notes, unless one of ``denials`` stands before them.
    """

    person_columns: tuple[str, ...] = ()
    outcomes: dict[OutcomeLabel, tuple[str, ...]] = Field(default_factory=dict)
    camps: tuple[tuple[OutcomeLabel, ...], ...] = ()
    notes: dict[OutcomeLabel, tuple[str, ...]] = Field(default_factory=dict)
    denials: tuple[str, ...] = ()


class FollowUpSettings(Frozen):
    """Columns that may hold a follow-up."""

    columns: tuple[str, ...] = ()


def _hours(evidence: Evidence, settings: HoursSettings) -> Told:
    """Where the call's start lies in the profile's calendar, by the customer's clock where known.

    Outside of hours that only we suppose it is ``unstated``: the company may well work then.
    """
    started = evidence.record.started_at
    if started is None:
        return Told(None, why=message("no_value"))
    given = evidence.profile.calling_hours or CallingHours()
    supposed = () if given.spans else ("before", "after", "noon")
    if evidence.profile.calling_hours is None:
        supposed = (*supposed, "day_off")
    supposed = (*supposed, "part_holiday")
    if not given.spans:
        given = given.model_copy(update={"spans": settings.spans})
    zone = _extra(evidence, _ZONE_COLUMNS)
    try:
        zone = zone_name(zone) if zone else None
    except ValueError:
        zone = None  # an unknown zone is no zone: the company's own counts
    if zone is None and evidence.profile.calling_hours is None and started.tzinfo is not None:
        started = started.replace(
            tzinfo=None
        )  # nobody said where the company is: the clock on the call list counts
    place, local = place_in_hours(started, given, zone=zone)
    spans = [str(span) for span in given.spans]
    values = {
        "value": f"{local:%Y-%m-%d %H:%M}",
        "details": Bilingual(_PLACES[place].zh, _PLACES[place].en),
        "quote": Bilingual("、".join(spans), ", ".join(spans)),
    }
    return Told("unstated" if place in supposed else place, values=values)


def _length(evidence: Evidence, settings: LengthSettings) -> Told:
    """Connect to hang-up less hold, against the campaign's band."""
    call = _call_span(evidence)
    if call is None:
        return Told(None, why=message("untimed"))
    hold = evidence.measures.get("hold_s")
    held = float(hold.value) if hold is not None and isinstance(hold.value, (int, float)) else 0.0
    length = max(0.0, call.duration_s - held)
    band = evidence.profile.length_band(evidence.record.campaign)
    low, high = band if band is not None else settings.band
    answer = (
        "short"
        if length < low
        else "within"
        if length <= high
        else "long"
        if length <= settings.stretch * high
        else "too_long"
    )
    values = {"value": length, "low": low, "high": high, "unit": "s"}
    return Told(answer, values=values, searched=call)


def _call_span(evidence: Evidence) -> Span | None:
    """From the last ring before the first word (else the start) to the disconnect tone, else the recording's end."""
    turns = evidence.transcript.turns
    if not evidence.transcript.timed or not turns:
        return None
    first = turns[0].start_s or 0.0
    last = max(turn.end_s or 0.0 for turn in turns)
    if evidence.sound is None:
        return Span(first, max(first, last))
    rings = [ring.end_s for ring in evidence.sound.rings if ring.end_s <= first + 0.5]
    start = max(rings, default=0.0)
    tone = evidence.sound.hung_up
    return Span(start, max(start, tone.start_s if tone else evidence.sound.duration_s))


def _complete(evidence: Evidence, settings: RecordSettings) -> Told:
    """Time, person and result on record, none contradicted by what was heard."""
    record = evidence.record
    person = record.customer_id or _extra(evidence, settings.person_columns)
    recorded, written = _label(record.outcome, settings), (record.outcome or "").strip()
    given = {
        "time": record.started_at is not None,
        "person": bool(person) or _noted_person(evidence),
        "result": recorded is not None or _tells(evidence, settings),
    }
    names = {
        "time": Bilingual("时间", "time"),
        "person": Bilingual("联系人", "person"),
        "result": Bilingual(f"结果（“{written}”无法识别）", f"result (“{written}” isn't understood)")
        if written
        else Bilingual("结果", "result"),
    }
    lacking = [names[key] for key, there in given.items() if not there]
    if recorded and _contradict(recorded, evidence.outcome.label, settings):
        heard = word(f"outcome_{evidence.outcome.label}")
        if not evidence.transcript.sides_sure:  # nobody knows who was interested and who wasn't
            return Told("unclear", values={"quote": record.outcome, "details": heard})
        details = Bilingual(
            f"清单写“{record.outcome}”，通话中是“{heard.zh}”",
            f"the list says “{record.outcome}”, the call “{heard.en}”",
        )
        return Told(
            "contradicted",
            values={"value": record.outcome, "details": details},
            searched=talk_span(evidence.transcript),
        )
    if recorded is None and (noted := _noted_otherwise(evidence, settings)):
        return Told("unclear", values={"quote": noted, "details": word(f"outcome_{evidence.outcome.label}")})
    details = Bilingual("、".join(n.zh for n in lacking) or "—", ", ".join(n.en for n in lacking) or "—")
    answer = ("complete", "one_lacking", "several_lacking", "several_lacking")[len(lacking)]
    return Told(answer, values={"count": len(lacking), "details": details})


def _noted_person(evidence: Evidence) -> bool:
    """Whether the notes name the person; an agent's name there says who called."""
    agents = (name for agent in evidence.profile.agents for name in agent.names)
    return names_a_person(evidence.record.notes or "", (evidence.record.agent_name or "", *agents))


def _tells(evidence: Evidence, settings: RecordSettings) -> bool:
    """Whether the notes may say how the call ended: more than whom it was with."""
    notes, columns = evidence.record.notes or "", {name.casefold() for name in settings.person_columns}
    known = (value for name, value in evidence.record.extra.items() if name.casefold() in columns)
    return bool(notes.strip()) and not only_a_person(notes, (evidence.record.customer_id or "", *known))


def _extra(evidence: Evidence, columns: Any) -> str | None:
    extra = {name.casefold(): value for name, value in evidence.record.extra.items()}
    return next((extra[name.casefold()] for name in columns if extra.get(name.casefold())), None)


def _label(text: str | None, settings: RecordSettings) -> str | None:
    """The outcome that a call list's free wording means; None when it means none for sure."""
    if not text:
        return None
    plain = text.strip().lower()
    words = settings.outcomes
    if plain.replace(" ", "_") in (*words, *OUTCOMES):
        return plain.replace(" ", "_")
    found = {label for label, wordings in words.items() if plain in (wording.lower() for wording in wordings)}
    return found.pop() if len(found) == 1 else None


def _noted_otherwise(evidence: Evidence, settings: RecordSettings) -> str | None:
    """Words of the notes that speak against what was heard. Notes that say one thing and another speak against nothing."""
    found = outcomes_in(evidence.record.notes or "", settings.notes, settings.denials)
    camps = {camp for camp in settings.camps if not found.keys().isdisjoint(camp)}
    if len(camps) != 1:
        return None
    return next(
        (said for label, said in found.items() if _contradict(label, evidence.outcome.label, settings)), None
    )


def _contradict(recorded: str, heard: str, settings: RecordSettings) -> bool:
    """Two outcomes contradict when they stand in different camps."""
    camps = [set(camp) for camp in settings.camps]
    mine = [camp for camp in camps if recorded in camp]
    theirs = [camp for camp in camps if heard in camp]
    return bool(mine and theirs) and mine[0] is not theirs[0]


def _follow_up(evidence: Evidence, settings: FollowUpSettings) -> Told:
    """Whether someone interested was given a follow-up, heard or on record.

    What is heard counts where it is known who says it, and so does that nothing is. The call's ending tells the same step
    in words of its own: it stands no surer than what it was heard by.
    """
    steps = tuple(f for f in evidence.findings if f.kind == "follow_up")
    sure, whose = evidence.transcript.sides_sure, known(steps, evidence.transcript)
    found = steps if sure else tuple(f for f in steps if id(f) in whose)
    agreed = evidence.outcome if sure else Outcome("undetermined", 1.0)
    when = agreed.follow_up_when or next((str(f.detail["when"]) for f in found if f.detail.get("when")), None)
    heard = agreed.follow_up_text or next((f.quote for f in found if f.quote), None)
    if found:
        return Told("heard", hits=found, values={"quote": heard or when, "value": when})
    column = _extra(evidence, settings.columns)
    if column:
        return Told("recorded", values={"quote": column, "value": column})
    notes = evidence.record.notes or ""
    if match := has_shape("date", notes):
        return Told("recorded", values={"quote": notes[:80], "value": match.group()})
    if not sure:
        return Told(None, steps, why=why_unsure(evidence.transcript, evidence.sound))
    return Told("none", values={}, searched=talk_span(evidence.transcript))


def outcome_words(standard: Standard) -> frozenset[str]:
    """Every word for how a call ended that a call list may hold under a standard."""
    words = set(OUTCOMES)
    for criterion in standard.criteria:
        for part in (part for _path, whole in criterion.conditions for part in walk(whole)):
            if isinstance(part, Check) and part.check == "record.complete":
                given = RecordSettings.model_validate(part.settings).outcomes
                words |= {word for wordings in given.values() for word in wordings}
    return frozenset(words)


CHECKS: Mapping[str, CheckSpec] = {
    "time.hours": CheckSpec(
        _hours, (*(place for place in _PLACES if place != "part_holiday"), "unstated"), settings=HoursSettings
    ),
    "time.length": CheckSpec(
        _length, ("short", "within", "long", "too_long"), needs_clock=True, settings=LengthSettings
    ),
    "record.complete": CheckSpec(
        _complete,
        ("complete", "one_lacking", "several_lacking", "contradicted", "unclear"),
        settings=RecordSettings,
    ),
    "record.follow_up": CheckSpec(
        _follow_up, ("heard", "recorded", "none"), kinds=frozenset({"follow_up"}), settings=FollowUpSettings
    ),
}
