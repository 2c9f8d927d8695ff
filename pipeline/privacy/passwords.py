"""Codes and passwords that aren't mere digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

_FIGURE = re.compile(r"[\d#]")
TURNS = 4
"""For how many turns a password that was spoken of may follow."""


def find_passwords(stream: Stream) -> list[Hit]:
    """Codes and passwords with letters in them, said straight after the word for them or when asked for."""
    return [*_mixed(stream), *_spelled(stream), *_words(stream), *_answers(stream), *_tokens(stream)]


def _code_cue() -> str:
    return f"(?:{rules()['cues']['code']})"


def _mixed(stream: Stream) -> Iterator[Hit]:
    """Letters and digits in one: abc12345."""
    if not _FIGURE.search(stream.text):
        return
    for match in form("password.mixed", code_cue=_code_cue()).finditer(stream.text):
        if pattern(rules()["cues"]["other"]).search(
            stream.text, max(0, match.start() - 12), match.start("secret")
        ):
            continue
        said = re.match(r"[A-Za-z0-9_!@#$%^&*\-]+", match.group("secret"))
        if said and re.search(r"\d", said.group()):
            yield Hit(match.start("secret"), match.start("secret") + said.end(), "code")


def _spelled(stream: Stream) -> Iterator[Hit]:
    """Letters and digits one by one: b l u e four two."""
    for match in form("password.spelled", code_cue=_code_cue()).finditer(stream.text):
        text = match.group("secret").rstrip(" ,-")
        if form("password.spelled_enough").search(text):
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
        if index == 0 or not form("password.asks_word").search(stream.turns[index - 1].text):
            continue
        if "code" not in asked_for(stream.turns, index):
            continue
        match = form("password.answer").match(stream.text, start, end)
        if match and not pattern(rules()["asked"]["no_secret"]).search(match.group("secret")):
            yield Hit(match.start("secret"), match.end("secret"), "code", 0.75)


def _tokens(stream: Stream) -> Iterator[Hit]:
    """Letters and digits in one, in a turn soon after a password was spoken of: 我设成Hx7749bb了."""
    cue = form("password.cue")
    for index, start, end in stream.pieces:
        near = stream.turns[max(0, index - TURNS) : index + 1]
        if any(cue.search(turn.text) for turn in near):
            for name in ("token", "by_turns"):
                for match in form(f"password.{name}").finditer(stream.text, start, end):
                    yield Hit(match.start("secret"), match.end("secret"), "code", 0.8)
            if pattern("[一-龥]").search(stream.text, start, end):
                yield from _dictated(stream.text, start, end)


def _dictated(text: str, start: int, end: int) -> Iterator[Hit]:
    """Letters and spoken figures in a row, in a Mandarin turn: Rd 二零二四 井号 8 8."""
    for match in form("password.dictated").finditer(text, start, end):
        said = match.group("secret").rstrip(" ,，-")
        if form("password.dictated_enough").search(said):
            yield Hit(match.start("secret"), match.start("secret") + len(said), "code", 0.8)
