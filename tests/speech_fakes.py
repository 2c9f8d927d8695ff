"""A recogniser fed by a queue: it hears what it was told, and keeps what it was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.recognition import Heard, HeardWindow, HeardWord
from pipeline.speech.protocol import Samples


@dataclass
class FakeRecogniser:
    """Answers each call with the next entry of its queue."""

    answers: deque[Heard]
    asked: list[tuple[list[int], str | None, tuple[str, ...]]] = field(default_factory=list)

    def transcribe(
        self, windows: Sequence[Samples], *, language: str | None = None, hints: Sequence[str] = ()
    ) -> Heard:
        self.asked.append(([len(window) for window in windows], language, tuple(hints)))
        return self.answers.popleft()

    def describe(self) -> dict[str, str | int | float | None]:
        return {"engine": "fake", "model_sha256": "0" * 64}


def words(*items: tuple[str, float, float], confidence: float = 0.9) -> tuple[HeardWord, ...]:
    """Heard words from (text, start, end)."""
    return tuple(HeardWord(text, start, end, confidence) for text, start, end in items)


def window(
    heard: tuple[HeardWord, ...],
    *,
    language: str = "zh",
    mean: float = -0.3,
    silence: float = 0.05,
    prompt: str = "",
) -> HeardWindow:
    """A heard window without doubts, unless they are given."""
    return HeardWindow(heard, mean, silence, language, prompt)


def heard(*windows: HeardWindow, language: str = "zh") -> Heard:
    """A call's windows in one language."""
    return Heard(language, 0.99, windows, {language: 0.99})
