"""Words of ordinary talk that begin no firm's name: what is made of such words alone names a trade or goods, no firm.

Counted over the labelled calls (``python -m pipeline.analysis.ordinary`` writes ``lexicons/<language>/_ordinary.txt``, and a
test tells when it isn't theirs). Of 1,818 Mandarin firms in them 4 are made of such words alone, of 1,908 English ones 5 that
end in a field.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path

from models.jieba_words import cut, parts_of_speech
from pipeline.analysis.labelled import LabelledCall
from pipeline.analysis.text import fold

LEAST_CALLS = 3
"""Calls in which a word was said outside firms' names (our default)."""
MOST_HEADS = 0.05
"""Share of firms' names it may begin, by those calls (our default)."""
_NAMES = ("nr", "ns", "nt", "nz", "j", "x")
"""Parts of speech of names, abbreviations, and of what jieba's dictionary doesn't hold."""
_WORD = re.compile(r"[a-z][a-z'’&-]+")


def is_ordinary(word: str, language: str) -> bool:
    """Whether a folded word is one of them."""
    return word in _shipped(language)


def is_made_of(value: str, is_part: Callable[[str], bool]) -> bool:
    """Whether a Mandarin value can be cut into parts of two characters and more.

    Examples
    --------
    >>> [is_made_of(value, lambda word: is_ordinary(word, "zh")) for value in ("网络安全", "恒盾网络安全", "平安网络")]
    [True, False, False]
    """
    ends = [0]
    for end in range(2, len(value) + 1):
        if any(end - start > 1 and is_part(value[start:end]) for start in ends):
            ends.append(end)
    return ends[-1] == len(value) > 0


@functools.cache
def _shipped(language: str) -> frozenset[str]:
    path = resources.files("pipeline.lexicons") / language / "_ordinary.txt"
    return frozenset(path.read_text(encoding="utf-8").split())


def counted(calls: Iterable[LabelledCall], language: str) -> list[str]:
    """The words, in order."""
    said: Counter[str] = Counter()
    heads: Counter[str] = Counter()
    for call in calls:
        spans = [(one.turn, one.start, one.end) for one in call.marks if one.kind == "company"]
        words: set[str] = set()
        for number, turn in enumerate(call.transcript.turns):
            rest = fold(turn.text)
            for start, end in ((start, end) for at, start, end in spans if at == number):
                heads.update(_words(rest[start:end], language)[:1])
                rest = rest[:start] + "\n" * (end - start) + rest[end:]
            words.update(_words(rest, language))
        said.update(words)
    often = (word for word, count in said.items() if len(word) > 1 and count >= LEAST_CALLS)
    return sorted(
        word for word in often if heads[word] <= MOST_HEADS * said[word] and not _is_name(word, language)
    )


def _words(folded: str, language: str) -> list[str]:
    return cut(folded, unknown=False) if language == "zh" else _WORD.findall(folded)


def _is_name(word: str, language: str) -> bool:
    return language == "zh" and parts_of_speech().get(word, "x").startswith(_NAMES)


def main() -> None:
    """Write both languages' words, sixteen a line."""
    from pipeline.analysis.acts_fit import calls_of

    for language in ("en", "zh"):
        found = counted((call for _author, call in calls_of(language)), language)
        lines = (" ".join(found[at : at + 16]) for at in range(0, len(found), 16))
        target = Path(str(resources.files("pipeline.lexicons") / language / "_ordinary.txt"))
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
