"""A run of ``callgauge analyze``: transcripts in, a result a line out, in their order, over processes where it pays."""

from __future__ import annotations

import functools
import itertools
import multiprocessing
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from pipeline.beside_sides import doubt_of, without_sides
from pipeline.calls import no_outcome
from pipeline.delivered import BadLine, Delivered, read_transcripts
from pipeline.errors import CallgaugeError
from pipeline.machine import free_memory, limit_threads, processors, share_out
from pipeline.process import Workplace, appraise
from pipeline.reports.call_json import dumps_line
from pipeline.standards.checks_record import outcome_words

CHUNK = 16
"""Calls that a process is given at once."""
LEAST_TO_SHARE = 4 * CHUNK
"""Fewer calls are done in this process: another takes seconds to load its models."""

Numbered = tuple[int, Delivered | BadLine]


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of transcripts became: a line of JSON with what was left out of it, or why it can't be used."""

    result: str | None = None
    trouble: str = ""
    notes: tuple[str, ...] = ()


def analyze(transcripts: Path, workplace: Workplace, *, workers: int | None = None) -> Iterator[Line]:
    """Results of all lines of a file, in order.

    Parameters
    ----------
    workers
        Processes at once; None lets the machine decide.

    Raises
    ------
    OSError
        The file can't be read.
    """
    lines = read_transcripts(transcripts, workplace.profile)
    work = functools.partial(_chunk, name=transcripts.name, workplace=workplace)
    first = list(itertools.islice(lines, LEAST_TO_SHARE))
    share = share_out(len(first), processors=processors(), memory_bytes=free_memory(), workers=workers)
    chunks = _chunks(itertools.chain(first, lines))
    alone = len(first) < LEAST_TO_SHARE or share.workers == 1
    return itertools.chain.from_iterable(map(work, chunks) if alone else _shared(chunks, work, share.workers))


def _chunks(lines: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    lines = iter(lines)
    return iter(lambda: list(itertools.islice(lines, CHUNK)), [])


def _shared(
    chunks: Iterator[list[Numbered]], work: Callable[[Sequence[Numbered]], list[Line]], workers: int
) -> Iterator[list[Line]]:
    """Chunks over processes, a few ahead of the reader; should a process die, this one goes on alone."""
    under_way: deque[tuple[list[Numbered], Future[list[Line]]]] = deque()
    # spawn: a fork of a process that has threads may hang
    with ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=limit_threads, initargs=(1,)
    ) as pool:
        try:
            for chunk in chunks:
                under_way.append((chunk, pool.submit(work, chunk)))
                if len(under_way) > 2 * workers:
                    yield under_way[0][1].result()
                    under_way.popleft()
            while under_way:
                yield under_way[0][1].result()
                under_way.popleft()
            return
        except BrokenProcessPool:
            left = [chunk for chunk, _future in under_way]
    yield from map(work, itertools.chain(left, chunks))


def _chunk(lines: Sequence[Numbered], *, name: str, workplace: Workplace) -> list[Line]:
    words = outcome_words(workplace.standard)
    return [_line(number, call, name, workplace, words) for number, call in lines]


def _line(
    number: int, call: Delivered | BadLine, name: str, workplace: Workplace, outcomes: Collection[str]
) -> Line:
    if isinstance(call, BadLine):
        return Line(trouble=call.message)
    try:
        doubt = doubt_of(call.transcript, record=call.record, known_names=workplace.names)
        believed = call.transcript if doubt is None else without_sides(call.transcript, doubt)
        result = appraise(believed, record=call.record, workplace=workplace)
        said = (call.record.outcome or "").strip()
        told = no_outcome(said, outcomes) if said else ""
        notes = (*call.notes, f"{name}: line {number}, outcome → {told}") if told else call.notes
        return Line(dumps_line(result), notes=notes)
    except Exception as error:  # one call's fault must not end the others; it is told with its line
        # a type tells where to look; a message might quote what was said
        told = str(error) if isinstance(error, CallgaugeError) else type(error).__name__
        return Line(trouble=f"{name}: line {number} → can't be analysed: {told}")
