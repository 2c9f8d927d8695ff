"""Codes and passwords that aren't mere digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

_ONES = "zero|oh|one|two|three|four|five|six|seven|eight|nine"


def find_passwords(stream: Stream) -> list[Hit]:
    """Codes and passwords with letters in them, said straight after the word for them or when asked for."""
    return [*_mixed(stream), *_spelled(stream), *_words(stream), *_answers(stream)]


def _mixed(stream: Stream) -> Iterator[Hit]:
    """Letters and digits in one: abc12345."""
    sign = r"[a-z0-9_!@#$%^&*\-]"
    secret = rf"(?P<secret>(?={sign}*[a-z])(?={sign}*[\d#]){sign}{{4,24}})"
    later = r"(?:密码|口令|pass\s?word)[^。！？!?\n\d]{1,12}?"
    for match in pattern(rf"(?:(?:{rules()['cues']['code']}){_ENDS}|{later}){secret}").finditer(stream.text):
        if pattern(rules()["cues"]["other"]).search(
            stream.text, max(0, match.start() - 12), match.start("secret")
        ):
            continue
        said = re.match(r"[A-Za-z0-9_!@#$%^&*\-]+", match.group("secret"))
        if said and re.search(r"\d", said.group()):
            yield Hit(match.start("secret"), match.start("secret") + said.end(), "code")


_ENDS = r"\s*(?:(?:号|号码)?(?:是|为|就是|设的是|设成|改成|换成|好像是)|is|was|to|'s|[:：=])[\s:：]*"


def _spelled(stream: Stream) -> Iterator[Hit]:
    """Letters and digits one by one: b l u e four two."""
    sign = rf"[a-z]|\d+|{_ONES}|capital|lower\s?case|upper\s?case|dash|hash|underscore"
    spelled = rf"(?:{rules()['cues']['code']}){_ENDS}(?P<secret>(?:(?:{sign})\b[\s,\-]*){{3,}})"
    for match in pattern(spelled).finditer(stream.text):
        text = match.group("secret").rstrip(" ,-")
        if pattern(rf"\d|\b(?:{_ONES})\b|(?:\b[a-z]\b[\s,\-]*){{3}}").search(text):
            yield Hit(match.start("secret"), match.start("secret") + len(text), "code")


def _words(stream: Stream) -> Iterator[Hit]:
    """Words after "my password is", to the end of the clause."""
    if stream.speaker == "agent":
        return
    for match in form("password.said").finditer(stream.text):
        if not form("password.not_secret").search(match.group("secret")):
            yield Hit(match.start("secret"), match.end("secret"), "code", 0.8)


def _answers(stream: Stream) -> Iterator[Hit]:
    """The bare answer to a question for the security word."""
    for index, start, end in stream.pieces:
        asked = index > 0 and "code" in asked_for(stream.turns, index)
        if not asked or not form("password.asks_word").search(stream.turns[index - 1].text):
            continue
        match = form("password.answer").match(stream.text, start, end)
        if match and not pattern(rules()["asked"]["no_secret"]).search(match.group("secret")):
            yield Hit(match.start("secret"), match.end("secret"), "code", 0.75)
