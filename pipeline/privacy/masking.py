"""Personal data in a transcript: found, replaced by its kind in text and words, and listed with its seconds.

Own rules instead of a general recogniser (Presidio, spaCy's entities): what is dictated on the telephone
is spelled in ways that those don't know, and a company's, a product's or the agent's own name must stay. See
the YAML files for what is looked for, ``examples.yaml`` for what is hit and what is left, and ``judged.py`` for the tagger
that decides over the rules in a call.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pipeline.privacy.judged import personal_data
from pipeline.privacy.lettered import dictated
from pipeline.privacy.own import less_own
from pipeline.privacy.rules import Hit, label
from pipeline.privacy.spoken_to import less_spoken_to
from pipeline.privacy.streams import JOINED, Stream, streams_of
from pipeline.privacy.told_seconds import told_seconds
from pipeline.privacy.unread import covered
from pipeline.types import Dropped, Finding, Transcript, Turn, Word

NUMBERS = frozenset({"phone", "id_number", "bank_card", "code"})


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a hit that lies in one turn, as places in its text."""

    start: int
    end: int
    kind: str
    confidence: float
    part: int
    parts: int


def mask(
    transcript: Transcript, *, keep: Collection[str] = (), own: Collection[str] = ()
) -> tuple[Transcript, tuple[Finding, ...]]:
    """Replace personal data by its kind.

    Parameters
    ----------
    transcript
        As recognised or delivered. Sides that aren't known are ``unknown``.
    keep
        Names that stay readable though they look like a customer's: the agents' and the company's names.
    own
        What this call's agent calls himself and his firm (``own.py``): that stays whoever else is called so.

    Returns
    -------
    tuple
        The transcript with as many turns in the same order, texts and words masked, and the seconds to be covered
        though no word is known of them; and a finding ``pii``
        for each
        item and turn, its span from the words' seconds (else the turn's), its quote the label that now
        stands there. An item told over several turns gives a finding in each, numbered in ``detail``.
    """
    keep = less_spoken_to(streams_of(transcript.turns), keep) | set(own)
    pieces = less_own(find(transcript, keep=keep), transcript.turns, keep)
    turns: list[Turn] = []
    findings: list[Finding] = []
    for index, turn in enumerate(transcript.turns):
        mine = pieces.get(index, [])
        masked, spans = _masked_turn(turn, mine, transcript.language)
        turns.append(masked)
        findings.extend(
            _finding(index, turn, piece, span, transcript.language)
            for piece, span in zip(mine, spans, strict=True)
        )
    dropped = tuple(_masked_dropped(one, transcript.language) for one in transcript.dropped)
    masked_words = replace(
        transcript, turns=tuple(turns), dropped=dropped, covered=covered(transcript, findings)
    )
    return masked_words, tuple(findings)


def mask_text(
    text: str, *, language: str = "zh", speaker: str = "customer", keep: Collection[str] = ()
) -> str:
    """Mask one text by itself, e.g. a note of the call list.

    Examples
    --------
    >>> mask_text("请打 138-0013-8000，订单 88231")
    '请打 [电话]，订单 88231'
    """
    turn = Turn(speaker, text, None, None, 1.0)  # type: ignore[arg-type]  # one of the three, by the caller
    masked, _ = mask(Transcript(language, (turn,)), keep=keep)
    return masked.turns[0].text


def find(transcript: Transcript, *, keep: Collection[str] = ()) -> dict[int, list[Piece]]:
    """What is to be masked in each turn, in order, without overlaps."""
    streams = streams_of(transcript.turns)
    pieces: dict[int, list[Piece]] = {}
    found = personal_data(streams, transcript.language, keep=keep)
    for stream, hits in zip(streams, found, strict=True):
        for hit in hits:
            cuts = cuts_of(stream, hit)
            for part, (index, start, end) in enumerate(cuts, 1):
                piece = Piece(start, end, hit.kind, hit.confidence, part, len(cuts))
                pieces.setdefault(index, []).append(piece)
    return {index: sorted(own, key=lambda piece: piece.start) for index, own in pieces.items()}


def cuts_of(stream: Stream, hit: Hit) -> list[tuple[int, int, int]]:
    """A hit's part in each turn; of a number dictated over turns the digits, not the remarks between."""
    cuts: list[tuple[int, int, int]] = []
    for index, start, end in stream.cut(hit.start, hit.end):
        text = stream.turns[index].text
        at = stream.place_of(index) + start
        if hit.kind in NUMBERS and stream.text.find(JOINED, hit.start, hit.end) >= 0:
            said = dictated(text[start:end], hit.kind)
            if said is None:
                continue
            first, last = start + said[0], start + said[1]
            # the outer ends are the hit's own: a final X is a digit only after seventeen others
            start = start if not cuts else first
            end = end if stream.text.find(JOINED, at, hit.end) < 0 else last
        start, end = _trimmed(text, start, end)
        if start < end:
            cuts.append((index, start, end))
    return cuts


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not text[start].isalnum() and text[start] not in "+([（":
        start += 1
    while start < end and not text[end - 1].isalnum() and text[end - 1] not in ")）!#$%^&*":
        end -= 1
    return start, end


def _masked_turn(
    turn: Turn, pieces: Sequence[Piece], language: str
) -> tuple[Turn, list[tuple[float | None, float | None]]]:
    if not pieces:
        return turn, []
    text, cursor = "", 0
    for piece in pieces:
        text += turn.text[cursor : piece.start] + label(piece.kind, language)
        cursor = piece.end
    text += turn.text[cursor:]
    words, spans = _masked_words(turn, pieces, language)
    return replace(turn, text=text, words=words), spans


def _masked_words(
    turn: Turn, pieces: Sequence[Piece], language: str
) -> tuple[tuple[Word, ...], list[tuple[float | None, float | None]]]:
    """The words with each masked stretch as one, and the seconds of each stretch."""
    if not turn.words:
        return (), [(turn.start_s, turn.end_s)] * len(pieces)
    places = _places(turn)
    words: list[Word] = []
    spans: list[tuple[float | None, float | None]] = []
    rest = list(zip(turn.words, places, strict=True))
    for piece in pieces:
        while rest and rest[0][1][1] <= piece.start:
            words.append(rest.pop(0)[0])
        covered = []
        while rest and rest[0][1][0] < piece.end:
            covered.append(rest.pop(0))
        if not covered:  # two pieces in one word: the word went with the first
            spans.append(spans[-1] if spans else (turn.start_s, turn.end_s))
            if words and spans:
                words[-1] = replace(words[-1], text=words[-1].text + label(piece.kind, language))
            continue
        first, last = covered[0][0], covered[-1][0]
        head = turn.text[min(covered[0][1][0], piece.start) : piece.start]
        tail_end = max(piece.end, covered[-1][1][1])
        following = next((p.start for p in pieces if p.start >= piece.end), tail_end)
        tail = turn.text[piece.end : min(tail_end, following)]
        sure = min(word.confidence for word, _ in covered)
        before = words[-1] if words else None
        words.append(Word(head + label(piece.kind, language) + tail, first.start_s, last.end_s, sure))
        said = turn.text[piece.start : piece.end]
        after = rest[0][0] if rest else None
        spans.append(told_seconds(turn, [word for word, _ in covered], said, before, after))
    words.extend(word for word, _ in rest)
    return tuple(words), spans


def _places(turn: Turn) -> list[tuple[int, int]]:
    """Where each word stands in the turn's text.

    Where the text was edited after recognition (other characters, digits for words), a word that isn't
    found takes the stretch between its neighbours: rather too much is masked than too little.
    """
    exact: list[tuple[int, int] | None] = []
    cursor = 0
    for word in turn.words:
        at = turn.text.find(word.text.strip(), cursor)
        if at < 0 or at - cursor > 40:
            exact.append(None)
            continue
        exact.append((at, at + len(word.text.strip())))
        cursor = at + len(word.text.strip())
    places: list[tuple[int, int]] = []
    for i, place in enumerate(exact):
        if place is None:
            low = places[-1][1] if i and exact[i - 1] is not None else (places[-1][0] if i else 0)
            high = next((later[0] for later in exact[i + 1 :] if later is not None), len(turn.text))
            place = (low, max(low, high))
        places.append(place)
    return places


def _finding(
    index: int, turn: Turn, piece: Piece, span: tuple[float | None, float | None], language: str
) -> Finding:
    detail: dict[str, object] = {"kind": piece.kind}
    if piece.parts > 1:
        detail |= {"part": piece.part, "parts": piece.parts}
    quote = label(piece.kind, language)
    return Finding("pii", index, turn.speaker, span[0], span[1], quote, piece.confidence, detail)


def _masked_dropped(dropped: Dropped, language: str) -> Dropped:
    return replace(dropped, text=mask_text(dropped.text, language=language, speaker="unknown"))
