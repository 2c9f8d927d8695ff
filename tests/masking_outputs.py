"""Where true numbers of labelled talk still stand once it has gone through the commands, by kind of output.

``PYTHONPATH=. python tests/masking_outputs.py SET FOLDER [CALLS]``: each conversation becomes a recording with its
transcript beside it; `analyze`, `score`, `nightly`, `scorecard` and the coaching app then write all they write. A number
is found in any spelling: digits of any script, parted in any way, words of either language. No line of the set is printed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
import wave
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from masking_score import NUMBERS, dialogues

WORDS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9",
    **dict(zip("〇零一二三四五六七八九幺两", "00123456789" + "12", strict=True)),
    "oh": "0", "nought": "0", "洞": "0", "拐": "7",
}  # fmt: skip
TIMES = {"double": 2, "triple": 3, "treble": 3}
_TOKEN = re.compile(rf"{'|'.join(sorted((*WORDS, *TIMES), key=len, reverse=True))}|\d|[a-z@]+|[^\W\d_a-z]|\S")
_PARTING = frozenset("-–—.·,，、()（）/_ 　‐‑'’\u200b\u200c\u200d\ufeff")
_LEAST = 7
"""Digits below which a number would be found by chance."""


def digits_of(text: str) -> str:
    """A text's digits however they are spelled; what isn't one, nor parts two of them, is a blank."""
    found: list[str] = []
    times = 1
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).lower()):
        if token in TIMES:
            times = TIMES[token]
        elif token in WORDS or token.isdigit():
            found.append((WORDS.get(token) or str(unicodedata.digit(token, 0))) * times)
            times = 1
        elif token not in _PARTING:
            found.append(" ")
            times = 1
    return re.sub(" +", " ", "".join(found))


def true_numbers(which: str) -> dict[str, dict[str, str]]:
    """By call, what must stand nowhere: each marked number's digits, and what it is."""
    found: dict[str, dict[str, str]] = {}
    for call, block in calls(which):
        for one in block:
            for start, end, kind in one.marks:
                number = digits_of(one.text[start:end]).replace(" ", "")
                if kind in NUMBERS and len(number) >= _LEAST:
                    found.setdefault(call, {})[number] = kind
    return found


def calls(which: str) -> Iterator[tuple[str, list]]:
    for language in ("zh", "en"):
        for index, block in enumerate(dialogues(which, language)):
            yield f"{language}-{index:02}", list(block)


def make(which: str, folder: Path, most: int) -> list[str]:
    """An inbox: speech of the sample calls, over which the conversation is said at a natural pace."""
    import av

    with av.open("sample_audio/zh-01.flac") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    flat = np.concatenate([each.reshape(-1, 2).T if each.shape[0] == 1 else each for each in frames], axis=1)
    loud = flat.sum(0, dtype="int64").clip(-32_000, 32_000).astype("<i2")
    inbox, rows, lines = folder / "in", [], []
    inbox.mkdir(parents=True)
    for number, (call, block) in enumerate(calls(which)):
        at, turns = 0.3, []
        for one in block:
            length = max(0.8, len(one.text.split()) / 3 if call[:2] == "en" else len(one.text) / 5)
            side = one.side if one.side in ("agent", "customer") else "unknown"
            turns.append(
                {"speaker": side, "text": one.text, "start_s": round(at, 2), "end_s": round(at + length, 2)}
            )
            at += length + 0.2
        lines.append(json.dumps({"call_id": call, "language": call[:2], "turns": turns}, ensure_ascii=False))
        if number % max(1, 42 // most):
            continue
        sound = np.resize(loud, int((at + 0.5) * 8_000)) + number % 7
        with wave.open(str(inbox / f"{call}.wav"), "wb") as file:
            file.setparams((1, 2, 8_000, 0, "NONE", ""))
            file.writeframes(sound.astype("<i2").tobytes())
        words = {"language": call[:2], "turns": turns}
        (inbox / f"{call}.transcript.json").write_text(
            json.dumps(words, ensure_ascii=False), encoding="utf-8"
        )
        rows.append(
            [f"{call}.wav", call, "A01", "Dana", f"C-{number}", "2026-12-01T10:00:00+08:00", "outbound"]
        )
    with (inbox / "calls.csv").open("w", encoding="utf-8", newline="") as file:
        head = ["file", "call_id", "agent_id", "agent_name", "customer_id", "started_at", "direction"]
        csv.writer(file).writerows([head, *rows])
    (folder / "talk.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [row[1] for row in rows]


def run(folder: Path, name: str, *args: str) -> None:
    """One command; what it told is an output too."""
    own = {"CALLGAUGE_STORE": f"sqlite:///{folder}/s.db", "CALLGAUGE_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *args],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    (folder / f"told-{name}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    print(f"{name}: status {done.returncode}")  # noqa: T201 - a tool's own words


def outputs(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Each output as kind, name and text; what the machine keeps for itself (caches, the inbox) is none."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or inside.parts[0] in ("in", "cache", "talk.jsonl") or path.suffix == ".flac":
            continue
        kind = f"{inside.parts[0].removesuffix('.db.files')} {path.suffix}"
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                text = "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
        elif path.read_bytes()[:6] == b"SQLite":
            text = _dumped(path)
        else:
            text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".json":
            try:
                text += "\n" + json.dumps(json.loads(text), ensure_ascii=False)
            except ValueError:
                kind += " (no JSON)"
        yield kind, str(inside), text


def _dumped(path: Path) -> str:
    import sqlite3

    with sqlite3.connect(path) as database:
        text = io.StringIO()
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own names
                text.write(" | ".join(str(cell) for cell in row) + "\n")
    return text.getvalue()


def main(which: str, folder: Path, most: int) -> None:
    """Make, run, look, tell."""
    stored = make(which, folder, most)
    run(folder, "analyze", "analyze", str(folder / "talk.jsonl"), "--out", str(folder / "analyzed.jsonl"))
    run(folder, "score", "score", str(folder / "in"), "--out", str(folder / "report"))
    run(folder, "nightly", "nightly", str(folder / "in"), "--date", "2026-12-01", "--log", "json")
    run(folder, "scorecard", "scorecard", "--period", "2026-12", "--out", str(folder / "cards"))
    run(folder, "followups", "followups", "--date", "2026-12-01", "--out", str(folder / "followups.csv"))
    run(folder, "suppressions", "store", "suppressions", "--out", str(folder / "suppressions.csv"))
    run(folder, "alerts", "store", "alerts")
    run(folder, "ledger", "ledger", "--json")
    wanted = true_numbers(which)
    all_ = sum(map(len, wanted.values()))
    of_stored = sum(len(wanted.get(call, ())) for call in stored)
    print(f"{all_} numbers of {_LEAST} digits and more, {of_stored} in {len(stored)} recordings")  # noqa: T201
    leaks: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for kind, _, text in outputs(folder):
        looked = digits_of(text)
        places[kind] += 1
        leaks[kind] += sum(number in looked for numbers in wanted.values() for number in numbers)
    for kind in sorted(places):
        print(f"{kind:28} {places[kind]:5} files {leaks[kind]:5} numbers")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).absolute(), int(sys.argv[3]) if len(sys.argv) > 3 else 14)
