"""Checks on what a campaign demands to be said, and on customers who asked not to be called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.analysis.demanded import taken_back
from pipeline.analysis.text import fold, sentences
from pipeline.profile import Demand
from pipeline.standards.checks import CheckSpec, NoSettings, Told
from pipeline.standards.evidence import Evidence
from pipeline.standards.messages import message
from pipeline.standards.patterns import compile_terms
from pipeline.standards.wording import Bilingual
from pipeline.types import Finding

__all__ = ["CHECKS", "first_said"]


def first_said(
    evidence: Evidence, demand: Demand, key: str
) -> tuple[tuple[int, float], Finding | None] | None:
    """Where something demanded was first said by the agent: by a finding of that name, else by its own
    phrases.

    Returns
    -------
    Order of the place (turn, offset in it) and the finding, None for a phrase read in the text; None when
    not said.
    """
    places: list[tuple[tuple[int, float], Finding | None]] = []
    for finding in evidence.findings:
        named = finding.kind == "notice" and demand.name in (
            finding.detail.get("name"),
            finding.detail.get(key),
        )
        if named and finding.speaker != "customer":
            places.append(
                ((finding.turn if finding.turn is not None else 0, _offset(evidence, finding)), finding)
            )
    if not places and demand.phrases:
        pattern = compile_terms(demand.phrases)
        for index, turn in enumerate(evidence.transcript.turns):
            at = _read(turn.text, pattern, may_ask=key == "step") if turn.speaker != "customer" else None
            if at is not None:
                places.append(((index, float(at)), None))
                break
    return min(places, key=lambda place: place[0], default=None)


def _read(text: str, pattern: re.Pattern[str], *, may_ask: bool) -> int | None:
    """Where a phrase first stands in a turn's text and is not denied, reported or asked."""
    for start, end in sentences(text):
        for match in pattern.finditer(text, start, end):
            place = match.start() - start, match.end() - start
            if not taken_back(fold(text[start:end]), *place, may_ask=may_ask):
                return match.start()
    return None


def _offset(evidence: Evidence, finding: Finding) -> float:
    turns = evidence.transcript.turns
    if finding.turn is None or not 0 <= finding.turn < len(turns) or not finding.quote:
        return 0.0
    return float(max(0, turns[finding.turn].text.find(finding.quote)))


def _said(
    evidence: Evidence, demands: Sequence[Demand], key: str
) -> tuple[list[tuple[tuple[int, float], Finding | None] | None], tuple[Finding, ...], dict[str, Any]]:
    places = [first_said(evidence, demand, key) for demand in demands]
    hits = tuple(place[1] for place in places if place is not None and place[1] is not None)
    lacking = [demand.name for demand, place in zip(demands, places, strict=True) if place is None]
    values = {
        "met": len(demands) - len(lacking),
        "total": len(demands),
        "count": len(lacking),
        "details": Bilingual("、".join(lacking) or "—", ", ".join(lacking) or "—"),
    }
    return places, hits, values


def _unread(evidence: Evidence, demands: Sequence[Demand]) -> Told | None:
    """Where a demand is given by its meaning only, and nobody looked for notices, nothing can be told."""
    deaf = evidence.detectors is not None and "notice" not in evidence.detectors
    if deaf and any(not demand.phrases for demand in demands):
        return Told(None, why=message("not_yet_measured"))
    return None


def _notice(evidence: Evidence, _settings: NoSettings) -> Told:
    """Whether every notice that the campaign demands was given."""
    demands = evidence.profile.notices(evidence.record.campaign)
    if not demands:
        return Told("none_demanded")
    if (unread := _unread(evidence, demands)) is not None:
        return unread
    _, hits, values = _said(evidence, demands, "notice")
    return Told("all" if not values["count"] else "some" if values["met"] else "none", hits, values)


def _script(evidence: Evidence, _settings: NoSettings) -> Told:
    """Whether every step of the script was taken, in order."""
    demands = evidence.profile.script(evidence.record.campaign)
    if not demands:
        return Told("none_demanded")
    if (unread := _unread(evidence, demands)) is not None:
        return unread
    places, hits, values = _said(evidence, demands, "step")
    if values["count"]:
        return Told("some" if values["met"] else "none", hits, values)
    order = [place[0] for place in places if place is not None]
    return Told("all_in_order" if order == sorted(order) else "all_unordered", hits, values)


def _suppressed(evidence: Evidence, _settings: NoSettings) -> Told:
    """Whether this customer had asked before not to be called."""
    since = evidence.suppressed_since
    if since is None:
        return Told("no")
    started = evidence.record.started_at
    if started is not None and (started.tzinfo is None) == (since.tzinfo is None) and started <= since:
        return Told("no")
    return Told("yes", values={"value": f"{since:%Y-%m-%d}"})


CHECKS: Mapping[str, CheckSpec] = {
    "compliance.notice": CheckSpec(_notice, ("all", "some", "none", "none_demanded"), needs_side=True),
    "compliance.script": CheckSpec(
        _script,
        ("all_in_order", "all_unordered", "some", "none", "none_demanded"),
        needs_side=True,
    ),
    "compliance.suppressed": CheckSpec(_suppressed, ("yes", "no")),
}
