"""The words near a number that say what it is: a telephone's, a card's, an order's."""

from __future__ import annotations

import re
from functools import cache

from pipeline.privacy.digits import Run, runs_of
from pipeline.privacy.rules import form, pattern, rules
from pipeline.privacy.streams import JOINED, Stream

CUE_CHARS = 45


def cue_at(stream: Stream, run: Run) -> tuple[str | None, str]:
    """The nearest word that says what the number is: an afterthought about it, else one before it, else just after; and what
    was said before."""
    before = stream.before(run.start)
    told = form("afterthought").match(stream.after(run.end, CUE_CHARS))
    if told:
        return next(kind for kind, said in told.groupdict().items() if said).removesuffix("_zh"), before
    if _in_a_serial(stream, run, before):
        return "other", before
    found = [match for match in _cues().finditer(before) if len(before) - match.end() <= CUE_CHARS]
    for match in reversed(found):
        kind, between = match.lastgroup, before[match.end() :]
        if kind == "code" and JOINED in between and runs_of(between):
            continue  # another turn's code, which was told there
        if kind == "other" and form("meant_for").search(before, 0, match.start()):
            continue  # "your passport number for the booking"
        if kind == "money" and not form("of_money").fullmatch(between):
            continue
        if kind == "other" and _of_another_turn(run, match.group(), between):
            continue  # "Ticket by text?" – "07700 900166"
        if kind == "other" and not form("adjacent").fullmatch(between):
            if form("sentence_between").search(between):
                break
            return "other_far", before
        if kind != "generic":
            return "other" if kind == "money" else kind, before
    after = _after(stream, run)
    return after if after and after != "generic" else ("phone" if found or after else None), before


def _of_another_turn(run: Run, word: str, between: str) -> bool:
    """Whether a thing is named in another turn and didn't ask for this number, which is a telephone's by its form."""
    if JOINED not in between or form("asked_by").fullmatch(between):
        return False
    if form("plans.mobile").fullmatch(run.digits):  # nothing but a mobile's number has this form
        return True
    return bool(form("thing").fullmatch(word) and form("plans.telephone").fullmatch(run.digits))


def _in_a_serial(stream: Stream, run: Run, before: str) -> bool:
    """Whether letters stand straight before or behind the digits, as in a serial or a train."""
    glued = form("glued").search(before) if pattern("[一-龥]").search(stream.text) else None
    if glued and not pattern(rules()["cues"]["id_number"]).search(before):
        return True
    return bool(form("glued_after").match(stream.text, run.end))


def _after(stream: Stream, run: Run) -> str | None:
    """The word behind a number that says what it was."""
    following = stream.after(run.end, 40)
    match = _cues().search(following)
    if match and match.lastgroup == "money":
        return None
    # "13800138000，我的订单呢" speaks of something else by then; "88231是订单号" doesn't
    behind = {"other": "behind", "code": "behind_code"}.get(match.lastgroup or "") if match else None
    if match is None or (behind and not form(behind).fullmatch(following, 0, match.start())):
        return None
    return match.lastgroup


@cache
def _cues() -> re.Pattern[str]:
    cues = rules()["cues"]
    order = ("other", "money", "code", "id_number", "bank_card", "email", "phone", "generic")
    return pattern("|".join(f"(?P<{kind}>{cues[kind]})" for kind in order))
