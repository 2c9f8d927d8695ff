"""Agents' names that a customer of this call bears too: whom the agent greets by a name isn't somebody of the firm's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from pipeline.privacy.rules import form
from pipeline.privacy.streams import Stream

BEFORE = 16
"""How far before a name it is looked for what says that it is the speaker's own."""


def less_spoken_to(streams: Sequence[Stream], keep: Collection[str]) -> frozenset[str]:
    """The names that stay, but for those by which the agent speaks to the other side, unless he calls himself so.

    "Hi Emily, it's Sarah" and 王芳女士您好 are said to a customer, though another agent is an Emily Clark or a 王芳.

    Parameters
    ----------
    streams
        What each side says.
    keep
        The agents' and the company's names.
    """
    called = {name for stream in streams for name in spoken_to(stream)}
    return frozenset(name for name in keep if not called.intersection(_called(name)))


def spoken_to(stream: Stream) -> frozenset[str]:
    """By what names an agent speaks to the other side, in small letters, less those that he bears himself."""
    if stream.speaker != "agent":
        return frozenset()
    return frozenset(name for name in _greeted(stream) if not _is_own(stream, name))


def _called(name: str) -> tuple[str, ...]:
    """In small letters what somebody of this name is called: the whole of it, or an English first name."""
    whole = name.lower()
    return (whole, whole.split()[0]) if whole.isascii() and whole.split() else (whole,)


def _greeted(stream: Stream) -> Iterator[str]:
    for tongue in ("zh", "en"):
        for match in form(f"settled.titled.greeted_{tongue}").finditer(stream.text):
            said = match["name"].lower()
            yield from (said, said.split()[0])


def _is_own(stream: Stream, name: str) -> bool:
    """Whether the agent calls himself so."""
    for match in re.finditer(rf"(?i)(?<![a-z]){re.escape(name)}(?![a-z])", stream.text):
        before = stream.text[max(0, match.start() - BEFORE) : match.start()]
        if form("settled.titled.self_named").search(before):
            return True
        if form("settled.titled.self_behind").match(stream.text, match.end()):
            return True
    return False
