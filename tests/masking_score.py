"""Recall and precision of masking on labelled talk, ``PYTHONPATH=. python tests/masking_score.py develop``.

A mark is found when each letter and digit in it is masked, whatever the kind. What is masked beyond the marks is
wrong unless at least half of it lies in one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from factories import make_transcript

from pipeline.privacy.masking import Piece, find
from pipeline.privacy.own import less_own, own_names
from pipeline.privacy.talk import Talk, read_talk, shipped_talk
from pipeline.profile import EMPTY
from pipeline.types import CallRecord, Transcript

SETS = Path(__file__).parent / "heldout"
NUMBERS = ("phone", "id_number", "bank_card", "code", "email")
GROUPS = {"numbers": NUMBERS, "names": ("name",), "addresses": ("address",)}


@dataclass
class Tally:
    """What was found, missed and wrongly masked, by kind."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    of_kind: int = 0
    lines: list[str] = field(default_factory=list)

    def recall(self, kinds: tuple[str, ...]) -> float:
        """Share of the marks of these kinds that are wholly masked."""
        found, missed = (sum(one[kind] for kind in kinds) for one in (self.found, self.missed))
        return found / max(1, found + missed)

    def precision(self) -> float:
        """Share of what is masked that was marked."""
        right, wrong = sum(self.right.values()), sum(self.wrong.values())
        return right / max(1, right + wrong)


def dialogues(which: str, language: str) -> list[Talk]:
    """Conversations of one set: of those that the tagger was fitted to, or of those kept apart."""
    apart = SETS / f"privacy_{language}_{which}.txt"
    if apart.exists():
        return list(read_talk(apart.read_text(encoding="utf-8")))
    return shipped_talk(language)[which]


def score(which: str, language: str, *, sides: bool = True) -> Tally:
    """All conversations of one set; ``sides``: whether it is known who speaks."""
    tally = Tally()
    for block in dialogues(which, language):
        turns = [(one.side if sides else "unknown", one.text, one.marks) for one in block]
        said = make_transcript(*((side, text) for side, text, _ in turns), language=language)  # type: ignore[arg-type]
        pieces = _as_shipped(said)
        for index, (side, text, marks) in enumerate(turns):
            score_turn(tally, side, text, marks, [(p.start, p.end, p.kind) for p in pieces.get(index, [])])
    return tally


def _as_shipped(said: Transcript) -> dict[int, list[Piece]]:
    """What is masked, but for what the agent says of himself and his firm, as `callgauge` does it."""
    own = own_names(said, EMPTY, CallRecord(file="", call_id=""))
    return less_own(find(said, keep=own), said.turns, own)


def score_turn(
    tally: Tally,
    side: str,
    text: str,
    marks: Sequence[tuple[int, int, str]],
    found: Sequence[tuple[int, int, str]],
) -> None:
    """Count one turn: what of its marks is masked, and what else is."""
    masked = {i for start, end, _ in found for i in range(start, end)}
    marks = [mark for mark in marks if mark[2] != "stays"]
    for start, end, kind in marks:
        if kind == "any":
            continue
        left = [i for i in range(start, end) if text[i].isalnum() and i not in masked]
        (tally.missed if left else tally.found)[kind] += 1
        tally.of_kind += any(k == kind and s < end and start < e for s, e, k in found)
        if left:
            tally.lines.append(
                f"MISS {kind:9} {text[start:end]!r} left {''.join(text[i] for i in left)!r} | {side}: {text}"
            )
    allowed = {i for start, end, _ in marks for i in range(start, end)}
    for start, end, kind in found:
        outside = sum(text[i].isalnum() and i not in allowed for i in range(start, end))
        inside = sum(text[i].isalnum() and i in allowed for i in range(start, end))
        (tally.wrong if outside > inside else tally.right)[kind] += 1
        if outside:
            tally.lines.append(
                f"{'WRONG' if outside > inside else 'over '} {kind:9} {text[start:end]!r} | {side}: {text}"
            )


def table(which: str) -> str:
    """The measured figures of both languages."""
    rows = ["set language sides | recall numbers names addresses | precision | kind right"]
    for language in ("zh", "en"):
        for sides in (True, False):
            tally = score(which, language, sides=sides)
            recalls = " ".join(f"{name} {tally.recall(kinds):.3f}" for name, kinds in GROUPS.items())
            marks = sum(tally.found.values()) + sum(tally.missed.values())
            rows.append(
                f"{which} {language} {'sure' if sides else 'unsure'} | {recalls} | {tally.precision():.3f} "
                f"({sum(tally.wrong.values())} wrong of {sum(tally.right.values()) + sum(tally.wrong.values())})"
                f" | {tally.of_kind / marks:.3f} of {marks}"
            )
    return "\n".join(rows)


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "develop"
    said = [table(chosen)]
    if "--lines" in sys.argv:
        said += [
            line
            for tongue in ("zh", "en")
            for line in score(chosen, tongue, sides="--unsure" not in sys.argv).lines
        ]
    sys.stdout.write("\n".join(said) + "\n")
