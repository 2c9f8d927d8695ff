"""Words cut into the pieces that the reading network knows: SentencePiece's unigram model.

Kudo, "Subword Regularization" (2018): of all ways to cut a text the one whose pieces are likeliest together, by Viterbi's
algorithm. Only pieces of Latin letters, figures, stops and Han characters are kept, which is all that Mandarin and English
calls hold.
"""

from __future__ import annotations

import functools
import re
from array import array
from typing import TYPE_CHECKING

from models.reader_file import ReaderFile

if TYPE_CHECKING:
    import numpy as np

BEGIN, END = 0, 2
"""Marks of a text's beginning and of each part's end."""
_LONGEST = 16
_UNKNOWN = -10.0
"""What a character that no piece holds is worth, beyond the least likely piece."""
_SPACE = "\u2581"
_SPACES = re.compile(" {2,}")
_KEPT_TEXTS = 4096


class Cutter:
    """Texts as numbers of pieces."""

    def __init__(self, file: ReaderFile) -> None:
        self._pieces = _kept(file)
        self._scores = array("f", file.scores.tobytes())
        self._rewritten = file.rewritten
        self._unknown = file.unknown
        self._least = min(self._scores) + _UNKNOWN
        self.cut = functools.lru_cache(maxsize=_KEPT_TEXTS)(self._cut)

    def placed(self, text: str) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
        """The pieces of a text and where each stands in it, from and to; one of nothing but space stands nowhere, ``(0, 0)``."""
        letters: list[str] = []
        places: list[int] = []
        for at, letter in enumerate(text):
            for written in self._rewritten.get(ord(letter), letter):
                if written != " " or letters[-1:] != [" "]:
                    letters.append(written)
                    places.append(at)
        if letters[:1] != [" "]:
            letters.insert(0, " ")
            places.insert(0, -1)
        found = self._cut_plain("".join(letters).replace(" ", _SPACE))
        spans: list[tuple[int, int]] = []
        first = 0
        for _piece, size in found:
            own = [
                places[at]
                for at in range(first, first + size)
                if places[at] >= 0 and not letters[at].isspace()
            ]
            spans.append((own[0], own[-1] + 1) if own else (0, 0))
            first += size
        return tuple(piece for piece, _size in found), spans

    def _cut(self, text: str) -> tuple[int, ...]:
        """The pieces of a text, without marks."""
        plain = _SPACES.sub(" ", "".join(self._rewritten.get(ord(letter), letter) for letter in text))
        plain = (plain if plain.startswith(" ") else f" {plain}").replace(" ", _SPACE)
        return tuple(piece for piece, _size in self._cut_plain(plain))

    def _cut_plain(self, plain: str) -> list[tuple[int, int]]:
        """The pieces of a text in normal form, each with its letters' number."""
        size = len(plain)
        best = [float("-inf")] * (size + 1)
        best[0] = 0.0
        last, begun = [self._unknown] * (size + 1), [0] * (size + 1)
        for first in range(size):
            so_far = best[first]
            if so_far + self._least > best[first + 1]:
                best[first + 1] = so_far + self._least
                last[first + 1], begun[first + 1] = self._unknown, first
            for end in range(first + 1, min(size, first + _LONGEST) + 1):
                piece = self._pieces.get(plain[first:end])
                if piece is not None and so_far + self._scores[piece] > best[end]:
                    best[end], last[end], begun[end] = so_far + self._scores[piece], piece, first
        found: list[tuple[int, int]] = []
        while size > 0:
            found.append((last[size], size - begun[size]))
            size = begun[size]
        return found[::-1]


def _kept(file: ReaderFile) -> dict[str, int]:
    """The number of each piece that a Mandarin or English text can hold."""
    import numpy as np

    ends = file.ends.astype(np.int64)
    begins = np.concatenate([[0], ends[:-1]])
    letters, written = np.asarray(file.pieces), file.pieces.tobytes()
    foreign = np.zeros(len(letters) + 1, dtype=np.int64)
    np.cumsum(_foreign(letters), out=foreign[1:])
    chosen: list[int] = np.flatnonzero(foreign[ends] == foreign[begins]).tolist()
    return {written[begins[n] : ends[n]].decode("utf-8", "replace"): n for n in chosen if n != file.unknown}


def _foreign(letters: np.ndarray) -> np.ndarray:
    """Which bytes begin a letter of another script: all lead bytes but those of ASCII, of punctuation and of Han."""
    lead = (letters >= 0xC0) & (letters != 0xE2) & (letters != 0xE3) & (letters != 0xEF)
    found: np.ndarray = lead & ~((letters >= 0xE4) & (letters <= 0xE9))
    return found
