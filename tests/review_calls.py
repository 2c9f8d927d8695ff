"""A store with a few scored calls and people of every role: true scores by the true standard over made-up words."""

from __future__ import annotations

import hashlib
import json
import wave
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from factories import make_findings, make_result

from pipeline.profile import Profile
from pipeline.reports.audio_copy import write_copy
from pipeline.reports.call_json import to_json
from pipeline.review.people import add_user, keep_teams
from pipeline.standards import load_standard
from pipeline.standards.evidence import Evidence
from pipeline.standards.library import dump_standard
from pipeline.standards.scoring import score
from pipeline.store import Store
from pipeline.store.keep import Basis, Judged, Made, keep_score, keep_standard
from pipeline.store.night_tables import Run
from pipeline.store.said import said_in
from pipeline.store.tables import Call, RecordingRow
from pipeline.types import CallResult

PASSWORD = "a long enough password"  # noqa: S105 - made up
CALLS = {"call-a1": "A01", "call-a2": "A01", "call-b1": "B01", "call/odd 名": "B01"}
TEAMS = {"A01": "一组", "B01": "二组"}
PEOPLE = {
    "root": {"role": "admin"}, "owner": {"role": "standard_owner"}, "audi": {"role": "auditor"},
    "sup1": {"role": "supervisor", "team": "一组"}, "coach1": {"role": "coach", "team": "一组"},
    "coach2": {"role": "coach", "team": "二组"}, "free": {"role": "coach"},
    "A01": {"role": "agent"}, "bob": {"role": "agent", "agent_id": "B01"},
}  # fmt: skip


def judged_result(call_id: str, agent: str) -> CallResult:
    """A made-up call, judged by the standard that ships."""
    result = make_result(call_id)
    result = replace(result, call=replace(result.call, agent_id=agent, agent_name=f"{agent} 某"))
    evidence = Evidence(
        result.transcript, result.measures, make_findings(), result.outcome, result.call, sound=result.sound
    )
    made, findings = score(evidence, load_standard())
    return replace(result, score=made, findings=findings)


def sound_of(folder: Path, *, seconds: float = 62.4) -> Path:
    """A playable sound."""
    time = np.arange(int(seconds * 8000)) / 8000
    with wave.open(str(folder / "in.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        both = np.stack([np.sin(time * tone) for tone in (2000, 3000)], 1) * 6000
        file.writeframes(both.astype("<i2").tobytes())
    return write_copy(folder / "in.wav", folder / "copy.flac")


def fill(store: Store, folder: Path) -> None:
    """Put calls, people and teams into a store."""
    sound = store.files.take(sound_of(folder), "audio")
    text = dump_standard(load_standard())
    standard = hashlib.sha256(text.encode()).hexdigest()
    now = datetime.now(UTC)
    with store.writing() as session:
        run = Run(kind="nightly", night=date(2025, 3, 4), inbox=str(folder), state="completed", started_at=now,
                  code_version="0", settings={}, counts={})  # fmt: skip
        session.add(run)
        session.flush()
        keep_standard(session, sha256=standard, standard="telesales-cn", version="1", text=text, at=now)
        for call_id, agent in CALLS.items():
            _call(
                store, session, judged_result(call_id, agent), standard, sound, Made(run.id, run.night, now)
            )
        for name, about in PEOPLE.items():
            add_user(session, name, password=PASSWORD, **about)  # type: ignore[arg-type]
        agents = [{"id": agent, "team": team} for agent, team in TEAMS.items()]
        keep_teams(session, Profile.model_validate({"agents": agents}))


def _call(store: Store, session: Any, result: CallResult, standard: str, sound: Any, made: Made) -> None:
    record = result.call
    digest = hashlib.sha256(record.call_id.encode()).hexdigest()
    session.add(RecordingRow(sha256=digest, bytes=1, first_seen_at=made.at))
    session.flush()
    call = Call(call_id=record.call_id, recording_sha256=digest, file=record.file, agent_id=record.agent_id,
                agent_name=record.agent_name, customer_id=record.customer_id, started_at=record.started_at,
                direction=record.direction, campaign=record.campaign, listed=True, record={}, record_sha256=digest,
                current_version=0, created_at=made.at, updated_at=made.at)  # fmt: skip
    session.add(call)
    session.flush()
    data = to_json(result)
    words = {"schema": "callgauge/transcript/1", **data.pop("transcript")}
    files = (
        store.files.put(json.dumps(words, ensure_ascii=False).encode(), "transcript"),
        store.files.put(json.dumps({**data, "transcript": None}, ensure_ascii=False).encode(), "result"),
        sound,
    )
    assert result.recording is not None
    kept = Judged(
        replace(result.recording, sha256=digest),
        "zh",
        result.score,
        result.findings,
        result.outcome,
        files,
        {},
        said=said_in(result.transcript.turns),
    )
    keep_score(session, kept, Basis(call.id, 0, "first", digest, digest, standard), made)
