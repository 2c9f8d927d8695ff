"""The pages: complete, escaped, in both languages, written as calls are done."""

from __future__ import annotations

import base64
import re
import wave
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from factories import (
    CRITERIA,
    make_finding,
    make_result,
    make_score,
    make_transcript,
    make_turn,
)

from pipeline.audio.probe import digest_of
from pipeline.errors import RecordingError
from pipeline.intervals import Span
from pipeline.reports import writer as writer_module
from pipeline.reports.audio_copy import BLENDED, CopySettings, write_copy
from pipeline.reports.call_page import call_page
from pipeline.reports.calls_csv import Failure
from pipeline.reports.html import clock, href, tidy
from pipeline.reports.index_page import card_of, index_page, worst_first
from pipeline.reports.labels import labels
from pipeline.reports.standard_view import CriterionText, StandardView
from pipeline.reports.timeline import axis_of
from pipeline.reports.writer import ReportWriter, write_call, write_report

STANDARD = StandardView(
    "telesales-cn",
    "1.0.0",
    tuple(CriterionText(*row) for row in CRITERIA),
    "电话销售服务标准",
    "Telesales standard",
)
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"


class _Page(HTMLParser):
    """Tags with their attributes, and the text outside of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in not in ("script", "style"):
            self.text += data


def _sound(path: Path, *, seconds: float = 3.0, rate: int = 8000, channels: int = 2) -> Path:
    time = np.arange(int(seconds * rate)) / rate
    sides = [np.sin(2 * np.pi * f * time) * 8000 for f in (300, 600)][:channels]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack(sides, 1).astype("<i2").tobytes())
    return path


def _decoded(path: Path) -> tuple[np.ndarray, int]:
    floats = av.AudioResampler(format="fltp")
    with av.open(str(path)) as container:
        frames = [one.to_ndarray() for frame in container.decode(audio=0) for one in floats.resample(frame)]
        return np.concatenate(frames, axis=1), container.streams.audio[0].rate


def _strength(samples: np.ndarray, rate: int, hz: float, start_s: float, end_s: float) -> float:
    part = samples[0, int(start_s * rate) : int(end_s * rate)]
    time = np.arange(len(part)) / rate
    return float(abs(np.mean(part * np.exp(-2j * np.pi * hz * time))) * 2)


def test_page_has_everything():
    page = _Page(call_page(make_result(), standard=STANDARD, sound="call-001.flac"))
    for text in (
        "李明",
        "call-001",
        "合格",
        "电梯媒体",
        "不强行推销",
        "No hard sell",
        "约定再联系",
        "Call back",
    ):
        assert text in page.text
    ids = {attrs.get("id") for _, attrs in page.tags}
    assert {f"turn-{i}" for i in range(9)} <= ids
    assert {f"mark-f{i}" for i in range(1, 18)} <= ids
    assert {f"criterion-{row[0]}" for row in CRITERIA} <= ids
    audio = next(attrs for tag, attrs in page.tags if tag == "audio")
    assert audio["src"] == "call-001.flac"
    assert "line gain" in page.text.lower()
    assert page.text.count("Line gain") == 1


def test_each_quote_and_word_has_its_second():
    result = make_result()
    page = _Page(call_page(result, standard=STANDARD, sound="a.flac"))
    seconds = {float(attrs["data-s"]) for _, attrs in page.tags if attrs.get("data-s")}  # type: ignore[arg-type]
    assert {round(f.start_s or 0.0, 3) for f in result.findings} <= seconds
    starts = {
        round(word.start_s, 3)
        for turn in result.transcript.turns
        for word in turn.words
        if word.start_s is not None
    }
    assert starts <= {round(second, 3) for second in seconds}


def test_transcript_reads_as_delivered():
    said = make_transcript(
        ("customer", "Well, it's about 20 percent, isn't it?"),
        ("agent", "好的，CPM 是千人成本。"),
        language="en",
    )
    page = _Page(call_page(make_result(transcript=said), standard=STANDARD))
    for turn in said.turns:
        assert turn.text in page.text


@pytest.mark.parametrize(
    "field", ["transcript", "agent", "quote", "reason", "call_id", "provenance", "detail", "standard"]
)
def test_everything_is_escaped(field):
    result, standard = make_result(), STANDARD
    if field == "transcript":
        result = make_result(
            transcript=make_transcript(make_turn("agent", EVIL, 0.0, 4.0), ("customer", EVIL))
        )
    elif field == "agent":
        result = replace(result, call=replace(result.call, agent_name=EVIL, campaign=EVIL))
    elif field == "quote":
        result = replace(
            result,
            findings=(make_finding(quote=EVIL), make_finding("jargon", id="f2", detail={"term": EVIL})),
        )
    elif field == "reason":
        bad = replace(result.score.criteria[0].reason, zh=EVIL, en=EVIL)
        criteria = (replace(result.score.criteria[0], reason=bad, article=EVIL), *result.score.criteria[1:])
        result = replace(result, score=replace(result.score, criteria=criteria, grade=EVIL))
    elif field == "call_id":
        result = replace(result, call=replace(result.call, call_id=EVIL))
    elif field == "provenance":
        result = replace(result, provenance={EVIL: {"x": EVIL}})
    elif field == "detail":
        result = replace(result, findings=(make_finding(detail={"kind": EVIL}),))
    else:
        standard = replace(
            STANDARD,
            title_zh=EVIL,
            title_en=EVIL,
            criteria=(replace(STANDARD.criteria[0], title_zh=EVIL, section=EVIL),),
        )
    page = _Page(call_page(result, standard=standard, sound="a.flac"))
    assert [tag for tag, _ in page.tags if tag == "script"] == ["script"]
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    index = _Page(
        index_page(
            [card_of(result, page="a.html", standard=standard)],
            [Failure(EVIL, EVIL, EVIL, EVIL)],
            standard=standard,
        )
    )
    assert [tag for tag, _ in index.tags if tag == "script"] == ["script"]
    assert not [tag for tag, _ in index.tags if tag == "img"]


def test_policy_names_the_digests_and_nothing_comes_from_outside():
    for html in (
        call_page(make_result(), standard=STANDARD, sound="a.flac"),
        index_page([card_of(make_result(), page="a.html", standard=STANDARD)], [], standard=STANDARD),
    ):
        page = _Page(html)
        policy = (
            next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy") or ""
        )
        assert "unsafe" not in policy and "http" not in policy
        for tag in ("script", "style"):
            body = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
            assert body
            digest = base64.b64encode(sha256(body.group(1).encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert not [a for _, a in page.tags if "style" in a]
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)


def test_every_text_is_there_in_both_languages():
    for group, texts in labels().texts.items():
        for name, text in texts.items():
            assert group == "units" or (text.zh and text.en), f"{group}.{name}"
    page = _Page(call_page(make_result(), standard=STANDARD))
    both = [attrs for _, attrs in page.tags if any(name.startswith("data-zh-") for name in attrs)]
    assert both
    assert all(
        attrs.get(name.replace("data-zh-", "data-en-"))
        for attrs in both
        for name in attrs
        if name.startswith("data-zh-")
    )


def test_call_without_score_sound_or_speech():
    result = make_result(transcript=make_transcript(language="zh"))
    quiet = replace(
        result, transcript=replace(result.transcript, turns=()), sound=None, recording=None,
        score=make_score(["not_applicable"] * len(CRITERIA), percent=None, grade=None),
    )  # fmt: skip
    page = _Page(call_page(quiet, standard=STANDARD))
    assert "No score" in page.text
    assert "No speech was heard" in page.text
    assert "audio" not in [tag for tag, _ in page.tags]


def test_axis_places_turns_marks_and_overlap():
    axis = axis_of(make_result())
    assert axis is not None
    assert [lane.speaker for lane in axis.lanes] == ["agent", "customer"]
    first = axis.lanes[0].blocks[0]
    assert first.x == pytest.approx(6.2 / 62.4 * 100, abs=0.01)
    assert first.width == pytest.approx(7.2 / 62.4 * 100, abs=0.01)
    assert [(block.start_s, block.end_s) for block in axis.overlaps] == [(30.0, 31.2)]
    assert [(block.start_s, block.end_s) for block in axis.silences] == [(37.4, 42.6)]
    assert len(axis.marks) == 17
    close = [mark for mark in axis.marks if 7 < mark.start_s < 10]
    assert len({(mark.row, mark.x) for mark in close}) == len(close)
    assert all(path.startswith("M") for lane in axis.lanes for path in lane.paths)


def test_worst_first_and_without_score_last():
    def card(call_id: str, percent: float | None, fatal: tuple[str, ...] = ()):
        result = make_result(call_id)
        return card_of(
            replace(result, score=replace(result.score, percent=percent, fatal=fatal)),
            page="x",
            standard=STANDARD,
        )

    cards = [
        card("a", 90.0),
        card("b", None),
        card("c", 0.0),
        card("d", 0.0, ("talk.no_hard_sell",)),
        card("e", 55.5),
    ]
    assert [one.call_id for one in worst_first(cards)] == ["d", "c", "e", "a", "b"]
    page = _Page(index_page(cards, [], standard=STANDARD))
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert len(links) == 5


def test_index_mean_leaves_out_no_connects():
    spoken, voicemail = make_result("a"), make_result("b")
    voicemail = replace(
        voicemail,
        score=replace(voicemail.score, percent=10.0),
        outcome=replace(voicemail.outcome, label="voicemail"),
    )
    cards = [card_of(one, page="x", standard=STANDARD) for one in (spoken, voicemail)]
    page = _Page(index_page(cards, [], standard=STANDARD))
    assert f"{spoken.score.percent:.1f}%" in re.sub(r"\s", "", page.text)


def test_copy_is_playable_and_masked(tmp_path):
    source = _sound(tmp_path / "in.wav")
    copy = write_copy(source, tmp_path / "out" / "call.flac", mask=[Span(1.0, 1.5)])
    samples, rate = _decoded(copy)
    assert samples.shape[0] == 2
    assert samples.shape[1] / rate == pytest.approx(3.0, abs=0.1)
    assert _strength(samples, rate, 300, 0.2, 0.7) > 0.1
    assert _strength(samples, rate, 300, 1.0, 1.5) < 0.005
    assert _strength(samples, rate, 600, 1.0, 1.5) < 0.005
    assert _strength(samples, rate, 1000, 1.05, 1.45) > 0.04
    assert _strength(samples, rate, 300, 1.75, 2.25) > 0.1
    assert copy.stat().st_size < 3.2 * 16_000


def test_copy_of_a_copy_hides_more_and_changes_nothing_else(tmp_path):
    first = write_copy(_sound(tmp_path / "in.wav"), tmp_path / "first.flac", mask=[Span(1.0, 1.5)])
    second = write_copy(first, tmp_path / "second.flac", mask=[Span(2.0, 2.25)], settings=BLENDED)
    (before, rate), (after, _) = _decoded(first), _decoded(second)
    hidden = slice(int(1.85 * rate), int(2.4 * rate))  # with the margin
    assert _strength(after, rate, 300, 2.0, 2.25) < 0.005
    before[:, hidden] = after[:, hidden] = 0
    assert np.array_equal(before, after)


def test_copy_stays_close_to_the_sound(tmp_path):
    """Noise of the copy at least 40 dB under a side's speech-loud sound, and 75 under full scale."""
    source = _sound(tmp_path / "in.wav")
    (heard, _), (copied, _) = _decoded(source), _decoded(write_copy(source, tmp_path / "call.flac"))
    blended = (heard + CopySettings().crossfeed * heard[::-1]) / (1 + CopySettings().crossfeed)
    noise = float(np.sqrt(np.mean((copied[:, : blended.shape[1]] - blended) ** 2)))
    assert noise < 10 ** (-75 / 20)
    assert noise < float(np.sqrt(np.mean(blended**2))) / 100


def test_copy_of_mono(tmp_path):
    copy = write_copy(_sound(tmp_path / "in.wav", channels=1, rate=16000), tmp_path / "call.flac")
    samples, rate = _decoded(copy)
    assert samples.shape[0] == 1
    assert _strength(samples, rate, 300, 0.5, 2.5) > 0.2


def test_copy_of_no_sound_is_an_error_and_leaves_nothing(tmp_path):
    source = tmp_path / "note.wav"
    source.write_text("not a sound")
    with pytest.raises(RecordingError, match=r"note\.wav"):
        write_copy(source, tmp_path / "out" / "call.flac")
    assert list((tmp_path / "out").iterdir()) == []


def test_report_folder(tmp_path):
    source = _sound(tmp_path / "in.wav")
    result = make_result("呼叫 1")
    assert result.recording is not None
    result = replace(result, recording=replace(result.recording, path=source, sha256=digest_of(source)))
    out = tmp_path / "out"
    write_report([result], [Failure("bad.wav", "bad", "not_audio", "no sound in it")], out, standard=STANDARD)
    name = "%E5%91%BC%E5%8F%AB%201"
    assert {p.name for p in (out / "calls").iterdir()} == {f"{name}.json", f"{name}.html", f"{name}.flac"}
    index = _Page((out / "index.html").read_text(encoding="utf-8"))
    assert f"calls/{href(name)}.html" in [attrs.get("href") for _, attrs in index.tags]
    assert "bad.wav" in index.text and "not_audio" in index.text
    page = _Page((out / "calls" / f"{name}.html").read_text(encoding="utf-8"))
    assert f"{href(name)}.flac" in [attrs.get("src") for _, attrs in page.tags]
    table = pd.read_csv(out / "calls.csv")
    assert sorted(table["state"]) == ["failed", "scored"]


def test_what_was_done_before_a_crash_stays(tmp_path):
    def results():
        yield make_result("one")
        yield make_result("two")
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        write_report(results(), [], tmp_path, standard=STANDARD)
    assert list(pd.read_csv(tmp_path / "calls.csv")["call_id"]) == ["one", "two"]
    assert (tmp_path / "calls" / "two.html").exists()


def test_call_files_are_there_before_the_end(tmp_path):
    writer = ReportWriter(tmp_path, standard=STANDARD)
    writer.add(make_result("one"))
    assert (tmp_path / "calls" / "one.json").exists()
    assert (tmp_path / "index.html").exists()


def test_a_call_scored_again_replaces_its_row(tmp_path):
    with ReportWriter(tmp_path, standard=STANDARD) as writer:
        writer.add(make_result("one"))
        writer.add(make_result("one"))
    assert len(pd.read_csv(tmp_path / "calls.csv")) == 1


@pytest.mark.parametrize("at", ["call_page", "write_json", "card_of"])
def test_a_call_that_fails_on_the_way_leaves_no_score(tmp_path, monkeypatch, at):
    source = _sound(tmp_path / "in.wav")
    result = make_result("one")
    result = replace(result, recording=replace(result.recording, path=source, sha256=digest_of(source)))

    def broken(*_args, **_more):
        raise ValueError("cannot convert float NaN to integer")

    monkeypatch.setattr(writer_module, at, broken)
    with pytest.raises(ValueError, match="NaN"):
        write_call(result, tmp_path / "out", standard=STANDARD)
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_missing_recording_gives_a_page_without_sound(tmp_path, caplog):
    with ReportWriter(tmp_path, standard=STANDARD) as writer:
        writer.add(make_result("one"))
    assert "without sound" in caplog.text
    assert "<audio" not in (tmp_path / "calls" / "one.html").read_text(encoding="utf-8")


def test_small_formats():
    assert [clock(s) for s in (None, 0.9, 61, 3661)] == ["–", "0:00", "1:01", "1:01:01"]
    assert [tidy(v) for v in (None, 66.94, 75.0, -19.2, -0.01)] == ["–", "66.9", "75", "−19.2", "0"]
