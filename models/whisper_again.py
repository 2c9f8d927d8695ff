"""What one window's decoding lost is heard once more, by the stretch and in the language that is spoken there.

A decoder that was told one language passes over what is said in the other, or translates it; and it ends its text after a
pause though speech goes on. The first shows in the finder's odds, the second in speech without words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from models.recognition import HeardWindow, HeardWord
from models.whisper_search import Draft, Search, holes
from models.whisper_settings import WhisperSettings

SAMPLE_RATE_HZ = 16_000
_FRAME_S = 0.05
_PAUSE_FRAMES = 4
_PAUSE_DB = 10.0
_LEAST_PIECE_S = 1.0
"""What is shorter than this goes with what stands before it: too little to find a language by."""
_LEAST_PROOF_S = 2.0
"""Over 1.6 s of strongly accented English the finder was sure of Mandarin (0.99)."""

Samples = NDArray[np.float32]
Encoded = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a window, and the languages that it may be in by its sound; seconds of the window."""

    start_s: float
    end_s: float
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of a window in one language, and what came out; seconds of the window; whether the finder is sure, too."""

    start_s: float
    end_s: float
    language: str
    draft: Draft
    encoded: Encoded
    clear: bool


@dataclass(frozen=True, slots=True)
class SecondHearing:
    """Hears stretches of one call's windows by themselves.

    Attributes
    ----------
    searches
        The languages in which a stretch may be heard, the windows' own first.
    encode, rank
        A stretch's samples to what the decoder takes; the odds of each language in each of them.
    """

    searches: Mapping[str, Search]
    encode: Callable[[Samples], Encoded]
    rank: Callable[[Sequence[Encoded]], list[Mapping[str, float]]]
    settings: WhisperSettings

    def mended(self, window: HeardWindow, sound: Samples, odds: Mapping[str, float] | None) -> HeardWindow:
        """The window with what it lost; ``odds`` are its languages' where the call's language was not given."""
        if odds is not None and self._is_speech(window) and self._may_be_mixed(odds):
            runs = self._runs(sound)
            if runs:
                return self._joined(runs, sound)
        return replace(window, words=self.filled(window.words, sound))

    def filled(self, words: tuple[HeardWord, ...], sound: Samples) -> tuple[HeardWord, ...]:
        """The words, and those of the stretches that the decoder passed over, each heard by itself."""
        found = list(words)
        for start_s, end_s in holes(words, len(sound) / SAMPLE_RATE_HZ, least_s=self.settings.least_hole_s):
            encoded = [self.encode(_part(sound, start_s, end_s))]
            likely = [self.searches[code] for code in self._likely(encoded)]
            drafted = [(search.careful(encoded)[0], search) for search in likely]
            taken = [(draft, search) for draft, search in drafted if self._fills(draft, search)]
            if not taken:
                continue
            draft, search = max(taken, key=lambda pair: pair[0].merit)
            (more,) = search.align(encoded, [draft], [end_s - start_s])
            # a word that was stretched over the hole was heard again in it
            there = [word for word in found if start_s <= word.start_s and word.end_s <= end_s]
            if len(more) > len(there):
                found = [word for word in found if word not in there] + _moved(more, start_s)
        return tuple(sorted(found, key=lambda word: word.start_s))

    @property
    def _own(self) -> str:
        return next(iter(self.searches))

    def _is_speech(self, window: HeardWindow) -> bool:
        """Whether the decoder took the window for words: music speaks every language a little."""
        unsure = (window.mean_log_probability or 0.0) < self.settings.min_log_probability
        return not unsure and (window.no_speech_probability or 0.0) <= self.settings.most_hole_no_speech

    def _may_be_mixed(self, odds: Mapping[str, float]) -> bool:
        others = [share for code, share in self._shares(odds).items() if code != self._own]
        return any(share >= self.settings.mixed_probability for share in others)

    def _may_be_other(self, part: _Part) -> bool:
        """Whether the finder is sure of another language over some time."""
        return (
            len(part.codes) == 1
            and part.codes != (self._own,)
            and part.end_s - part.start_s >= _LEAST_PROOF_S
        )

    def _is_other(self, run: _Run) -> bool:
        """Whether the decoder is sure of the other language, too: a strong accent is words in none."""
        return run.language != self._own and run.clear and self._fills(run.draft, self.searches[run.language])

    def _shares(self, odds: Mapping[str, float]) -> dict[str, float]:
        known = sum(odds.get(code, 0.0) for code in self.searches) or 1.0
        return {code: odds.get(code, 0.0) / known for code in self.searches}

    def _likely(self, encoded: Sequence[Encoded]) -> tuple[str, ...]:
        """The languages that a stretch may be in by its own sound: one where that is clear, else all."""
        if len(self.searches) == 1:
            return tuple(self.searches)
        shares = self._shares(self.rank(encoded)[0])
        sure = (code for code, share in shares.items() if share >= self.settings.switch_probability)
        return tuple(sure) or tuple(self.searches)

    def _fills(self, draft: Draft, search: Search) -> bool:
        return search.says_something(draft) and draft.mean_log_probability >= self.settings.least_hole_log

    def _runs(self, sound: Samples) -> list[_Run]:
        """The window cut in its pauses where the language changes, each run in the language that it is likeliest in; none
        where it has no pause, or no run that is surely in another language than the window's.

        The finder alone is misled by accents; the decoder has the last word wherever it is not for the window's own. So those
        that may prove another language are heard first, and the others only beside one that does.
        """
        cut = pieces(sound)
        if len(cut) == 1:
            return []
        likely = [self._likely([self.encode(_part(sound, *piece))]) for piece in cut]
        parts = []
        for codes, group in groupby(zip(cut, likely, strict=True), key=lambda pair: pair[1]):
            found = [piece for piece, _ in group]
            parts.append(_Part(found[0][0], found[-1][1], codes))
        proofs = {part: self._heard(part, sound) for part in parts if self._may_be_other(part)}
        if not any(self._is_other(run) for run in proofs.values()):
            return []
        return [proofs.get(part) or self._heard(part, sound) for part in parts]

    def _heard(self, part: _Part, sound: Samples) -> _Run:
        encoded = self.encode(_part(sound, part.start_s, part.end_s))
        asked = part.codes if part.codes == (self._own,) else tuple(self.searches)
        drafted = [(self.searches[code].drafts([encoded])[0], code) for code in asked]
        said = [(draft, code) for draft, code in drafted if self.searches[code].says_something(draft)]
        draft, code = max(said or drafted[:1], key=lambda pair: pair[0].merit)
        return _Run(part.start_s, part.end_s, code, draft, encoded, part.codes == (code,))

    def _joined(self, runs: Sequence[_Run], sound: Samples) -> HeardWindow:
        words: list[HeardWord] = []
        for run in runs:
            (own,) = self.searches[run.language].align([run.encoded], [run.draft], [run.end_s - run.start_s])
            words += _moved(self.filled(own, _part(sound, run.start_s, run.end_s)), run.start_s)
        lengths = np.array([run.end_s - run.start_s for run in runs])
        means = np.array([[run.draft.mean_log_probability, run.draft.no_speech_probability] for run in runs])
        mean_log, no_speech = (float(value) for value in np.average(means, axis=0, weights=lengths))
        codes = [run.language for run in runs]
        longest = codes[int(np.argmax(lengths))]
        prompts = "".join(self.settings.prompts.get(code, "") for code in dict.fromkeys(codes))
        return HeardWindow(tuple(words), mean_log, no_speech, longest, prompts)


def pieces(sound: Samples) -> list[tuple[float, float]]:
    """A window cut in the middle of its pauses of 0.2 s and more: start and end of each piece in seconds.

    A pause lies nearer to the window's quiet than to its loud frames, and 10 dB under these; where a window was packed, it
    is silent.
    """
    size = round(_FRAME_S * SAMPLE_RATE_HZ)
    frames = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    levels = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    live = levels[levels > -90.0]
    whole_s = len(sound) / SAMPLE_RATE_HZ
    if not live.size:
        return [(0.0, whole_s)]
    low, high = np.percentile(live, (10, 90))
    quiet = levels < min((low + high) / 2, high - _PAUSE_DB)
    cuts, at = [0.0], 0
    for is_quiet, group in groupby(quiet):
        count = len(list(group))
        middle_s = (at + count / 2) * _FRAME_S
        inside = is_quiet and count >= _PAUSE_FRAMES and 0 < at < len(quiet) - count
        if inside and middle_s - cuts[-1] >= _LEAST_PIECE_S:
            cuts.append(middle_s)
        at += count
    if len(cuts) > 1 and whole_s - cuts[-1] < _LEAST_PIECE_S:
        cuts.pop()
    return list(zip(cuts, [*cuts[1:], whole_s], strict=True))


def _part(sound: Samples, start_s: float, end_s: float) -> Samples:
    return sound[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]


def _moved(words: Sequence[HeardWord], by_s: float) -> list[HeardWord]:
    return [replace(word, start_s=word.start_s + by_s, end_s=word.end_s + by_s) for word in words]
