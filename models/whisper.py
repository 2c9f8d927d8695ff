"""Whisper by faster-whisper and CTranslate2: windows of speech in, words with times out.

Differs from faster-whisper's own batched pipeline in what a telephone call needs: windows are encoded
one at a time and only as long as their speech (encoder attention grows with the square of the length,
so a 30 s window costs four times two of 15 s, and a batch of them 0.5 GB), decoded together; the language is
found from the encodings that the decoder then uses; a stretch of speech that the decoder passed over is
heard once more by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import registry
from models.recognition import Heard, HeardWindow, HeardWord
from models.whisper_load import from_environment, load_model
from models.whisper_search import Search, holes, storage
from models.whisper_settings import WhisperSettings, choose_language, window_language

__all__ = ["WhisperRecogniser", "WhisperSettings", "choose_language", "shared_recogniser"]

SAMPLE_RATE_HZ = 16_000
MAX_WINDOW_S = 30.0
_FRAMES_PER_S = 100

Samples = NDArray[np.float32]
Encoded = NDArray[np.float32]


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
            self._model = load_model(self.settings)
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
            "min_log_probability": chosen.min_log_probability, "least_hole_s": chosen.least_hole_s,
            "most_hole_no_speech": chosen.most_hole_no_speech, "least_hole_log": chosen.least_hole_log,
            "prompts": repr(sorted(chosen.prompts.items())),
            "accepted_languages": ",".join(chosen.accepted_languages),
            "switch_probability": chosen.switch_probability, "other_probability": chosen.other_probability,
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
        encoded: dict[int, Encoded] = {}
        probabilities: Mapping[str, float] = {}
        confidence = 1.0
        mixed = language is None
        if language is None:
            probabilities = self._language_of(windows, encoded, frames)
            language, confidence = choose_language(probabilities, self.settings.accepted_languages)
            if language not in self.settings.accepted_languages:
                return Heard(language, confidence, (), probabilities)
        order = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        heard: dict[int, HeardWindow] = {}
        for start in range(0, len(order), self.settings.batch_size):
            batch = order[start : start + self.settings.batch_size]
            heard.update(self._batch(batch, windows, encoded, frames, language, mixed, hints))
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
        self, windows: Sequence[Samples], encoded: dict[int, Encoded], frames: int
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
            for token, probability in self.model.model.detect_language(storage([encoded[index]]))[0]:
                summed[token[2:-2]] = summed.get(token[2:-2], 0.0) + weight * probability
        return {code: value / total for code, value in summed.items()}

    def _batch(
        self, batch: Sequence[int], windows: Sequence[Samples], encoded: dict[int, Encoded], frames: int,
        language: str, mixed: bool, hints: Sequence[str],
    ) -> dict[int, HeardWindow]:  # fmt: skip
        stacked = []
        for index in batch:
            known = encoded.pop(index, None)
            stacked.append(self._encode(windows[index], frames) if known is None else known)
        seconds = [len(windows[index]) / SAMPLE_RATE_HZ for index in batch]
        spoken = self._spoken(stacked, seconds, language) if mixed else [language] * len(batch)
        heard: dict[int, HeardWindow] = {}
        for code in dict.fromkeys(spoken):
            places = [place for place, each in enumerate(spoken) if each == code]
            if code not in self.settings.accepted_languages and code != language:
                found = [HeardWindow((), None, None, code)] * len(places)
            else:
                found = self._decoded(
                    [stacked[place] for place in places],
                    [windows[batch[place]] for place in places],
                    code,
                    hints,
                )
            heard.update({batch[place]: window for place, window in zip(places, found, strict=True)})
        return heard

    def _spoken(self, encoded: Sequence[Encoded], seconds: Sequence[float], call: str) -> list[str]:
        """Language of each window of a call whose language was found, not given."""
        ranked = self.model.model.detect_language(storage(encoded))
        return [
            window_language(
                {token[2:-2]: probability for token, probability in each},
                call=call, seconds=length_s, settings=self.settings,
            )
            for each, length_s in zip(ranked, seconds, strict=True)
        ]  # fmt: skip

    def _decoded(
        self, encoded: Sequence[Encoded], sounds: Sequence[Samples], language: str, hints: Sequence[str]
    ) -> list[HeardWindow]:
        search = Search(self.model, self.settings, language, hints)
        seconds = [len(sound) / SAMPLE_RATE_HZ for sound in sounds]
        drafts = search.drafts(encoded)
        aligned = search.align(encoded, drafts, seconds)
        prompt = self.settings.prompts.get(language, "")
        return [
            HeardWindow(
                self._filled(search, words, sound, known.shape[1] * 2),
                draft.mean_log_probability, draft.no_speech_probability, language, prompt,
            )
            for words, draft, sound, known in zip(aligned, drafts, sounds, encoded, strict=True)
        ]  # fmt: skip

    def _filled(
        self, search: Search, words: tuple[HeardWord, ...], sound: Samples, frames: int
    ) -> tuple[HeardWord, ...]:
        """The words, and those of the stretches that the decoder passed over, each heard by itself."""
        found = list(words)
        for start_s, end_s in holes(words, len(sound) / SAMPLE_RATE_HZ, least_s=self.settings.least_hole_s):
            part = sound[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
            encoded = [self._encode(part, frames)]
            (draft,) = search.careful(encoded)
            unheard = draft.no_speech_probability > self.settings.most_hole_no_speech
            if unheard or search.doubtful(draft) or draft.mean_log_probability < self.settings.least_hole_log:
                continue
            (more,) = search.align(encoded, [draft], [end_s - start_s])
            found += [
                replace(word, start_s=word.start_s + start_s, end_s=word.end_s + start_s) for word in more
            ]
        return tuple(sorted(found, key=lambda word: word.start_s))


_SHARED: dict[str, WhisperRecogniser] = {}


def shared_recogniser(settings: WhisperSettings | None = None) -> WhisperRecogniser:
    """The process's recogniser for these settings; its model is loaded once however often it is asked for.

    None takes the defaults with what the environment says (:func:`models.whisper_load.from_environment`).
    """
    chosen = settings or from_environment()
    return _SHARED.setdefault(repr(chosen), WhisperRecogniser(chosen))
