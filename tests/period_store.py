"""Small stores whose calls are written by hand, so that every figure of a period is known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from pipeline.standards import load_standard
from pipeline.standards.library import dump_standard
from pipeline.store import Store
from pipeline.store.tables import Call, CriterionRow, FindingRow, RecordingRow, Score, StandardText

AT = datetime(2025, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Made:
    """A call as a test writes it. ``verdicts``: criterion to verdict; ``review``: whether reviews are open."""

    call_id: str
    agent_id: str | None
    started_at: str
    percent: float | None
    outcome: str = "not_interested"
    campaign: str | None = "A"
    agent_name: str | None = None
    customer_id: str | None = None
    talk_s: float | None = 30.0
    duration_s: float = 60.0
    fatal: tuple[str, ...] = ()
    review: bool = False
    human: float | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    follow_up: dict[str, Any] | None = None
    unscored: bool = False


def fill(store: Store, *calls: Made) -> str:
    """Write calls into a store; the standard's digest. ``human`` adds a person's score beside the machine's."""
    text = dump_standard(load_standard())
    digest = hashlib.sha256(text.encode()).hexdigest()
    with store.writing() as session:
        if session.scalar(select(StandardText).where(StandardText.sha256 == digest)) is None:
            session.add(
                StandardText(
                    sha256=digest, standard="telesales-cn", version="1.0.0", text=text, first_used_at=AT
                )
            )
        for made in calls:
            _call(session, made, digest)
    return digest


def _call(session: Any, made: Made, digest: str) -> None:
    sound = hashlib.sha256(made.call_id.encode()).hexdigest()
    session.add(RecordingRow(sha256=sound, bytes=1, duration_s=made.duration_s, first_seen_at=AT))
    session.flush()
    started = datetime.fromisoformat(made.started_at)
    call = Call(
        call_id=made.call_id, recording_sha256=sound, file=f"{made.call_id}.wav", agent_id=made.agent_id,
        agent_name=made.agent_name, customer_id=made.customer_id, started_at=started, direction="outbound",
        campaign=made.campaign, listed=True, record={}, record_sha256="0" * 64, created_at=AT, updated_at=AT,
    )  # fmt: skip
    session.add(call)
    session.flush()
    if made.unscored:
        return
    rule(session, call, made, digest, percent=made.percent, by="machine", review=made.review)
    if made.human is not None:
        rule(session, call, made, digest, percent=made.human, by="human", review=False)


def rule(
    session: Any, call: Call, made: Made, digest: str, *, percent: float | None, by: str, review: bool
) -> None:
    """Add a version of a call's score and let the call point at it."""
    version = call.current_version + 1
    score = Score(
        call=call.id, version=version, made_by=by, cause="first" if version == 1 else "review",
        fingerprint=hashlib.sha256(f"{call.call_id} {version}".encode()).hexdigest(), standard_sha256=digest,
        recording_sha256=call.recording_sha256, record_sha256=call.record_sha256, percent=percent,
        percent_before_fatal=percent, points=percent or 0.0, max_points=100.0, coverage=0.9, grade=None,
        fatal=list(made.fatal), needs_review=review, language="zh", outcome=made.outcome, outcome_confidence=0.9,
        follow_up=made.follow_up, talk_s=made.talk_s, agent_talk_s=None, seconds={}, made_at=AT,
    )  # fmt: skip
    session.add(score)
    session.flush()
    share = {"pass": 1.0, "partial": 0.5, "fail": 0.0}
    weights = load_standard().by_id
    for number, (name, verdict) in enumerate(made.verdicts.items()):
        weight = weights[name].weight
        points = share[verdict] * weight if verdict in share else None
        session.add(
            CriterionRow(
                score=score.id, criterion=name, article="", verdict=verdict, points=points,
                max_points=None if points is None else weight, advisory=False, reason_code="made",
                findings=[f"f{number}"],
            )
        )  # fmt: skip
        session.add(
            FindingRow(
                score=score.id, finding=f"f{number}", kind="made", criterion=name, speaker="agent",
                start_s=10.0 + number, end_s=11.0 + number, quote=f"={name}", confidence=0.9, detail={},
            )
        )  # fmt: skip
    call.current_version, call.current_score_id = version, score.id
    session.flush()
