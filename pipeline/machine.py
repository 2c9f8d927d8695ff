"""How much of the machine a run takes: processes, and threads in each.

Two processes of one thread each transcribe about 1.3 times what one process of two threads does, so processes come first
and threads only where there are fewer calls than processors.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

WORKER_BYTES = 1_200_000_000
"""What one worker may need with Whisper base and an ordinary call."""
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Share:
    """Processes at once, and threads of the speech engine in each."""

    workers: int
    threads: int


def processors() -> int:
    """Processors that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def share_out(
    calls: int, *, processors: int, memory_bytes: int | None = None, workers: int | None = None
) -> Share:
    """Workers and threads for so many calls.

    Parameters
    ----------
    memory_bytes
        Memory that is free; None where it isn't known. A number of workers that was asked for is believed.
    workers
        How many were asked for; None lets the machine decide.

    Examples
    --------
    >>> share_out(100, processors=8), share_out(1, processors=8), share_out(100, processors=8, memory_bytes=4 * 10**9)
    (Share(workers=8, threads=1), Share(workers=1, threads=8), Share(workers=3, threads=2))
    """
    if workers is None:
        fitting = processors if memory_bytes is None else max(1, memory_bytes // WORKER_BYTES)
        workers = min(processors, fitting)
    workers = max(1, min(workers, calls))
    return Share(workers, max(1, processors // workers))


def free_memory() -> int | None:
    """Bytes that can be had without swapping, as Linux tells them; None elsewhere."""
    listing = Path("/proc/meminfo")
    if not listing.is_file():
        return None
    for line in listing.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def limit_threads(threads: int) -> None:
    """Keep the number libraries of this process to some threads; call it before they are imported."""
    for name in _THREAD_VARIABLES:
        os.environ[name] = str(threads)
