"""What a decoder says over and over: runs on end, long utterances twice, few different words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.speech.inventions import bare
from pipeline.speech.normalise import is_han
from pipeline.types import Word

_NUMBER = re.compile(
    r"[\d零一二三四五六七八九十百千万幺两点]+|zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|double|point"
)


def monotonous(text: str, least_variety: float) -> bool:
    """Whether 20 and more characters or words hold fewer different ones than this share."""
    units = re.findall(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+", text.casefold())
    return len(units) >= 20 and len(set(units)) < least_variety * len(units)


def without_loops(words: Sequence[Word], max_repeats: int) -> tuple[list[Word], list[Word]]:
    """Words without the surplus of a run said more than ``max_repeats`` times; one saying of it stays."""
    texts = [bare(word.text, language="zh") for word in words]
    for size in range(1, len(words) // 2 + 1):
        start = 0
        while start + size * (max_repeats + 1) <= len(words):
            repeats = 1
            while texts[start + repeats * size : start + (repeats + 1) * size] == texts[start : start + size]:
                repeats += 1
            if repeats > max_repeats:
                end = start + repeats * size
                return [*words[: start + size], *words[end:]], list(words[start + size : end])
            start += 1
    return list(words), []


def said_once(words: Sequence[Word], least_zh: int, least_en: int) -> tuple[list[Word], list[Word]]:
    """Words without the further sayings, on end, of an utterance of so many different characters or words, and these.

    People repeat short answers, sounds of listening and numbers: the latter don't count.
    """
    texts = [bare(word.text, language="zh") for word in words]
    for size in range(1, len(words) // 2 + 1):
        for start in range(len(words) - 2 * size + 1):
            end = end_of_first = start + size
            while texts[end : end + size] == texts[start : start + size]:
                end += size
            if end > end_of_first and _is_long(texts[start:end_of_first], least_zh, least_en):
                return [*words[: start + size], *words[end:]], list(words[start + size : end])
    return list(words), []


def _is_long(texts: Sequence[str], least_zh: int, least_en: int) -> bool:
    told = {text for text in texts if text and not _NUMBER.fullmatch(text)}
    han = {letter for text in told for letter in text if is_han(letter) and not _NUMBER.fullmatch(letter)}
    latin = [text for text in told if not any(is_han(letter) for letter in text)]
    return len(han) / least_zh + len(latin) / least_en >= 1
