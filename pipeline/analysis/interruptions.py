"""Who cuts whom off: one side starts inside the other's speech, goes on, and the other yields or is talked over.

Definition (STANDARD.md, article 10.4): one side starts while the other has been speaking for 1.0 s or more; they
overlap for 0.5 s or more; the newcomer goes on for 1.0 s or more and says more than a backchannel; and either the other
falls silent within 1.5 s of the overlap's start (``cut_off``) or both go on past that (``talk_over``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import geometric_mean
from typing import Literal

from pipeline.analysis.backchannels import is_backchannel
from pipeline.analysis.sides import BY_SOUND, BY_VOICES, heard_at_once, measured, turn_spans, unmeasured
from pipeline.analysis.voice import count_units
from pipeline.intervals import Span, Timeline
from pipeline.types import Finding, Measure, Reason, Sound, Speaker, Transcript, Turn

_ROUNDING_S = 1e-6
_LOOK_BACK_S = 10.0


@dataclass(frozen=True, slots=True)
class InterruptionSettings:
    """The definition's bounds, and what it leaves open (our defaults)."""

    speaking_s: float = 1.0
    overlap_s: float = 0.5
    goes_on_s: float = 1.0
    yields_s: float = 1.5
    turn_gap_s: float = 0.7
    pause_s: float = 0.3
    """Silence that makes a phrase: shorter ones are stops and breaths, longer ones count as falling silent."""
    both_heard_s: float = 0.3
    """Within the overlap, at least this long both are really heard at once; the rest may be the turns' pauses."""
    false_start_s: float = 0.6
    """A phrase up to this long that claimed nothing doesn't spoil the start that follows it."""
    wordless_s: float = 1.2
    """Without words, a phrase up to this long is taken for a backchannel."""
    misheard: float = 0.4
    """Under this (geometric mean of the words' confidences) words are as good as none: a 嗯 comes out as 您好 or 欢迎你."""
    doubt_s: float = 0.1
    """Within this of a bound, the edges of speech are not exact enough to be sure."""
    doubt_mono_s: float = 0.2
    """The same for voices told apart in one channel."""
    sure: float = 0.95
    doubtful: float = 0.5
    gate: float = 0.6


DEFAULTS = InterruptionSettings()


@dataclass(frozen=True, slots=True)
class Interruption:
    """One interruption on two timelines: the newcomer's turn from where it cuts in, the overlap, and how it ended."""

    newcomer: Span
    overlap: Span
    kind: Literal["cut_off", "talk_over"]
    clear: bool


def interruptions_of(
    newcomer: Timeline,
    other: Timeline,
    *,
    claims_nothing: Callable[[Span], bool] = lambda phrase: False,
    settings: InterruptionSettings = DEFAULTS,
) -> list[Interruption]:
    """All interruptions of one side by the other; at most one for each of the newcomer's turns.

    Parameters
    ----------
    newcomer, other
        Speech activity of both sides.
    claims_nothing
        Whether a phrase of the newcomer is a backchannel.

    Examples
    --------
    >>> found = interruptions_of(Timeline([Span(3, 6)]), Timeline([Span(0, 4)]))
    >>> [(i.kind, i.overlap.start_s, i.overlap.end_s) for i in found]
    [('cut_off', 3, 4)]
    """
    phrases = newcomer.support(settings.pause_s)
    found = []
    for turn in newcomer.support(settings.turn_gap_s):
        for phrase in phrases.crop(turn):
            nothing = claims_nothing(phrase)
            judged = None if nothing else _judge(Span(phrase.start_s, turn.end_s), newcomer, other, settings)
            if judged:
                # "Okay … so how much is it": sure where it is one from its first sound on as well.
                whole = judged if phrase.start_s == turn.start_s else _judge(turn, newcomer, other, settings)
                found.append(replace(judged, clear=judged.clear and whole is not None and whole.clear))
            # Who already holds a turn doesn't start again in it, but after "嗯" or a false start one does.
            if judged or not (nothing or phrase.duration_s <= settings.false_start_s):
                break
    return found


def _judge(
    start: Span, newcomer: Timeline, other: Timeline, settings: InterruptionSettings
) -> Interruption | None:
    held = other.support(settings.turn_gap_s).at(start.start_s)
    if held is None:
        return None
    overlap = Span(start.start_s, min(held.end_s, start.end_s))
    yielded = held.end_s - start.start_s <= settings.yields_s + _ROUNDING_S
    over = (
        start.start_s - held.start_s - settings.speaking_s,
        overlap.duration_s - settings.overlap_s,
        start.duration_s - settings.goes_on_s,
        # Who falls silent first gave up, unless both went on for long.
        start.end_s - held.end_s
        if yielded
        else max(start.end_s - held.end_s, start.duration_s - settings.yields_s),
    )
    if min(over) < -_ROUNDING_S:
        return None
    together_s = (newcomer & other).crop(overlap).duration_s
    return Interruption(
        start,
        overlap,
        "cut_off" if yielded else "talk_over",
        clear=min(over) >= settings.doubt_s - _ROUNDING_S and together_s >= settings.both_heard_s,
    )


def find(
    transcript: Transcript, sound: Sound | None, *, settings: InterruptionSettings = DEFAULTS
) -> list[Finding]:
    """Interruptions in both directions, by time; none where both sides are not heard apart.

    The finding's speaker, turn and quote are the newcomer's, its span is the overlap; ``detail`` holds ``kind`` and
    ``victim``. Near a bound, without words of either or with words that were hardly heard, with crosstalk on
    the line, or where the victim said nothing but backchannels, it is a doubt (under the gate).
    """
    talk = heard_at_once(transcript, sound)
    if isinstance(talk, Reason) or sound is None:
        return []
    if talk.method == BY_VOICES:
        settings = replace(settings, doubt_s=settings.doubt_mono_s)
    both: tuple[tuple[Speaker, Speaker, Timeline, Timeline], ...] = (
        ("agent", "customer", talk.agent, talk.customer),
        ("customer", "agent", talk.customer, talk.agent),
    )
    found = [
        finding
        for speaker, victim, newcomer, other in both
        for finding in _of_side(transcript, speaker, victim, newcomer, other, settings)
    ]
    return sorted(found, key=lambda finding: finding.start_s or 0.0)


def measure(
    transcript: Transcript, sound: Sound | None, *, settings: InterruptionSettings = DEFAULTS
) -> list[Measure]:
    """``agent_interruptions, customer_interruptions`` (doubtful ones left out) and ``overlap_s``."""
    talk = heard_at_once(transcript, sound)
    names = (("agent_interruptions", "count"), ("customer_interruptions", "count"), ("overlap_s", "s"))
    if isinstance(talk, Reason):
        return [unmeasured(name, unit, BY_SOUND, talk) for name, unit in names]
    found = [f for f in find(transcript, sound, settings=settings) if f.confidence >= settings.gate]
    return [
        measured("agent_interruptions", sum(f.speaker == "agent" for f in found), "count", talk.method),
        measured("customer_interruptions", sum(f.speaker == "customer" for f in found), "count", talk.method),
        measured("overlap_s", (talk.agent & talk.customer).duration_s, "s", talk.method),
    ]


def _of_side(
    transcript: Transcript,
    speaker: Speaker,
    victim: Speaker,
    newcomer: Timeline,
    other: Timeline,
    settings: InterruptionSettings,
) -> Iterator[Finding]:
    def claims_nothing(phrase: Span) -> bool:
        said = _said(transcript, speaker, phrase)
        if said is None:
            return phrase.duration_s <= settings.wordless_s
        short = phrase.duration_s <= settings.wordless_s
        return is_backchannel(said[1]) or (short and _trust(transcript, speaker, phrase) < settings.misheard)

    for hit in interruptions_of(newcomer, other, claims_nothing=claims_nothing, settings=settings):
        said = _said(transcript, speaker, hit.newcomer)
        # Who only said "好的" or "I see" until then may not have wanted the turn.
        lost = _said(
            transcript, victim, Span(max(0.0, hit.overlap.start_s - _LOOK_BACK_S), hit.overlap.end_s)
        )
        # Of whom no word was heard there, it is not known that it was he who spoke: there may be voices behind him.
        wanted = lost is not None and not is_backchannel(lost[1])
        # One syllable over a second and more is a word that was drawn into voices behind the newcomer.
        words = said is not None and count_units(said[1], transcript.language) > 1
        heard = words and _trust(transcript, speaker, hit.newcomer) >= settings.misheard
        sure = hit.clear and wanted and heard
        yield Finding(
            kind="interruption",
            turn=said[0] if said else None,
            speaker=speaker,
            start_s=round(hit.overlap.start_s, 3),
            end_s=round(hit.overlap.end_s, 3),
            quote=said[1] if said else None,
            confidence=settings.sure if sure else settings.doubtful,
            detail={"kind": hit.kind, "victim": victim},
        )


def _said(transcript: Transcript, speaker: Speaker, span: Span) -> tuple[int, str] | None:
    """Turn and words of a side within a span, the words copied from the turn's text; None where it has none."""
    shared = [
        (common.duration_s, index)
        for index, turn_span in turn_spans(transcript)
        if transcript.turns[index].speaker == speaker and (common := turn_span & span)
    ]
    if not shared:
        return None
    index = max(shared)[1]
    text = _text_within(transcript.turns[index], span.pad(0.2))
    return (index, text) if text else None


def _trust(transcript: Transcript, speaker: Speaker, span: Span) -> float:
    """Geometric mean of the confidences of a side's words in a span: the later pieces of a word that was guessed are sure
    enough, its first is not. 1 where words have no times."""
    found = [
        max(word.confidence, 0.001)
        for turn in transcript.turns
        if turn.speaker == speaker
        for word in turn.words
        if word.start_s is not None
        and word.end_s is not None
        and (word.start_s + word.end_s) / 2 in span.pad(0.2)
    ]
    return geometric_mean(found) if found else 1.0


def _text_within(turn: Turn, span: Span) -> str:
    """The piece of a turn's text whose words lie in the span; all of it where words have no times."""
    cursor, first, last = 0, None, 0
    for word in turn.words:
        if word.start_s is None or word.end_s is None:
            return turn.text.strip()
        at = turn.text.find(word.text, cursor)
        if at < 0:
            return turn.text.strip()
        cursor = at + len(word.text)
        if (word.start_s + word.end_s) / 2 in span:
            first, last = at if first is None else first, cursor
    if not turn.words:
        return turn.text.strip()
    return "" if first is None else turn.text[first:last].strip()
