"""Whisper by faster-whisper and CTranslate2: windows of speech in, words with times out.

Differs from faster-whisper's own batched pipeline in what a telephone call needs: windows are encoded
one at a time and only as long as their speech (encoder attention grows with the square of the length,
so a 30 s window costs four times two of 15 s, and a batch of them 0.5 GB), decoded together; the language is
found from the encodings that the decoder then uses; a stretch of speech that the decoder passed over is
heard once more by itself.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import registry
from models.memory import give_back_freed_memory
from models.recognition import Heard, HeardWindow
from models.whisper_again import SecondHearing
from models.whisper_contest import Contest
from models.whisper_load import MUCH_BYTES, arithmetic, from_environment, load_model
from models.whisper_search import Search, storage, with_silence
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
            "mixed_probability": chosen.mixed_probability,
            "switch_probability": chosen.switch_probability, "other_probability": chosen.other_probability,
            "sure_language": chosen.sure_language, "opinion_windows": chosen.opinion_windows,
            "other_lead": chosen.other_lead, "other_candidates": chosen.other_candidates,
            **arithmetic(os.environ),
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
        give_back_freed_memory(over_bytes=MUCH_BYTES)  # decoding takes the most of all
        sizes = [len(window) for window in windows]  # a window may be cut anew from a file each time
        frames = self._frames(max(sizes))
        encoded: dict[int, Encoded] = {}
        ranked: dict[int, Mapping[str, float]] = {}
        probabilities: Mapping[str, float] = {}
        confidence = 1.0
        mixed = language is None
        if language is None:
            probabilities = self._language_of(windows, sizes, encoded, ranked, frames)
            probed_s = sum(sorted(sizes)[-self.settings.probe_windows :]) / SAMPLE_RATE_HZ
            language, confidence = choose_language(
                probabilities, self.settings.accepted_languages, seconds=probed_s,
                little=self.settings.other_probability,
            )  # fmt: skip
            contest = self._contest(sizes, encoded)
            if language not in self.settings.accepted_languages:
                if contest.has_words(language):
                    return Heard(language, confidence, (), probabilities)
                language, confidence = choose_language(
                    {code: probabilities.get(code, 0.0) for code in self.settings.accepted_languages},
                    self.settings.accepted_languages,
                )  # fmt: skip
            if confidence < self.settings.sure_language:
                language, liking = contest.settled(probabilities, probed_s)
                if language not in self.settings.accepted_languages:
                    return Heard(language, liking, (), probabilities)
        order = sorted(range(len(windows)), key=lambda index: -sizes[index])
        heard: dict[int, HeardWindow] = {}
        for batch in even_batches(order, self.settings.batch_size):
            known = ranked if mixed else None
            heard.update(self._batch(batch, windows, encoded, known, frames, language, hints))
        return Heard(
            language, confidence, tuple(heard[index] for index in range(len(windows))), probabilities
        )

    def _encode(self, samples: Samples, frames: int) -> NDArray[np.float32]:
        features = self.model.feature_extractor(samples)[..., :-1]
        return np.asarray(self.model.encode(with_silence(features, frames)[None]))

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
        self, windows: Sequence[Samples], sizes: Sequence[int], encoded: dict[int, Encoded],
        ranked: dict[int, Mapping[str, float]], frames: int,
    ) -> Mapping[str, float]:  # fmt: skip
        """Mean over the longest windows; their encodings and languages are left for the decoder."""
        longest = sorted(range(len(windows)), key=lambda index: -sizes[index])[: self.settings.probe_windows]
        summed: dict[str, float] = {}
        total = float(sum(sizes[index] for index in longest))
        for batch in even_batches(longest, self.settings.batch_size):
            encoded.update({index: self._encode(windows[index], frames) for index in batch})
            ranked.update(zip(batch, self._ranked([encoded[index] for index in batch]), strict=True))
        for index in longest:
            for code, probability in ranked[index].items():
                summed[code] = summed.get(code, 0.0) + sizes[index] * probability
        return {code: value / total for code, value in summed.items()}

    def _contest(self, sizes: Sequence[int], encoded: Mapping[int, Encoded]) -> Contest:
        longest = sorted(encoded, key=lambda index: -sizes[index])[: self.settings.opinion_windows]
        # a prompt that is told back is likely in its own language, whatever was said
        unprompted = replace(self.settings, prompts={})
        return Contest(
            lambda language: Search(self.model, unprompted, language, ()),
            [encoded[index] for index in longest], [sizes[index] for index in longest], self.settings,
        )  # fmt: skip

    def _batch(
        self, batch: Sequence[int], windows: Sequence[Samples], encoded: dict[int, Encoded],
        ranked: dict[int, Mapping[str, float]] | None, frames: int, language: str, hints: Sequence[str],
    ) -> dict[int, HeardWindow]:  # fmt: skip
        sounds = [windows[index] for index in batch]
        stacked = []
        for index, sound in zip(batch, sounds, strict=True):
            known = encoded.pop(index, None)
            stacked.append(self._encode(sound, frames) if known is None else known)
        spoken = [language] * len(batch)
        if ranked is not None:
            unknown = [place for place, index in enumerate(batch) if index not in ranked]
            found = self._ranked([stacked[place] for place in unknown])
            ranked.update({batch[place]: each for place, each in zip(unknown, found, strict=True)})
            spoken = [
                window_language(
                    ranked[index], call=language, seconds=len(sound) / SAMPLE_RATE_HZ, settings=self.settings
                )
                for index, sound in zip(batch, sounds, strict=True)
            ]
        heard: dict[int, HeardWindow] = {}
        for code in dict.fromkeys(spoken):
            places = [place for place, each in enumerate(spoken) if each == code]
            if code not in self.settings.accepted_languages and code != language:
                found_here = [HeardWindow((), None, None, code)] * len(places)
            else:
                found_here = self._decoded(
                    [stacked[place] for place in places], [sounds[place] for place in places], code, hints,
                    [ranked[batch[place]] if ranked is not None else None for place in places],
                )  # fmt: skip
            heard.update({batch[place]: window for place, window in zip(places, found_here, strict=True)})
        return heard

    def _ranked(self, encoded: Sequence[Encoded]) -> list[Mapping[str, float]]:
        """How likely each language is in each window."""
        if not encoded:
            return []
        found = self.model.model.detect_language(storage(encoded))
        return [{token[2:-2]: probability for token, probability in each} for each in found]

    def _decoded(
        self, encoded: Sequence[Encoded], sounds: Sequence[Samples], language: str, hints: Sequence[str],
        odds: Sequence[Mapping[str, float] | None],
    ) -> list[HeardWindow]:  # fmt: skip
        others = self.settings.accepted_languages if any(odds) else ()
        searches = {
            code: Search(self.model, self.settings, code, hints)
            for code in dict.fromkeys((language, *others))
        }
        search = searches[language]
        seconds = [len(sound) / SAMPLE_RATE_HZ for sound in sounds]
        drafts = search.drafts(encoded)
        aligned = search.align(encoded, drafts, seconds)
        prompt = self.settings.prompts.get(language, "")
        again = SecondHearing(
            searches, lambda sound: self._encode(sound, encoded[0].shape[1] * 2), self._ranked, self.settings
        )
        return [
            again.mended(
                HeardWindow(words, draft.mean_log_probability, draft.no_speech_probability, language, prompt),
                sound,
                known,
            )
            for words, draft, sound, known in zip(aligned, drafts, sounds, odds, strict=True)
        ]


def even_batches(order: Sequence[int], size: int) -> list[Sequence[int]]:
    """The order cut into as few batches as hold ``size`` each, all about as long: a lone last window costs as many steps.

    >>> even_batches(range(7), 6)
    [range(0, 4), range(4, 7)]
    """
    each = math.ceil(len(order) / max(1, math.ceil(len(order) / size)))
    return [order[start : start + each] for start in range(0, len(order), each)] if order else []


_SHARED: dict[str, WhisperRecogniser] = {}


def shared_recogniser(settings: WhisperSettings | None = None) -> WhisperRecogniser:
    """The process's recogniser for these settings; its model is loaded once however often it is asked for.

    None takes the defaults with what the environment says (:func:`models.whisper_load.from_environment`).
    """
    chosen = settings or from_environment()
    return _SHARED.setdefault(repr(chosen), WhisperRecogniser(chosen))
