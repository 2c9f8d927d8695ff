"""Findings in the order in which they were said."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.types import Finding, Turn

__all__ = ["in_order", "place_in"]


def place_in(text: str, finding: Finding) -> int | None:
    """Where in its turn's text a finding's words begin."""
    if finding.at is not None:
        return finding.at
    found = text.find(finding.quote) if finding.quote else -1
    return found if found >= 0 else None


def in_order(findings: Sequence[Finding], turns: Sequence[Turn]) -> list[Finding]:
    """Findings by time; without times by turn and place in its text."""

    def key(finding: Finding) -> tuple[float, int, int, str]:
        turn = turns[finding.turn] if finding.turn is not None and finding.turn < len(turns) else None
        start = finding.start_s if finding.start_s is not None else (turn.start_s if turn else None)
        place = (place_in(turn.text, finding) if turn is not None else None) or 0
        number = finding.turn if finding.turn is not None else len(turns)
        return (start if start is not None else 0.0, number, place, finding.kind)

    timed = all(turn.start_s is not None for turn in turns)
    return sorted(findings, key=key if timed else lambda finding: (0.0, *key(finding)[1:]))
