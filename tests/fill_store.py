"""A store full of made-up calls, to look at reports and to measure them: python tests/fill_store.py URL --agents 200.

Agents differ in how well they keep each criterion, campaigns in how hard they are, and some calls reach nobody.
``--copies 12 --days 28`` puts the same calls into the twelve spans of 28 days before, with their daily sums: a year in
minutes. The copies hold calls and scores, not every criterion's row: 3 million calls would have 140 million of those.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import delete, func, insert, select, text

from pipeline.standards import load_standard
from pipeline.standards.library import dump_standard
from pipeline.store import Store, open_store
from pipeline.store.day_tables import ChangedDay, DayCalls, DayCriteria
from pipeline.store.tables import Call, CriterionRow, FindingRow, RecordingRow, Score, StandardText
from pipeline.store.tally import freshen

CAMPAIGNS = ("续费", "新客开发", "回访", "renewals")
NAMES = ["李明", "王芳", "张伟", "刘洋", "陈静", "Dana·Ortiz", "赵磊", "孙悦", "Tom·Baker", "周敏"]
OUTCOMES = (
    "not_interested", "interested", "call_back", "order_placed", "voicemail", "no_conversation", "wrong_person",
    "undetermined",
)  # fmt: skip
ODDS = (0.38, 0.12, 0.12, 0.04, 0.14, 0.1, 0.05, 0.05)
VERDICTS = ("pass", "partial", "fail", "needs_review", "not_measurable", "not_applicable")
FIRST = "sha256 IN (SELECT recording_sha256 FROM calls WHERE id <= :of_calls)"
"""The recordings of the calls that are copied."""
SHARE = {"pass": 1.0, "partial": 0.5, "fail": 0.0}
LOST = frozenset({"voicemail", "no_conversation", "wrong_person"})


def fill(
    store: Store, *, agents: int, calls_a_day: int, first: date, days: int, findings: bool, seed: int
) -> int:
    """Write the calls of so many work days; how many were written."""
    rng = np.random.default_rng(seed)
    standard = load_standard()
    text = dump_standard(standard)
    digest = hashlib.sha256(text.encode()).hexdigest()
    at = datetime.now(UTC)
    with store.writing() as session:
        if session.get(StandardText, digest) is None:
            session.add(
                StandardText(sha256=digest, standard=standard.id, version=standard.version, text=text, first_used_at=at)
            )  # fmt: skip
        key = (
            session.scalar(select(func.max(Call.id))) or 0,
            session.scalar(select(func.max(Score.id))) or 0,
        )
    skill = rng.beta(6, 2, size=(agents, len(standard.criteria)))
    number = 0
    for offset in range(days):
        day = first + timedelta(days=offset)
        if day.weekday() > 4:
            continue
        rows: dict[Any, list[dict[str, Any]]] = {
            table: [] for table in (RecordingRow, Call, Score, CriterionRow, FindingRow)
        }
        for agent in range(agents):
            for _ in range(calls_a_day):
                number += 1
                _call(rows, rng, key, number, agent, day, digest, standard, skill[agent], findings, at)
        with store.writing() as session:
            for table, made in rows.items():
                if made:
                    session.execute(insert(table), made)
    return number


def _call(
    rows: Any, rng: Any, key: Any, number: int, agent: int, day: date, digest: str, standard: Any, skill: Any,
    findings: bool, at: datetime,
) -> None:  # fmt: skip
    call, score = key[0] + number, key[1] + number
    sound = hashlib.sha256(f"{day} {call}".encode()).hexdigest()
    started = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(
        seconds=int(rng.integers(28_000))
    )
    outcome = str(rng.choice(OUTCOMES, p=ODDS))
    campaign = CAMPAIGNS[int(rng.integers(4)) if agent % 2 else int(rng.integers(2))]
    duration = float(rng.gamma(3, 40) + 5)
    length = 40.0 if outcome in LOST else duration
    criteria = list(_criteria(rng, standard, skill, score, outcome in LOST))
    points = sum(each["points"] or 0 for each in criteria)
    most = sum(each["max_points"] or 0 for each in criteria)
    fatal = ["talk.no_hard_sell"] if outcome not in LOST and rng.random() < 0.01 else []
    before = round(100 * points / most, 1) if most else None
    percent = 0.0 if fatal else before
    due = (started + timedelta(days=int(rng.integers(1, 9)))).isoformat()
    wanted = {"text": "下周再联系，发一份报价", "when": due if rng.random() < 0.7 else None}
    rows[RecordingRow].append({
        "sha256": sound, "bytes": 1, "duration_s": length, "channels": 2, "sample_rate_hz": 8000, "codec": "pcm",
        "first_seen_at": at,
    })  # fmt: skip
    rows[Call].append({
        "id": call, "call_id": f"C{day:%Y%m%d}-{call:07d}", "recording_sha256": sound, "file": f"{call}.wav",
        "agent_id": f"A{agent + 1:03d}", "agent_name": NAMES[agent % len(NAMES)], "customer_id": f"K{rng.integers(10**7)}",
        "started_at": started, "direction": "outbound", "campaign": campaign, "listed": True, "record": {},
        "record_sha256": "0" * 64, "current_version": 1, "current_score_id": score, "created_at": at, "updated_at": at,
    })  # fmt: skip
    rows[Score].append({
        "id": score, "call": call, "version": 1, "made_by": "machine", "cause": "first", "fingerprint": sound,
        "standard_sha256": digest, "recording_sha256": sound, "record_sha256": "0" * 64, "percent": percent,
        "percent_before_fatal": before, "points": points, "max_points": most, "coverage": 0.9, "grade": None,
        "fatal": fatal, "needs_review": any(each["verdict"] == "needs_review" for each in criteria), "language": "zh",
        "outcome": outcome, "outcome_confidence": 0.9, "follow_up": wanted if outcome in ("interested", "call_back") else None,
        "talk_s": length * 0.7, "agent_talk_s": length * 0.4, "seconds": {}, "made_at": at,
    })  # fmt: skip
    rows[CriterionRow] += criteria
    if findings:
        rows[FindingRow] += [
            {"score": score, "finding": "f1", "kind": "made", "criterion": each["criterion"], "turn": 1, "speaker": "agent",
             "start_s": float(rng.uniform(0, length)), "end_s": None, "quote": "您好，我是华信传媒的李明。", "confidence": 0.9,
             "detail": {}}
            for each in criteria[:1]
        ]  # fmt: skip


def _criteria(rng: Any, standard: Any, skill: Any, score: int, lost: bool) -> Iterator[dict[str, Any]]:
    chances = rng.random(len(standard.criteria))
    fates = rng.random(len(standard.criteria))
    for place, criterion in enumerate(standard.criteria):
        verdict = (
            "not_applicable" if lost or fates[place] < 0.2 else "not_measurable" if fates[place] < 0.24
            else "needs_review" if fates[place] > 0.999
            else "pass" if chances[place] < skill[place] else "partial" if chances[place] < skill[place] + 0.06 else "fail"
        )  # fmt: skip
        points = SHARE[verdict] * criterion.weight if verdict in SHARE else None
        yield {
            "score": score, "criterion": criterion.id, "article": criterion.article, "verdict": verdict, "points": points,
            "max_points": None if points is None else criterion.weight, "advisory": criterion.advisory,
            "reason_code": "made", "findings": ["f1"] if place == 0 else [],
        }  # fmt: skip


def count(store: Store) -> None:
    """Count the daily sums, telling how it goes on."""
    freshen(store, ZoneInfo("Asia/Shanghai"), told=lambda left: print(f"{left} days to count"))  # noqa: T201


def copy_back(store: Store, *, copies: int, days: int) -> None:
    """Put all calls and their daily sums into earlier spans of as many days; whole weeks keep work days work days."""
    with store.reading() as session:
        calls = session.scalar(select(func.max(Call.id))) or 0
        scores = session.scalar(select(func.max(Score.id))) or 0
    sqlite = store.place.is_sqlite
    for number in range(1, copies + 1):
        back, prefix = number * days, f"{number:06d}"
        values = {"back": back, "prefix": prefix, "calls": number * calls, "scores": number * scores,
                  "of_calls": calls, "of_scores": scores}  # fmt: skip
        with store.writing() as session:
            last = session.scalar(select(func.max(ChangedDay.id))) or 0
            for table, key in ((RecordingRow, None), (Call, "of_calls"), (Score, "of_scores")):
                _copy(
                    session,
                    table,
                    values,
                    sqlite,
                    where=f"id <= :{key}" if key else FIRST,
                )
            session.execute(delete(ChangedDay).where(ChangedDay.id > last))
            newest = session.scalar(select(func.max(DayCalls.day)))
            first = newest - timedelta(days=days)
            for table in (DayCalls, DayCriteria):
                _copy(session, table, {**values, "first": first}, sqlite, where="day > :first")
        print(f"{number} of {copies} copies")  # noqa: T201 - a program that talks to whoever runs it


def _copy(session: Any, table: Any, values: dict[str, Any], sqlite: bool, *, where: str) -> None:
    moment = (
        "strftime('%Y-%m-%d %H:%M:%S.000000', started_at, '-' || :back || ' days')" if sqlite
        else "started_at - make_interval(days => :back)"
    )  # fmt: skip
    day = "date(day, '-' || :back || ' days')" if sqlite else "day - CAST(:back AS integer)"
    other = ":prefix || substr({0}, 7)"
    shifted = {
        (RecordingRow, "sha256"): other, (Call, "id"): "id + :calls", (Call, "call_id"): ":prefix || call_id",
        (Call, "recording_sha256"): other, (Call, "started_at"): moment,
        (Call, "current_score_id"): "current_score_id + :scores", (Score, "id"): "id + :scores",
        (Score, "call"): "call + :calls", (Score, "fingerprint"): other, (Score, "recording_sha256"): other,
        (DayCalls, "day"): day, (DayCriteria, "day"): day,
    }  # fmt: skip
    columns = [column.name for column in table.__table__.columns]
    quoted = [f'"{name}"' for name in columns]
    made = [shifted.get((table, name), '"{0}"').format(name) for name in columns]
    used = {key: value for key, value in values.items() if f":{key}" in " ".join([*made, where])}
    session.execute(
        text(f"INSERT INTO {table.__tablename__} ({', '.join(quoted)}) SELECT {', '.join(made)} "  # noqa: S608 - fixed names
             f"FROM {table.__tablename__} WHERE {where}"), used,
    )  # fmt: skip


def main() -> None:
    """Read the command line and fill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--calls", type=int, default=20, help="a day and agent")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 1, 1))
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--no-findings", action="store_true")
    parser.add_argument(
        "--copies", type=int, default=0, help="earlier spans of as many days with the same calls"
    )
    parser.add_argument("--count", action="store_true", help="count the daily sums at once")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with open_store(given.url) as store:
        made = fill(
            store, agents=given.agents, calls_a_day=given.calls, first=given.first, days=given.days,
            findings=not given.no_findings, seed=given.seed,
        )  # fmt: skip
        if given.copies or given.count:
            count(store)
        if given.copies:
            copy_back(store, copies=given.copies, days=given.days)
    print(f"{made * (1 + given.copies)} calls")  # noqa: T201 - a program that talks to whoever runs it


if __name__ == "__main__":
    main()
