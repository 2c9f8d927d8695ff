"""Reads the held-out dialogues and sentences and counts what detectors make of them; shared by the dialogue tests."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.rules import load_rules
from pipeline.analysis.text import fold
from pipeline.profile import EMPTY, Profile
from pipeline.types import Finding, Speaker, Transcript, Turn

HELDOUT = Path(__file__).parent / "heldout"
SPEAKERS: dict[str, Speaker] = {"A": "agent", "C": "customer", "U": "unknown"}


def call(
    *lines: str, language: str = "zh", seconds: float | None = None, profile: Profile = EMPTY
) -> Conversation:
    """A conversation from lines such as ``"A 您好"``; each turn lasts ``seconds`` where given."""
    turns = []
    for number, line in enumerate(lines):
        who, text = line.split(" ", 1)
        start = None if seconds is None else number * seconds
        end = None if start is None or seconds is None else start + seconds
        turns.append(Turn(SPEAKERS[who], text, start, end, 1.0))
    return Conversation.of(Transcript(language, tuple(turns)), profile=profile)


def given(conversation: Conversation, *marks: tuple[int, str]) -> list[Finding]:
    """Findings as earlier detectors would deliver them: (turn, kind)."""
    findings = []
    for turn, kind in marks:
        t = conversation.turns[turn]
        findings.append(Finding(kind, turn, t.speaker, t.start_s, t.end_s, t.text, 0.9))
    return findings


@dataclass
class Count:
    """True and false positives and misses, with the words of each error."""

    true: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.true / max(1, self.true + len(self.false))

    @property
    def recall(self) -> float:
        return self.true / max(1, self.true + len(self.missed))

    @property
    def f1(self) -> float:
        return 2 * self.true / max(1, 2 * self.true + len(self.false) + len(self.missed))

    def __str__(self) -> str:
        return f"P {self.precision:.3f} R {self.recall:.3f} F1 {self.f1:.3f}"


def sentences(kind: str, language: str, hits: Iterable[str], misses: Iterable[str]) -> Count:
    """How one rule file does on sentences alone, without the dialogue around them."""
    rules, count = load_rules(kind, language), Count()
    for text in hits:
        if rules.match(fold(text)):
            count.true += 1
        else:
            count.missed.append(text)
    count.false.extend(text for text in misses if rules.match(fold(text)))
    return count


def detected(kind: str, name: str, language: str) -> Count:
    """How a detector does on a file of held-out sentences, each said alone."""
    data = yaml.safe_load((HELDOUT / f"{name}.{language}.yaml").read_text(encoding="utf-8"))
    groups = data["hits"]
    hits = [text for group in groups.values() for text in group] if isinstance(groups, dict) else groups
    find = importlib.import_module(f"pipeline.analysis.{kind}").find
    side = "A" if data["speaker"] == "agent" else "C"

    def told(text: str) -> bool:
        return any(f.kind == kind for f in find(call(f"{side} {text}", language=language), ()))

    count = Count(missed=[text for text in hits if not told(text)])
    count.true = len(hits) - len(count.missed)
    count.false = [text for text in data["misses"] if told(text)]
    return count


Detect = Callable[[Conversation, Sequence[Finding]], list[Finding]]


def dialogues(language: str) -> list[dict[str, Any]]:
    """The held-out dialogues of a language."""
    read = yaml.safe_load((HELDOUT / f"dialogues_b.{language}.yaml").read_text(encoding="utf-8"))
    return list(read["dialogues"])


def score_dialogues(
    language: str, detectors: Sequence[Detect]
) -> tuple[dict[str, Count], dict[str, list[str]]]:
    """Counts by kind (one hit a turn), and the details that differ: ``kind.key`` → texts."""
    counts: dict[str, Count] = {}
    details: dict[str, list[str]] = {}
    for dialogue in dialogues(language):
        conversation = call(*dialogue["turns"], language=language)
        findings = given(conversation, *((turn, kind) for turn, kind in dialogue.get("prior") or []))
        before = len(findings)
        for detect in detectors:
            findings.extend(detect(conversation, tuple(findings)))
        found = {(f.turn, f.kind): f for f in findings[before:]}
        wanted = {(turn, kind): detail for turn, kind, detail in dialogue["expect"]}
        for kind in ("confusion", "restatement", "objection", "customer_question", "needs_question"):
            _count(kind, dialogue, wanted, found, counts.setdefault(kind, Count()), details)
    return counts, details


def _count(
    kind: str, dialogue: dict[str, Any], wanted: Any, found: Any, count: Count, details: dict[str, list[str]]
) -> None:
    for (turn, _), detail in ((key, d) for key, d in wanted.items() if key[1] == kind):
        text = f"{dialogue['id']} {turn} {dialogue['turns'][turn]}"
        hit = found.get((turn, kind))
        if hit is None:
            count.missed.append(text)
            continue
        count.true += 1
        for key, value in detail.items():
            right = details.setdefault(f"{kind}.{key}", [])
            right.append("" if hit.detail.get(key) == value else f"{text} → {hit.detail.get(key)}")
    for turn, _ in (key for key in found if key[1] == kind and key not in wanted):
        count.false.append(f"{dialogue['id']} {turn} {dialogue['turns'][turn]}")
