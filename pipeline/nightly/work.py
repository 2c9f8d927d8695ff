"""The work on one call, in the child process: hear, judge, write its files. Nothing here touches the database."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import CallgaugeError, RecordingError, code_of_disk
from pipeline.nightly.fetched import near
from pipeline.nightly.tickets import Ticket
from pipeline.process import HeardCall, Job, Workplace, hear_call, judge_call
from pipeline.reports.audio_copy import write_copy
from pipeline.reports.call_json import to_json
from pipeline.reports.originals import SCHEMA, words_json
from pipeline.reports.timeline import hidden_in
from pipeline.settings import Keep
from pipeline.standards.library import read_standard
from pipeline.store.files import FileArea, Kept, read_result
from pipeline.store.keep import Judged
from pipeline.store.reasons import REASONS, code_of
from pipeline.store.said import said_in
from pipeline.types import CallResult, Recording

__all__ = [
    "Bench",
    "ChangedError",
    "ExcludedError",
    "Places",
    "Setup",
    "failure_code",
    "json_bytes",
    "judged_of",
    "read_result",
]

_log = logging.getLogger(__name__)


class ExcludedError(CallgaugeError):
    """The call is none for us; ``code`` says why."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class ChangedError(CallgaugeError):
    """The file's content is not what it was when the night was planned."""

    code = "being_written"


@dataclass(frozen=True)
class Setup:
    """What every call of a night shares; it pickles.

    Attributes
    ----------
    standards
        Text of each standard that a ticket names, by digest; the workplace's own is not among them.
    keep
        What is kept of sound and words.
    """

    workplace: Workplace
    files: Path
    shortest_s: float
    standards: dict[str, str]
    keep: Keep = "masked"

    @property
    def standard_sha256(self) -> str:
        """Digest of the standard for calls without a score."""
        return self.workplace.standard.sha256


class Places:
    """The workplace of each standard, made at its first use; one speech engine for all of them."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._made: dict[str, Workplace] = {setup.standard_sha256: setup.workplace}

    def of(self, standard_sha256: str) -> Workplace:
        """Where calls are judged by a standard."""
        if standard_sha256 not in self._made:
            text = self._setup.standards[standard_sha256]
            standard = read_standard(text, name=f"standard {standard_sha256[:12]}")
            self._made[standard_sha256] = replace(self._setup.workplace, standard=standard)
        place = self._made[standard_sha256]
        if place is not self._setup.workplace and "recogniser" not in place.__dict__:
            place.__dict__["recogniser"] = self._setup.workplace.recogniser  # one model a process
        return place


class Bench:
    """A process's place of work: models loaded once, one call at a time.

    `hear`, `judge` and `keep_files` are called in this order for one ticket; each holds what the next one needs.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._area = FileArea(setup.files)
        self._writers = ThreadPoolExecutor(2, thread_name_prefix="files")
        self._places = Places(setup)
        self._near = ExitStack()
        self._job: Job | None = None
        self._heard: HeardCall | None = None
        self._result: CallResult | None = None
        self._seconds: dict[str, float] = {}

    def hear(self, ticket: Ticket) -> None:
        """Read the recording and its words. Raises what `hear_call` raises, ChangedError, ExcludedError."""
        self._seconds = {}
        self._near.close()  # a copy for the call before
        path = self._near.enter_context(near(ticket.path, ticket.beside))
        self._job = Job(path, ticket.record, ticket.suppressed_since)
        self._heard = self._timed("hear", hear_call, self._job, self._places.of(ticket.basis.standard_sha256))
        if self._heard.recording.sha256 != ticket.basis.recording_sha256:
            raise ChangedError(f"{ticket.record.file} has changed since it was looked at")
        if self._heard.recording.duration_s < self._setup.shortest_s:
            length = f"{self._heard.recording.duration_s:.2f} s"
            raise ExcludedError(f"{ticket.record.file} lasts {length}", code="too_short")

    def judge(self, ticket: Ticket) -> None:
        """Judge what was heard."""
        assert self._heard is not None and self._job is not None  # noqa: S101 - hear comes first
        self._result = self._timed(
            "judge", judge_call, self._heard, self._job, self._places.of(ticket.basis.standard_sha256)
        )

    def keep_files(self, ticket: Ticket) -> Judged:
        """Write the call's files and say what its rows must hold."""
        assert self._result is not None and self._heard is not None and self._job is not None  # noqa: S101 - judge comes first
        result = self._result
        files = self._timed("files", self._files, result, self._heard, ticket, self._job.path)
        self._result = None
        self._near.close()
        return judged_of(result, self._heard.recording, files, self._seconds)

    def _files(self, result: CallResult, heard: HeardCall, ticket: Ticket, source: Path) -> tuple[Kept, ...]:
        """Each file waits for the disk by itself, so they are written side by side."""
        data, keep = to_json(result), self._setup.keep
        transcript = {"schema": SCHEMA, **data.pop("transcript")}
        made = [self._writers.submit(self._area.put, json_bytes({**data, "transcript": None}), "result")]
        kept: list[Kept] = []
        if keep != "original":
            made.append(self._writers.submit(self._area.put, json_bytes(transcript), "transcript"))
            kept += [copy] if (copy := self._copy(result, source)) is not None else []
        if keep != "masked":
            kept += self._originals(result, heard, ticket, source)
        return (*(each.result() for each in made), *kept)

    def _originals(self, result: CallResult, heard: HeardCall, ticket: Ticket, source: Path) -> list[Kept]:
        sound = self._area.take(source, "original_audio")
        if sound.sha256 != heard.recording.sha256:
            raise ChangedError(f"{ticket.record.file} has changed since it was looked at")
        words = self._area.put(json_bytes(words_json(result, heard.transcript)), "original_transcript")
        return [sound, words]

    def _copy(self, result: CallResult, source: Path) -> Kept | None:
        with tempfile.TemporaryDirectory(prefix="callgauge-") as folder:
            try:
                target, own = Path(folder) / "copy.flac", result.recording
                copy = write_copy(source, target, mask=hidden_in(result), must_be=own.sha256 if own else None)
                return self._area.take(copy, "audio")
            except RecordingError as error:
                if REASONS[code_of(error.code)].heals:  # moved or exchanged since it was heard
                    raise
                _log.warning("%s: no playable copy: %s", result.call.call_id, error)
                return None  # the call is judged; its page plays nothing

    def _timed(self, name: str, work: Callable[..., Any], *args: Any) -> Any:
        started = time.perf_counter()
        try:
            return work(*args)
        finally:
            self._seconds[name] = round(time.perf_counter() - started, 4)


def judged_of(
    result: CallResult, recording: Recording, files: tuple[Kept, ...], seconds: Mapping[str, float]
) -> Judged:
    """What the rows of a result must hold."""
    return Judged(
        recording, result.transcript.language, result.score, _plain(result), result.outcome, files, dict(seconds),
        _measured(result, "talk_s"), _measured(result, "agent_talk_s"), said_in(result.transcript.turns),
    )  # fmt: skip


def _plain(result: CallResult) -> tuple:
    """Findings whose details hold plain data, so that they cross to a process that has loaded none of the models."""
    data = to_json(result)["findings"]
    return tuple(replace(f, detail=plain["detail"]) for f, plain in zip(result.findings, data, strict=True))


def json_bytes(data: Mapping[str, Any]) -> bytes:
    """JSON data as the file area keeps it."""
    return (json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n").encode()


def failure_code(error: BaseException) -> str:
    """The code by which an error goes into the ledger (`pipeline.store.reasons`)."""
    if isinstance(error, CallgaugeError):
        return error.code
    if isinstance(error, OSError):
        return code_of_disk(error)
    if isinstance(error, MemoryError):
        return "crashed"
    return "internal"


def _measured(result: CallResult, name: str) -> float | None:
    """A measure's value, None where it is not measurable."""
    measure = result.measures.get(name)
    if measure is None or not isinstance(measure.value, int | float):
        return None
    return float(measure.value)
