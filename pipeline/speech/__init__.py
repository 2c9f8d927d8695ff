"""Speech: who said what, when, and how surely.

The rest of the pipeline needs :func:`listen_words` and :func:`build_transcript`, the settings, and a
recogniser (:func:`default_recogniser`). Importing this package loads no model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.speech.listen import build_transcript, listen_words, with_sides
from pipeline.speech.mono import default_voice_model, hear_voices, tell_sides
from pipeline.speech.protocol import Recogniser, VoiceModel
from pipeline.speech.transcribe import SUPPORTED_LANGUAGES, ChannelWords, RawTranscript, SpeechSettings

if TYPE_CHECKING:
    from models.whisper_settings import WhisperSettings

__all__ = [
    "SUPPORTED_LANGUAGES", "ChannelWords", "RawTranscript", "Recogniser", "SpeechSettings", "VoiceModel",
    "build_transcript", "default_recogniser", "default_voice_model", "hear_voices", "listen_words", "tell_sides",
    "with_sides",
]  # fmt: skip


def default_recogniser(settings: WhisperSettings | None = None) -> Recogniser:
    """The process's Whisper; loaded at its first use, once however often it is asked for."""
    from models.whisper import shared_recogniser

    return shared_recogniser(settings)
