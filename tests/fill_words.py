"""Words, files and objections for the calls that tests/fill_store.py made: python tests/fill_words.py URL.

Sentences are the examples of the lexicons, so that words are as common or as rare as there. Every call gets an entry in
the search; results, transcripts and sounds are those of fifty made-up calls in turn, since the call's page reads one of
each whatever their number.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from review_calls import judged_result, sound_of
from sqlalchemy import func, insert, select, update

from pipeline.reports.call_json import to_json
from pipeline.store import Store, open_store
from pipeline.store.said import Said, packed
from pipeline.store.search_index import rebuild
from pipeline.store.search_tables import SearchDoc
from pipeline.store.search_tokens import VERSION
from pipeline.store.tables import Call, FindingRow, Score, StoredFile

ROOT = Path(__file__).parents[1]
TURNS = 60
FILES = 50
OBJECTIONS = ("price", "no_need", "no_time", "existing_supplier", "distrust", "other")
NAMES = ("蓝海宽带", "鹏博士", "Acme Telecom", "联通")
PART = 2_000


def sentences() -> list[str]:
    """All examples of the Mandarin lexicons and a fifth as many English ones."""
    found: dict[str, list[str]] = {}
    for language in ("zh", "en"):
        found[language] = []
        for path in sorted((ROOT / "pipeline" / "lexicons" / language).glob("[a-z]*.yaml")):
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
            for rule in data.get("rules") or [] if isinstance(data, dict) else []:
                found[language] += [
                    each
                    for key in ("hits", "misses")
                    for each in rule.get(key) or []
                    if isinstance(each, str)
                ]
    return found["zh"] + found["en"][: len(found["zh"]) // 5]


def fill_words(store: Store, *, seed: int) -> int:
    """Give every call its words and files; how many calls."""
    rng = np.random.default_rng(seed)
    pool = sentences()
    files = _files(store)
    with store.reading() as session:
        calls = session.execute(select(Call.id, Call.current_score_id).order_by(Call.id)).all()
    for start in range(0, len(calls), PART):
        part = calls[start : start + PART]
        with store.writing() as session:
            session.execute(insert(SearchDoc), list(_docs(rng, pool, part, files)))
            session.execute(update(Score), list(_kept(part, files)))
            session.execute(insert(FindingRow), list(_findings(rng, part)))
    with store.writing() as session:
        rebuild(session)
    return len(calls)


def _files(store: Store) -> list[tuple[str, str, str]]:
    kept = []
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder, store.writing() as session:
        sound = store.files.take(sound_of(Path(folder)), "audio")
        rows = [sound]
        for number in range(FILES):
            data = to_json(judged_result(f"made-{number}", "A001"))
            words = {"schema": "callgauge/transcript/1", **data.pop("transcript")}
            transcript = store.files.put(json.dumps({**words, "number": number}).encode(), "transcript")
            result = store.files.put(json.dumps({**data, "transcript": None}).encode(), "result")
            rows += [transcript, result]
            kept.append((result.sha256, transcript.sha256, sound.sha256))
        session.execute(insert(StoredFile), [
            {"sha256": each.sha256, "kind": each.kind, "bytes": each.bytes, "written_at": now} for each in rows
        ])  # fmt: skip
    return kept


def _docs(rng: Any, pool: Sequence[str], part: Any, files: Any) -> Iterator[dict[str, Any]]:
    for key, _ in part:
        chosen = rng.integers(len(pool), size=TURNS)
        said = [
            Said("agent" if i % 2 == 0 else "customer", i * 4.5, pool[each], ((0, i * 4.5),))
            for i, each in enumerate(chosen)
        ]
        if rng.random() < 0.03:
            said.append(
                Said("customer", TURNS * 4.5, f"我们已经用{NAMES[key % len(NAMES)]}了", ((0, TURNS * 4.5),))
            )
        said.append(Said("agent", TURNS * 5.0, f"您的编号是N{key}", ((0, TURNS * 5.0),)))
        yield {
            "call": key, "transcript_sha256": files[key % FILES][1], "made_with": VERSION, "said": packed(said),
        }  # fmt: skip


def _kept(part: Any, files: Any) -> Iterator[dict[str, Any]]:
    for key, score in part:
        result, transcript, sound = files[key % FILES]
        yield {"id": score, "result_file": result, "transcript_file": transcript, "audio_file": sound}


def _findings(rng: Any, part: Any) -> Iterator[dict[str, Any]]:
    for _, score in part:
        kind = OBJECTIONS[int(rng.integers(len(OBJECTIONS)))]
        if rng.random() < 0.5:
            yield {"score": score, "finding": "f8", "kind": "objection", "criterion": "talk.objections", "turn": 5,
                   "speaker": "customer", "start_s": 20.0, "end_s": 22.0, "quote": "太贵了", "confidence": 0.9,
                   "detail": {"kind": kind, "handling": "passive"}}  # fmt: skip
        if rng.random() < 0.3:
            yield {"score": score, "finding": "f9", "kind": "refusal", "criterion": None, "turn": 7,
                   "speaker": "customer", "start_s": 30.0, "end_s": 31.0, "quote": "不需要", "confidence": 0.9,
                   "detail": {}}  # fmt: skip


def main() -> None:
    """Read the command line and fill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.perf_counter()
    with open_store(given.url) as store:
        count = fill_words(store, seed=given.seed)
        with store.reading() as session:
            docs = session.scalar(select(func.count()).select_from(SearchDoc))
    print(f"{count} calls, {docs} searchable, {time.perf_counter() - started:.0f} s")  # noqa: T201 - a program that talks to whoever runs it


if __name__ == "__main__":
    main()
