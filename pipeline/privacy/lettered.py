"""Identity and bank numbers with letters among the digits: E73920156, J R four eight one, 1EG4-TE5-MK73."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.cues import cue_at
from pipeline.privacy.digits import Run, Token, runs_of
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import JOINED, Stream

LEAST_SIGNS = 4
LEAST_FIGURES = 2
KINDS = ("id_number", "bank_card")


def find_lettered(stream: Stream) -> Iterator[Hit]:
    """Identity and bank numbers in letters and digits, where one is spoken of or asked for."""
    for match in form("lettered.national_insurance").finditer(stream.text):
        yield Hit(match.start(), match.end(), "id_number")
    for match in form("lettered.whole").finditer(stream.text):
        kind = _kind(stream, match)
        if kind:
            yield Hit(match.start(), match.end(), kind, 0.85)
        elif JOINED in match.group():
            # the digits that end the turn before are another matter: "since ninety-one." - "P R oh seven"
            second = match.start() + match.group().index(JOINED) + 1
            for rest in form("lettered.whole").finditer(stream.text, second, match.end()):
                kind = _kind(stream, rest)
                if kind:
                    yield Hit(rest.start(), rest.end(), kind, 0.85)


def dictated(text: str, kind: str) -> tuple[int, int] | None:
    """Where a number's digits in a turn begin and end; an identity or bank number's letters beside them too."""
    runs = runs_of(text)
    if not runs:
        alone = form("lettered.letters").fullmatch(text) if kind in KINDS else None
        return alone.span("letters") if alone else None
    start, end = runs[0].start, runs[-1].end
    if kind not in KINDS:
        return start, end
    rows = [match.span() for match in form("lettered.whole").finditer(text)]
    first = min((low for low, high in rows if low <= start < high), default=start)
    return first, max((high for low, high in rows if low < end <= high), default=end)


def _kind(stream: Stream, match: re.Match[str]) -> str | None:
    """What letters and digits in a row are, by what is spoken of or was asked for."""
    if not _mixed(match.group()):
        return None
    cue, _ = cue_at(stream, Run((Token(match.start(), match.end(), "", True),)))
    index, _ = stream.turn_at(match.start())
    asked = asked_for(stream.turns, index)
    return next((kind for kind in KINDS if kind == cue or (kind in asked and cue != "other")), None)


def _mixed(said: str) -> bool:
    """Whether there are letters and digits, and enough of both."""
    signs = [sign.group() for sign in form("lettered.sign").finditer(said)]
    figures = sum(
        len(s)
        if s.isdigit() or not s.isascii()
        else len(re.findall(r"\d", s)) or (len(s) > 1 and not s.isupper())
        for s in signs
    )
    letters = any(re.search(r"[a-z]", s, re.IGNORECASE) and (len(s) == 1 or s.isupper()) for s in signs)
    length = sum(len(s) if s.isupper() or s.isdigit() or not s.isascii() else 1 for s in signs)
    return letters and figures >= LEAST_FIGURES and length >= LEAST_SIGNS
