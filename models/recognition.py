"""What a speech recogniser hears: plain records that any engine can fill.

They live beside the engines, not in the pipeline, so that the arrow stays ``pipeline → models``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word as the engine wrote it, with its leading space; times in seconds from the window's start."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """One window of at most 30 s.

    Attributes
    ----------
    words
        Words in order.
    mean_log_probability
        Natural logarithm, mean over the decoded tokens; None where the engine has none.
    no_speech_probability
        How likely the engine thinks it that nobody speaks, 0–1; None where it has none.
    language
        Language the window was decoded in.
    prompt
        Text the engine was primed with, which may leak into what it writes.
    """

    words: tuple[HeardWord, ...]
    mean_log_probability: float | None
    no_speech_probability: float | None
    language: str
    prompt: str = ""

    @property
    def text(self) -> str:
        """All words joined as the engine wrote them."""
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in the windows of one call, in their order.

    Attributes
    ----------
    language, language_confidence
        Found over all windows together or as given; confidence 0–1.
    windows
        One entry a window; empty where the language found is not among the accepted ones.
    language_probabilities
        Mean over the windows that were looked at, weighted by their length; empty when the language was
        given.
    """

    language: str
    language_confidence: float
    windows: tuple[HeardWindow, ...]
    language_probabilities: Mapping[str, float] = field(default_factory=dict)
