"""The closed lists of a call's result: kinds of finding with what their ``detail`` may hold, outcomes, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pipeline.types import Verdict

__all__ = [
    "ANY",
    "DETAILS",
    "FIGURES",
    "KINDS",
    "MEASURES",
    "NUMBER",
    "OUTCOMES",
    "SAID_BY",
    "TRUTH",
    "VERDICTS",
    "detail_mistakes",
    "near",
]

KINDS = (
    "company", "department", "name", "purpose", "needs_question", "customer_question", "pitch",
    "interruption", "hard_sell", "pitch_after_refusal", "jargon", "confusion", "restatement", "objection",
    "refusal", "rude", "impatient", "courtesy", "reference", "level_jump", "clipping", "long_silence",
    "ring", "apology", "off_topic", "benefit", "follow_up", "complaint", "do_not_call", "absolute_claim",
    "notice", "pii",
)  # fmt: skip
SAID_BY: Mapping[str, str] = {
    **dict.fromkeys(
        ("hard_sell", "pitch", "pitch_after_refusal", "needs_question", "benefit", "restatement"), "agent"
    ),
    **dict.fromkeys(("customer_question", "confusion", "objection", "refusal"), "customer"),
}
"""Kinds that one side alone can do."""
OUTCOMES = (
    "interested", "not_interested", "call_back", "order_placed", "wrong_person", "voicemail",
    "no_conversation", "undetermined",
)  # fmt: skip
MEASURES = (
    "duration_s", "talk_s", "agent_talk_s", "customer_talk_s", "agent_talk_ratio", "longest_agent_turn_s", "mutual_silence_s",
    "longest_silence_s", "customer_reply_gap_s", "overlap_s", "agent_interruptions", "customer_interruptions",
    "agent_loudness_lufs", "customer_loudness_lufs", "loudness_difference_lu", "agent_clipped_ratio",
    "customer_clipped_ratio", "agent_speech_rate", "customer_speech_rate", "agent_word_confidence", "rings_before_answer",
    "hold_s", "opening_agent_talk_s", "opening_complete_s", "customer_talk_before_pitch_s", "needs_questions",
    "off_topic_ratio", "jargon_per_100_words", "hard_sell_count", "customer_addressed", "product_fact_conflicts",
)  # fmt: skip
"""Figures that are delivered; a package's have a dot."""
FIGURES = ("rings", "turns", "agent_turns", "customer_turns", "jargon_rate")
"""Figures that the scoring works out itself."""
VERDICTS: tuple[str, ...] = get_args(Verdict)

Accepts = type | tuple[str, ...]
"""What a detail holds: one of these words, or a type (bool, float, str)."""
ANY, TRUTH, NUMBER = str, bool, float
_SLOT: Mapping[str, Accepts] = {"value": ANY, "matched": ANY, "expected": ANY}
_GRADE = ("mild", "severe")
DETAILS: Mapping[str, Mapping[str, Accepts]] = {
    "company": _SLOT,
    "department": _SLOT,
    "name": _SLOT,
    "purpose": _SLOT,
    "needs_question": {"open": TRUTH, "answered": TRUTH},
    "customer_question": {"answered": TRUTH},
    "pitch": {"repeat": TRUTH},
    "pitch_after_refusal": {"repeat": TRUTH},
    "interruption": {"kind": ("cut_off", "talk_over"), "victim": ("agent", "customer")},
    "hard_sell": {
        "kind": ("urgency", "scarcity", "guarantee", "forced_decision", "threat_or_guilt", "other"),
        "severity": _GRADE,
    },
    "jargon": {"term": ANY, "explained": TRUTH, "customer_used": TRUTH, "plain": ANY, "trade": ANY},
    "confusion": {"restated": TRUTH, "kind": ("meaning", "hearing")},
    "objection": {
        "kind": ("price", "no_need", "no_time", "existing_supplier", "distrust", "other"),
        "handling": ("benefit", "passive", "ignored"),
    },
    "refusal": {"final": TRUTH, "soft": TRUTH},
    "rude": {"severity": _GRADE},
    "courtesy": {
        "kind": ("greeting", "thanks", "closing", "please", "address", "apology", "apology_polite"),
    },
    "reference": {"of": ("contact", "customer", "referral")},
    "level_jump": {"jump_lu": NUMBER, "level_lufs": NUMBER},
    "clipping": {"ratio": NUMBER},
    "long_silence": {"length_s": NUMBER},
    "apology": {"for": ("wait", "request", "acknowledged", "other"), "first_turn": TRUTH},
    "off_topic": {"talk_s": NUMBER},
    "benefit": {"product": ANY, "need": TRUTH, "pitch": NUMBER},
    "follow_up": {"action": ("call", "contact", "meet", "send"), "when": ANY, "iso": ANY},
    "complaint": {"escalation": TRUTH},
    "notice": {"name": ANY, "step": ANY, "order": NUMBER, "demanded": TRUTH},
    "pii": {"kind": ("phone", "id_number", "bank_card", "email", "address", "name", "code")},
}
"""What rules may ask of each kind's detail. ``rule`` and ``layer``, which say what found it, go for all."""
_OF_ALL: Mapping[str, Accepts] = {"rule": ANY, "layer": ANY}


def near(given: Any, accepted: Iterable[str]) -> str:
    """``; did you mean x?`` where a word comes close to an accepted one, else nothing."""
    close = get_close_matches(str(given), list(accepted), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def detail_mistakes(
    kinds: Iterable[str],
    wanted: Mapping[str, Any],
    added: Mapping[str, Mapping[str, Accepts]] | None = None,
) -> Iterator[tuple[str, str]]:
    """Keys and values that no finding of these kinds can have, each as key and message.

    ``added`` are the details that kinds of installed detectors declare; such a kind that declares none may hold anything.
    """
    known: dict[str, list[Accepts]] = {}
    for kind in kinds:
        own = (added or {}).get(kind) if kind not in KINDS else DETAILS.get(kind, {})
        if own is None:
            return
        for key, accepts in (*own.items(), *_OF_ALL.items()):
            known.setdefault(key, []).append(accepts)
    named = ", ".join(kinds)
    for key, want in wanted.items():
        if key not in known:
            told = ", ".join(sorted(known.keys() - _OF_ALL.keys())) or "none"
            yield key, f"{named} has no such detail{near(key, known) or '.'} Accepted: {told}"
            continue
        for value in want if isinstance(want, (list, tuple)) else (want,):
            if not any(_fits(value, accepts) for accepts in known[key]):
                yield key, _told(value, known[key])


def _fits(value: Any, accepts: Accepts) -> bool:
    if isinstance(accepts, tuple):
        return value in accepts
    if isinstance(value, Mapping):
        bounds = value.values()
        return accepts is NUMBER and value.keys() <= {"min", "max"} and all(map(_number, bounds))
    if accepts is TRUTH:
        return isinstance(value, bool)
    return _number(value) if accepts is NUMBER else isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_WORDS: Mapping[Any, str] = {TRUTH: "true or false", NUMBER: "a number, or {min, max}", ANY: "text"}


def _told(value: Any, accepted: Iterable[Accepts]) -> str:
    names = [name for accepts in accepted if isinstance(accepts, tuple) for name in accepts]
    words = [_WORDS[accepts] for accepts in accepted if not isinstance(accepts, tuple)]
    one_of = [f"one of {', '.join(dict.fromkeys(names))}"] if names else []
    told = " or ".join(dict.fromkeys([*one_of, *words]))
    return f"{told} is accepted, not {value!r}{near(value, names)}"
