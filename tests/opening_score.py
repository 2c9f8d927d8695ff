# ruff: noqa: T201
"""Scores the opening detector on a held-out file: python tests/opening_score.py FILE [bad] [profile] [-v]."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.opening import KINDS, find
from pipeline.analysis.text import fold
from pipeline.profile import EMPTY, Agent, Company, Department, Profile
from pipeline.types import CallRecord, Finding, Transcript, Turn


def worsened(text: str) -> str:
    """As a poor recogniser writes it: no capitals, no punctuation."""
    plain = re.sub(r"[，。？！、]+", "", re.sub(r"[,.?!]+", " ", text))
    return re.sub(r" +", " ", plain).lower().strip()


def profile_of(opening: dict[str, Any]) -> Profile:
    """A profile that holds the opening's own names."""
    name = (opening.get("name") or "").removeprefix("姓")
    return Profile(
        company=Company(name=opening.get("company")),
        departments=(Department(name=opening["department"]),) if opening.get("department") else (),
        agents=(Agent(id="A01", names=(name,)),) if name else (),
    )


def found_in(opening: dict[str, Any], language: str, *, bad: bool, profile: Profile) -> dict[str, Finding]:
    """Findings of one opening, by kind."""
    parts = opening.get("turns") or [["agent", opening["text"]]]
    turns = [
        Turn(who, worsened(text) if bad else text, 5.0 * at, 5.0 * at + 4.0, 1.0)
        for at, (who, text) in enumerate(parts)
    ]
    record = CallRecord(file="", call_id="", agent_id="A01")
    conversation = Conversation.of(Transcript(language, tuple(turns)), profile=profile, record=record)
    return {finding.kind: finding for finding in find(conversation, ())}


def counts_of(path: Path, *, bad: bool = False, known: bool = False, verbose: bool = False) -> Counter[Any]:
    """True, wrong and missed by slot."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    counts: Counter[Any] = Counter()
    for opening in data["openings"]:
        profile = profile_of(opening) if known else EMPTY
        found = found_in(opening, data["language"], bad=bad, profile=profile)
        for kind in KINDS:
            wanted, got = opening.get(kind), found.get(kind)
            if bad and isinstance(wanted, str):
                wanted = worsened(wanted)
            right = bool(got and wanted and (kind == "purpose" or fold(got.quote) == fold(wanted)))
            if known and got and wanted and kind != "purpose":
                value = str(got.detail.get("value"))
                right = right or (got.detail["matched"] != "pattern" and fold(value) == fold(str(wanted)))
            counts[kind, "true"] += right
            counts[kind, "wrong"] += bool(got and not right)
            counts[kind, "missed"] += bool(wanted and not right)
            if verbose and not right and (got or wanted):
                said = opening.get("text") or " / ".join(turn[1] for turn in opening["turns"])
                print(f"{kind}: wanted {wanted!r} got {got.quote if got else None!r} | {said}")
    return counts


def figures(counts: Counter[Any], kinds: tuple[str, ...] = KINDS) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    true, wrong, missed = (sum(counts[kind, what] for kind in kinds) for what in ("true", "wrong", "missed"))
    return (
        true / max(1, true + wrong),
        true / max(1, true + missed),
        2 * true / max(1, 2 * true + wrong + missed),
    )


if __name__ == "__main__":
    told = counts_of(
        Path(sys.argv[1]), bad="bad" in sys.argv, known="profile" in sys.argv, verbose="-v" in sys.argv
    )
    for kind in KINDS:
        print(
            f"{kind:11s} P {figures(told, (kind,))[0]:.2f} R {figures(told, (kind,))[1]:.2f} "
            f"F1 {figures(told, (kind,))[2]:.2f}"
        )
    print("all  P {:.3f} R {:.3f} F1 {:.3f}".format(*figures(told)))
