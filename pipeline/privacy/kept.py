"""Names that stay: those given, and what agents call themselves. A name that the customer gave never does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_en import given_names
from pipeline.privacy.lexicon_zh import surname
from pipeline.privacy.names_en import told_as_own
from pipeline.privacy.names_zh import chinese_names
from pipeline.privacy.rules import form, rules
from pipeline.privacy.spoken_to import spoken_to
from pipeline.privacy.streams import Stream

OPENING = 3
"""In how many turns of the agent's a name without "my name is" and the like may be his own."""
LEAD_CHARS = 8


def kept_names(streams: Sequence[Stream], keep: Collection[str]) -> frozenset[str]:
    """Names that stay, in small letters: those given (the agents' and the company's), and what agents call themselves."""
    kept = {name.lower() for name in keep if name}
    given = customers_names(streams)
    for stream in streams:
        if stream.speaker == "agent":
            kept |= {name.lower() for name in _agent_names(stream)} - given - spoken_to(stream)
        elif stream.speaker == "unknown":
            kept |= {name.lower() for name in _firms_people(stream)}
    return frozenset(kept)


def customers_names(streams: Sequence[Stream]) -> frozenset[str]:
    """In small letters what customers call themselves and theirs: "my name is", 我儿子叫, the answer to "your name?"."""
    names: set[str] = set()
    for stream in streams:
        if stream.speaker != "customer":
            continue
        names |= {stream.text[hit.start : hit.end].lower() for hit in told_as_own(stream)}
        names |= {name.lower() for name in _answers(stream)}
        for hit in chinese_names(stream):
            lead = stream.text[max(0, hit.start - LEAD_CHARS) : hit.start]
            asked = "name" in asked_for(stream.turns, stream.turn_at(hit.start)[0])
            if form("names_zh.agent.customers_before").search(lead) or (asked and not lead.strip()):
                names.add(stream.text[hit.start : hit.end])
    words = {word for name in names if name.isascii() for word in name.split()}
    return frozenset(names | words)


def _answers(stream: Stream) -> Iterator[str]:
    """Whole English names that answer the question for one: "Ottilie Barnard, in Mr Whelan's class."."""
    for index, start, end in stream.pieces:
        match = form("names_en.whole_answer").match(stream.text, start, end)
        if match and "name" in asked_for(stream.turns, index):
            yield from (name for name in match.groups() if name)


def is_kept(name: str, kept: Collection[str]) -> bool:
    """Whether a name is, or is part of, one that stays."""
    lowered = name.lower().strip()
    # a surname alone, with a title, is kept where an agent bears it
    return (
        lowered in kept
        or any(lowered == one[: len(lowered)] for one in kept if len(lowered) <= 2 and is_han(lowered))
        or f"小{lowered}" in kept
        or any(lowered.startswith(one) for one in kept if len(one) >= 2 and is_han(one))
        or any(lowered in one.split() for one in kept)
    )


def is_han(text: str) -> bool:
    """Whether a text is of Chinese characters and nothing else."""
    return bool(text) and all("一" <= c <= "鿿" for c in text)


def _firms_people(stream: Stream) -> Iterator[str]:
    """In a call whose sides aren't known, what those call themselves who speak for a firm."""
    for match in form("names_en.agent.for_a_firm").finditer(stream.text):
        if not form("names_en.agent.asked").match(stream.text, match.end()):
            yield match.group("name") or match.group("answering")
    for index, start, end in stream.pieces:
        text = stream.turns[index].text
        if form("names_zh.agent.turn").search(text) or form("names_en.agent.turn").search(text):
            yield from _agent_names(
                Stream("agent", stream.text[start:end], ((index, 0, end - start),), stream.turns)
            )


def _agent_names(stream: Stream) -> Iterator[str]:
    """What the agent calls himself."""
    opening = stream.pieces[min(OPENING, len(stream.pieces)) - 1][2]
    for name in ("self", "latin", "small", "then_called", "firm_then", "surname_then", "teacher"):
        last = opening if name in ("then_called", "firm_then") else len(stream.text)
        found = form(
            f"names_zh.agent.{name}", surname=surname(sure=False), any_surname=surname(sure=True)
        ).finditer(stream.text, 0, last)
        yield from (match.group("name") for match in found)
    for name in ("own_name", "name_here", "staff_named", "announced_self"):
        for match in form(f"names_en.agent.{name}").finditer(stream.text):
            # a bare name is the agent's where he opens the call, and never where he asks: "Jaxon with an X?"
            late = name == "name_here" and match.start() >= opening
            asked = name == "name_here" and form("names_en.agent.asked").match(stream.text, match.end())
            if not asked and (not late or form("names_en.agent.speaks").match(stream.text, match.end())):
                yield next(said for said in match.groups() if said)
    yield from _announced(stream, opening)


def _announced(stream: Stream, opening: int) -> Iterator[str]:
    """A name and then a firm or a post, where the agent opens the call: "Good morning, Adrian Beck, senior consultant"."""
    for match in form("names_en.agent.announced").finditer(stream.text, 0, opening):
        words = match.group("post").split()
        if form("names_en.agent.asked_back").match(stream.text, match.end("name")):
            continue
        stop = rules()["names_en"]["stop"]
        post = form("names_en.agent.post").search(match.group("post"))
        firm = any(word[0].isupper() for word in words) or post
        given = words[0].lower() in given_names() and not post
        said = form("names_en.agent.said").match(match.group("post"))
        plain = any(word.lower() in stop and (word.islower() or "'" in word or word == "I") for word in words)
        if said or (firm and not given and not plain):
            yield match.group("name")
