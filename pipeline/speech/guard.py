"""Nothing invented: takes out what the recogniser wrote though nobody said it, and puts it on record.

By rule (known inventions, loops, leaked prompts, other scripts) and by sound (no speech, impossible
rates, decoding so unsure that it is noise). A phrase that people do say, such as a plain 谢谢, goes only
where the sound speaks against it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipeline.intervals import Span, Timeline
from pipeline.speech.babble import level_range_db, voicing
from pipeline.speech.inventions import bare, doubtful_phrase, inventions
from pipeline.speech.leaks import leaked_prompt, of_other_script, only_hints, prompt_pieces
from pipeline.speech.loops import monotonous, said_once, without_loops
from pipeline.speech.normalise import is_han, join_words
from pipeline.speech.protocol import HeardWindow, Sound
from pipeline.types import Dropped, Word


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """When words are taken out.

    Attributes
    ----------
    pause_s
        A pause this long separates two utterances that are judged apart.
    alone_confidence, prompt_confidence
        A phrase that may be invented, or that the recogniser was primed with, is kept from this mean
        word confidence on.
    least_confidence, least_log_probability
        An utterance under the first is noise; a window under the second, if its utterance is doubtful too.
    max_no_speech_probability, least_speech_log_probability
        Over the first and under the second a window holds no speech, whatever its words' confidence:
        babble, tones.
    least_range_db, least_voicing, babble_log_probability, babble_least_s, babble_reach_s
        One voice rises and falls by 20 dB and more, six at once by about 10, and has one pitch. Where the speech of a
        window's words and of so many seconds to either side is under both bounds (:mod:`pipeline.speech.babble`), they
        are babble, unless the recogniser was surer than the third or there is less speech than the fourth.
    voice_log_probability, voice_no_speech_probability, voice_least_s, longest_word_s
        An utterance that would go as noise or as no speech stays where its sound is one voice (over the two bounds of
        babble), for so long, in a window over the first and under the second, and its words last no longer than the
        fourth on average.
    doubtful_confidence
        Under this mean word confidence an utterance is doubtful.
    max_zh_per_s, max_en_per_s
        Characters or words a second that nobody reaches.
    max_repeats
        How often in a row the same run of units may be said.
    twice_log_probability, twice_least_zh, twice_least_en
        In a window less sure than the first, the same utterance of so many different characters or words, numbers apart, is not
        said twice on end.
    least_variety
        Share of different characters (zh) or words (en) in an utterance of 20 and more; less is a loop.
    """

    pause_s: float = 0.5
    alone_confidence: float = 0.5
    prompt_confidence: float = 0.8
    least_confidence: float = 0.2
    least_log_probability: float = -1.2
    max_no_speech_probability: float = 0.35
    least_speech_log_probability: float = -0.7
    least_range_db: float = 15.0
    least_voicing: float = 0.76
    babble_log_probability: float = -0.3
    babble_least_s: float = 3.0
    babble_reach_s: float = 10.0
    voice_log_probability: float = -1.0
    voice_no_speech_probability: float = 0.6
    voice_least_s: float = 0.3
    longest_word_s: float = 1.2
    doubtful_confidence: float = 0.4
    max_zh_per_s: float = 14.0
    max_en_per_s: float = 9.0
    max_repeats: int = 5
    twice_log_probability: float = -0.3
    twice_least_zh: int = 10
    twice_least_en: int = 7
    least_variety: float = 0.25


def examine(
    words: Sequence[Word],
    window: HeardWindow,
    *,
    audio: Sound,
    speech: Timeline,
    language: str,
    hints: Sequence[str] = (),
    settings: GuardSettings | None = None,
) -> tuple[list[Word], list[Dropped]]:
    """Words that stay and what was taken out.

    Parameters
    ----------
    words
        One window's words with real times, in order.
    window
        The recogniser's own doubts about that window.
    audio, speech
        The channel's sound and where it speaks.
    hints
        What the recogniser was told to expect; a bare list of them is a leak.
    """
    chosen = settings or GuardSettings()
    kept: list[Word] = []
    if words and _is_babble(words, window, audio, speech, chosen):
        return [], [_record(words, "babble")]
    if words and _is_drone(words, window, chosen):
        return [], [_record(words, "loop")]
    clean, invented = _without_inventions(words)
    dropped = [_record(run, "known_invention") for run in invented]
    clean, again = _said_once(clean, window, chosen)
    if again:
        dropped.append(_record(again, "loop"))
    utterances = _utterances(clean, chosen.pause_s)
    leaked = prompt_pieces([_text(each) for each in utterances], window.prompt)
    for place, utterance in enumerate(utterances):
        strange = of_other_script(utterance)
        if strange:
            dropped.append(_record(strange, "other_script"))
            utterance = [word for word in utterance if word not in strange]
        if not utterance:
            continue
        survivors, loop = without_loops(utterance, chosen.max_repeats)
        if loop:
            dropped.append(_record(loop, "loop"))
        rule = "prompt_leak" if place in leaked else _fault(survivors, window, hints, chosen)
        voice = rule in ("noise", "no_speech") and _is_voice(survivors, window, audio, speech, chosen)
        if rule is None or voice:
            kept.extend(survivors)
        else:
            dropped.append(_record(survivors, rule))
    return kept, dropped


def _said_once(
    words: list[Word], window: HeardWindow, settings: GuardSettings
) -> tuple[list[Word], list[Word]]:
    """Words without long utterances said twice on end; an announcement is repeated, too, but heard surely."""
    mean = window.mean_log_probability
    if mean is None or mean >= settings.twice_log_probability:
        return words, []
    return said_once(words, settings.twice_least_zh, settings.twice_least_en)


def _is_babble(
    words: Sequence[Word], window: HeardWindow, audio: Sound, speech: Timeline, settings: GuardSettings
) -> bool:
    surer = (window.mean_log_probability or 0.0) >= settings.babble_log_probability
    if surer or window.mean_log_probability is None:
        return False
    start_s = words[0].start_s or 0.0
    heard = speech.crop(Span(start_s, max(words[-1].end_s or 0.0, start_s)).pad(settings.babble_reach_s))
    enough = heard.duration_s >= settings.babble_least_s
    if not enough or level_range_db(audio, heard) >= settings.least_range_db:
        return False
    return voicing(audio, heard) < settings.least_voicing


def _is_voice(
    words: Sequence[Word], window: HeardWindow, audio: Sound, speech: Timeline, settings: GuardSettings
) -> bool:
    """Whether the sound says that one voice speaks here, so that what was heard may be wrong but is not made up.

    The recogniser may doubt each word; of its window it is surer than where nobody speaks. A word that is stretched over
    seconds is none of those that were said there.
    """
    unsure = (window.mean_log_probability or 0.0) < settings.voice_log_probability
    if unsure or (window.no_speech_probability or 0.0) > settings.voice_no_speech_probability:
        return False
    if leaked_prompt(_text(words), window.prompt, whole=False) or doubtful_phrase(_text(words)):
        return False
    start_s, end_s = words[0].start_s or 0.0, words[-1].end_s or 0.0
    if end_s - start_s > settings.longest_word_s * len(words):
        return False
    heard = speech.crop(Span(start_s, max(start_s, end_s)).pad(0.05))
    return (
        heard.duration_s >= settings.voice_least_s
        and settings.least_range_db <= level_range_db(audio, heard) < math.inf
        and voicing(audio, heard) >= settings.least_voicing
    )


def _is_drone(words: Sequence[Word], window: HeardWindow, settings: GuardSettings) -> bool:
    """Few different words over a whole window in which the recogniser doubts that anybody speaks: plucked notes.

    A listener's window of nothing but 嗯 and 对 is as monotonous, but not doubted.
    """
    doubted = (window.no_speech_probability or 0.0) > settings.max_no_speech_probability
    return doubted and monotonous(_text(words), settings.least_variety)


def _without_inventions(words: Sequence[Word]) -> tuple[list[Word], list[list[Word]]]:
    """Words without known inventions, and each invention's words; what stands beside one may be said."""
    kept, runs = list(words), []
    for language in ("zh", "en"):
        for item in inventions(language):
            while item.always and (touched := _touched(kept, item.pattern, "" if language == "zh" else " ")):
                runs.append([kept[place] for place in touched])
                kept = [word for place, word in enumerate(kept) if place not in touched]
    return kept, runs


def _touched(words: Sequence[Word], pattern: re.Pattern[str], glue: str) -> list[int]:
    """Places of the words that the pattern's first match covers."""
    texts = [bare(word.text, language="en" if glue else "zh") for word in words]
    match = pattern.search(glue.join(texts))
    if match is None or not match.group():
        return []
    ends = list(accumulate(len(text) + len(glue) for text in texts))
    return [
        place
        for place, end in enumerate(ends)
        if end - len(glue) > match.start() and end - len(glue) - len(texts[place]) < match.end()
    ]


def _utterances(words: Sequence[Word], pause_s: float) -> list[list[Word]]:
    groups: list[list[Word]] = []
    for word in words:
        if groups and (word.start_s or 0.0) - (groups[-1][-1].end_s or 0.0) < pause_s:
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _fault(
    words: Sequence[Word], window: HeardWindow, hints: Sequence[str], settings: GuardSettings
) -> str | None:
    text = _text(words)
    confidence = sum(word.confidence for word in words) / len(words)
    if _too_fast(words, settings):
        return "impossible_rate"
    if monotonous(text, settings.least_variety):
        return "loop"
    if confidence < settings.least_confidence:
        return "noise"
    doubtful = confidence < settings.doubtful_confidence
    log_probability = window.mean_log_probability if window.mean_log_probability is not None else 0.0
    silence = window.no_speech_probability if window.no_speech_probability is not None else 0.0
    if (
        silence > settings.max_no_speech_probability
        and log_probability < settings.least_speech_log_probability
    ):
        return "no_speech"
    if doubtful and log_probability < settings.least_log_probability:
        return "noise"
    if leaked_prompt(text, window.prompt, whole=confidence >= settings.prompt_confidence):
        return "prompt_leak"
    if confidence < settings.alone_confidence and doubtful_phrase(text):
        return "doubtful_phrase"
    if doubtful and only_hints(text, hints):
        return "hint_leak"
    return None


def _too_fast(words: Sequence[Word], settings: GuardSettings) -> bool:
    """More than anybody can say in the time; from eight units on, as short spans are measured coarsely."""
    han = sum(is_han(character) for word in words for character in word.text)
    latin = sum(1 for word in words if not any(is_han(character) for character in word.text))
    seconds = max((words[-1].end_s or 0.0) - (words[0].start_s or 0.0), 0.02)
    return han + latin >= 8 and han / settings.max_zh_per_s + latin / settings.max_en_per_s > seconds


def _text(words: Sequence[Word]) -> str:
    return join_words([word.text for word in words])


def _record(words: Sequence[Word], rule: str) -> Dropped:
    return Dropped(words[0].start_s or 0.0, words[-1].end_s or 0.0, _text(words), rule)
