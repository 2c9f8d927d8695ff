"""Small synthetic calls for tests: true shapes, invented content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.intervals import Span, Timeline
from pipeline.types import (
    CallRecord,
    CallResult,
    CallScore,
    CriterionResult,
    Finding,
    Measure,
    Outcome,
    Reason,
    Recording,
    Side,
    Sound,
    Speaker,
    Transcript,
    Turn,
    Word,
)

MEASURES = {
    "duration_s": (62.4, "s"), "talk_s": (48.2, "s"), "agent_talk_s": (33.1, "s"), "customer_talk_s":
    (15.1, "s"),
    "agent_talk_ratio": (0.687, "ratio"), "mutual_silence_s": (14.2, "s"), "longest_silence_s": (5.1, "s"),
    "agent_loudness_lufs": (-19.2, "LUFS"), "customer_loudness_lufs": (-27.9, "LUFS"),
    "loudness_difference_lu": (8.7, "LU"), "agent_clipped_ratio": (0.0002, "ratio"),
    "agent_speech_rate": (268.0, "chars/min"), "agent_interruptions": (1, "count"),
    "customer_interruptions": (0, "count"), "overlap_s": (1.2, "s"), "rings_before_answer": (2, "count"),
    "jargon_per_100_words": (1.4, "per 100 words"), "hard_sell_count": (1, "count"),
    "longest_agent_turn_s": (9.0, "s"), "customer_reply_gap_s": (0.6, "s"), "opening_complete_s": (8.4, "s"),
}  # fmt: skip
NO_MONO = Reason(
    "mono", "单声道录音，无法分别测量双方音量", "Mono recording: the sides can't be measured apart"
)
_TOKEN = re.compile(r"[A-Za-z0-9@.'\-]+[^\w\s]*|[^\W_][，。！？、：；,.!?]*|\S")


def make_words(
    text: str, start_s: float, end_s: float, *, confidence: float | Sequence[float] = 0.93
) -> tuple[Word, ...]:
    """Words of a text at even intervals: a Chinese character or a run of Latin letters and digits each."""
    tokens = _TOKEN.findall(text)
    step = (end_s - start_s) / max(1, len(tokens))
    sure = [confidence] * len(tokens) if isinstance(confidence, float | int) else list(confidence)
    return tuple(
        Word(token, start_s + i * step, start_s + (i + 1) * step, sure[i % len(sure)])
        for i, token in enumerate(tokens)
    )


def make_turn(
    speaker: Speaker, text: str, start_s: float | None = None, end_s: float | None = None, *,
    confidence: float = 0.93, words: bool = True, language: str | None = None,
) -> Turn:  # fmt: skip
    """A turn; with words at even intervals where it has times."""
    made: tuple[Word, ...] = ()
    if words and start_s is not None and end_s is not None:
        made = make_words(text, start_s, end_s, confidence=confidence)
    return Turn(speaker, text, start_s, end_s, confidence, made, language)


def make_transcript(
    *turns: tuple[Speaker, str] | Turn, language: str = "zh", words: bool = True, timed: bool = True
) -> Transcript:
    """A transcript of ``(speaker, text)`` pairs, four seconds a turn and half a second between."""
    made = []
    for i, turn in enumerate(turns or _DIALOGUE):
        if isinstance(turn, Turn):
            made.append(turn)
            continue
        start_s, end_s = (i * 4.5, i * 4.5 + 4.0) if timed else (None, None)
        made.append(make_turn(turn[0], turn[1], start_s, end_s, words=words, language=language))
    return Transcript(language, tuple(made), roles_from="call_list" if timed else "delivered")


_DIALOGUE: tuple[Turn, ...] = (
    make_turn("agent", "您好，我是华信传媒销售部的李明，想跟您介绍一下电梯媒体的投放方案。", 6.2, 13.4),
    make_turn("customer", "嗯，你说吧，不过我现在不太方便。", 13.9, 16.8, confidence=0.55),
    make_turn("agent", "就两分钟，我们这个方案的CPM特别低，今天不定的话明天就没有名额了。", 17.2, 25.1),
    make_turn("customer", "我暂时真的不需要，我们公司今年没有预算，而且", 26.0, 31.2),
    make_turn("agent", "您先听我说完，您好好考虑一下，这个价格是全市最低的。", 30.0, 37.4),
    make_turn("customer", "什么是CPM？我没听懂。", 42.6, 45.0),
    make_turn("agent", "CPM就是每千人成本，也就是说一千个人看到您的广告要花多少钱。", 45.4, 52.0),
    make_turn("customer", "好的，那你发个资料给我，我看看再说。", 52.6, 56.3),
    make_turn("agent", "好的，谢谢您，周三下午再给您打电话，再见。", 56.6, 61.3),
)


def make_finding(kind: str = "hard_sell", **changes: Any) -> Finding:
    """A hard sell in the third turn unless told otherwise."""
    base = Finding(
        kind, 2, "agent", 21.5, 25.1, "今天不定的话明天就没有名额了", 0.88,
        {"kind": "scarcity", "severity": "mild"}, "f1", "talk.no_hard_sell",
    )  # fmt: skip
    return replace(base, **changes)


def make_findings() -> tuple[Finding, ...]:
    """One finding of most colours over the default dialogue."""
    rows: tuple[tuple[Any, ...], ...] = (
        ("ring", None, "unknown", 0.6, 1.6, None, 0.97, {}, "time.pickup"),
        ("ring", None, "unknown", 3.6, 4.6, None, 0.97, {}, "time.pickup"),
        ("courtesy", 0, "agent", 6.2, 6.8, "您好", 0.97, {"kind": "greeting"}, "voice.courtesy"),
        ("company", 0, "agent", 7.2, 8.3, "华信传媒", 0.95, {}, "opening.company"),
        ("department", 0, "agent", 8.3, 9.0, "销售部", 0.92, {}, "opening.department"),
        ("name", 0, "agent", 9.1, 9.7, "李明", 0.9, {}, "opening.name"),
        ("purpose", 0, "agent", 9.9, 13.4, "想跟您介绍一下电梯媒体的投放方案", 0.84, {}, "opening.purpose"),
        ("jargon", 2, "agent", 19.9, 20.1, "CPM", 0.8, {"term": "CPM", "explained": False}, "talk.plain_language"),
        ("hard_sell", 2, "agent", 21.5, 25.1, "今天不定的话明天就没有名额了", 0.88,
         {"kind": "scarcity", "severity": "mild"}, "talk.no_hard_sell"),
        ("refusal", 3, "customer", 26.0, 27.9, "我暂时真的不需要", 0.91, {}, "talk.no_hard_sell"),
        ("objection", 3, "customer", 28.2, 30.4, "我们公司今年没有预算", 0.82,
         {"kind": "price", "handling": "ignored"}, "talk.objections"),
        ("interruption", 4, "agent", 30.0, 31.2, "您先听我说完", 0.9, {"kind": "cut_off"}, "talk.no_interruption"),
        ("pitch_after_refusal", 4, "agent", 34.2, 37.4, "这个价格是全市最低的", 0.52, {}, "talk.no_hard_sell"),
        ("long_silence", None, "unknown", 37.4, 42.6, None, 0.99, {}, None),
        ("confusion", 5, "customer", 42.6, 45.0, "什么是CPM？我没听懂", 0.9, {"restated": True}, "talk.restates"),
        ("restatement", 6, "agent", 46.9, 52.0, "也就是说一千个人看到您的广告要花多少钱", 0.85, {}, "talk.restates"),
        ("follow_up", 8, "agent", 58.0, 60.2, "周三下午再给您打电话", 0.87, {}, "record.follow_up"),
    )  # fmt: skip
    return tuple(
        Finding(*row[:8], id=f"f{i}", criterion=row[8])  # type: ignore[arg-type]  # one row, one finding
        for i, row in enumerate(rows, 1)
    )


CRITERIA: tuple[tuple[str, str, str, str, str, float, bool], ...] = (
    ("opening.company", "opening", "4.1, 7.1", "报公司名称", "Says the company's name", 6, False),
    ("opening.department", "opening", "7.1", "报部门", "Says the department", 3, False),
    ("opening.name", "opening", "7.1", "报姓名", "Says one's own name", 4, False),
    ("opening.purpose", "opening", "7.1", "说明来电目的", "Says why one calls", 5, False),
    ("voice.courtesy", "voice", "5.1", "礼貌用语", "Polite words", 6, False),
    ("voice.balance", "voice", "5.2", "音量均衡", "Loudness kept in balance", 4, False),
    ("voice.level", "voice", "5.2", "音量适中", "Neither inaudible nor too loud", 0, True),
    ("time.pickup", "time", "6.2", "三声内接听", "Answers within three rings", 4, False),
    ("talk.no_hard_sell", "talk", "7.3, 10.1", "不强行推销", "No hard sell", 10, False),
    ("talk.plain_language", "talk", "10.3", "少用术语", "Plain words", 5, False),
    ("talk.no_interruption", "talk", "10.4", "不打断客户", "Never cuts the customer off", 8, False),
    ("talk.restates", "talk", "7.2", "换一种说法解释", "Says it again in other words", 6, False),
    ("talk.objections", "talk", "10.5", "回应异议", "Meets objections", 8, False),
    ("record.follow_up", "record", "8.3, 11.2", "跟进意向客户", "Follows up the interested", 4, False),
)
_VERDICTS = (
    "pass", "pass", "pass", "pass", "partial", "partial", "not_measurable", "not_applicable",
    "needs_review", "partial", "partial", "pass", "fail", "pass",
)  # fmt: skip
_SHARE = {"pass": 1.0, "partial": 0.5, "fail": 0.0}


def make_score(
    verdicts: Sequence[str] = _VERDICTS, *, findings: Sequence[Finding] = (), **changes: Any
) -> CallScore:
    """A score whose sums follow from its verdicts."""
    criteria = []
    for (name, _, article, zh, en, weight, advisory), verdict in zip(CRITERIA, verdicts, strict=True):
        share = None if advisory else _SHARE.get(verdict)
        criteria.append(
            CriterionResult(
                name, article, verdict, None if share is None else share * weight,  # type: ignore[arg-type]
                None if share is None else float(weight), advisory,
                tuple(f.id for f in findings if f.criterion == name),
                Reason(f"{name.split('.')[1]}_{verdict}", f"{zh}：依据录音判定", f"{en}: judged from the recording"),
                Span(0.0, 20.0) if name.startswith("opening.") else None,
            )
        )  # fmt: skip
    points = sum(c.points or 0 for c in criteria)
    most = sum(c.max_points or 0 for c in criteria)
    percent = round(points / most * 100, 1) if most else None
    score = CallScore(
        "telesales-cn", "1.0.0", percent, percent, points, most, 0.86, "合格" if percent else None, (),
        "needs_review" in verdicts, tuple(criteria),
    )  # fmt: skip
    return replace(score, **changes)


def make_side(*spans: tuple[float, float], loudness_lufs: float = -19.2, duration_s: float = 62.4) -> Side:
    """A side that speaks in these spans, with a curve that wavers about its loudness."""
    speech = Timeline(Span(*span) for span in spans)
    curve = tuple(
        loudness_lufs + 3 * ((i * 7919) % 13 / 13 - 0.5) * 2 if speech.at(i / 10) else None
        for i in range(int(duration_s * 10))
    )
    return Side(speech, loudness_lufs, 0.0002, (), curve)


def make_sound(transcript: Transcript, *, duration_s: float = 62.4) -> Sound:
    """Two sides that speak where the transcript says so, two rings before."""
    sides: dict[Speaker, Side] = {}
    for speaker, level in (("agent", -19.2), ("customer", -27.9)):
        spans = [
            (turn.start_s, turn.end_s)
            for turn in transcript.turns
            if turn.speaker == speaker and turn.start_s is not None and turn.end_s is not None
        ]
        sides[speaker] = make_side(*spans, loudness_lufs=level, duration_s=duration_s)  # type: ignore[index]
    return Sound(duration_s, "two_sides", sides, (Span(0.6, 1.6), Span(3.6, 4.6)))


def make_result(
    call_id: str = "call-001", *, transcript: Transcript | None = None, **changes: Any
) -> CallResult:
    """A whole call with findings of most kinds; ``changes`` replace fields of the result."""
    said = make_transcript() if transcript is None else transcript
    findings = make_findings() if transcript is None else ()
    result = CallResult(
        call=CallRecord(
            f"{call_id}.wav", call_id, "A01", "李明", "C77", datetime.fromisoformat("2024-05-06T09:31:20+08:00"),
            "outbound", "电梯媒体", 2, 0, listed=True,
        ),
        recording=Recording(Path(f"{call_id}.wav"), f"{call_id}.wav", "ab" * 32, 62.4, 2, 8000, "pcm_s16le"),
        provenance={"code": "0.1.0", "model": {"name": "whisper-base", "sha256": "cd" * 32}, "options": {"beam": 5}},
        transcript=said,
        sound=make_sound(said),
        measures={name: Measure(name, value, unit, "made") for name, (value, unit) in MEASURES.items()},
        findings=findings,
        score=make_score(findings=findings),
        outcome=Outcome("call_back", 0.82, "周三下午再给您打电话", None),
    )  # fmt: skip
    return replace(result, **changes)
