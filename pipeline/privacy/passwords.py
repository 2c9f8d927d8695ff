"""Codes and passwords that aren't mere digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

_FIGURE = re.compile(r"[\d#]")
_HAN = re.compile("[一-龥]")
SHORTEST, SHORTEST_HAN = 4, 3
"""How long a secret of words must be to be known again, in Latin letters and in Chinese signs."""
TURNS = 4
"""For how many turns a password that was spoken of may follow."""


def find_passwords(stream: Stream) -> list[Hit]:
    """Codes and passwords with letters in them, said straight after the word for them or when asked for."""
    return [*_mixed(stream), *_spelled(stream), *_words(stream), *_answers(stream), *_tokens(stream)]


def is_mixed(stream: Stream, hit: Hit) -> bool:
    """Whether a hit is of letters and digits in one, straight behind the word for a code: 密码是gx8842yan."""
    return hit.kind == "code" and any(
        other.start <= hit.start and hit.end <= other.end for other in _mixed(stream)
    )


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


def sure_secrets(stream: Stream) -> Iterator[Hit]:
    """Secrets of Chinese words, told as one or to a question for one: no tagger knows what words these are."""
    for hit in (*_words(stream), *_answers(stream)):
        if _HAN.search(stream.text, hit.start, hit.end):
            yield hit


def said_again(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
    """Of each stream where a secret of words, told and masked once, is said again by either side."""
    secrets = {
        stream.text[hit.start : hit.end].strip()
        for stream, found in zip(streams, hits, strict=True)
        for hit in (*_words(stream), *_answers(stream), *_tokens(stream))
        if any(other.kind == "code" and other.meets(hit) for other in found)
    }
    return [[hit for secret in secrets for hit in _places(stream.text, secret)] for stream in streams]


def _places(text: str, secret: str) -> Iterator[Hit]:
    han = bool(_HAN.search(secret))
    if len(secret) < (SHORTEST_HAN if han else SHORTEST):
        return
    bounds = ("", "") if han else (r"(?<![^\W_])", r"(?![^\W_])")
    for match in pattern(re.escape(secret).replace(r"\ ", r"\s+").join(bounds)).finditer(text):
        yield Hit(match.start(), match.end(), "code", 0.8)


def _words(stream: Stream) -> Iterator[Hit]:
    """Words after "my password is", to the end of the clause."""
    if stream.speaker == "agent":
        return
    for match in form("password.said_zh").finditer(stream.text):
        if _is_secret(match.group("secret")):
            yield Hit(match.start("secret"), match.end("secret"), "code", 0.8)
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
        match = form("password.answer_zh").match(stream.text, start, end)
        if match and _is_secret(match.group("secret")):
            yield Hit(match.start("secret"), match.end("secret"), "code", 0.75)


def _is_secret(said: str) -> bool:
    """Whether Chinese words may be a secret: nothing that is said of one or instead of one."""
    return not (
        pattern(rules()["asked"]["no_secret"]).search(said) or form("password.not_secret_zh").search(said)
    )


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
