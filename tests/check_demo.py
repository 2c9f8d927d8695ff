"""Check what ``make demo`` wrote: every sample call scored, and the faults and virtues built into them found.

Run as ``python tests/check_demo.py out/demo``; exits with 1 and says what is wrong.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from pipeline.kinds import MEASURES

SAMPLES = Path(__file__).parents[1] / "sample_audio"


def main(out: Path) -> list[str]:
    """Everything that is wrong with the report in ``out``."""
    wrong = []
    with (out / "calls.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["call_id"]: row for row in csv.DictReader(stream)}
    with (SAMPLES / "calls.csv").open(encoding="utf-8-sig", newline="") as stream:
        listed = [row["call_id"] for row in csv.DictReader(stream)]
    for call_id in listed:
        if rows.get(call_id, {}).get("state") != "scored":
            wrong.append(f"{call_id}: not scored")
            continue
        wrong += _call(out, call_id)
    if not (out / "index.html").is_file():
        wrong.append("index.html: not written")
    percents = {call_id: float(row["percent"]) for call_id, row in rows.items() if row["percent"]}
    if percents and not percents.get("zh-01", 0) > percents.get("zh-05", 100):
        wrong.append("zh-01, a model call, is not above zh-05, a hard sell")
    return wrong


def _call(out: Path, call_id: str) -> list[str]:
    result = json.loads((out / "calls" / f"{call_id}.json").read_text(encoding="utf-8"))
    expected = json.loads((SAMPLES / "expected" / f"{call_id}.json").read_text(encoding="utf-8"))
    wrong = []
    if result["call"]["language"] != expected["language"]:
        wrong.append(f"{call_id}: language {result['call']['language']}, not {expected['language']}")
    if unlisted := set(result["measures"]) - set(MEASURES):  # a standard that names one would be refused
        wrong.append(f"{call_id}: figures that pipeline/kinds.py doesn't list: {', '.join(sorted(unlisted))}")
    files = (f"{call_id}.html", f"{call_id}.flac")
    wrong += [f"{call_id}: {name} not written" for name in files if not (out / "calls" / name).is_file()]
    wanted = expected["measures"]["duration_s"]
    if abs(result["measures"]["duration_s"]["value"] - wanted["value"]) > wanted["tolerance"]:
        wrong.append(f"{call_id}: duration {result['measures']['duration_s']['value']}")
    return wrong


if __name__ == "__main__":
    mistakes = main(Path(sys.argv[1]))
    for mistake in mistakes:
        print(mistake)  # noqa: T201 - a script that talks to whoever runs it
    sys.exit(1 if mistakes else 0)
