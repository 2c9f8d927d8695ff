"""Sound and activity in, words with real times out: each channel by itself, all windows together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.intervals import Span, Timeline
from pipeline.speech import guard, onsets, timing
from pipeline.speech.normalise import is_han, tidy
from pipeline.speech.packing import PackSettings, Window, WindowSounds, pack
from pipeline.speech.protocol import Heard, HeardWindow, HeardWord, Recogniser, Sound
from pipeline.speech.unheard import unheard
from pipeline.types import Dropped, Reason, Word

SUPPORTED_LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """How speech becomes words, apart from the recogniser's own settings.

    Attributes
    ----------
    language
        ``zh`` or ``en`` when it is known; None finds it.
    pack, snap, onsets, guard
        Windows; word times at the edges of speech and inside it; what is taken out.
    """

    language: str | None = None
    pack: PackSettings = field(default_factory=PackSettings)
    snap: timing.SnapSettings = field(default_factory=timing.SnapSettings)
    onsets: onsets.OnsetSettings = field(default_factory=onsets.OnsetSettings)
    guard: guard.GuardSettings = field(default_factory=guard.GuardSettings)


@dataclass(frozen=True, slots=True)
class ChannelWords:
    """What was heard in one channel: words by time, what the guard took out, and where speech has no words."""

    words: tuple[Word, ...]
    dropped: tuple[Dropped, ...] = ()
    unheard: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class RawTranscript:
    """Words a channel, before anyone knows who is the agent.

    Attributes
    ----------
    language, language_confidence
        ``zh``, ``en``, another code where the call is in another language, ``und`` where nobody speaks.
    channels
        One entry a channel, in the order of the channels.
    recogniser
        Engine, model digest and options, for the provenance.
    from_cache
        Whether the words were read from the cache.
    """

    language: str
    language_confidence: float
    channels: tuple[ChannelWords, ...]
    recogniser: Mapping[str, str | int | float | None] = field(default_factory=dict)
    from_cache: bool = False

    @property
    def supported(self) -> bool:
        """Whether the call is in a language that Callgauge reads (or silent)."""
        return self.language in (*SUPPORTED_LANGUAGES, "und")

    @property
    def reason(self) -> Reason | None:
        """Why there are no words: another language; None where there is nothing to explain."""
        if self.supported:
            return None
        sure = round(self.language_confidence * 100)
        return Reason(
            "unsupported_language",
            f"通话语言为 {self.language}（把握 {sure}%），目前只处理中文和英文",
            f"the call is in {self.language} ({sure} % sure); Chinese and English are transcribed",
        )


def transcribe(
    channels: Sequence[Sound],
    activity: Sequence[Timeline],
    *,
    recogniser: Recogniser,
    settings: SpeechSettings | None = None,
    hints: Sequence[str] = (),
) -> RawTranscript:
    """Words of each channel.

    Parameters
    ----------
    channels
        Mono float32 at 16 kHz, one array a channel; a mono call has one.
    activity
        Where somebody speaks, one timeline a channel.
    recogniser
        Anything with the method of :class:`pipeline.speech.protocol.Recogniser`.
    hints
        Names and terms likely to be said, most likely first.
    """
    chosen = settings or SpeechSettings()
    windows = [
        window
        for channel, (audio, speech) in enumerate(zip(channels, activity, strict=True))
        for window in pack(audio, speech, channel=channel, settings=chosen.pack)
    ]
    if not windows:
        empty = tuple(ChannelWords(()) for _ in channels)
        return RawTranscript(
            chosen.language or "und", 1.0 if chosen.language else 0.0, empty, recogniser.describe()
        )
    heard = recogniser.transcribe(
        WindowSounds(windows, channels),
        language=chosen.language,
        hints=hints,
    )
    found = _by_channel(windows, heard, len(channels))
    words = tuple(
        _channel_words(pairs, audio, speech, heard.language, hints, chosen)
        for pairs, audio, speech in zip(found, channels, activity, strict=True)
    )
    return RawTranscript(heard.language, heard.language_confidence, words, recogniser.describe())


def _by_channel(
    windows: Sequence[Window], heard: Heard, count: int
) -> list[list[tuple[Window, HeardWindow]]]:
    found: list[list[tuple[Window, HeardWindow]]] = [[] for _ in range(count)]
    for window, result in zip(windows, heard.windows, strict=False):  # none where the language is another
        found[window.channel].append((window, result))
    return found


def _channel_words(
    pairs: Sequence[tuple[Window, HeardWindow]], audio: Sound, speech: Timeline, language: str,
    hints: Sequence[str], settings: SpeechSettings,
) -> ChannelWords:  # fmt: skip
    kept: list[Word] = []
    dropped: list[Dropped] = []
    for window, result in pairs:
        if result.language not in SUPPORTED_LANGUAGES:
            dropped.append(Dropped(window.start_s, window.end_s, "", "other_language"))
            continue
        whole = whole_words(result.words, language=result.language)
        placed = timing.place(whole, window, speech, settings.snap)
        survivors, taken = guard.examine(
            placed,
            result,
            audio=audio,
            speech=speech,
            language=language,
            hints=hints,
            settings=settings.guard,
        )
        kept.extend(survivors)
        dropped.extend(taken)
    ordered = onsets.sharpen(sorted(kept, key=_start), audio, settings.onsets)
    return ChannelWords(tuple(ordered), tuple(dropped), unheard(ordered, audio, speech))


def _start(word: Word) -> float:
    return word.start_s if word.start_s is not None else 0.0


def whole_words(heard: Sequence[HeardWord], *, language: str) -> list[HeardWord]:
    """Engine pieces made whole and tidy: Latin letters and digits cut apart become one word again.

    In Mandarin the engine writes a piece a character or two, and cuts ``CPM`` into ``CP`` and ``M``.
    """
    text = tidy("".join(word.text for word in heard), language=language)
    out: list[HeardWord] = []
    place = 0
    for word in heard:
        piece = text[place : place + len(word.text)]
        place += len(word.text)
        if out and _continues(out[-1].text, piece):
            out[-1] = _merged(out[-1], word, out[-1].text + piece)
        else:
            out.append(HeardWord(piece, word.start_s, word.end_s, word.confidence))
    return [
        HeardWord(word.text.strip(), word.start_s, word.end_s, word.confidence)
        for word in out
        if word.text.strip()
    ]


def _continues(before: str, piece: str) -> bool:
    if not before or not piece or is_han(before[-1]) or is_han(piece[0]):
        return False
    return before[-1].isalnum() and (piece[0].isalnum() or piece[0] in "'’%-")


def _merged(first: HeardWord, second: HeardWord, text: str) -> HeardWord:
    left, right = max(len(first.text.strip()), 1), max(len(second.text.strip()), 1)
    confidence = (first.confidence * left + second.confidence * right) / (left + right)
    return HeardWord(text, first.start_s, second.end_s, confidence)
