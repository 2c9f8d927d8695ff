"""What a night costs around the calls: ``python -m flows.load --calls 5000``.

The real flow, the real store and the real child processes, with a transcriber that answers at once
(`pipeline.nightly.instant`) and recordings of a second. Overhead is what a call takes of a worker's time beyond
hearing, judging and making its files.
"""

from __future__ import annotations

import json
import math
import os
import resource
import struct
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

RATE_HZ = 8000


def make_inbox(folder: Path, calls: int) -> None:
    """Tones of a second, each with a content of its own, and their call list."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["file,call_id,agent_id,started_at"]
    for number in range(calls):
        name = f"c{number:06}.wav"
        step = 2 * math.pi * (200 + number % 50) / RATE_HZ
        tone = [int(8000 * math.sin(step * i)) for i in range(RATE_HZ)]
        with wave.open(str(folder / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(
                struct.pack("<h", number % 30000)
                + struct.pack(f"<{RATE_HZ}h", *tone)
                + struct.pack("<i", number)
            )
        rows.append(f"{name},L{number:06},A{number % 40:02},2025-03-04T10:{number % 60:02}:00+08:00")
    (folder / "calls.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


@contextmanager
def memory_watch(every_s: float = 1.0) -> Iterator[list[tuple[float, float]]]:
    """Seconds since the start and this process's resident memory in MB, every second."""
    seen: list[tuple[float, float]] = []
    stop = threading.Event()
    started = time.monotonic()
    page_mb = os.sysconf("SC_PAGE_SIZE") / 1e6

    def watch() -> None:
        while not stop.wait(every_s):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            seen.append((time.monotonic() - started, pages * page_mb))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


@click.command()
@click.option("--calls", default=5000, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), help="Folder to work in and leave behind.")
def main(calls: int, workers: int, keep: Path | None) -> None:
    """Run a night of CALLS instant calls and print what it cost, as JSON."""
    with tempfile.TemporaryDirectory(prefix="callgauge-load-") as folder:
        place = keep or Path(folder)
        os.environ["CALLGAUGE_STORE"] = f"sqlite:///{place / 'store' / 'callgauge.db'}"
        os.environ["CALLGAUGE_CACHE"] = str(place / "cache")
        make_inbox(place / "inbox", calls)
        from flows.quiet import prefect_ready
        from pipeline.store import place_of

        with prefect_ready(place_of().files / "prefect"):
            from flows.load_flow import load_night

            cpu = time.process_time()
            started = time.monotonic()
            with memory_watch() as memory:
                told: dict[str, Any] = load_night(str(place / "inbox"), workers)
            wall_s = time.monotonic() - started
            told |= _memory(memory) | {"calls": calls, "workers": workers, "wall_s": round(wall_s, 1)}
            own_s, workers_s = time.process_time() - cpu, _children_s()
            told["wall_ms_per_call"] = round(wall_s / calls * 1000, 1)
        server_s = _children_s() - workers_s  # it has ended now
    told["cpu_s"] = {"run": round(own_s, 1), "workers": round(workers_s, 1), "server": round(server_s, 1)}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


def _children_s() -> float:
    """Processor time of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(seen: list[tuple[float, float]]) -> dict[str, Any]:
    """Memory at a quarter, half and the end of the run, and the most."""
    values = [mb for _, mb in seen] or [0.0]
    at = {name: round(values[int(share * (len(values) - 1))]) for name, share in
          (("quarter", 0.25), ("half", 0.5), ("end", 1.0))}  # fmt: skip
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"memory_mb": at, "most_memory_mb": round(most)}


if __name__ == "__main__":
    main()
