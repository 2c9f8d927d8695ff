"""Who would move under a draft of a standard: stored calls judged again from what was heard, nothing heard again.

Each call is replayed twice: by the standard it was judged by, and by the draft. Where the first doesn't give the score
that is stored (words taken away since, a person's ruling, another version of the detectors), the call is told apart and
moves nobody.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.nightly.evidence import evidence_from
from pipeline.nightly.tickets import record_of
from pipeline.profile import Profile
from pipeline.standards import Evidence, Standard, score
from pipeline.standards.library import read_standard
from pipeline.store import FileArea
from pipeline.store.alerting import suppressed_since
from pipeline.store.tables import Call, Score, StandardText
from pipeline.types import CallScore


@dataclass(frozen=True, slots=True)
class Moved:
    """One call under both. ``why``: criterion to its verdict before and after, where it changed (None: not in it).

    ``effects``: by how many points of the percentage each criterion moves the call; before vetoes and bonus they add up to
    the whole change.
    """

    call_id: str
    agent_id: str
    before: float | None
    after: float | None
    before_grade: str | None
    after_grade: str | None
    why: Mapping[str, tuple[str | None, str | None]]
    effects: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Preview:
    """All replayed calls; how many could not be, by reason; and weights that differ from a standard in use."""

    calls: tuple[Moved, ...]
    left_out: Mapping[str, int]
    weights: Mapping[str, tuple[float | None, float | None]]


def preview(
    session: Session,
    draft: Standard,
    profile: Profile,
    *,
    files: FileArea,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Preview:
    """Replay the calls that started in a span (all of them without one) by a draft; nothing is written."""
    query = select(Call, Score).join(Score, Score.id == Call.current_score_id).order_by(Call.id)
    if since is not None:
        query = query.where(Call.started_at >= since)
    if until is not None:
        query = query.where(Call.started_at < until)
    rows = [(call, kept) for call, kept in session.execute(query)]
    never = suppressed_since(session, [c.customer_id for c, _ in rows if c.customer_id], before=date.max)
    standards: dict[str, Standard] = {}
    found: list[Moved] = []
    left_out: Counter[str] = Counter()
    for call, kept in rows:
        evidence = _evidence_of(call, kept, profile, files=files, asked_at=never.get(call.customer_id or ""))
        if evidence is None:
            left_out["words_gone"] += 1
            continue
        digest = kept.standard_sha256
        if digest not in standards:
            standards[digest] = read_standard(session.get_one(StandardText, digest).text, name=digest[:12])
        before, after = score(evidence, standards[digest])[0], score(evidence, draft)[0]
        if kept.made_by == "machine" and before.percent == kept.percent:
            found.append(_moved(call, before, after))
        else:
            left_out["ruled_by_a_person" if kept.made_by != "machine" else "not_reproduced"] += 1
    return Preview(tuple(found), dict(left_out), _weights(standards.values(), draft))


def _weights(used: Iterable[Standard], draft: Standard) -> dict[str, tuple[float | None, float | None]]:
    new = {each.id: each.weight for each in draft.criteria}
    changed: dict[str, tuple[float | None, float | None]] = {}
    for standard in used:
        old = {each.id: each.weight for each in standard.criteria}
        changed |= {
            name: (old.get(name), new.get(name)) for name in (*old, *new) if old.get(name) != new.get(name)
        }
    return changed


def _moved(call: Call, before: CallScore, after: CallScore) -> Moved:
    old = {each.id: str(each.verdict) for each in before.criteria}
    new = {each.id: str(each.verdict) for each in after.criteria}
    why = {
        name: (old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    }
    return Moved(
        call.call_id, call.agent_id or "", before.percent, after.percent, before.grade, after.grade, why,
        _effects(before, after),
    )  # fmt: skip


def _effects(before: CallScore, after: CallScore) -> dict[str, float]:
    if before.percent is None or after.percent is None:
        return {}
    old, new = _shares(before), _shares(after)
    moved = {name: new.get(name, 0.0) - old.get(name, 0.0) for name in dict.fromkeys((*old, *new))}
    return {name: share for name, share in moved.items() if abs(share) > 1e-9}


def _shares(score: CallScore) -> dict[str, float]:
    """How many points of the percentage each criterion gives."""
    return {
        each.id: 100 * each.points / score.max_points
        for each in score.criteria
        if each.points and score.max_points
    }


def _evidence_of(
    call: Call, kept: Score, profile: Profile, *, files: FileArea, asked_at: datetime | None
) -> Evidence | None:
    """What a call was judged by, from its stored files; None where they are gone."""
    if kept.result_file is None or kept.transcript_file is None:
        return None
    try:
        data = json.loads(files.read(kept.result_file, "result"))
        words = json.loads(files.read(kept.transcript_file, "transcript"))
    except FileNotFoundError:
        return None
    suppressed = asked_at is not None and call.started_at is not None and asked_at < call.started_at
    return evidence_from(
        data, words, record=record_of(call, call.file), profile=profile,
        suppressed_since=asked_at if suppressed else None,
    )  # fmt: skip
