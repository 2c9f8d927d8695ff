"""A store of calls of several ages, and the commands that remove from it, as the tests of retention use them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner
from review_calls import fill
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.commands import retention as commands
from pipeline.review.people import find_user, person_of
from pipeline.review.rights import Person as Reader
from pipeline.store import Store, open_store
from pipeline.store.check import check_store
from pipeline.store.coach_tables import Plan, PlanAct
from pipeline.store.night_tables import Suppression
from pipeline.store.period_tables import FollowUpMark
from pipeline.store.search_tables import SearchDoc
from pipeline.store.tables import Call, Score, StoredFile

NOW = datetime.now(UTC)
WORD = "unheard-of"
DAYS = {"call-a1": 400, "call-a2": 200, "call-b1": 10, "call/odd 名": 10}


def fill_days(folder: Path) -> Path:
    """Four calls, of 400, 200 and twice 10 days ago; the first two with a customer who asked not to be called."""
    with open_store(str(folder / "s.db")) as opened:
        fill(opened, folder)
        with opened.writing() as session:
            for call_id, days in DAYS.items():
                shape(opened, session, call_id, days)
            first = session.scalars(select(Score).order_by(Score.id)).first()
            assert first is not None
            session.add(
                Suppression(
                    night=date(2025, 3, 4), customer_id="C-77", call=first.call, score=first.id, asked_at=NOW,
                    confidence=0.9, doubtful=False, made_at=NOW,
                )
            )  # fmt: skip
    return folder


@contextmanager
def copied(filled: Path, to: Path) -> Iterator[Store]:
    """A copy of a filled store, opened."""
    shutil.copytree(filled, to, dirs_exist_ok=True)
    with open_store(str(to / "s.db")) as opened:
        check_store(opened, mend=True)
        yield opened


def shape(store: Store, session: Session, call_id: str, days: int) -> None:
    call = session.scalars(select(Call).where(Call.call_id == call_id)).one()
    call.started_at, call.campaign = NOW - timedelta(days=days), "renewal"
    score = session.get_one(Score, call.current_score_id)
    words = json.loads(store.files.read(score.transcript_file, "transcript"))
    words["turns"][0]["text"] += call_id  # words of its own
    kept = store.files.put(json.dumps(words).encode(), "transcript")
    session.add(StoredFile(sha256=kept.sha256, kind=kept.kind, bytes=kept.bytes, written_at=NOW))
    session.flush()
    score.transcript_file = kept.sha256
    if days > 10:
        call.customer_id = "C-77"
        call.record = {
            "customer_id": "C-77", "notes": WORD, "extra": {"phone": "138-1234-5678"}, "outcome": None
        }  # fmt: skip
        session.add(FollowUpMark(call=call.id, done_by="Chen", done_at=NOW, note=WORD))


def run(store: Store, *args: str, status: int = 0) -> str:
    name, *rest = args
    done = CliRunner().invoke(getattr(commands, name), [*rest, "--store", store.place.text])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done.output


def rules(tmp_path: Path, text: str) -> str:
    path = tmp_path / "retention.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def purge(store: Store, path: str, *more: str) -> dict[str, object]:
    told = run(store, "purge", "--retention", path, "--by", "Chen Li", "--json", *more)
    data: dict[str, object] = json.loads(told)
    return data


def files(store: Store) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, kind, _ in store.files.each():
        found[kind] = found.get(kind, 0) + 1
    return found


def searchable(session: Session) -> set[str]:
    """Calls whose words the search still has."""
    return set(session.scalars(select(Call.call_id).join(SearchDoc, SearchDoc.call == Call.id)))


def somebody(session: Session, name: str = "root") -> Reader:
    user = find_user(session, name)
    assert user is not None
    return person_of(user)


def all_bytes(store: Store) -> bytes:
    """Everything that the store has on the disk, the database's unused pages and its log too."""
    with store.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert store.place.sqlite_path is not None
    whole = [*store.place.files.rglob("*"), *store.place.sqlite_path.parent.glob("s.db*")]
    return dump.encode() + b"".join(path.read_bytes() for path in whole if path.is_file())


def moment(session: Session, call_id: str, text: str) -> PlanAct:
    user = somebody(session)
    plan = Plan(agent_id="a1", criterion="x", state="open", created_at=NOW)
    session.add(plan)
    session.flush()
    data = {"call_id": call_id, "at_s": 3.0, "text": text}
    act = PlanAct(plan=plan.id, user=user.id, name=user.name, role="coach", at=NOW, act="moment", data=data)
    session.add(act)
    session.flush()
    return act


def note(store: Store, call_id: str, **record: object) -> None:
    with store.writing() as session:
        call = session.scalars(select(Call).where(Call.call_id == call_id)).one()
        call.customer_id = str(record.get("customer_id") or "") or None
        call.record = {**call.record, **record}


class CutOffError(BaseException):
    """The process ends here."""


def dies(*_: object) -> bool:
    raise CutOffError
