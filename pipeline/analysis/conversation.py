"""A transcript opened up for analysis: sentences with their turn, and the way from characters back to
seconds."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.analysis.bounds import EXACT, whole
from pipeline.analysis.text import fold, language_of, sentences
from pipeline.profile import EMPTY, Profile
from pipeline.types import CallRecord, Finding, Sound, Speaker, Transcript, Turn, Word


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a turn. ``folded`` is as long as ``text``; ``start`` is its offset in the turn's
    text."""

    index: int
    turn: int
    speaker: Speaker
    language: str
    text: str
    folded: str
    start: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that a detector of wording may look at."""

    transcript: Transcript
    sentences: tuple[Sentence, ...]
    profile: Profile = EMPTY
    record: CallRecord = field(default_factory=lambda: CallRecord(file="", call_id=""))
    sound: Sound | None = None

    @classmethod
    def of(
        cls,
        transcript: Transcript,
        *,
        profile: Profile = EMPTY,
        record: CallRecord | None = None,
        sound: Sound | None = None,
    ) -> Conversation:
        """Open a transcript. Each sentence has the language of its own script, else the call's."""
        record = record or CallRecord(file="", call_id="")
        return cls(transcript, tuple(_sentences(transcript)), profile, record, sound)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The transcript's turns."""
        return self.transcript.turns

    def by(self, *speakers: Speaker) -> Iterator[Sentence]:
        """Sentences of these speakers; those of unknown speakers always come along, to be judged by
        wording."""
        return (s for s in self.sentences if s.speaker in speakers or s.speaker == "unknown")

    def in_turn(self, turn: int) -> Iterator[Sentence]:
        """Sentences of one turn."""
        return (s for s in self.sentences if s.turn == turn)

    def time_of(self, turn: int, start: int, end: int) -> tuple[float | None, float | None, float]:
        """Start, end and recognition confidence of characters ``[start, end)`` of a turn's text.

        Words give the seconds; without words they are interpolated inside the turn; without times they are
        None.
        """
        return time_of(self.turns[turn], start, end)

    def finding(
        self, kind: str, sentence: Sentence, start: int, end: int, /, *, strength: float = 1.0, **detail: Any
    ) -> Finding:
        """A finding for characters ``[start, end)`` of a sentence, grown to whole words; confidence = recognition × strength."""
        if kind not in EXACT:
            start, end = whole(sentence.text, start, end)
        begin, until = sentence.start + start, sentence.start + end
        start_s, end_s, heard = self.time_of(sentence.turn, begin, until)
        return Finding(
            kind=kind,
            turn=sentence.turn,
            speaker=sentence.speaker,
            start_s=start_s,
            end_s=end_s,
            quote=self.turns[sentence.turn].text[begin:until],
            confidence=round(heard * strength, 3),
            detail=detail,
        )


def _sentences(transcript: Transcript) -> Iterator[Sentence]:
    index = 0
    for number, turn in enumerate(transcript.turns):
        for start, end in sentences(turn.text):
            text = turn.text[start:end]
            language = language_of(text) or turn.language or transcript.language
            yield Sentence(index, number, turn.speaker, language, text, fold(text), start)
            index += 1


@functools.lru_cache(maxsize=512)
def _offsets(turn: Turn) -> tuple[tuple[int, int], ...]:
    """Where each word stands in the turn's text; a word that can't be found gets an empty place at the
    cursor."""
    cursor, places = 0, []
    for word in turn.words:
        text = word.text.strip()
        found = turn.text.find(text, cursor) if text else -1
        if found < 0:
            places.append((cursor, cursor))
            continue
        cursor = found + len(text)
        places.append((found, cursor))
    return tuple(places)


def words_of(turn: Turn, start: int, end: int) -> list[Word]:
    """The words that characters ``[start, end)`` of a turn's text touch."""
    return [
        word
        for word, (begin, until) in zip(turn.words, _offsets(turn), strict=True)
        if begin < end and until > start
    ]


def time_of(turn: Turn, start: int, end: int) -> tuple[float | None, float | None, float]:
    """Start, end and confidence of characters ``[start, end)`` of a turn's text, as `Conversation.time_of` tells them."""
    touched = words_of(turn, start, end)
    timed = [word for word in touched if word.start_s is not None and word.end_s is not None]
    if timed:
        heard = sum(word.confidence for word in touched) / len(touched)
        return timed[0].start_s, timed[-1].end_s, heard
    if turn.start_s is None or turn.end_s is None or not turn.text:
        return None, None, turn.confidence
    per_char = (turn.end_s - turn.start_s) / len(turn.text)
    return turn.start_s + start * per_char, turn.start_s + end * per_char, turn.confidence
