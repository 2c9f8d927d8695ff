"""A transcript delivered beside the recording is used instead of transcribing, and its sides are told by the sound."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.beside import Beside, TranscriptError, held_against, transcript_beside
from pipeline.beside_sides import NO_CHANNEL, NOT_AS_LISTED, SWAPPED, doubt_of, sides_of, without_sides
from pipeline.beside_turns import impossible
from pipeline.intake import take_in
from pipeline.intervals import Span, Timeline
from pipeline.types import CallRecord, Speaker, Transcript, Turn, Unheard

TURNS: list[dict[str, Any]] = [
    {"speaker": "customer", "text": "嗯，你好。", "start_s": 8.0, "end_s": 12.0},
    {"speaker": "agent", "text": "您好，请问是张经理吗？", "start_s": 1.0, "end_s": 6.0},
]


def put(folder: Path, data: Any, *, suffix: str = ".transcript.json") -> Path:
    recording = folder / "call.wav"
    (folder / f"call{suffix}").write_text(
        data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), encoding="utf-8"
    )
    return recording


@pytest.mark.parametrize("suffix", [".transcript.json", ".transcript.jsonl"])
def test_it_is_found_read_and_put_in_order(suffix: str, tmp_path: Path) -> None:
    found = transcript_beside(put(tmp_path, {"language": "zh", "turns": TURNS}, suffix=suffix))
    assert found is not None
    assert [turn.speaker for turn in found.transcript.turns] == ["agent", "customer"]
    assert found.provenance()["recogniser"]["engine"] == "delivered"
    assert len(found.sha256) == 64


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert transcript_beside(tmp_path / "call.wav") is None


def test_a_transcript_behind_a_link_out_fails_its_call(tmp_path: Path) -> None:
    """It isn't read, and its recording isn't transcribed unasked; neither is that of a folder of the name."""
    inbox, outside = tmp_path / "in", tmp_path / "outside"
    inbox.mkdir()
    outside.mkdir()
    put(outside, {"language": "zh", "turns": TURNS})
    link = inbox / "call.transcript.json"
    for target in (outside / "call.transcript.json", link, outside / "none.json"):
        link.symlink_to(target)
        with pytest.raises(TranscriptError, match=r"call\.transcript\.json: file → a plain file"):
            transcript_beside(inbox / "call.wav")
        link.unlink()
    link.mkdir()
    with pytest.raises(TranscriptError, match="a plain file"):
        transcript_beside(inbox / "call.wav")
    link.rmdir()
    put(inbox, {"language": "zh", "turns": TURNS})
    assert transcript_beside(inbox / "call.wav") is not None


@pytest.mark.parametrize("name", ["call.Transcript.JSON", "CALL.transcript.json", "Call.TRANSCRIPT.jsonl"])
def test_its_name_counts_in_any_letter_case(name: str, tmp_path: Path) -> None:
    put(tmp_path, {"language": "zh", "turns": TURNS}).with_name("call.transcript.json").rename(
        tmp_path / name
    )
    found = transcript_beside(tmp_path / "call.wav")
    assert found is not None and found.file == name
    put(tmp_path, {"language": "zh", "turns": TURNS})
    with pytest.raises(TranscriptError, match="keep one"):
        transcript_beside(tmp_path / "call.wav")


def test_a_recording_that_differs_in_case_has_a_transcript_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "CALL.wav").touch()
    put(tmp_path, {"language": "zh", "turns": TURNS})
    (tmp_path / "call.wav").touch()
    assert transcript_beside(tmp_path / "CALL.wav") is None
    assert transcript_beside(tmp_path / "call.wav") is not None


def test_a_link_or_folder_of_the_name_in_other_case_fails_too(tmp_path: Path) -> None:
    (tmp_path / "call.Transcript.Json").mkdir()
    with pytest.raises(TranscriptError, match=r"call\.Transcript\.Json: file → a plain file"):
        transcript_beside(tmp_path / "call.wav")


def test_a_transcript_without_recording_is_told_in_one_line(tmp_path: Path) -> None:
    inner = tmp_path / "mon"
    inner.mkdir()
    (inner / "call.WAV").write_bytes(b"RIFF")
    for folder, name in (
        (inner, "CALL.Transcript.json"),
        (inner, "gone.transcript.jsonl"),
        (tmp_path, "call.transcript.json"),
    ):
        (folder / name).write_text("{}")
    lines = take_in([tmp_path]).mistakes
    assert [line.partition(": ")[0].removeprefix(f"{tmp_path}/") for line in lines] == [
        "call.transcript.json", "mon/gone.transcript.jsonl",
    ]  # fmt: skip
    assert "no recording lies beside this transcript" in lines[0]
    assert take_in([inner / "call.WAV"]).mistakes == ()


@pytest.mark.parametrize("stem", ["x" * 251, "客" * 83])
def test_a_name_too_long_for_a_transcript_has_none(tmp_path: Path, stem: str) -> None:
    recording = tmp_path / f"{stem}.wav"
    recording.write_bytes(b"RIFF")
    assert transcript_beside(recording) is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("no json", "call.transcript.json: no JSON|Expecting value"),
        ([], "a call is a JSON object"),
        ({"turns": [{"speaker": "agent"}]}, "turns\\[0\\].text"),
        ({"turns": [{"text": "x", "start_s": 3, "end_s": 1}]}, "end_s"),
        ({"language": "fr", "turns": []}, "language"),
        ('{"turns": [{"speaker": "agent", "text": "您好", "text": "再见"}]}', "'text' → is given twice"),
        ('{"language": "zh", "language": "en", "turns": []}', "'language' → is given twice in one object"),
    ],
)
def test_a_wrong_one_says_what_is_wrong_and_is_not_passed_over(data: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=told):
        transcript_beside(put(tmp_path, data))


def test_two_of_them_are_one_too_many(tmp_path: Path) -> None:
    put(tmp_path, {"turns": TURNS}, suffix=".transcript.jsonl")
    with pytest.raises(TranscriptError, match="keep one"):
        transcript_beside(put(tmp_path, {"turns": TURNS}))


@pytest.mark.parametrize("agent_channel", [0, 1])
def test_the_agents_channel_is_where_the_agents_turns_are_heard(agent_channel: int, tmp_path: Path) -> None:
    found = transcript_beside(put(tmp_path, {"turns": TURNS}))
    assert found is not None
    speech = [Timeline([Span(1.2, 5.8)]), Timeline([Span(8.1, 11.9)])]
    activity = speech if agent_channel == 0 else speech[::-1]
    sides = sides_of(found.transcript, activity, record=CallRecord("call.wav", "call"), layout="two_sides")
    assert sides == {agent_channel: "agent", 1 - agent_channel: "customer"}


def test_times_that_fit_neither_channel_leave_the_sides_unsure_and_the_call_list_is_believed(
    tmp_path: Path,
) -> None:
    found = transcript_beside(put(tmp_path, {"turns": TURNS}))
    assert found is not None
    activity = [Timeline([Span(0.0, 20.0)]), Timeline([Span(0.0, 20.0)])]
    record = CallRecord("call.wav", "call")
    assert sides_of(found.transcript, activity, record=record, layout="two_sides") is None
    assert sides_of(found.transcript, activity[:1], record=record, layout="mono") is None
    listed = CallRecord("call.wav", "call", agent_channel=1)
    assert sides_of(found.transcript, activity, record=listed, layout="two_sides") == {
        1: "agent",
        0: "customer",
    }


SPEECH = [Timeline([Span(1.2, 5.8)]), Timeline([Span(8.1, 11.9)])]
ROLES: dict[int, Speaker] = {0: "agent", 1: "customer"}


def test_a_transcript_that_names_another_call_is_not_used(tmp_path: Path) -> None:
    recording = put(tmp_path, {"call_id": "other-1", "turns": TURNS})
    with pytest.raises(TranscriptError, match="call_id → 'other-1' is another call"):
        transcript_beside(recording, call_id="c-1")
    assert transcript_beside(recording, call_id="other-1") is not None


@pytest.mark.parametrize(
    ("speech", "duration_s", "told"),
    [
        (SPEECH, 10.0, r"turns\[1\].end_s → 12 lies past the recording's 10.0 s"),
        ([Timeline(), Timeline()], 20.0, "where nobody speaks"),
        ([Timeline([Span(14.0, 19.0)]), Timeline()], 20.0, "where nobody speaks"),
    ],
)
def test_a_transcript_of_another_sound_is_not_used(
    speech: list[Timeline], duration_s: float, told: str, tmp_path: Path
) -> None:
    found = transcript_beside(put(tmp_path, {"turns": TURNS}))
    assert found is not None
    with pytest.raises(TranscriptError, match=told):
        held_against(found, speech, ROLES, duration_s=duration_s)


def test_speech_that_a_delivered_transcript_leaves_out_is_unheard(tmp_path: Path) -> None:
    more = [SPEECH[0], SPEECH[1] | Timeline([Span(15.0, 17.0), Span(19.0, 19.4)])]
    found = transcript_beside(put(tmp_path, {"turns": TURNS}))
    assert found is not None
    assert held_against(found, SPEECH, ROLES, duration_s=20.0).unheard == ()
    assert held_against(found, more, ROLES, duration_s=20.0).unheard == (Unheard(15.0, 17.0, "customer"),)
    none = transcript_beside(put(tmp_path, {"turns": []}))
    assert none is not None
    assert held_against(none, SPEECH, None, duration_s=20.0).unheard == (
        Unheard(1.2, 5.8, "unknown"), Unheard(8.1, 11.9, "unknown"),
    )  # fmt: skip


EN: list[tuple[Speaker, str, float, float]] = [
    ("agent", "Good morning, this is Nora Blake from Westgate Energy, am I speaking with Mr. Dunn?", 1.0, 6.0),
    ("customer", "Yes, speaking.", 6.5, 8.0),
    ("agent", "I'm calling because our company has a new offer, would you like me to send you the details?", 8.5, 15.0),
    ("customer", "How much is it? I'm busy.", 15.5, 18.0),
]  # fmt: skip
ZH: list[tuple[Speaker, str, float, float]] = [
    ("agent", "您好，我是西城能源的小周，请问是邓先生吗？", 1.0, 6.0),
    ("customer", "喂，你哪位？", 6.5, 8.0),
    ("agent", "我们公司最近有一个优惠活动，给您介绍一下可以吗？", 8.5, 15.0),
    ("customer", "多少钱？我在忙。", 15.5, 18.0),
]  # fmt: skip
NAMES = ("Westgate Energy", "西城能源")
CALL = CallRecord("call.wav", "call")


def told(turns: list[tuple[Speaker, str, float, float]], language: str = "en") -> Transcript:
    return Transcript(language, tuple(Turn(who, text, start, end, 1.0) for who, text, start, end in turns))


def beside(turns: list[tuple[Speaker, str, float, float]], language: str = "en") -> Beside:
    return Beside(told(turns, language), "call.transcript.json", "0" * 64)


def speech_of(turns: list[tuple[Speaker, str, float, float]]) -> list[Timeline]:
    return [
        Timeline(Span(start, max(start, end - 0.2)) for who, _, start, end in turns if who == side)
        for side in ("agent", "customer")
    ]


OTHER = [Timeline([Span(0.5, 3.0), Span(9.0, 11.5), Span(20.0, 30.0)]), Timeline([Span(3.5, 8.0), Span(12.0, 19.0)])]  # fmt: skip


def test_turns_on_neither_channel_beside_much_other_speech_are_another_recordings() -> None:
    with pytest.raises(TranscriptError, match=r"turns → they fit neither channel .* of speech have no words"):
        held_against(beside(EN), OTHER, None, duration_s=31.0)
    short = [line.crop(Span(0.0, 18.0)) for line in OTHER]
    assert held_against(beside(EN), short, None, duration_s=31.0).unheard == ()
    assert doubt_of(told(EN), short, record=CALL) is NO_CHANNEL
    more = [speech_of(EN)[0] | Timeline([Span(20.0, 30.0)]), speech_of(EN)[1]]
    assert held_against(beside(EN), more, ROLES, duration_s=31.0).unheard == (Unheard(20.0, 30.0, "agent"),)


def test_what_both_sides_say_at_once_tells_nothing_about_the_channels() -> None:
    leaking = [speech_of(EN)[0], Timeline(span for line in speech_of(EN) for span in line)]
    assert sides_of(told(EN), leaking, record=CALL, layout="two_sides") is None
    assert doubt_of(told(EN), leaking, record=CALL, known_names=NAMES) is None, "too little to contradict"
    talking = [speech_of(EN)[0], speech_of(EN)[1] | Timeline([Span(2.0, 5.0), Span(9.0, 13.0)])]
    assert sides_of(told(EN), talking, record=CALL, layout="two_sides") == ROLES


@pytest.mark.parametrize(("turns", "language"), [(EN, "en"), (ZH, "zh")])
def test_speakers_whom_the_words_or_the_call_list_contradict_are_not_believed(
    turns: list[tuple[Speaker, str, float, float]], language: str
) -> None:
    other: dict[str, Speaker] = {"agent": "customer", "customer": "agent"}
    swapped = [(other[who], text, start, end) for who, text, start, end in turns]
    right = told(turns, language)
    activity = speech_of(turns)
    assert doubt_of(right, activity, record=CALL, known_names=NAMES) is None
    assert doubt_of(told(swapped, language), activity, record=CALL, known_names=NAMES) is SWAPPED
    assert doubt_of(told(swapped, language), record=CALL, known_names=NAMES) is SWAPPED, "without sound, too"
    listed = replace(CALL, agent_channel=1)
    assert doubt_of(right, activity, record=listed, known_names=NAMES) is NOT_AS_LISTED
    bare = without_sides(right)
    assert not bare.sides_sure and {turn.speaker for turn in bare.turns} == {"unknown"}
    assert [turn.text for turn in bare.turns] == [text for _, text, _, _ in turns]


@pytest.mark.parametrize(
    ("turns", "place"),
    [
        ([("agent", "really " * 400, 1.0, 9.0)], r"turns\[0\].text → 400 words .* 8.0 s; nobody speaks so fast"),
        ([("agent", "我们" * 60, 1.0, 4.0)], r"turns\[0\].text → 120 words"),
        ([("customer", "well now", 1.0 + n / 100, 1.2 + n / 100) for n in range(90)], "turns → of the speaker customer: 180"),
        ([*EN, ("agent", EN[2][1], 9.0, 15.2)], r"turns\[\d\] → says the same as turns\[\d\] at the same time"),
    ],
)  # fmt: skip
def test_turns_that_nobody_can_have_said_are_refused_with_their_place(
    turns: list[tuple[Speaker, str, float, float]], place: str, tmp_path: Path
) -> None:
    keys = ("speaker", "text", "start_s", "end_s")
    lines = [dict(zip(keys, turn, strict=True)) for turn in turns]
    with pytest.raises(TranscriptError, match=rf"call\.transcript\.json: {place}"):
        transcript_beside(put(tmp_path, {"turns": lines}))
    for line in lines:
        del line["end_s"]
    assert transcript_beside(put(tmp_path, {"turns": lines})) is not None, "of no times nothing is impossible"


def test_one_in_the_other_language_than_it_says_fails_its_call(tmp_path: Path) -> None:
    lines = [{"speaker": who, "text": text, "start_s": start, "end_s": end} for who, text, start, end in EN]
    with pytest.raises(TranscriptError, match=r"language → 'zh' is declared, .* written in English; en or"):
        transcript_beside(put(tmp_path, {"language": "zh", "turns": lines}))


def test_fast_talk_repeats_and_loose_times_are_let_be() -> None:
    turns: list[tuple[Speaker, str, float, float]] = [
        ("agent", "我们这边" * 12, 1.0, 7.0),
        ("agent", "请问您考虑得怎么样？", 7.0, 9.0),
        ("agent", "请问您考虑得怎么样？", 9.1, 11.0),
        ("customer", "请问您考虑得怎么样？", 9.2, 11.0),
        ("customer", "嗯", 12.0, 12.0),
        ("customer", "嗯", 12.0, 12.2),
    ]
    assert list(impossible(told(turns, "zh").turns, "zh")) == []
