# ruff: noqa: T201 - a script that talks to whoever runs it
"""Findings against an agent in held-out calls whose author marked none: ``PYTHONPATH=. python tests/faultless_score.py``.

Prints sets together, a line a language: calls, false findings at the gate and above, false findings below it.
"""

from collections import Counter
from pathlib import Path

from pipeline.analysis.ablation import judge, read_folder

HELDOUT = Path(__file__).parent / "heldout"
SETS = ("fresh", "floor", "ordinary", "seventh", "eighth", "ninth", "tenth")
AGAINST = {"hard_sell", "pitch_after_refusal", "rude", "impatient", "absolute_claim"}
GATE = 0.6

if __name__ == "__main__":
    calls = [call for name in SETS for call in read_folder(HELDOUT / f"calls_{name}")]
    faultless = [call for call in calls if not AGAINST & {mark.kind for mark in call.marks}]
    for language in ("zh", "en"):
        judged = judge(call for call in faultless if call.transcript.language == language)
        found = [
            one for each in judged for one in each.findings if one.kind in AGAINST and one.speaker == "agent"
        ]
        sure = Counter(one.kind for one in found if one.confidence >= GATE)
        doubts = Counter(one.kind for one in found if one.confidence < GATE)
        print(f"{language} | {len(judged)} calls | sure {dict(sure)} | doubts {dict(doubts)}")
