"""The firm's people and firms that are named like people, where the sentence says that they are: these stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.colleagues import colleagues
from pipeline.privacy.lexicon_zh import surname
from pipeline.privacy.rules import Hit, either, form, pattern, rules
from pipeline.privacy.streams import Stream

BEFORE = 14
SELF = ("settled.staff.firm_self", "settled.staff.self_before")


def staff_names(streams: Sequence[Stream]) -> frozenset[str]:
    """Names of the firm's people and of the firm in small letters, unless somebody calls himself so."""
    found: set[str] = set()
    for stream in streams:
        found |= {name.lower() for name in _spoken_of(stream)}
    told = frozenset(name for name in found if not any(_is_own(stream, name) for stream in streams))
    return told | colleagues(streams)


def _spoken_of(stream: Stream) -> Iterator[str]:
    which = ["who_came"]
    which += ["at_work", "ours", "firm_opens"] if stream.speaker == "agent" else []
    which += ["yours"] if stream.speaker == "customer" else []
    which += ["called_zh"] if stream.speaker == "agent" else []
    for name in which:
        for match in form(f"settled.staff.{name}", surname=surname(sure=False)).finditer(stream.text):
            yield from (said for said in match.groups() if said)


def _is_own(stream: Stream, name: str) -> bool:
    """Whether a customer is called so: "my name is Steve", "Steve here"."""
    if stream.speaker == "agent":
        return False
    for match in re.finditer(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", stream.text):
        before = stream.text[max(0, match.start() - 24) : match.start()]
        if form("settled.staff.firm_self").search(before) and not before.lower().endswith(("for ", "with ")):
            return True
        if form("settled.staff.firm_speaks").match(stream.text, match.end()):
            return True
    return False


def stays(stream: Stream, hit: Hit) -> bool:
    """Whether a hit for a name is one of the firm's people, or a firm."""
    if hit.kind != "name":
        return False
    return _firm(stream, hit) or _doctor(stream, hit) or _at_desk(stream, hit)


def _firm(stream: Stream, hit: Hit) -> bool:
    """A firm of the lists, told as one."""
    for which in ("firms", "firms_like"):
        words = pattern(either(rules()["settled"]["staff"][which], whole=True))
        for match in words.finditer(stream.text, max(0, hit.start - 24), hit.end + 24):
            if not (match.start() <= hit.start and hit.end <= match.end() + 2):
                continue
            before = stream.text[max(0, match.start() - 24) : match.start()]
            if which == "firms":
                speaks = form("settled.staff.firm_speaks").match(stream.text, match.end())
                return not (form("settled.staff.firm_self").search(before) or speaks) or _of_firm(before)
            behind = form("settled.staff.firm_behind").match(stream.text, match.end())
            return bool(_of_firm(before) or behind)
    return False


def _of_firm(before: str) -> bool:
    own = form("settled.staff.firm_self").search(before)
    return bool(form("settled.staff.firm_before").search(before)) and not (
        own and not before.endswith("for ")
    )


def _doctor(stream: Stream, hit: Hit) -> bool:
    """口腔科的韩医生, 孙师傅还是钱师傅: who works at what the title says, and isn't called by it."""
    before = stream.text[max(0, hit.start - BEFORE) : hit.start]
    if form("settled.staff.doctor_en").search(before):
        return not _called_doctor(stream, hit)
    title = form("settled.staff.doctor").match(stream.text, hit.end)
    if not title:
        return False
    if re.match("还是|或者?", stream.text[title.end() : title.end() + 2]):
        return True
    called = form("settled.staff.called_behind").match(stream.text[title.end() : title.end() + 4])
    if called or form("settled.staff.self_before").search(before):
        return False
    return bool(form("settled.staff.work_before").search(before))


def _called_doctor(stream: Stream, hit: Hit) -> bool:
    """Whether the doctor is the customer, or somebody who isn't one has the same name: "this is Dr Ng", "Mrs Ng"."""
    name = re.escape(stream.text[hit.start : hit.end])
    others = pattern(form("settled.staff.called_en").pattern.replace("NAME", name))
    return any(others.search(turn.text) for turn in stream.turns)


def _at_desk(stream: Stream, hit: Hit) -> bool:
    """前台小顾, 你们那个小刘."""
    for which in ("desk", "desk_small"):
        for match in form(f"settled.staff.{which}").finditer(
            stream.text, max(0, hit.start - BEFORE), hit.end + 6
        ):
            if (
                match.start() <= hit.start
                and match.start("name") < hit.end
                and hit.end <= match.end("name") + 1
            ):
                return not form("settled.staff.customers").search(
                    stream.text, max(0, match.start() - 8), match.start()
                )
    return False
