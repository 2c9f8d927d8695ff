"""What must be found in a made call: the expectation file, from the script's notes and the seconds of the timeline."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from timeline import LONG_SILENCE_S, Placed, gaps, interruptions, merged, quote_span, turns

SCHEMA = "callgauge/expected/1"
# events that a call has or has not; one that a script does not note must not be found in it
EVENTS = (
    "company", "department", "name", "interruption", "hard_sell", "pitch_after_refusal", "confusion", "objection",
    "refusal", "rude", "impatient", "level_jump", "clipping", "long_silence", "ring", "off_topic", "complaint",
    "do_not_call", "absolute_claim", "pii",
)  # fmt: skip
LEVEL_JUMP_DB = 12.0
WORD = re.compile(r"[\u4e00-\u9fff]|[A-Za-z0-9]+(?:['’][A-Za-z]+)*")
Finding = dict[str, Any]


def finding(
    kind: str,
    speaker: str,
    start_s: float,
    end_s: float,
    quote: str | None,
    tolerance_s: float,
    /,
    **detail: Any,
) -> Finding:
    """One expected finding."""
    return {
        "kind": kind, "speaker": speaker, "start_s": round(start_s, 3), "end_s": round(end_s, 3), "quote": quote,
        "tolerance_s": tolerance_s, "detail": detail,
    }  # fmt: skip


def noted(placed: Sequence[Placed]) -> list[Finding]:
    """The findings that the script notes beside its turns."""
    out = []
    for index, one in enumerate(placed):
        for note in one.item.get("findings", ()):
            start_s, end_s, tolerance_s = quote_span(one, note["quote"])
            if through := int(note.get("through", 0)):  # lasts until the end of a later utterance
                end_s, tolerance_s = placed[index + through].end_s, 3.0
            detail = note.get("detail", {})
            out.append(
                finding(note["kind"], one.speaker, start_s, end_s, note["quote"], tolerance_s, **detail)
            )
    return out


def heard(
    placed: Sequence[Placed], rings: Sequence[tuple[float, float]], turn_lufs: Sequence[float]
) -> list[Finding]:
    """The findings that follow from the sound itself: rings, silences, interruptions, jumps of level."""
    out = [finding("ring", "customer", start, end, None, 0.2) for start, end in rings]
    for start, end in gaps([(one.start_s, one.end_s) for one in placed]):
        if end - start >= LONG_SILENCE_S:
            out.append(finding("long_silence", "unknown", start, end, None, 0.4))
    for speaker, kind, start, end, one in interruptions(placed):
        out.append(finding("interruption", speaker, start, end, one.text, 0.4, kind=kind))
    agent = [index for index, one in enumerate(placed) if one.speaker == "agent" and not one.backchannel]
    for left, right in pairwise(agent):
        if abs(turn_lufs[right] - turn_lufs[left]) > LEVEL_JUMP_DB:
            one = placed[right]
            out.append(finding("level_jump", "agent", one.start_s, one.end_s, None, 1.0))
    return out


def measures(
    placed: Sequence[Placed], *, duration_s: float, rings: int, loudness: Mapping[str, float],
    clipped: float, mono: bool,
) -> dict[str, Any]:  # fmt: skip
    """The figures of the call and how far from each is still right."""
    spoken = {side: [one for one in turns(placed) if one[0] == side] for side in ("agent", "customer")}
    talk = {side: sum(end - start for _, start, end, _ in of) for side, of in spoken.items()}
    both = merged([(start, end) for of in spoken.values() for _, start, end, _ in of])
    union_s = sum(end - start for start, end in both)
    silences = [end - start for start, end in gaps(both)]
    crossed = interruptions(placed)
    units = sum(len(WORD.findall(text)) for _, _, _, text in spoken["agent"])
    out: dict[str, Any] = {}

    def put(name: str, value: float, tolerance: float) -> None:
        out[name] = {"value": round(value, 3), "tolerance": round(tolerance, 3)}

    put("duration_s", duration_s, 0.05)
    put("talk_s", union_s, max(1.5, 0.1 * union_s))
    put("longest_silence_s", max(silences, default=0.0), 0.6)
    put("rings_before_answer", rings, 0)
    if mono:
        for name in ("loudness_difference_lu", "agent_loudness_lufs", "customer_loudness_lufs"):
            out[name] = {"value": None, "measurable": False}
        return out
    put("agent_talk_s", talk["agent"], max(1.5, 0.1 * talk["agent"]))
    put("customer_talk_s", talk["customer"], max(1.5, 0.1 * talk["customer"]))
    put("agent_talk_ratio", talk["agent"] / max(talk["agent"] + talk["customer"], 1e-9), 0.05)
    put("overlap_s", talk["agent"] + talk["customer"] - union_s, 0.8)
    if talk["agent"]:
        put("agent_speech_rate", units / talk["agent"] * 60, units / talk["agent"] * 60 * 0.08)
        put("longest_agent_turn_s", max(end - start for _, start, end, _ in spoken["agent"]), 1.0)
    put("agent_interruptions", sum(one[0] == "agent" for one in crossed), 0)
    put("customer_interruptions", sum(one[0] == "customer" for one in crossed), 0)
    for side, value in loudness.items():
        put(f"{side}_loudness_lufs", value, 1.0)
    if len(loudness) == 2:
        put("loudness_difference_lu", loudness["agent"] - loudness["customer"], 1.0)
    put("agent_clipped_ratio", clipped, max(0.0005, 0.3 * clipped))
    return out


def expectation(
    script: Mapping[str, Any], placed: Sequence[Placed], findings: list[Finding], figures: Mapping[str, Any], *,
    call_id: str, mono: bool,
) -> dict[str, Any]:  # fmt: skip
    """The whole expectation file of one call."""
    agent = int(script.get("agent_channel", 0))
    kinds = {one["kind"] for one in findings} | set(script.get("unsure", ()))
    absent = [kind for kind in (*EVENTS, *script.get("absent", ())) if kind not in kinds]
    verdicts = dict(script.get("verdicts", {}))
    if mono:
        # who spoke is not known in a mix: what needs a side is not measured
        verdicts = {"voice.balance": "not_measurable"}
        findings = [one for one in findings if one["kind"] not in ("interruption", "level_jump", "clipping")]
    pushed = sum(one["kind"] == "hard_sell" for one in findings)
    by_side = {} if mono else {"hard_sell_count": {"value": pushed, "tolerance": 0}}
    return {
        "schema": SCHEMA, "call_id": call_id, "language": script["language"],
        "roles": {} if mono else {str(agent): "agent", str(1 - agent): "customer"},
        "transcript": {
            "turns": [
                {"speaker": speaker, "start_s": round(start, 3), "end_s": round(end, 3), "text": text}
                for speaker, start, end, text in turns(placed)
            ]
        },
        "findings": sorted(findings, key=lambda one: (one["start_s"], one["kind"])),
        "absent": absent,
        "measures": {**figures, **by_side},
        "verdicts": verdicts,
        "outcome": script["outcome"],
    }  # fmt: skip
