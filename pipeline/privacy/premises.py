"""The firm's own telephone and premises, rooms, and figures that are no address: these stay. Somebody's house and room go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

NEAR_CHARS = 48
ROOM_CHARS = 10
NEAR_TURNS = 5
CALL_TURNS = 12
SURE = 0.95
CUES = ("id_number", "bank_card")


def stays(stream: Stream, hit: Hit, hits: Sequence[Hit], *, numbered: bool) -> bool:
    """Whether a hit is the firm's telephone or place, a room, a price or a model.

    Parameters
    ----------
    stream, hit
        The hit and where it stands.
    hits
        All of the stream.
    numbered
        Whether an identity or bank number's figures are told in the call.
    """
    if hit.kind == "id_number" and not numbered and _letters(stream, hit):
        return True
    if hit.kind == "phone":
        return firms_phone(stream, hit)
    if hit.kind == "email":
        return _no_mail(stream, hit)
    if hit.kind in ("address", "name") and _estate(stream, hit):
        return True
    if hit.kind != "address":
        return False
    return _firms_place(stream, hit) or _room(stream, hit) or _plain(stream, hit, hits)


def _letters(stream: Stream, hit: Hit) -> bool:
    """Letters alone where no number is spoken of: B M W, vitamin D."""
    if not form("settled.premises.letters").fullmatch(stream.text[hit.start : hit.end]):
        return False
    said = " ".join(turn.text for turn in stream.turns)
    index, _ = stream.turn_at(hit.start)
    return not asked_for(stream.turns, index) and not any(
        pattern(rules()["cues"][kind]).search(said) for kind in CUES
    )


def _before(stream: Stream, hit: Hit) -> str:
    index, offset = stream.turn_at(hit.start)
    return stream.turns[index].text[max(0, offset - NEAR_CHARS) : offset]


def _question(stream: Stream, hit: Hit) -> str:
    index, _ = stream.turn_at(hit.start)
    other = index > 0 and stream.turns[index - 1].speaker != stream.speaker
    return stream.turns[index - 1].text if other else ""


def firms_phone(stream: Stream, hit: Hit) -> bool:
    """Our helpline at, 我们的客服电话: said by the agent, or asked of him; "01904 555 312, your out-of-hours" by the customer."""
    if hit.kind != "phone":
        return False
    if stream.speaker == "customer":
        return _called_the_firms(stream, hit)
    before = _before(stream, hit)
    if form("settled.announced.theirs").search(before[-24:]):
        return False
    forms = ("firm_phone", "firm_phone_en") if stream.speaker == "agent" else ("firm_phone_unknown",)
    said = any(form(f"settled.announced.{which}").search(before) for which in forms)
    asked = stream.speaker == "agent" and form("settled.announced.asks_firm_phone").search(
        _question(stream, hit)
    )
    return bool(said or asked)


def _called_the_firms(stream: Stream, hit: Hit) -> bool:
    index, offset = stream.turn_at(hit.end)
    behind = stream.turns[index].text[offset : offset + NEAR_CHARS]
    return bool(
        form("settled.announced.firm_phone_customer").search(_before(stream, hit))
        or form("settled.announced.firm_phone_customer_behind").match(behind)
    )


def _firms_place(stream: Stream, hit: Hit) -> bool:
    if stream.speaker != "agent":
        return stream.speaker == "customer" and _whether_there(stream, hit)
    before, question = _before(stream, hit), _question(stream, hit)
    # where the hit took in the words for the place itself
    head = before + stream.text[hit.start : hit.start + ROOM_CHARS]
    for text in (before, head):
        if form("settled.premises.zh").search(text) and not form("settled.premises.zh_own").search(text):
            return True
    if _at_a_branch(before, stream.text[hit.start : hit.end]):
        return True
    if form("settled.premises.en").search(before) and not form("settled.premises.en_own").search(before):
        return True
    if any(form(f"settled.premises.asks_{tongue}").search(question) for tongue in ("zh", "en")):
        return True
    said = _turn_before(stream, hit) + stream.text[hit.start : hit.end]
    asked = any(form(f"settled.premises.asked_{tongue}").search(question) for tongue in ("zh", "en"))
    return asked and not form("settled.premises.brought").search(said)


def _whether_there(stream: Stream, hit: Hit) -> bool:
    """A street by which the customer asks for the firm: "Are you still on …?", "the branch on …", 你们还在……吗."""
    before, place = _before(stream, hit), stream.text[hit.start : hit.end]
    if re.search(r"\d", place):
        return False
    return any(form(f"settled.premises.whether_{tongue}").search(before) for tongue in ("zh", "en"))


def _turn_before(stream: Stream, hit: Hit) -> str:
    index, offset = stream.turn_at(hit.start)
    return stream.turns[index].text[:offset]


def _at_a_branch(before: str, said: str) -> bool:
    """Where a branch, a station or an office stands, by its name: 最近的是北京路支行，北京西路四百四十号."""
    whole = before[-ROOM_CHARS:] + said
    found = form("settled.premises.zh_branch").search(whole, 0, min(len(before), ROOM_CHARS) + ROOM_CHARS)
    return bool(found) and not form("settled.premises.zh_home").search(whole)


def _room(stream: Stream, hit: Hit) -> bool:
    """302教室, A座1806那间会议室: nothing but a building and a room where people meet, learn or are seen."""
    # a hit may end within 会议室
    said = stream.text[hit.start : hit.end].rstrip("会教诊包考病")
    near = stream.text[max(0, hit.start - ROOM_CHARS) : hit.end + ROOM_CHARS]
    clauses = re.split(r"[，,]", said)
    only = any(
        form("settled.premises.room_only").fullmatch(part)
        for part in clauses
        if re.search(r"[\d零-龥]", part)
    )
    plain = all(
        form("settled.premises.room_only").fullmatch(part) or form("settled.premises.room").search(part)
        for part in clauses
    )
    home = form("settled.premises.room_home").search(near)
    return bool(only and plain and form("settled.premises.room").search(near) and not home)


def _estate(stream: Stream, hit: Hit) -> bool:
    """恒大名都二期, 龙湖天街那个楼盘: a project that is spoken of as one."""
    near = stream.text[max(0, hit.start - ROOM_CHARS * 2) : hit.end + ROOM_CHARS * 2]
    if form("settled.premises.home").search(stream.text[hit.start : hit.end]):
        return False
    talk = form("settled.premises.estate_talk").search(near) and not form(
        "settled.premises.room_home"
    ).search(near)
    for match in form("settled.premises.estate").finditer(stream.text, max(0, hit.start - 6), hit.end + 8):
        if match.start() < hit.end and hit.start < match.end():
            return bool(talk)
    return False


def _no_mail(stream: Stream, hit: Hit) -> bool:
    """Figures behind "at", where no e-mail is spoken of."""
    said = stream.text[hit.start : hit.end]
    if not re.match(r"(?i)at\s", said) or not form("settled.premises.plain").fullmatch(said):
        return False
    index, _ = stream.turn_at(hit.start)
    near = " ".join(turn.text for turn in stream.turns[max(0, index - NEAR_TURNS) : index + 1])
    return not re.search(r"(?i)e-?mail", near)


def _plain(stream: Stream, hit: Hit, hits: Sequence[Hit]) -> bool:
    """A price, a measure or a model where no address is spoken of."""
    said = stream.text[hit.start : hit.end]
    if re.search("[一-龥]", stream.text):
        return False
    figures = form("settled.premises.plain").fullmatch(said)
    if not (figures or _model(said)):
        return False
    if figures and form("settled.premises.units").match(stream.text, hit.end):
        return True
    index, _ = stream.turn_at(hit.start)
    if "address" in asked_for(stream.turns, index):
        return False
    near = " ".join(turn.text for turn in stream.turns[max(0, index - NEAR_TURNS) : index + 1])
    places = [stream.text[other.start : other.end] for other in hits if _near(stream, other, index)]
    places = [
        place for place in places if not (form("settled.premises.plain").fullmatch(place) or _model(place))
    ]
    return not places and not form("settled.premises.lived_en").search(near)


def _near(stream: Stream, other: Hit, index: int) -> bool:
    return other.kind == "address" and abs(stream.turn_at(other.start)[0] - index) <= CALL_TURNS


def _model(said: str) -> bool:
    """Whether this is a model's name and no post code nor street: ThinkPad T14s, the L2 H2 roof bars."""
    place = any(form(f"address.en.{name}").search(said) for name in ("postcode", "type_word"))
    house = re.search(rf"(?i)\b(?:{form('address.en.places.house').pattern})\b", said)
    return bool(form("settled.premises.modelled").fullmatch(said)) and not place and not house


def homes(stream: Stream) -> Iterator[Hit]:
    """A building and a room where somebody lives: 我是住三号楼幺七零二的, 六栋八零一的业主."""
    if stream.speaker == "agent":
        return
    for match in form("settled.premises.lives_at").finditer(stream.text):
        yield Hit(match.start("told"), match.end("told"), "address", SURE)
    for match in form("settled.premises.home").finditer(stream.text):
        before = stream.text[max(0, match.start() - ROOM_CHARS) : match.start()].rsplit("\n")[-1]
        lives = form("settled.premises.lives").search(before)
        behind = form("settled.premises.lives_behind").match(stream.text[match.end() : match.end() + 4])
        meets = form("settled.premises.room").search(stream.text[match.end() : match.end() + ROOM_CHARS])
        if (lives or behind) and not meets:
            yield Hit(match.start("told"), match.end("told"), "address", SURE)
