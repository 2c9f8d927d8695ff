"""What the agent says as himself, his department and his firm: it stays, and what stands around it is masked by itself.

The slots of the opening are read from the words as heard, before anything is masked; the profile's names count too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.opening import slots_of
from pipeline.analysis.said import early_turns, was_asked
from pipeline.lexicons import load_yaml
from pipeline.privacy.lexicon_en import is_common_word
from pipeline.profile import Profile
from pipeline.types import CallRecord, Finding, Transcript, Turn

if TYPE_CHECKING:
    from pipeline.privacy.masking import Piece

SURE = {"name": 0.8, "company": 0.7, "department": 0.6}
"""Least confidence of a slot whose words stay: a customer's name that is taken for the agent's must not (our default)."""
LEAST_LEFT = {"name": 1, "address": 3}
"""What is left of a hit beside the agent's own words is none if it has no more characters (our default)."""


@functools.cache
def words() -> Mapping[str, Any]:
    """The file beside, its examples included."""
    return load_yaml((resources.files("pipeline.privacy") / "own.yaml").read_text(encoding="utf-8"))


def own_names(transcript: Transcript, profile: Profile, record: CallRecord) -> tuple[str, ...]:
    """What the agent calls himself, his department and his firm in this call, as heard."""
    conversation = Conversation.of(transcript, profile=profile, record=record)
    found = [
        one
        for one in slots_of(conversation).values()
        if one.speaker == "agent" and one.confidence >= SURE[one.kind] and _introduced(conversation, one)
    ]
    said = [name for one in found for name in _forms(one.quote or "", one.kind)]
    return tuple(dict.fromkeys(said))


def _introduced(conversation: Conversation, found: Finding) -> bool:
    """Whether a name is the profile's, stands in the agent's first turn, answers who calls, or is given in so many words."""
    turn = found.turn or 0
    if found.detail.get("matched") != "pattern" or turn == early_turns(conversation)[0]:
        return True
    said = conversation.turns[turn].text
    return was_asked(conversation, turn) or any(
        re.search(words()["introduces"][tongue], said, re.IGNORECASE) for tongue in ("zh", "en")
    )


def _forms(quote: str, kind: str) -> Iterator[str]:
    if quote:
        yield quote
    if kind == "name" and quote.isascii() and " " in quote:
        yield from (word for word in quote.split() if len(word) >= 3)
    if kind == "company":
        short = re.sub(words()["tail"], "", quote)
        if len(short) >= 3:
            yield short


def less_own(
    pieces: Mapping[int, Sequence[Piece]], turns: Sequence[Turn], keep: Collection[str]
) -> dict[int, list[Piece]]:
    """The pieces without what the agent says of himself and his firm, without thanks and plain answers."""
    names = sorted((name for name in keep if len(name) >= 2), key=len, reverse=True)
    left = {
        index: [rest for piece in own for rest in _less(turns[index], piece, names)]
        for index, own in pieces.items()
    }
    return {index: own for index, own in left.items() if own}


def _less(turn: Turn, piece: Piece, names: Sequence[str]) -> Iterator[Piece]:
    """What is left of a piece."""
    if piece.kind not in LEAST_LEFT:
        yield piece
        return
    said = turn.text[piece.start : piece.end]
    if piece.kind == "name":
        thanks = re.match(words()["thanks"]["head"], said)
        if thanks:
            piece = replace(piece, start=piece.start + thanks.end())
        elif _is_answer(turn.text, piece):
            return
    if turn.speaker != "agent":
        yield piece
        return
    spans = [
        span
        for name in names
        for span in _places(turn.text, name)
        if span[0] < piece.end and piece.start < span[1]
    ]
    if piece.kind == "address" and not _is_all(turn.text, piece, spans):
        yield piece
        return
    at = piece.start
    for start, end in [*sorted(spans), (piece.end, piece.end)]:
        if spans and _is_little(turn.text[at : max(at, start)], piece.kind):
            at = max(at, end)
            continue
        if start > at:
            yield replace(piece, start=at, end=start)
        at = max(at, end)


def _is_all(text: str, piece: Piece, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether an address is hardly more than a name of the firm's at its head."""
    return any(
        start <= piece.start and _is_little(text[min(end, piece.end) : piece.end], "address")
        for start, end in spans
    )


def _places(text: str, name: str) -> Iterator[tuple[int, int]]:
    edges = (r"(?<![A-Za-z])", r"(?![A-Za-z])") if name.isascii() else ("", "")
    return (hit.span() for hit in re.finditer(re.escape(name).join(edges), text, re.IGNORECASE))


def _is_little(rest: str, kind: str) -> bool:
    bare = "".join(char for char in rest if char.isalnum())
    return len(bare) <= LEAST_LEFT[kind] and not any(char.isdigit() for char in bare)


def _is_answer(text: str, piece: Piece) -> bool:
    """Whether a word that heads its sentence is the answer to a question: "Price, I suppose"."""
    said, before = text[piece.start : piece.end], text[: piece.start].rstrip()
    alone = " " not in said and said.isascii() and (not before or before[-1] in ".?!")
    return (
        alone
        and is_common_word(said)
        and bool(re.match(words()["answer"]["after"], text[piece.end :], re.IGNORECASE))
    )
