"""Appraisals of a month or a year: built, signed, verified, amended.

Signing freezes: the body names each call's score by version and fingerprint, with a digest of all that its rows say, the
standard by its digest, and the models. Verifying works every figure out again from those very scores. Digests show a
change to whoever kept the seal; they are no cryptographic signature against somebody who can write the whole store.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pipeline import __version__
from pipeline.errors import CallgaugeError, ConfigError
from pipeline.profile import Profile, Target
from pipeline.reports.appraisal_parts import Inputs, averaged, compose
from pipeline.reports.follow_ups import State, follow_ups
from pipeline.reports.period import Period
from pipeline.reports.scorecard import CardSettings, agent_table, call_table
from pipeline.reports.scorecard_sums import sums_of_calls
from pipeline.reports.scorecard_targets import Reached, targets_of
from pipeline.standards.library import read_standard
from pipeline.standards.schema import Standard
from pipeline.store import FileArea
from pipeline.store import appraisal_query as query
from pipeline.store.card_query import CallFact, Window, call_facts, standards_used
from pipeline.store.coaching_query import coached
from pipeline.store.period_tables import AppraisalRow

SCHEMA = "callgauge/appraisal/1"


class AppraisalError(CallgaugeError):
    """An appraisal can't be built, signed or amended as things stand."""

    code = "appraisal"


@dataclass(frozen=True, slots=True)
class Fault:
    """What verifying found: ``what`` doesn't hold any more. A note (``grave`` False) changes no signed figure."""

    kind: str
    what: str
    grave: bool = True


def build_body(
    session: Session, agent_id: str, period: Period, profile: Profile, *, now: datetime, files: FileArea
) -> dict[str, Any]:
    """An agent's appraisal as the store has things now.

    Raises
    ------
    AppraisalError
        There is no scored call, or the standard that most calls were judged by names no parts.
    """
    if period.kind == "day":
        raise ConfigError([f"--period: {period.text} → a month (2025-03) or a year (2025) is appraised"])
    start, end = period.moments(profile.zone)
    facts = call_facts(session, Window(start, end, agent_id))
    digests = Counter(fact.standard_sha256 for fact in facts if fact.standard_sha256)
    if not digests:
        raise AppraisalError(f"{agent_id}: no scored call in {period.text}")
    used = standards_used(session, list(digests))
    main = used[digests.most_common(1)[0][0]]
    standard = read_standard(main.text, name=f"{main.standard} {main.version}")
    if not standard.appraisal.parts:
        raise AppraisalError(f"{main.standard} {main.version} names no appraisal parts (`appraisal: parts:`)")
    states = {
        each.call_id: each.state
        for each in follow_ups(session, profile, now=now, since=start, until=end, agent_id=agent_id)
    }
    target = profile.target_of(agent_id)
    window = Window(start, end, agent_id)
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "agent_id": agent_id,
        "agent_name": next((fact.agent_name for fact in reversed(facts) if fact.agent_name), None),
        "period": period.text,
        "zone": profile.time_zone,
        "code_version": __version__,
        "standard": {"id": main.standard, "version": main.version, "sha256": main.sha256},
        "standards_used": [
            {"id": used[key].standard, "version": used[key].version, "sha256": key, "calls": count}
            for key, count in sorted(digests.items())
        ],
        "models": _models(facts, files),
        "target": target.model_dump(exclude_none=True) if target else None,
        "follow_ups": states,
        "coaching": {each.call_id: each.done for each in coached(session, window)},
    }
    points = query.points_of(session, [fact.score for fact in facts if fact.score is not None])
    return {**body, **worked_out(standard, facts, points, body)}


def worked_out(
    standard: Standard, facts: Sequence[CallFact], points: Sequence[query.Points], body: dict[str, Any]
) -> dict[str, Any]:
    """Every figure of an appraisal, and the calls it rests on, from scores and what ``body`` has frozen."""
    targets = _targets(facts, body)
    states: dict[str, State] = body["follow_ups"]
    total = compose(standard, Inputs(facts, points, targets, states, body.get("coaching", {})))
    digests = query.row_digests(facts, points)
    counted = {fact.call_id for fact in averaged(facts)}
    calls = [
        {
            "call_id": fact.call_id, "score": fact.score, "version": fact.version, "made_by": fact.made_by,
            "fingerprint": fact.fingerprint, "percent": fact.percent, "outcome": fact.outcome,
            "averaged": fact.call_id in counted, "open_review": bool(fact.needs_review),
            "fatal": list(fact.fatal or ()), "result_file": fact.result_file, "rows_sha256": digests[fact.call_id],
        }
        for fact in facts
    ]  # fmt: skip
    return {
        "percent": total.percent,
        "grade": total.grade,
        "reason": total.reason,
        "parts": [
            {**asdict(part), "calls": list(part.calls), "title": _title(standard, part.part)}
            for part in total.parts
        ],
        "targets": [
            {"name": each.name, "expected": each.expected, "actual": each.actual, "reached": each.reached}
            for each in targets
        ],
        "figures": {
            "calls": len(facts),
            "averaged": len(counted),
            "by_a_person": sum(fact.made_by not in (None, "machine") for fact in facts),
            "open_reviews": sum(call["open_review"] and call["averaged"] for call in calls),
            "not_scored": sum(fact.score is None for fact in facts),
        },
        "calls": calls,
        "data_sha256": query.digest_of(digests),
    }


def _title(standard: Standard, part: str) -> dict[str, str]:
    title = next(each.title for each in standard.appraisal.parts if each.id == part)
    return {"zh": title.zh, "en": title.en}


def _targets(facts: Sequence[CallFact], body: dict[str, Any]) -> tuple[Reached, ...]:
    from zoneinfo import ZoneInfo

    if not body["target"] or not facts:
        return ()
    settings = CardSettings(ZoneInfo(body["zone"]))
    sums = sums_of_calls(call_table(facts, settings, machine={}))
    row = agent_table(sums, settings).to_dict("records")[0]
    named: dict[str, Any] = {str(key): value for key, value in row.items()}
    found = targets_of(named, Target.model_validate(body["target"]), body["period"])
    return tuple(Reached(each.name, float(each.expected), each.actual) for each in found)


def _models(facts: Sequence[CallFact], files: FileArea) -> list[dict[str, Any]]:
    """Which models, lexicons and code the scores were made with, as each result says; ``unknown`` where it is gone."""
    found: Counter[str] = Counter()
    for fact in facts:
        if fact.score is None:
            continue
        try:
            data = json.loads(files.read(fact.result_file or "", "result")) if fact.result_file else {}
        except (FileNotFoundError, ValueError):
            data = {}
        provenance = data.get("provenance", {})
        told = {
            key: provenance[key]
            for key in ("recogniser", "lexicons_sha256", "code_version")
            if key in provenance
        }
        found[json.dumps(told or "unknown", ensure_ascii=False, sort_keys=True)] += 1
    return [{"models": json.loads(text), "calls": count} for text, count in sorted(found.items())]


def keep_body(
    session: Session, body: dict[str, Any], *, at: datetime, reason: str | None = None
) -> AppraisalRow:
    """Keep a body: over an unsigned one, or as the first number. After a signed one only an amendment is kept.

    Raises
    ------
    AppraisalError
        The newest number is signed and ``reason`` isn't given, or there is nothing signed to amend.
    """
    last = query.latest(session, body["agent_id"], body["period"])
    signed = last is not None and last.signed_at is not None
    who = f"{body['agent_id']} {body['period']}"
    if reason is None and signed:
        raise AppraisalError(f"{who}: number {last.number} is signed; `appraisal amend` makes an amendment")  # type: ignore[union-attr]  # signed
    if reason is not None and not signed:
        raise AppraisalError(f"{who}: nothing signed to amend; `appraisal build` makes it anew")
    if last is not None and not signed:
        last.body, last.body_sha256, last.built_at = body, query.digest_of(body), at
        return last
    row = AppraisalRow(
        agent_id=body["agent_id"], period=body["period"], number=1 if last is None else last.number + 1, body=body,
        body_sha256=query.digest_of(body), built_at=at, reason=reason,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def sign(session: Session, row: AppraisalRow, fresh: dict[str, Any], *, by: str, at: datetime) -> str:
    """Sign the newest number; the seal.

    Parameters
    ----------
    fresh
        The same appraisal built now: what is signed must be what the store says.

    Raises
    ------
    AppraisalError
        It is signed already, rests on open reviews, has changed since it was built, or would be signed by the appraised.
    """
    who = f"{row.agent_id} {row.period}"
    open_ = [call["call_id"] for call in row.body["calls"] if call["open_review"] and call["averaged"]]
    if row.signed_at is not None:
        raise AppraisalError(f"{who}: number {row.number} is signed by {row.signed_by} already")
    if not by.strip() or by.strip() in (row.agent_id, row.body.get("agent_name")):
        raise AppraisalError(f"{who}: somebody other than the agent signs; --by NAME")
    if open_:
        raise AppraisalError(
            f"{who}: {len(open_)} calls have open reviews: {', '.join(open_[:5])}{' …' if len(open_) > 5 else ''}"
        )
    if query.digest_of(fresh) != row.body_sha256:
        raise AppraisalError(
            f"{who}: scores, targets or follow-ups have changed since it was built; build it again"
        )
    moment = at.replace(microsecond=0)
    row.seal = query.seal_of(row, signed_by=by, signed_at=moment)
    row.signed_by, row.signed_at = by, moment
    return row.seal


def verify(session: Session, row: AppraisalRow, *, files: FileArea, seal: str | None = None) -> list[Fault]:
    """What of an appraisal doesn't hold any more: its digests, its scores, its figures, its files."""
    faults: list[Fault] = []
    body = row.body
    if query.digest_of(body) != row.body_sha256:
        faults.append(Fault("body", "the appraisal's content isn't what its digest says"))
    if row.signed_at is not None and row.signed_by is not None:
        whole = query.seal_of(row, signed_by=row.signed_by, signed_at=row.signed_at)
        if whole != row.seal:
            faults.append(Fault("seal", "who signed, when or what isn't what the seal says"))
    if seal is not None and seal != row.seal:
        faults.append(Fault("seal", "the seal isn't the one that was given"))
    text = standards_used(session, [body["standard"]["sha256"]]).get(body["standard"]["sha256"])
    if text is None:
        return [*faults, Fault("standard", "the standard is gone from the store")]
    standard = read_standard(text.text, name="standard")
    facts = query.frozen_facts(session, [(call["call_id"], call["score"]) for call in body["calls"]])
    points = query.points_of(session, [fact.score for fact in facts if fact.score is not None])
    again = worked_out(standard, facts, points, body)
    kept = {call["call_id"]: call for call in body["calls"]}
    now = {call["call_id"]: call for call in again["calls"]}
    faults += [Fault("call", name) for name in kept if kept[name] != now.get(name)]
    faults += [
        Fault("figure", name)
        for name in ("percent", "grade", "reason", "parts", "targets", "figures", "data_sha256")
        if query.canonical(again[name]) != query.canonical(body[name])
    ]
    lost = [
        name
        for name, call in kept.items()
        if call["result_file"] and not files.is_whole(call["result_file"], "result")
    ]
    return [*faults, *(Fault("file", f"{name}: its result file is gone", grave=False) for name in lost)]
