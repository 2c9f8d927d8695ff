"""From encoded windows to words: a narrow search first, a wide one where it was unsure, then the times.

A window may come out wrong in three ways that the decoder's own figures show: unsure (decoded again with the wide
search), a loop, noise or nothing at all (once more without prompt and without repeats), and cut short: Whisper ends its
text after a pause though speech goes on. What such a window holds without words is found by :func:`holes`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recognition import HeardWord
from models.whisper_settings import WhisperSettings

_FRAMES_PER_S = 100
_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
_LONGEST_WORD_S = 1.5
_WORD_S = 0.5
_ALIGNED_AT_ONCE = 1


@dataclass(frozen=True, slots=True)
class Draft:
    """What one window came out as, before its times are known."""

    tokens: list[int]
    mean_log_probability: float
    no_speech_probability: float
    text: str

    @property
    def merit(self) -> float:
        """Natural logarithm of the whole text's probability, a different token: a loop's own words make it likelier each
        time, so what it says again costs and earns nothing."""
        return self.mean_log_probability * (len(self.tokens) + 1) / (len(set(self.tokens)) + 1)

    @property
    def compression_ratio(self) -> float:
        """Bytes to zlib bytes; a loop compresses well."""
        raw = self.text.encode()
        return len(raw) / len(zlib.compress(raw)) if raw else 0.0


class Search:
    """Decoding in one language with one model.

    Parameters
    ----------
    model
        ``faster_whisper.WhisperModel``.
    """

    def __init__(self, model: Any, settings: WhisperSettings, language: str, hints: Sequence[str]) -> None:
        from faster_whisper.tokenizer import Tokenizer

        self.model = model
        self.settings = settings
        self.hints = hints
        multilingual = model.model.is_multilingual
        self.tokenizer = Tokenizer(
            model.hf_tokenizer, multilingual, task="transcribe", language=language if multilingual else "en"
        )

    def drafts(self, encoded: Sequence[NDArray[np.float32]]) -> list[Draft]:
        """The best text of each window; ``encoded`` holds arrays of one shape ``(1, frames, width)``."""
        return self.settled(encoded, self.first(encoded))

    def first(self, encoded: Sequence[NDArray[np.float32]]) -> list[Draft]:
        """The narrow search alone."""
        return self._decode(encoded, self.hints, beam_size=self.settings.beam_size)

    def settled(self, encoded: Sequence[NDArray[np.float32]], first: Sequence[Draft]) -> list[Draft]:
        """What the narrow search found, the windows of which it was unsure searched again."""
        settled = list(first)
        unsure = [place for place, draft in enumerate(settled) if self._unsure(draft)]
        if unsure and self.settings.careful_beam_size > self.settings.beam_size:
            wide = self.careful([encoded[place] for place in unsure])
            for place, draft in zip(unsure, wide, strict=True):
                settled[place] = draft
        for place, draft in enumerate(settled):
            if self.doubtful(draft):
                settled[place] = self._again(encoded[place], draft)
        return settled

    def careful(self, encoded: Sequence[NDArray[np.float32]]) -> list[Draft]:
        """The wide search alone."""
        beam_size = max(self.settings.careful_beam_size, self.settings.beam_size)
        return self._decode(encoded, self.hints, beam_size=beam_size)

    def doubtful(self, draft: Draft) -> bool:
        """Whether a draft is a loop, noise or empty."""
        return (
            not draft.text
            or draft.compression_ratio > self.settings.max_compression_ratio
            or draft.mean_log_probability < self.settings.min_log_probability
        )

    def says_something(self, draft: Draft) -> bool:
        """Whether a draft is words, and the engine believes that somebody speaks."""
        silent = draft.no_speech_probability > self.settings.most_hole_no_speech
        return not silent and not self.doubtful(draft)

    def align(
        self, encoded: Sequence[NDArray[np.float32]], drafts: Sequence[Draft], seconds: Sequence[float]
    ) -> list[tuple[HeardWord, ...]]:
        """Words with times from the decoder's attention, in seconds of the window."""
        from faster_whisper.transcribe import merge_punctuations

        texts = [[token for token in draft.tokens if token < self.tokenizer.eot] for draft in drafts]
        frames = [max(2, int(np.ceil(length_s * _FRAMES_PER_S))) for length_s in seconds]
        found = []
        for alignment in self._alignments(encoded, texts, frames):
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

    def _alignments(
        self, encoded: Sequence[NDArray[np.float32]], texts: Sequence[list[int]], frames: Sequence[int]
    ) -> Iterator[Any]:
        # a few windows at a time: the aligner holds each token's odds over the whole vocabulary at once
        for first in range(0, len(texts), _ALIGNED_AT_ONCE):
            part = slice(first, first + _ALIGNED_AT_ONCE)
            yield from self.model.find_alignment(
                self.tokenizer, list(texts[part]), storage(encoded[part]), list(frames[part])
            )

    def _unsure(self, draft: Draft) -> bool:
        return (
            draft.mean_log_probability < self.settings.sure_log_probability
            or draft.compression_ratio > self.settings.max_compression_ratio
        )

    def _again(self, encoded: NDArray[np.float32], first: Draft) -> Draft:
        """A try without prompt, with a beam and no repeated run of six tokens; the better of both."""
        beam_size = self.settings.retry_beam_size
        second = self._decode([encoded], (), beam_size=beam_size, prompted=False, no_repeat_ngram_size=6)[0]
        if not first.text or first.compression_ratio > self.settings.max_compression_ratio:
            return second
        return max(first, second, key=lambda draft: draft.mean_log_probability)

    def _prompt(self, hints: Sequence[str], prompted: bool) -> list[int]:
        text = self.settings.prompts.get(self.tokenizer.language_code, "") if prompted else ""
        named: list[int] = []
        separator = "、" if self.tokenizer.language_code == "zh" else ", "
        if hints:
            named = self.tokenizer.encode(" " + separator.join(hints))[: self.settings.max_hint_tokens]
        before = named + (self.tokenizer.encode(text) if text else [])
        sequence = ([self.tokenizer.sot_prev, *before] if before else []) + list(self.tokenizer.sot_sequence)
        return [*sequence, self.tokenizer.no_timestamps]

    def _decode(
        self, encoded: Sequence[NDArray[np.float32]], hints: Sequence[str], *, beam_size: int,
        prompted: bool = True, **options: Any,
    ) -> list[Draft]:  # fmt: skip
        from faster_whisper.transcribe import get_suppressed_tokens

        prompt = self._prompt(hints, prompted)
        results = self.model.model.generate(
            storage(encoded), [prompt] * len(encoded), beam_size=beam_size, max_length=self.model.max_length,
            suppress_tokens=list(get_suppressed_tokens(self.tokenizer, [-1])), return_scores=True,
            return_no_speech_prob=True, **options,
        )  # fmt: skip
        drafts = []
        for result in results:
            tokens = result.sequences_ids[0]
            mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
            drafts.append(Draft(tokens, mean, result.no_speech_prob, self.tokenizer.decode(tokens).strip()))
        return drafts


def holes(words: Sequence[HeardWord], seconds: float, *, least_s: float) -> list[tuple[float, float]]:
    """Stretches of a window without words: it is packed with speech, so a long one was missed.

    The aligner stretches words over what it has no words for. One longer than anybody speaks stands at its beginning
    where it is the last, since the decoder ended its text there; any other may stand anywhere in its time, so the hole
    holds it too.

    >>> holes([HeardWord("Yes.", 0.2, 9.0, 0.9)], 10.0, least_s=3.0)
    [(1.7, 10.0)]
    >>> holes([HeardWord("But", 0.0, 4.2, 0.9), HeardWord("why?", 4.2, 4.6, 0.9)], 5.0, least_s=3.0)
    [(0.0, 4.2)]
    """
    found: list[tuple[float, float]] = []
    at, said_s = 0.0, 0.0
    for word, after in zip(words, [*words[1:], None], strict=True):
        stretched = word.end_s - word.start_s > _LONGEST_WORD_S
        if stretched and after is not None:
            said_s += _WORD_S
            continue
        if word.start_s - at - said_s >= least_s:
            found.append((at, word.start_s))
        at, said_s = max(at, word.start_s + _LONGEST_WORD_S if stretched else word.end_s), 0.0
    if seconds - at >= least_s:
        found.append((at, seconds))
    return [(round(start, 3), round(end, 3)) for start, end in found]


def with_silence(features: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Mel features ``(bands, n)`` cut or filled up to ``frames``: with silence as Whisper learned it, the lowest value that
    the window's own level allows. Zeros, as faster-whisper takes them, are a steady noise.

    >>> with_silence(np.array([[1.0, -0.5]], dtype=np.float32), 4).tolist()
    [[1.0, -0.5, -0.5, -0.5]]
    """
    missing = max(0, frames - features.shape[-1])
    lowest = float(features.min(initial=0.0))
    return np.pad(features[..., :frames], ((0, 0), (0, missing)), constant_values=lowest)


def storage(encoded: Sequence[NDArray[np.float32]]) -> Any:
    """Encoded windows as CTranslate2 takes them."""
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(np.concatenate(encoded)))
