"""One call as its review needs it: the machine's result, the history, and what both come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.review.rescoring import human_score
from pipeline.review.results import stored_result
from pipeline.review.rights import Person
from pipeline.review.saying import ToldError
from pipeline.review.standing import Deed, Standing, standing_of
from pipeline.standards.library import read_standard
from pipeline.standards.schema import Criterion, Standard
from pipeline.store import Store
from pipeline.store.review_tables import Review, ReviewAct, User
from pipeline.store.tables import Call, Score, StandardText, StoredFile
from pipeline.types import CallResult, CallScore, Finding


class UnseenError(ToldError):
    """There is no such call, or none that this person may see: nobody is told which."""


@dataclass(frozen=True, slots=True)
class Case:
    """A call under review. ``score`` is the human score, the machine's where nobody has judged."""

    key: int
    machine_id: int
    result: CallResult
    standard: Standard
    history: tuple[Deed, ...]
    standing: Standing
    score: CallScore
    findings: tuple[Finding, ...]
    rev: int
    state: str
    assigned: str | None
    audio_sha256: str | None
    has_original: bool
    scored_at: datetime
    made_anew: bool

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self.result.call.call_id


def load_case(store: Store, session: Session, person: Person, call_id: str) -> Case:
    """A call with its review. Raises UnseenError where there is none that this person may see."""
    call = seen_call(session, person, call_id)
    machine = session.scalar(
        select(Score)
        .where(Score.call == call.id, Score.made_by == "machine")
        .order_by(Score.version.desc())
        .limit(1)
    )
    if machine is None:
        raise UnseenError("not_scored", it=call_id)
    result = stored_result(session, store.files, call, machine)
    standard = standard_of(session, machine.standard_sha256)
    history = history_of(session, call.id)
    kin = _kin(session, machine)
    others = _others(session, machine, standard) if history else {}
    standing = standing_of(history, score=machine.id, kin=kin, others=others, findings=result.findings)
    score, findings = (
        human_score(result, standard, standing) if standing.judged else (result.score, result.findings)
    )
    review = session.get(Review, call.id)
    holder = (
        session.get(User, review.assigned) if review is not None and review.assigned is not None else None
    )
    latest = session.get(Score, call.current_score_id) if call.current_score_id is not None else None
    return Case(
        call.id, machine.id, result, standard, history, standing, score, findings,
        review.rev if review is not None else 0, review.state if review is not None else "open",
        holder.name if holder is not None else None, _there(session, call, machine.audio_file),
        any(original_of(session, call)),
        (latest or machine).made_at, any(deed.score != machine.id and deed.score not in kin for deed in history),
    )  # fmt: skip


def original_of(session: Session, call: Call) -> tuple[str | None, str | None]:
    """Digests of a call's recording and of its unmasked words, as far as they are kept."""
    query = select(Score.original_audio_file, Score.original_transcript_file)
    query = (
        query.where(Score.call == call.id, Score.made_by == "machine").order_by(Score.version.desc()).limit(1)
    )
    sound, words = session.execute(query).one_or_none() or (None, None)
    return _there(session, call, sound), _there(session, call, words)


def _there(session: Session, call: Call, sha256: str | None) -> str | None:
    """A file's digest, None where it was taken away."""
    if sha256 is None or call.forgotten_at is not None:
        return None
    row = session.get(StoredFile, sha256)
    return sha256 if row is not None and row.removed_at is None else None


def _kin(session: Session, machine: Score) -> frozenset[int]:
    """Older scores by the machine of the same recording by the same standard."""
    same = (
        Score.recording_sha256 == machine.recording_sha256,
        Score.standard_sha256 == machine.standard_sha256,
    )
    query = select(Score.id).where(Score.call == machine.call, Score.made_by == "machine", *same)
    return frozenset(session.scalars(query.where(Score.id != machine.id)))


def _others(session: Session, machine: Score, standard: Standard) -> dict[int, frozenset[str]]:
    """Older scores by the machine of the same recording by other standards, with the criteria that say the same in both."""
    query = select(Score.id, Score.standard_sha256).where(
        Score.call == machine.call, Score.made_by == "machine", Score.recording_sha256 == machine.recording_sha256,
        Score.standard_sha256 != machine.standard_sha256,
    )  # fmt: skip
    now = {each.id: _said(each) for each in standard.criteria}
    found: dict[int, frozenset[str]] = {}
    for score, digest in session.execute(query):
        then = {each.id: _said(each) for each in standard_of(session, digest).criteria}
        found[score] = frozenset(name for name, said in then.items() if now.get(name) == said)
    return found


def _said(criterion: Criterion) -> dict[str, Any]:
    """What a criterion demands, whatever it weighs."""
    return criterion.model_dump(exclude={"weight"})


def seen_call(session: Session, person: Person, call_id: str) -> Call:
    """A call that this person may see. Raises UnseenError."""
    asked = None if "\x00" in call_id else call_id  # no database is asked for a NUL
    call = session.scalar(select(Call).where(Call.call_id == asked, person.scope()))
    if call is None:
        raise UnseenError("no_call", it=call_id)
    return call


def history_of(session: Session, call: int) -> tuple[Deed, ...]:
    """All acts on a call, the oldest first."""
    rows = session.scalars(select(ReviewAct).where(ReviewAct.call == call).order_by(ReviewAct.rev))
    return tuple(
        Deed(row.id, row.rev, row.score, row.user, row.name, row.role, row.at, row.act, row.target, row.answers, row.data)
        for row in rows
    )  # fmt: skip


def standard_of(session: Session, sha256: str) -> Standard:
    """A standard as it was used, from the store."""
    return _read(sha256, session.get_one(StandardText, sha256).text)


def newest_standard(session: Session) -> Standard | None:
    """The standard that came into use last; None where nothing is scored yet."""
    query = select(StandardText.sha256).order_by(StandardText.first_used_at.desc()).limit(1)
    sha256 = session.scalar(query)
    return standard_of(session, sha256) if sha256 is not None else None


@lru_cache(maxsize=16)
def _read(sha256: str, text: str) -> Standard:
    return read_standard(text, name=f"standard {sha256[:12]}")
