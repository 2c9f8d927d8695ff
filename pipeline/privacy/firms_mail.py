"""The firm's own e-mail and web addresses: these stay as the agent gives them, and where somebody says them again.

Who says one first tells whose it is: an e-mail that the customer gave is masked in the agent's mouth too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, either, form, pattern, rules
from pipeline.privacy.streams import Stream

MAIL = "settled.mail"


def firms_mails(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> frozenset[str]:
    """What was found as an e-mail and is the firm's, as ``mail_key`` writes it.

    Parameters
    ----------
    streams
        What each side says.
    hits
        What was found in each.
    """
    whose: dict[str, bool] = {}
    for stream, hit in _in_turn(streams, hits):
        key = mail_key(stream.text[hit.start : hit.end])
        if key:
            whose.setdefault(key, _is_firms(stream, hit))
    return frozenset(key for key, firms in whose.items() if firms)


def mail_key(said: str) -> str:
    """An e-mail or web address without what led to it, spoken or written: "us at help at acme dot com", help@acme.com."""
    plain = re.sub(form("email.dot"), ".", re.sub(form("email.at"), "@", said.lower()))
    local, at, host = plain.rpartition("@")
    words = re.findall(r"[a-z0-9._+\-]+", local)
    return (words[-1] if words else "") + at + re.sub(r"[^a-z0-9.\-]", "", host)


def is_web(stream: Stream, hit: Hit) -> bool:
    """Whether it is a page's address and no e-mail's, by what stands before or behind it: "visit acme dot com"."""
    said = stream.text[hit.start : hit.end]
    index, offset = stream.turn_at(hit.start)
    if form("email.at").search(said):
        return False
    if form(f"{MAIL}.web_head").match(said):
        return True
    if "email" in asked_for(stream.turns, index):
        return False
    if pattern(either(rules()["email"]["providers"])).search(said) or not form(f"{MAIL}.host").search(said):
        return False
    before, behind = stream.turns[index].text[:offset], stream.after(hit.end)
    return bool(
        form(f"{MAIL}.web").search(before)
        or form(f"{MAIL}.web_behind").match(said[-8:] + behind, min(8, len(said)))
    )


def _in_turn(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> Iterator[tuple[Stream, Hit]]:
    """All e-mails with their streams, in the order in which they are said."""
    found = [
        (stream.turn_at(hit.start), at, stream, hit)
        for at, (stream, own) in enumerate(zip(streams, hits, strict=True))
        for hit in own
        if hit.kind == "email"
    ]
    yield from ((stream, hit) for _, _, stream, hit in sorted(found, key=lambda one: one[:2]))


def _is_firms(stream: Stream, hit: Hit) -> bool:
    """Whether the sentence says that it is the firm's."""
    if stream.speaker == "customer":
        return False
    index, offset = stream.turn_at(hit.start)
    said = stream.text[hit.start : hit.end]
    at = max((found.start() for found in form("email.at").finditer(said)), default=0)
    turn = stream.turns[index].text
    before, head = turn[:offset], turn[: offset + at]  # what led to it may have been taken in
    if form(f"{MAIL}.theirs").search(head):
        return False
    forms = ["ours", "ours_zh"] + (["mine", "mine_zh"] if stream.speaker == "agent" else [])
    if any(form(f"{MAIL}.{which}").search(text) for which in forms for text in (before, head)):
        return True
    question = stream.turns[index - 1].text if index else ""
    return stream.speaker == "agent" and bool(
        form(f"{MAIL}.asks").search(question) or _of_a_desk(mail_key(said))
    )


def _of_a_desk(key: str) -> bool:
    """Whether it is a desk's and nobody's own: support@…, claims@…"""
    local, _, host = key.partition("@")
    free = re.match(either(rules()["email"]["providers"]), host)
    return bool(host and form(f"{MAIL}.desk").fullmatch(local)) and not free
