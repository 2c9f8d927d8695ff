"""Small inboxes, and a night without scheduler or sound: true ledger, true store, made-up scores."""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from factories import make_findings, make_result

from pipeline.nightly import night
from pipeline.nightly.settings import NightSettings
from pipeline.nightly.shared import Shared
from pipeline.nightly.tickets import Ticket
from pipeline.store import Store
from pipeline.store.keep import Judged
from pipeline.store.ledger import Line, Night, night_of

RATE_HZ = 8000


def write_wav(path: Path, seed: int = 0, *, length_s: float = 1.0) -> Path:
    """A tone of its own for each seed, so that no two files have one content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = int(length_s * RATE_HZ)
    step = 2 * math.pi * (200 + 7 * seed) / RATE_HZ
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(step * i))) for i in range(count)))
    return path


def judged(ticket: Ticket, *, percent: float = 80.0, findings: tuple[Any, ...] | None = None) -> Judged:
    """A result as a worker would have made it, without files."""
    result = make_result()
    recording = replace(result.recording, sha256=ticket.basis.recording_sha256)  # type: ignore[type-var]  # it has one
    score = replace(result.score, percent=percent, fatal=())
    chosen = make_findings() if findings is None else findings
    return Judged(recording, "zh", score, chosen, result.outcome, (), {"hear": 0.1})


def run_night(
    store: Store,
    inbox: Path | Shared,
    *,
    on: date = date(2025, 3, 4),
    make: Callable[[Ticket], Judged] = judged,
    fail: Callable[[Ticket], str | None] = lambda _ticket: None,
    **settings: Any,
) -> night.Outcome:
    """A whole night in this process; ``fail`` gives the code of a call's failure."""
    chosen = NightSettings(inbox, on, settle_s=0.01, **settings)
    begun = night.begin(store, chosen, now=datetime.now(UTC))
    failed = 0
    for ticket in begun.tickets:
        if (code := fail(ticket)) is not None:
            failed += night.put_down(store, ticket, begun.made, code=code, message=code).state == "failed"
        else:
            night.keep(store, ticket, make(ticket), begun.made)
    return night.finish(store, begun, failed_now=failed, worked=len(begun.tickets))


def lines(store: Store, on: date = date(2025, 3, 4)) -> dict[str, Line]:
    """A night's lines by file; of two with one name the later."""
    return {line.file: line for line in the_night(store, on).lines}


def the_night(store: Store, on: date = date(2025, 3, 4)) -> Night:
    """A night as the store has it."""
    with store.reading() as session:
        found = night_of(session, on)
    assert found is not None
    return found
