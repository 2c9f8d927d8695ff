"""jieba's words, frequencies and parts of speech, read from its dictionary in one pass.

By itself jieba reads that file once for the words and once more for the parts of speech, and keeps the first table in the
machine's common temporary folder, where whoever is on the machine may lay another one in its place: what is read from there
decides how a call is cut into words. Here nothing is read but the package's own file, and both tables share their words.
"""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Mapping
from typing import Any

from models.whole import expect_whole

_QUIET = 60


def cut(text: str, *, unknown: bool = True) -> list[str]:
    """Words of a Mandarin text; ``unknown``: also those that only the hidden Markov model takes for words."""
    return list(_jieba().dt.cut(text, HMM=unknown))


def tagged(text: str) -> list[tuple[str, str]]:
    """Words of a Mandarin text with their parts of speech."""
    return [(word.word, word.flag) for word in _jieba().posseg.dt.cut(text)]


def frequencies() -> Mapping[str, int]:
    """How often the dictionary has counted each word; 0 for what only begins one."""
    counted: dict[str, int] = _jieba().dt.FREQ
    return counted


def parts_of_speech() -> Mapping[str, str]:
    """The part of speech of each word of the dictionary."""
    tags: dict[str, str] = _jieba().posseg.dt.word_tag_tab
    return tags


@functools.cache
def _jieba() -> Any:
    """The package with its tables filled; its own reading of them is led past the file."""
    import jieba

    jieba.setLogLevel(_QUIET)
    counts, total, tags = _read()
    own = jieba.dt.get_dict_file
    jieba.dt.get_dict_file = io.BytesIO
    try:
        import jieba.posseg
    finally:
        jieba.dt.get_dict_file = own
    jieba.posseg.dt.word_tag_tab = tags
    jieba.dt.FREQ, jieba.dt.total = counts, total
    jieba.dt.initialized = True
    return jieba


def _read() -> tuple[dict[str, int], int, dict[str, str]]:
    """The dictionary's lines, ``word count tag``: counts with the beginnings of words at 0, their sum, and tags."""
    import jieba

    expect_whole("spacy-zh")
    with jieba.get_dict_file() as file:
        fields = file.read().decode("utf-8").split()
    words = fields[0::3]
    counted = list(map(int, fields[1::3]))
    counts = dict(zip(words, counted, strict=True))
    tags = dict(zip(words, map(sys.intern, fields[2::3]), strict=True))
    longer, size = words, 1
    while longer := [word for word in longer if len(word) > size]:
        for begun in {word[:size] for word in longer}:
            counts.setdefault(begun, 0)
        size += 1
    return counts, sum(counted), tags
