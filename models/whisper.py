"""Whisper by faster-whisper and CTranslate2: windows of speech in, words with times out.

Differs from faster-whisper's own batched pipeline in what a telephone call needs: windows are encoded
one at a time and only as long as their speech (encoder attention grows with the square of the length,
so a 30 s window costs four times two of 15 s, and a batch of them 0.5 GB), decoded together; the language is
found from the encodings that the decoder then uses; a window that came out as a loop or as noise is
decoded once more, with a beam and without repeats.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import registry
from models.recognition import Heard, HeardWindow, HeardWord
from models.whisper_settings import WhisperSettings, choose_language

__all__ = ["WhisperRecogniser", "WhisperSettings", "choose_language", "shared_recogniser"]

SAMPLE_RATE_HZ = 16_000
MAX_WINDOW_S = 30.0
_FRAMES_PER_S = 100
_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Draft:
    tokens: list[int]
    mean_log_probability: float
    no_speech_probability: float
    text: str

    @property
    def compression_ratio(self) -> float:
        raw = self.text.encode()
        return len(raw) / len(zlib.compress(raw)) if raw else 0.0


class WhisperRecogniser:
    """Whisper behind the one-method protocol ``pipeline.speech.protocol.Recogniser``.

    The model is loaded at the first use, once for each object; :func:`shared_recogniser` keeps one a process.

    Raises
    ------
    ModelError
        On first use, where the model is missing or damaged.
    """

    def __init__(self, settings: WhisperSettings | None = None) -> None:
        self.settings = settings or WhisperSettings()
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The loaded ``faster_whisper.WhisperModel``."""
        if self._model is None:
            self._model = _load(self.settings)
        return self._model

    def describe(self) -> dict[str, str | int | float | None]:
        """Model digest and every option that changes the words, for provenance and cache key."""
        folder = registry.whisper_path(self.settings.model)
        chosen = self.settings
        return {
            "engine": "faster-whisper", "model": self.settings.model or folder.name,
            "model_sha256": registry.whisper_digest(folder), "compute_type": chosen.compute_type,
            "beam_size": chosen.beam_size, "careful_beam_size": chosen.careful_beam_size,
            "sure_log_probability": chosen.sure_log_probability, "retry_beam_size": chosen.retry_beam_size,
            "context_pad_s": chosen.context_pad_s, "least_context_s": chosen.least_context_s,
            "max_compression_ratio": chosen.max_compression_ratio,
            "min_log_probability": chosen.min_log_probability,
            "prompts": repr(sorted(chosen.prompts.items())),
            "accepted_languages": ",".join(chosen.accepted_languages),
        }  # fmt: skip

    def transcribe(
        self, windows: Sequence[Samples], *, language: str | None = None, hints: Sequence[str] = ()
    ) -> Heard:
        """Words of each window.

        Parameters
        ----------
        windows
            Mono float32 at 16 kHz, each at most 30 s.
        language
            ``zh``, ``en`` …; None finds it over all windows together.
        hints
            Names and terms that are likely to be said, most likely first.
        """
        if not windows:
            return Heard(language or "und", 1.0 if language else 0.0, ())
        frames = self._frames(max(len(window) for window in windows))
        encoded: dict[int, Any] = {}
        probabilities: Mapping[str, float] = {}
        confidence = 1.0
        if language is None:
            probabilities = self._language_of(windows, encoded, frames)
            language, confidence = choose_language(probabilities, self.settings.accepted_languages)
            if language not in self.settings.accepted_languages:
                return Heard(language, confidence, (), probabilities)
        order = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        heard: dict[int, HeardWindow] = {}
        for start in range(0, len(order), self.settings.batch_size):
            batch = order[start : start + self.settings.batch_size]
            heard.update(self._batch(batch, windows, encoded, frames, language, hints))
        return Heard(
            language, confidence, tuple(heard[index] for index in range(len(windows))), probabilities
        )

    def _encode(self, samples: Samples, frames: int) -> NDArray[np.float32]:
        from faster_whisper.audio import pad_or_trim

        features = pad_or_trim(self.model.feature_extractor(samples)[..., :-1], frames)
        return np.asarray(self.model.encode(features[None]))

    def _frames(self, samples: int) -> int:
        """Frames that the encoder sees of every window of a call, from the longest one's samples.

        One length for all, so that what was encoded to find the language serves the decoder too.
        """
        longest = int(MAX_WINDOW_S * _FRAMES_PER_S)
        if self.settings.context_pad_s is None:
            return longest
        wanted_s = max(samples / SAMPLE_RATE_HZ + self.settings.context_pad_s, self.settings.least_context_s)
        return min(longest, int(np.ceil(wanted_s - 0.05)) * _FRAMES_PER_S)

    def _language_of(
        self, windows: Sequence[Samples], encoded: dict[int, Any], frames: int
    ) -> Mapping[str, float]:
        longest = sorted(range(len(windows)), key=lambda index: -len(windows[index]))[
            : self.settings.probe_windows
        ]
        summed: dict[str, float] = {}
        total = 0.0
        for index in longest:
            encoded[index] = self._encode(windows[index], frames)
            weight = float(len(windows[index]))
            total += weight
            for token, probability in self.model.model.detect_language(_storage(encoded[index]))[0]:
                summed[token[2:-2]] = summed.get(token[2:-2], 0.0) + weight * probability
        return {code: value / total for code, value in summed.items()}

    def _batch(
        self, batch: Sequence[int], windows: Sequence[Samples], encoded: dict[int, Any], frames: int,
        language: str, hints: Sequence[str],
    ) -> dict[int, HeardWindow]:  # fmt: skip
        stacked = []
        for index in batch:
            known = encoded.pop(index, None)
            stacked.append(self._encode(windows[index], frames) if known is None else known)
        storage = _storage(np.concatenate(stacked))
        tokenizer = self._tokenizer(language)
        drafts = self._decode(storage, len(batch), tokenizer, hints, beam_size=self.settings.beam_size)
        drafts = self._with_care(stacked, tokenizer, hints, drafts)
        for place, draft in enumerate(drafts):
            if self._doubtful(draft):
                drafts[place] = self._again(_storage(stacked[place]), tokenizer, draft)
        words = self._align(storage, tokenizer, drafts, [len(windows[index]) for index in batch])
        prompt = self.settings.prompts.get(language, "")
        return {
            index: HeardWindow(
                found, draft.mean_log_probability, draft.no_speech_probability, language, prompt
            )
            for index, found, draft in zip(batch, words, drafts, strict=True)
        }

    def _with_care(
        self, encoded: Sequence[Any], tokenizer: Any, hints: Sequence[str], drafts: Sequence[_Draft]
    ) -> list[_Draft]:
        """The drafts, those that the narrow search was unsure of decoded again with the wide one."""
        chosen = self.settings
        unsure = [
            place
            for place, draft in enumerate(drafts)
            if draft.mean_log_probability < chosen.sure_log_probability
            or draft.compression_ratio > chosen.max_compression_ratio
        ]
        settled = list(drafts)
        if not unsure or chosen.careful_beam_size <= chosen.beam_size:
            return settled
        storage = _storage(np.concatenate([encoded[place] for place in unsure]))
        wide = self._decode(storage, len(unsure), tokenizer, hints, beam_size=chosen.careful_beam_size)
        for place, draft in zip(unsure, wide, strict=True):
            settled[place] = draft
        return settled

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        multilingual = self.model.model.is_multilingual
        return Tokenizer(
            self.model.hf_tokenizer,
            multilingual,
            task="transcribe",
            language=language if multilingual else "en",
        )

    def _prompt(self, tokenizer: Any, hints: Sequence[str]) -> list[int]:
        text = self.settings.prompts.get(tokenizer.language_code, "")
        named: list[int] = []
        separator = "、" if tokenizer.language_code == "zh" else ", "
        if hints:
            named = tokenizer.encode(" " + separator.join(hints))[: self.settings.max_hint_tokens]
        before = named + (tokenizer.encode(text) if text else [])
        sequence = ([tokenizer.sot_prev, *before] if before else []) + list(tokenizer.sot_sequence)
        return [*sequence, tokenizer.no_timestamps]

    def _decode(
        self,
        storage: Any,
        count: int,
        tokenizer: Any,
        hints: Sequence[str],
        *,
        beam_size: int,
        **options: Any,
    ) -> list[_Draft]:
        from faster_whisper.transcribe import get_suppressed_tokens

        prompt = self._prompt(tokenizer, hints)
        results = self.model.model.generate(
            storage, [prompt] * count, beam_size=beam_size, max_length=self.model.max_length,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])), return_scores=True,
            return_no_speech_prob=True, **options,
        )  # fmt: skip
        drafts = []
        for result in results:
            tokens = result.sequences_ids[0]
            mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
            drafts.append(_Draft(tokens, mean, result.no_speech_prob, tokenizer.decode(tokens).strip()))
        return drafts

    def _doubtful(self, draft: _Draft) -> bool:
        return (
            not draft.text
            or draft.compression_ratio > self.settings.max_compression_ratio
            or draft.mean_log_probability < self.settings.min_log_probability
        )

    def _again(self, storage: Any, tokenizer: Any, first: _Draft) -> _Draft:
        """Second try without prompt, with a beam and no repeated run of six tokens; the better of both."""
        second = self._decode(
            storage, 1, tokenizer, (), beam_size=self.settings.retry_beam_size, no_repeat_ngram_size=6
        )[0]
        if first.compression_ratio > self.settings.max_compression_ratio:
            return second
        return max(first, second, key=lambda draft: draft.mean_log_probability)

    def _align(
        self, storage: Any, tokenizer: Any, drafts: Sequence[_Draft], lengths: Sequence[int]
    ) -> list[tuple[HeardWord, ...]]:
        from faster_whisper.transcribe import merge_punctuations

        texts = [[token for token in draft.tokens if token < tokenizer.eot] for draft in drafts]
        frames = [max(2, int(np.ceil(length / SAMPLE_RATE_HZ * _FRAMES_PER_S))) for length in lengths]
        found = []
        for alignment in self.model.find_alignment(tokenizer, texts, storage, frames):
            merge_punctuations(alignment, _PREPENDED, _APPENDED)
            found.append(
                tuple(
                    HeardWord(
                        word["word"], float(word["start"]), float(word["end"]), float(word["probability"])
                    )
                    for word in alignment
                    if word["word"].strip()
                )
            )
        return found


_SHARED: dict[str, WhisperRecogniser] = {}


def shared_recogniser(settings: WhisperSettings | None = None) -> WhisperRecogniser:
    """The process's recogniser for these settings; its model is loaded once however often it is asked for."""
    chosen = settings or WhisperSettings()
    return _SHARED.setdefault(repr(chosen), WhisperRecogniser(chosen))


def _storage(array: NDArray[np.float32]) -> Any:
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))


def _load(settings: WhisperSettings) -> Any:
    folder = registry.whisper_path(settings.model)
    import ctranslate2
    from faster_whisper import WhisperModel

    device = settings.device
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    compute_type = settings.compute_type
    if compute_type == "auto":
        compute_type = "int8" if device == "cpu" else "float16"
    return WhisperModel(
        str(folder), device=device, compute_type=compute_type, cpu_threads=settings.cpu_threads
    )
