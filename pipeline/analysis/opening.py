"""The opening: company, department, name and purpose, each where the agent first says it.

Slots are matched against the profile (exact, alias, then by sound or spelling); what a frame of
introduction holds and the profile doesn't know is reported as heard, with what was expected. Without a
profile the frames alone speak (articles 4.1, 7.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.frames import SLOTS, load_frames
from pipeline.analysis.rules import load_rules
from pipeline.analysis.slots import Known, recognise, spot
from pipeline.profile import Agent, Profile
from pipeline.types import Finding, Measure, Reason

OPENING_TURNS = 8
"""Frames and purposes are looked for in the agent's first turns; a name of the profile in all of them (our
default)."""
BY_FRAME = 0.85
"""Strength of a slot that only a frame vouches for (our default)."""
KINDS = (*SLOTS, "purpose")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """At most one finding for each slot and the purpose."""
    found: dict[str, Finding] = {}
    early = _early_turns(conversation)
    for sentence in conversation.by("agent"):
        if len(found) == len(KINDS):
            break
        for finding in _in_sentence(conversation, sentence, sentence.turn in early, set(found)):
            found.setdefault(finding.kind, finding)
    return [found[kind] for kind in KINDS if kind in found]


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """``opening_complete_s`` and ``opening_agent_talk_s``."""
    return [_complete(conversation, findings), _talk(conversation)]


def _early_turns(conversation: Conversation) -> list[int]:
    agents = [at for at, turn in enumerate(conversation.turns) if turn.speaker in ("agent", "unknown")]
    return agents[:OPENING_TURNS]


def _in_sentence(
    conversation: Conversation, sentence: Sentence, early: bool, have: set[str]
) -> Iterator[Finding]:
    framed = load_frames(sentence.language).hear(sentence.text, sentence.folded) if early else {}
    for slot in SLOTS:
        if slot in have:
            continue
        known = _known(conversation, slot)
        hit = spot(sentence, known, fuzzy=slot != "name") if known else None
        heard = framed.get(slot)
        if heard is not None and (hit is None or hit.start > heard.end or hit.end < heard.start):
            yield _from_frame(conversation, sentence, slot, heard.start, heard.end, known)
        elif hit is not None and (slot != "name" or early):
            yield conversation.finding(
                slot,
                sentence,
                hit.start,
                hit.end,
                strength=hit.strength,
                value=hit.value,
                matched=hit.matched,
            )
    if early and "purpose" not in have:
        yield from _purpose(conversation, sentence)


def _from_frame(
    conversation: Conversation, sentence: Sentence, slot: str, start: int, end: int, known: Sequence[Known]
) -> Finding:
    heard = sentence.text[start:end]
    value = heard.removeprefix("姓") if slot == "name" else heard
    match = recognise(value, known)
    if match is not None:
        name, matched, strength = match
        return conversation.finding(
            slot, sentence, start, end, strength=max(strength * 0.95, BY_FRAME), value=name, matched=matched
        )
    expected = {"expected": known[0].value} if known else {}
    return conversation.finding(
        slot, sentence, start, end, strength=BY_FRAME, value=value, matched="pattern", **expected
    )


def _purpose(conversation: Conversation, sentence: Sentence) -> Iterator[Finding]:
    matches = load_rules("purpose", sentence.language).match(sentence.folded)
    for match in matches[:1]:
        yield conversation.finding(
            "purpose", sentence, match.start, match.end, strength=match.strength, matched="pattern"
        )


def _known(conversation: Conversation, slot: str) -> list[Known]:
    profile = conversation.profile
    if slot == "company":
        names = [name for name in (profile.company.name, *profile.company.aliases) if name]
        return [Known(names[0], names[0], tuple(names[1:]))] if names else []
    if slot == "department":
        return [Known(item.name, item.name, tuple(item.aliases)) for item in profile.departments]
    return _roster(profile, conversation.record.agent_id)


def _roster(profile: Profile, agent_id: str | None) -> list[Known]:
    """All agents' names, those of the call's own agent first."""
    agents = sorted(profile.agents, key=lambda agent: agent.id != agent_id)
    return [_known_agent(agent) for agent in agents if agent.names]


def _known_agent(agent: Agent) -> Known:
    full = agent.names[0]
    surname = full[0] if 2 <= len(full) <= 4 and "\u3400" <= full[0] <= "\u9fff" else ""
    polite = (
        [surname, f"小{surname}", f"老{surname}", f"{surname}经理", f"{surname}老师", f"{surname}顾问"]
        if surname
        else []
    )
    first = [full.split()[0]] if " " in full else []
    return Known(full, full, tuple(dict.fromkeys([*agent.names[1:], *polite, *first])))


def _complete(conversation: Conversation, findings: Sequence[Finding]) -> Measure:
    """Seconds from the agent's first word to the end of the last of the four."""
    name, method = "opening_complete_s", "end of the last of company, department, name, purpose"
    starts = [t.start_s for t in conversation.turns if t.speaker == "agent" and t.start_s is not None]
    ends = {f.kind: f.end_s for f in findings if f.kind in KINDS}
    missing = [kind for kind in KINDS if kind not in ends]
    if not conversation.transcript.timed or not starts:
        return Measure(name, None, "s", method, _no_clock(conversation))
    if missing:
        reason = Reason(
            "opening_incomplete",
            f"开场缺少：{'、'.join(missing)}",
            f"not all was said; missing: {', '.join(missing)}",
        )
        return Measure(name, None, "s", method, reason)
    last = max(end for end in ends.values() if end is not None)
    return Measure(name, round(last - min(starts), 2), "s", method)


def _talk(conversation: Conversation) -> Measure:
    """The agent's talk in seconds before the customer's second turn."""
    name, method = "opening_agent_talk_s", "length of the agent's turns before the customer's second turn"
    if not conversation.transcript.timed or not any(t.speaker == "agent" for t in conversation.turns):
        return Measure(name, None, "s", method, _no_clock(conversation))
    replies = [t.start_s for t in conversation.turns if t.speaker == "customer" and t.start_s is not None]
    until = replies[1] if len(replies) > 1 else float("inf")
    talk = sum(
        min(t.end_s, until) - t.start_s
        for t in conversation.turns
        if t.speaker == "agent" and t.start_s is not None and t.end_s is not None and t.start_s < until
    )
    return Measure(name, round(talk, 2), "s", method)


def _no_clock(conversation: Conversation) -> Reason:
    if not conversation.transcript.timed:
        return Reason("no_times", "转写没有时间", "the transcript has no times")
    return Reason("no_agent", "没有听到坐席的声音，或分不清双方", "no speech is known to be the agent's")
