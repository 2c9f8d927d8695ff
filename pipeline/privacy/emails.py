"""E-mail addresses, written and spoken."""

from __future__ import annotations

import re

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, either, form, pattern, rules
from pipeline.privacy.streams import APART, JOINED, Stream

LONGEST_LOCAL = 90
MOST_WORDS = 5


def find_emails(stream: Stream) -> list[Hit]:
    """E-mail addresses, as ``a.b@c.com``, "a dot b at c dot com" or "a b 艾特 qq 点 com"."""
    hits = [Hit(m.start(), m.end(), "email") for m in form("email.written").finditer(stream.text)]
    for match in form("email.spoken").finditer(stream.text):
        start = min(_local_start(stream.text, match.start()), _answer_start(stream, match.start()))
        hit = Hit(start, match.end(), "email")
        if (
            start < match.start()
            and not any(hit.meets(one) for one in hits)
            and _is_email(stream, start, match)
        ):
            hits.append(hit)
    return hits


def _is_email(stream: Stream, start: int, match: re.Match[str]) -> bool:
    """Told from "we sell it at acme dot com" by what is spoken of, a provider or a spelled name."""
    cue = pattern(rules()["email"]["cue"])
    if cue.search(
        stream.before(start, 60) + stream.text[start : match.end()] + stream.after(match.end(), 20)
    ):
        return True
    index, _ = stream.turn_at(start)
    if "email" in asked_for(stream.turns, index):
        return True
    local = stream.text[start : match.start()]
    spelled = form("email.spelled").search(local)
    whole = match.group("whole") is not None
    turn = stream.turns[index].text
    if (
        whole
        and not form("email.sentence").search(turn)
        and form("email.lead").search(stream.before(start, 12))
    ):
        return True
    provider = pattern(either(rules()["email"]["providers"])).search(match.group())
    return bool(spelled or provider) if whole else bool(spelled and provider)


def _answer_start(stream: Stream, at: int) -> int:
    """Where the part before the at-sign begins when the e-mail was asked for: all that was said, however worded."""
    index, offset = stream.turn_at(at)
    said = stream.turns[index].text[:offset]
    cued = pattern(rules()["email"]["cue"]).search(said)
    if "email" not in asked_for(stream.turns, index) and not cued:
        return at
    first = cued.end() if cued else 0
    match = form("email.answer").match(said, first)
    words = match.group("local").split() if match else []
    if match is None or len(words) > 2 * MOST_WORDS or "," in match.group("local").strip(","):
        return at
    return at - offset + match.start("local")


def _local_start(text: str, at: int) -> int:
    """Where the part before the at-sign begins: back over names, letters, digits and "dot".

    It ends at a word of the sentence, at the end of a sentence, and at the second change of turns.
    """
    stop = frozenset(rules()["email"]["stop"])
    start, words, joined = at, 0, False
    for match in reversed(list(form("email.local").finditer(text, max(0, at - LONGEST_LOCAL), at))):
        word = match.group().lower().strip(".")
        parted = APART in text[match.end() : start] or text.count(JOINED, match.end(), at + 1) > 1
        comma = match.group() in (",", "，", "、")
        if comma and not parted and _spelled_before(text, match.start()):
            continue
        ended = match.group().endswith(".") and match.end() < at and not joined
        if (
            parted
            or ended
            or not form("email.local_word").fullmatch(word)
            or (words and word in stop and not joined)
        ):
            break
        joined = word in rules()["email"]["joins"]
        words += 0 if joined or len(word) == 1 else 1
        if words > MOST_WORDS:
            break
        start = match.start()
    return start


def _spelled_before(text: str, at: int) -> bool:
    """Whether what stands before a comma is spelled, so that the comma is a pause within the address."""
    before = re.search(r"(?:^|[\s,，\-])([^\s,，]+)\s*$", text[:at])
    word = before.group(1).lower() if before else ""
    return (
        len(word) == 1
        or word in rules()["email"]["joins"]
        or bool(form("email.spelled_part").fullmatch(word))
    )
