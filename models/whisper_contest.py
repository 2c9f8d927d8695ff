"""Which language a call is in, where the finder is unsure: the decoder writes the longest windows in each that it may be.

Accents mislead the finder, not the decoder: told another language than it hears, it writes accented English all the same, and
is no surer of it. Of words in a language that it knows it is surer than of that language's sounds in English letters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.whisper_search import Draft, Search
from models.whisper_settings import LITTLE_SPEECH_S, WhisperSettings

_LEAST_ODDS = 0.05
"""What the finder thinks less likely isn't tried."""
_LEAST_LIKING = -1.5
"""Foreign speech came out over -1.3 a different token, accented English in loud noise as a loop in Burmese under -2.4."""
_LOST_LIKING = -3.0
"""What a single search leaves under this in every window is a loop of a few tokens, and not searched again: spoken
French itself came out at -2.76 once, so only what is worse."""


@dataclass(frozen=True, slots=True)
class Contest:
    """The longest windows of a call, and what each language makes of them.

    Attributes
    ----------
    search
        Decoding in one language; without a prompt, which would be told back where there are no words.
    sounds, sizes
        The windows, encoded, and their lengths in samples.
    """

    search: Callable[[str], Search]
    sounds: Sequence[NDArray[np.float32]]
    sizes: Sequence[int]
    settings: WhisperSettings
    _known: dict[str, list[Draft]] = field(default_factory=dict)
    _first: dict[tuple[str, int], Draft] = field(default_factory=dict)

    def has_words(self, language: str) -> bool:
        """Whether a language has words for any of the windows: crackle is likeliest in some language, too.

        The first window that has any tells it; none is searched again before all were looked at.
        """
        search = self.search(language)
        if language not in self._known:
            for place in range(len(self.sounds)):
                (draft,) = self._firsts(language, [place])
                if search.says_something(draft):
                    return True
        return any(search.says_something(draft) for draft in self._drafts(language))

    def settled(self, odds: Mapping[str, float], seconds: float) -> tuple[str, float]:
        """The language in which the decoder is surest, and how much it is so of that and the next best.

        Of other languages than the accepted ones it is the likeliest that the decoder confirms, and the last that is tried:
        the call has no words then, whichever it is.

        Parameters
        ----------
        odds, seconds
            What the finder thinks of each language, and the speech that it looked at.
        """
        ours = max(self.settings.accepted_languages, key=self._liking)
        leading = max(odds, key=lambda code: odds[code], default=ours)
        unsure = self._liking(ours) < self.settings.min_log_probability
        if leading in self.settings.accepted_languages or seconds < LITTLE_SPEECH_S or not unsure:
            return ours, 0.0
        others = sorted(odds.keys() - set(self.settings.accepted_languages), key=lambda code: -odds[code])
        for code in others[: self.settings.other_candidates]:
            if odds[code] < _LEAST_ODDS or self._is_lost(code):
                continue
            lead = self._liking(code) - self._liking(ours)
            if (
                lead >= self.settings.other_lead
                and self._liking(code) >= _LEAST_LIKING
                and self.has_words(code)
            ):
                return code, 1.0 / (1.0 + math.exp(-lead))
        return ours, 0.0

    def _is_lost(self, language: str) -> bool:
        """Whether the narrow search alone shows that nobody speaks a language."""
        return all(draft.merit < _LOST_LIKING for draft in self._firsts(language, range(len(self.sounds))))

    def _liking(self, language: str) -> float:
        merits = [draft.merit for draft in self._drafts(language)]
        return float(np.average(merits, weights=self.sizes))

    def _drafts(self, language: str) -> list[Draft]:
        if language not in self._known:
            first = self._firsts(language, range(len(self.sounds)))
            self._known[language] = self.search(language).settled(self.sounds, first)
        return self._known[language]

    def _firsts(self, language: str, places: Sequence[int]) -> list[Draft]:
        """What the narrow search makes of some of the windows; each is asked for once."""
        asked = [place for place in places if (language, place) not in self._first]
        if asked:
            found = self.search(language).first([self.sounds[place] for place in asked])
            self._first.update({(language, place): draft for place, draft in zip(asked, found, strict=True)})
        return [self._first[language, place] for place in places]
