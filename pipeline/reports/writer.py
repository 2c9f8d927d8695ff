"""Writes the reports as calls are done, so that a crash in the fiftieth leaves forty-nine."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pipeline.call_names import safe_name
from pipeline.errors import RecordingError
from pipeline.reports.audio_copy import FORMER_SUFFIX, SUFFIX, CopySettings, write_copy
from pipeline.reports.call_json import write_json
from pipeline.reports.call_page import call_page
from pipeline.reports.calls_csv import Failure, Row, row_of, row_of_failure, to_csv
from pipeline.reports.files import write_atomic
from pipeline.reports.index_page import Card, card_of, index_page
from pipeline.reports.standard_view import StandardView
from pipeline.reports.timeline import hidden_in
from pipeline.types import CallResult

FLUSH_EVERY_S = 2.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """What remains of a call once its own files are written: its row and its card. Small, and it pickles.

    ``from_cache`` says that nothing was transcribed: the words were known from an earlier run. ``unrecorded`` are sides
    whose channel carries nothing.
    """

    row: Row
    card: Card
    from_cache: bool = False
    unrecorded: tuple[str, ...] = ()


def write_call(
    result: CallResult,
    out: Path,
    *,
    standard: StandardView,
    source: Path | None = None,
    copy: CopySettings | None = None,
    sound: bool = True,
) -> Written:
    """Write one call's playable copy, page and JSON under ``out/calls``, all or none; safe to run in a worker process.

    Parameters
    ----------
    result
        The call, its text masked.
    out
        The report folder.
    standard
        The standard it was scored under.
    source
        The recording to copy from; by default the result's own. Personal data found in it is covered by a
        tone. A recording that can't be copied gives a page without sound, and a warning; a disk that is full fails the call.
    sound
        Whether there is a playable copy at all.
    """
    folder, name = out / "calls", safe_name(result.call.call_id)
    page = f"{name}.html"
    card, row = card_of(result, page=page, standard=standard), row_of(result)
    source = source or (result.recording.path if result.recording else None)
    target = folder / f"{name}{SUFFIX}"
    try:
        played = _copy(result, source, target, copy) if source and sound else None
        if played is None:
            target.unlink(missing_ok=True)  # one of an earlier run would be another call's sound
        target.with_suffix(FORMER_SUFFIX).unlink(missing_ok=True)
        write_atomic(folder / page, call_page(result, standard=standard, sound=played))
        write_json(result, folder)
    except BaseException:
        take_back(result, out)
        raise
    known = bool(result.provenance.get("transcript_from_cache"))
    lost = tuple(sorted(result.sound.unrecorded)) if result.sound else ()
    return Written(row, card, from_cache=known, unrecorded=lost)


def take_back(result: CallResult, out: Path) -> None:
    """Leave nothing of a call: one that fails on the way has no score, nor one of an earlier run whose sound is gone."""
    folder, name = out / "calls", safe_name(result.call.call_id)
    for ending in (SUFFIX, ".html", ".json"):
        (folder / f"{name}{ending}").unlink(missing_ok=True)


def _copy(result: CallResult, source: Path, target: Path, settings: CopySettings | None) -> str | None:
    try:
        own = result.recording if result.recording and result.recording.path == source else None
        sha256 = own.sha256 if own else None
        return write_copy(
            source, target, mask=hidden_in(result), settings=settings, sha256=sha256, must_be=sha256
        ).name
    except RecordingError as error:
        _log.warning("%s: report without sound: %s", result.call.call_id, error)
        return None


class ReportWriter:
    """Collects calls and keeps ``calls.csv`` and ``index.html`` up to date.

    Each call's own files are written at once; the table and the index follow at most every two seconds
    and when closed. Use it as a context manager: it closes on errors too.
    """

    def __init__(self, out: Path, *, standard: StandardView, copy: CopySettings | None = None) -> None:
        self.out = out
        self.standard = standard
        self._copy = copy
        self._written: dict[str, Written] = {}
        self._failures: list[Failure] = []
        self._flushed_at = float("-inf")

    def add(self, result: CallResult, *, source: Path | None = None) -> Written:
        """Write a scored call."""
        written = write_call(result, self.out, standard=self.standard, source=source, copy=self._copy)
        self.add_written(written)
        return written

    def add_written(self, written: Written) -> None:
        """Take in a call whose own files a worker wrote with `write_call`."""
        self._written[written.card.call_id] = written
        self._flush_if_due()

    def fail(self, failure: Failure) -> None:
        """Take in a file that gave no result."""
        self._failures.append(failure)
        self._flush_if_due()

    def close(self) -> None:
        """Write the table and the index for the last time."""
        self._flush()

    def __enter__(self) -> ReportWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _flush_if_due(self) -> None:
        if time.monotonic() - self._flushed_at >= FLUSH_EVERY_S:
            self._flush()

    def _flush(self) -> None:
        rows = [row_of_failure(failure) for failure in self._failures]
        rows += [written.row for written in self._written.values()]
        rows.sort(key=lambda row: str(row.values["file"]))
        criteria = [criterion.id for criterion in self.standard.criteria]
        write_atomic(self.out / "calls.csv", to_csv(rows, criteria=criteria))
        cards = [written.card for written in self._written.values()]
        write_atomic(self.out / "index.html", index_page(cards, self._failures, standard=self.standard))
        self._flushed_at = time.monotonic()


def write_report(
    results: Iterable[CallResult], failures: Iterable[Failure], out: Path, *, standard: StandardView,
    copy: CopySettings | None = None,
) -> None:  # fmt: skip
    """Write all reports into a folder: ``calls/``, ``calls.csv``, ``index.html``."""
    with ReportWriter(out, standard=standard, copy=copy) as writer:
        for failure in failures:
            writer.fail(failure)
        for result in results:
            writer.add(result)
