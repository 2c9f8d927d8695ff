"""An English department in the agent's own introduction, by its last word: team, desk, department, unit ...

The words before it belong to it as far as an article or preposition; what stands between a cue and a
capitalised or listed first word is the company.
"""

from __future__ import annotations

import functools
import re

from pipeline.analysis.patterns import expand, shared_terms

Span = tuple[int, int]
_WORD = re.compile(r"[a-z0-9][\w'&-]*")
MOST_WORDS = 4
"""A department has at most so many words before its last one (our default)."""


def unit_of(text: str, folded: str) -> dict[str, Span]:
    """Department, and company beside it, of a sentence in which the agent introduces himself."""
    part = _parts()
    for head in part["head"].finditer(folded):
        words = _before(folded, head.start(), part)
        cue = part["cue"].search(folded[: words[0].start()]) if words else None
        if not words or cue is None or part["not_own"].search(folded[: words[0].start()]):
            continue
        if len(words) > MOST_WORDS + 4:
            continue
        after = part["after"].match(folded, head.end())
        whole = cue.group().endswith("the ") and (after is not None or len(words) <= 2)
        first = _first(text, words, whole, part)
        if first is None:
            continue
        found = {"department": (first, head.end())}
        if first > words[0].start():
            firm = folded[words[0].start() : first].rstrip()
            found["company"] = (words[0].start(), words[0].start() + len(firm.removesuffix("'s")))
        if after and "company" not in found:
            found["company"] = after.span("company")
        return found
    return {}


def _before(folded: str, end: int, part: dict[str, re.Pattern[str]]) -> list[re.Match[str]]:
    """Words that may belong to the department or the company, back to the first that can't."""
    words: list[re.Match[str]] = []
    for word in reversed(list(_WORD.finditer(folded[:end]))):
        gap = folded[word.end() : words[-1].start() if words else end]
        if gap.strip() or part["border"].fullmatch(word.group()):
            break
        words.append(word)
    return words[::-1]


def _first(
    text: str, words: list[re.Match[str]], article: bool, part: dict[str, re.Pattern[str]]
) -> int | None:
    """Where the department begins among the words; None where nothing tells."""
    cased = any(char.isupper() for char in text[1:].replace("I", ""))
    own = [word for word in words if word.group().endswith("'s")]
    if own and own[-1] is not words[-1]:
        return words[words.index(own[-1]) + 1].start()
    if cased and any(text[word.start()].isupper() for word in words):
        lower = [word for word in words if not text[word.start()].isupper()]
        if lower and text[words[-1].start()].islower():
            big = [at for at, word in enumerate(words) if text[word.start()].isupper()]
            return words[big[-1] + 1].start()
    elif article and len(words) <= 3:
        return words[0].start()
    at = len(words)
    while at and part["known"].fullmatch(words[at - 1].group()):
        at -= 1
    if at == len(words):
        at = max(0, at - 1)
    return words[at].start()


@functools.cache
def _parts() -> dict[str, re.Pattern[str]]:
    from pipeline.analysis.frames import read_frames

    data = read_frames("en")
    terms = {**shared_terms("en"), **data["terms"]}
    return {name: re.compile(expand(text, terms)) for name, text in data["grammar"].items()}
