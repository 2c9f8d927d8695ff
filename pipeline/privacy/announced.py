"""Numbers that stay, since their word announces them: an order's, a parcel's, a fund's, a ticket's; asked for or told.

Between the word and the number stand no other words than "is" and the like, or the other side's question was for it. What
is said again of such a number stays too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.asked import asked_for, form_of_question, is_remark
from pipeline.privacy.digits import Run, runs_of
from pipeline.privacy.numbers import identity_holds
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import JOINED, Stream
from pipeline.types import Turn

Span = tuple[int, int]
FEWEST = 3
"""From how many letters and digits on a number is one."""
FARTHEST = 6
SAID_AGAIN = 4
"""From how many digits on what is the same as an order's number, or a part of it, is it."""
NEAR_TURNS = 4
WHOLE = ("address", "email", "name")
"""Kinds that stay only as a whole."""
CUE_CHARS = 25


def announced(streams: Sequence[Stream]) -> list[list[Span]]:
    """Of each stream where numbers stand that stay."""
    spans = [sorted({*_told(stream), *_behind(stream), *_answers(stream)}) for stream in streams]
    known = [
        (stream.turn_at(first)[0], _signs(stream.text[first:last]))
        for stream, own in zip(streams, spans, strict=True)
        for first, last in own
    ]
    return [[*own, *_again(stream, known)] for stream, own in zip(streams, spans, strict=True)]


def _told(stream: Stream) -> Iterator[Span]:
    """The number behind the word: 订单号是2024…, "tracking is 9400 1118"."""
    for tongue in ("zh", "en"):
        for which in ("kind", "weak"):
            for match in form(f"settled.announced.{which}_{tongue}").finditer(stream.text):
                gap = form(f"settled.announced.gap_{tongue}").match(stream.text, match.end())
                at = gap.end() if gap else match.end()
                span = number_at(stream.text, at)
                if span and not (which == "weak" and _personal(stream.text[span[0] : span[1]])):
                    yield span


def _behind(stream: Stream) -> Iterator[Span]:
    """The word behind the number: 88231是订单号, "7728 4410, that's the order number"."""
    for run in runs_of(stream.text):
        if form("settled.announced.behind").match(stream.text, run.end):
            yield run.start, run.end


def number_at(text: str, at: int) -> Span | None:
    """The number that begins here, of letters and digits in pieces, before another one that is a person's."""
    end, place, comma = at, at, False
    while piece := form("settled.announced.piece").match(text, place):
        line = text[place:].partition(JOINED)[0]
        # also one that is told in parts: 会员卡号零零三七 五五幺二 - 手机呢？ - 幺五三九七 零八八 四四幺
        if end > at and comma and (_telephone(piece.group()) or _telephone(line)):
            break
        end = piece.end()
        gap = form("settled.announced.piece_gap").match(text, end)
        place = gap.end() if gap else end
        comma = bool(gap and form("settled.announced.paused").search(gap.group()))
    signs = _signs(text[at:end])
    return (at, end) if (len(signs) >= FEWEST and re.search(r"\d", signs)) or _code(text[at:end]) else None


def _code(said: str) -> bool:
    """Whether capitals alone are a booking's code: MKPLQZ."""
    return bool(re.fullmatch(r"[A-Z]{5,8}", said))


def _signs(said: str) -> str:
    """Letters and digits of a number, spoken digits as digits."""
    runs = runs_of(said)
    text, cursor = "", 0
    for run in runs:
        text += said[cursor : run.start] + run.digits
        cursor = run.end
    return re.sub(r"[\W_]+", "", text + said[cursor:]).upper()


def _telephone(said: str) -> bool:
    digits = "".join(run.digits for run in runs_of(said))
    return bool(form("plans.telephone").fullmatch(digits)) or _personal(said)


def _personal(said: str) -> bool:
    """Whether the digits are a mobile's or an identity card's by their form."""
    digits = "".join(run.digits for run in runs_of(said))
    if form("settled.announced.as_phone").fullmatch(said.strip()):
        return True
    if form("plans.id18").fullmatch(digits):
        return identity_holds(digits)
    return bool(form("plans.mobile").fullmatch(digits))


def _answers(stream: Stream) -> Iterator[Span]:
    """All numbers of an answer to "what's the order number?", unless the answer gives something else instead."""
    for index, start, end in stream.pieces:
        if not _asked(stream.turns, index) or form("settled.announced.instead").search(
            stream.text, start, end
        ):
            continue
        for run in runs_of(stream.text):
            # a run may go on in a turn that answers another question
            tokens = tuple(token for token in run.tokens if start <= token.start < end)
            mine = Run(tokens) if tokens else run
            if (
                tokens
                and not _said_to_be(stream.text, start, mine)
                and not form("afterthought").match(stream.text, mine.end)
                and not any(_personal(stream.text[one.start : one.end]) for one in (run, mine))
            ):
                yield _whole(stream.text[:end], start, mine)


def _whole(text: str, start: int, run: Run) -> Span:
    """The run with the letters at its edges: YT7712."""
    head = re.search(r"[A-Za-z]{1,6}[\s\-]?$", text[start : run.start])
    first = run.start - len(head.group()) if head else run.start
    span = number_at(text, first)
    return first, max(run.end, span[1] if span else 0)


def _said_to_be(text: str, start: int, run: Run) -> bool:
    """Whether a word just before says that the number is a telephone's or a card's."""
    before = text[max(start, run.start - CUE_CHARS) : run.start]
    return any(pattern(rules()["cues"][kind]).search(before) for kind in ("phone", "id_number", "bank_card"))


def _asked(turns: Sequence[Turn], index: int) -> bool:
    """Whether the other side's last question was for such a number and for nothing of a person."""
    mine = turns[index].speaker
    for other in range(index - 1, max(-1, index - 1 - FARTHEST), -1):
        text = turns[other].text
        if turns[other].speaker == mine and mine != "unknown":
            continue
        if asks_for_it(text):
            return True
        asks = form_of_question(text) or form("settled.announced.asks_personal").search(text)
        if asks or not is_remark(text):
            return False
    return False


def asks_for_it(text: str) -> bool:
    """Whether the last sentence of a turn asks for an order's number or the like."""
    sentences = [part for part in re.split(r"(?<=[。！？?!.])\s*", text) if part.strip()]
    last = sentences[-1] if sentences else ""
    if form("settled.announced.asks_bare").fullmatch(last.strip()):
        return True
    kinds = any(form(f"settled.announced.kind_{tongue}").search(last) for tongue in ("zh", "en"))
    return (
        kinds
        and bool(form("settled.announced.asks").search(last))
        and not form("settled.announced.asks_personal").search(last)
    )


def _again(stream: Stream, known: Sequence[tuple[int, str]]) -> Iterator[Span]:
    """Digits that are such a number, or a part of it soon after, said again."""
    if not known:
        return
    for run in runs_of(stream.text):
        first = stream.turn_at(run.start)[0]
        if asked_for(stream.turns, first):
            continue
        if len(run.digits) < SAID_AGAIN or _said_to_be(stream.text, max(0, run.start - CUE_CHARS), run):
            continue
        for turn, signs in known:
            if run.digits in signs and (len(run.digits) == len(signs) or abs(turn - first) <= NEAR_TURNS):
                yield _whole(stream.text, stream.text.rfind(JOINED, 0, run.start) + 1, run)
                break


def _is_national_insurance(stream: Stream, hit: Hit) -> bool:
    """Whether a number has the form of a British national insurance number where one is spoken of."""
    index, _ = stream.turn_at(hit.start)
    near = " ".join(turn.text for turn in stream.turns[max(0, index - 2) : index + 1])
    said = form("lettered.national_insurance").fullmatch(stream.text[hit.start : hit.end])
    return bool(said) and bool(form("lettered.of_national_insurance").search(near))


def without(stream: Stream, hit: Hit, spans: Sequence[Span]) -> Iterator[Hit]:
    """What is left of a hit where numbers that stay are taken out of it: nothing, or a whole number beside them."""
    if hit.kind in WHOLE:
        if not any(first <= hit.start and hit.end <= last for first, last in spans):
            yield hit
        return
    cuts = [(hit.start, hit.end)]
    if _is_national_insurance(stream, hit):
        spans = ()  # whatever else was asked for in the same breath
    for first, last in spans:
        cuts = [
            piece
            for start, end in cuts
            for piece in ((start, min(end, first)), (max(start, last), end))
            if piece[0] < piece[1]
        ]
    if cuts == [(hit.start, hit.end)]:
        yield hit
        return
    for start, end in cuts:
        digits = "".join(run.digits for run in runs_of(stream.text[start:end]))
        if _telephone(stream.text[start:end]) or len(digits) > 2 * FEWEST:
            yield Hit(start, end, hit.kind, hit.confidence)
