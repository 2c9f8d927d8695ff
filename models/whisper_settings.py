"""How Whisper runs, and which language a call is in: apart from the engine, to be read without loading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_PROMPTS = {"zh": "以下是普通话的电话录音，标点齐全。"}


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """How Whisper runs. The defaults are measured; the table stands in ``docs/how-it-works/speech.md``.

    Attributes
    ----------
    model
        Folder, known name or hub name; None means ``CALLGAUGE_WHISPER``, else the packaged base model.
    device, compute_type
        ``auto`` takes a GPU (float16) when there is one, else the CPU (int8).
    cpu_threads
        Threads of one model; 0 is one in a worker process and else leaves it to CTranslate2.
    beam_size, careful_beam_size, sure_log_probability
        Width of the search; and of the one that follows for the windows whose mean natural logarithm a token came out
        under ``sure_log_probability``. No second search where it would not be wider.
    retry_beam_size
        Width of the last try, without prompt or repeats, for a window that came out empty, as a loop or as noise.
    batch_size
        Windows decoded together.
    context_pad_s, least_context_s
        Silence that the encoder sees after the window's speech, and the shortest that it sees in all:
        under 12 s it begins to invent. ``context_pad_s`` None pads to the full 30 s.
    max_compression_ratio, min_log_probability
        Past these (bytes to zlib bytes; mean natural logarithm a token) a window is decoded once more.
    least_hole_s, most_hole_no_speech, least_hole_log
        A stretch of a window this long without words is heard once more by itself; what comes out is taken where the
        engine's own doubt that anybody speaks, and its mean logarithm a token, are on the right side of the other two.
    prompts
        Text a language that sets script and punctuation, not content.
    accepted_languages
        Languages that are transcribed; speech in others is told, not written.
    mixed_probability
        A window in which another accepted language is at least this likely may hold both: its stretches are looked at one
        by one.
    switch_probability, other_probability, other_least_s
        A window whose language was found this surely to be another accepted one than the call's is decoded in its own;
        one of ``other_least_s`` and longer that is this surely in a language not accepted isn't decoded at all.
    sure_language, opinion_windows
        Where the call's language is found less surely, so many of its longest windows are decoded in every accepted
        language, and the one the decoder likes best is taken: accents mislead the finder, not the decoder.
    other_candidates, other_lead
        Where another language than the accepted ones leads there, though not surely, so many of the likeliest others are
        decoded as well; one is believed where the decoder likes it better by this (mean natural logarithm a token), and
        finds noise in all accepted ones.
    """

    model: str | None = None
    device: str = "auto"
    compute_type: str = "auto"
    cpu_threads: int = 0
    beam_size: int = 5
    careful_beam_size: int = 5
    sure_log_probability: float = -0.4
    retry_beam_size: int = 5
    batch_size: int = 4
    context_pad_s: float | None = 1.0
    least_context_s: float = 15.0
    max_compression_ratio: float = 2.4
    min_log_probability: float = -1.0
    least_hole_s: float = 2.5
    most_hole_no_speech: float = 0.6
    least_hole_log: float = -0.5
    probe_windows: int = 8
    max_hint_tokens: int = 100
    prompts: Mapping[str, str] = field(default_factory=lambda: dict(_PROMPTS))
    accepted_languages: tuple[str, ...] = ("zh", "en")
    mixed_probability: float = 0.02
    switch_probability: float = 0.8
    other_probability: float = 0.9
    other_least_s: float = 6.0
    sure_language: float = 0.9
    opinion_windows: int = 3
    other_candidates: int = 3
    other_lead: float = 0.15


LITTLE_SPEECH_S = 10.0
"""Under so much speech another language must be found as surely as in one window (``other_probability``)."""


def choose_language(
    probabilities: Mapping[str, float], accepted: Sequence[str], *, seconds: float = LITTLE_SPEECH_S,
    little: float = 0.9,
) -> tuple[str, float]:  # fmt: skip
    """Language of a call and how sure it is.

    Another language than the accepted ones is believed only where it is likely and they are not: on
    short or bad telephone speech Whisper spreads its doubt over many languages, and most calls are in
    an accepted one. ``seconds`` is the speech that was looked at; in a few seconds of it nothing but
    ``little`` and more is believed of another language.

    >>> choose_language({"ms": 0.6, "en": 0.2}, ("zh", "en"), seconds=5.0)[0]
    'en'
    >>> choose_language({"ms": 0.6, "en": 0.2}, ("zh", "en"), seconds=50.0)[0]
    'ms'
    """
    if not probabilities:
        return "und", 0.0
    best = max(probabilities, key=lambda code: probabilities[code])
    ours = {code: probabilities.get(code, 0.0) for code in accepted}
    enough = 0.5 if seconds >= LITTLE_SPEECH_S else little
    if best not in ours and probabilities[best] >= enough and sum(ours.values()) < 0.25:
        return best, probabilities[best]
    likely = max(ours, key=lambda code: ours[code])
    return likely, ours[likely] / (sum(ours.values()) or 1.0) * min(1.0, sum(ours.values()) + 0.5)


def window_language(
    probabilities: Mapping[str, float], *, call: str, seconds: float, settings: WhisperSettings
) -> str:
    """Language one window of a call is in: the call's own unless the window clearly speaks another.

    >>> window_language({"en": 0.95, "zh": 0.05}, call="zh", seconds=4.0, settings=WhisperSettings())
    'en'
    >>> window_language({"en": 0.6, "zh": 0.4}, call="zh", seconds=4.0, settings=WhisperSettings())
    'zh'
    >>> window_language({"ja": 0.97, "zh": 0.03}, call="zh", seconds=9.0, settings=WhisperSettings())
    'ja'
    """
    best = max(probabilities, key=lambda code: probabilities[code], default=call)
    if best in settings.accepted_languages:
        return best if probabilities.get(best, 0.0) >= settings.switch_probability else call
    clear = probabilities.get(best, 0.0) >= settings.other_probability and seconds >= settings.other_least_s
    return best if clear else call
