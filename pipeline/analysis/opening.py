"""The opening: company, department, name and purpose, each where the agent first says it.

Slots are matched against the profile (exact, alias, then by sound or spelling); what a frame of
introduction holds and the profile doesn't know is reported as heard, with what was expected. Without a
profile the frames alone speak (articles 4.1, 7.1).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.analysis.announced import ALONE, with_announced
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.corrections import BY_FRAME, corrected
from pipeline.analysis.departments import placed
from pipeline.analysis.frames import SLOTS
from pipeline.analysis.introduced import asks_firm, is_denied, own_firm, says_own_name
from pipeline.analysis.joined_firms import whole_firm
from pipeline.analysis.people import is_person, plain, trade
from pipeline.analysis.purpose import purpose_of
from pipeline.analysis.roster import behind_firm, known_names, own_name
from pipeline.analysis.said import early_turns, is_read, said_in, was_asked
from pipeline.analysis.slot_found import findings_of
from pipeline.analysis.slots import Known, recognise, spot
from pipeline.analysis.tagger import Tag, slots_in
from pipeline.analysis.text import fold
from pipeline.analysis.theirs import is_run_on, is_theirs
from pipeline.analysis.tokens import Said
from pipeline.types import Finding, Measure, Reason

FRAMES_FIRST = {"en": SLOTS, "zh": SLOTS}
"""Slots that frames hear more surely than the tagger in the agent's first turn (measured on held-out openings)."""
FRAMED_TURNS = 3
"""So many of the agent's turns are read by frames where the tagger leaves a slot (our default)."""
DOUBTED = 0.5
"""A tag under this gives way to what a frame hears in its place (our default)."""
WHOSE = 0.5
"""Most that a name counts for where it may be the other side's or isn't the profile's: a doubt (our default)."""
SURE_FIRM = 0.9
"""From here on a firm is one though it is called like a person (our default)."""
LEAST = 0.3
"""Least probability of a slot that is reported (by fitting to one author's calls and reading the other's)."""
KINDS = (*SLOTS, "purpose")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """At most one finding for each slot and the purpose."""
    found = {kind: _checked(one) for kind, one in slots_of(conversation).items()}
    purpose = purpose_of(conversation, early_turns(conversation), list(found.values()))
    if purpose is not None:
        found["purpose"] = purpose
    return [found[kind] for kind in KINDS if kind in found]


def _checked(found: Finding) -> Finding:
    """A slot of which the profile knows something else: another's firm or name, or its own misheard, a person decides."""
    strange = _is_strange(found) and "expected" in found.detail
    return replace(found, confidence=min(found.confidence, WHOSE)) if strange else found


def slots_of(conversation: Conversation) -> dict[str, Finding]:
    """Company, department and name, each where the agent first says it."""
    known = known_names(conversation)
    found: dict[str, Finding] = {}
    early = early_turns(conversation)
    for order, turn in enumerate(early):
        if any(slot not in found for slot in SLOTS) and is_read(order, was_asked(conversation, turn)):
            lone = _person_alone(conversation, turn, found)
            had = {kind: one for kind, one in found.items() if lone is None or kind != "company"}
            for finding in _tagged(conversation, turn, order, known, had):
                if _is_read_back(conversation, finding):
                    continue
                if lone is not None and finding.kind == "company":
                    found.update(company=finding, name=replace(lone, kind="name"))
                found.setdefault(finding.kind, finding)
    own = next((one for turn in early for one in _own(conversation, turn, known["company"])), None)
    if own is not None and _is_strange(found.get("company")):
        found["company"] = own
    for finding in _spotted(conversation, known, early):
        if _is_strange(found.get(finding.kind)):
            found[finding.kind] = finding
    for order, turn in enumerate(early):
        lacking = "company" not in found or "name" not in found
        if lacking and is_read(order, was_asked(conversation, turn)):
            for finding in _run_on(conversation, turn, order, known):
                found.setdefault(finding.kind, finding)
    return {kind: _as_doubt(one) for kind, one in found.items()}


def _as_doubt(found: Finding) -> Finding:
    """A firm by a person's name that no frame made sure: "Chase Winters, is that you?" may speak to somebody."""
    quote = found.quote or ""
    named = is_person(quote) or is_person(" ".join(quote.split()[1:]))  # "Now Esteban, when …"
    if found.kind == "company" and _is_strange(found) and named and found.confidence < SURE_FIRM:
        return replace(found, confidence=min(found.confidence, WHOSE))
    return found


def _is_read_back(conversation: Conversation, found: Finding) -> bool:
    """Whether a name is one that the customer told before, and is neither given as the agent's own nor asked for."""
    turn, name = found.turn or 0, fold(found.quote or "")
    if found.kind != "name" or was_asked(conversation, turn):
        return False
    for one in conversation.in_turn(turn):
        alone = one.folded.strip(" ,.!?，。！？") == name
        if not alone and says_own_name(one.folded, name, one.language):
            return False
    whole = re.compile(rf"(?<![a-z]){re.escape(name)}(?![a-z])")
    return any(
        one.speaker == "customer" and one.turn < turn and whole.search(one.folded)
        for one in conversation.sentences
    )


def _person_alone(conversation: Conversation, turn: int, found: Mapping[str, Finding]) -> Finding | None:
    """One bare word that was taken for the firm, after which the other side asks for the firm: it was a person."""
    held = found.get("company")
    if held is None or "name" in found or turn == 0 or held.turn == turn:
        return None
    bare = _is_strange(held) and " " not in (held.quote or " ") and held.confidence <= ALONE
    before = conversation.in_turn(turn - 1)
    asked = any(asks_firm(one.folded) for one in before if one.language == "en")
    return held if bare and asked else None


def _run_on(
    conversation: Conversation, turn: int, order: int, known: Mapping[str, Sequence[Known]]
) -> Iterator[Finding]:
    """Firm and name that stand late in an unpunctuated question for the other side: heard, and whose is in doubt."""
    said = said_in(conversation, turn, order, (), known)
    for tag in slots_in(said):
        if tag.slot != "department" and is_run_on(said.folded, tag.start, tag.end, said.language):
            probability = min(tag.probability, WHOSE)
            yield from findings_of(conversation, turn, replace(tag, probability=probability), known[tag.slot])


def _is_strange(held: Finding | None) -> bool:
    """Whether a slot is empty or holds what the profile doesn't know."""
    return held is None or held.detail.get("matched") == "pattern"


def _own(conversation: Conversation, turn: int, known: Sequence[Known]) -> Iterator[Finding]:
    """The agent's own firm, where he says which it is."""
    for sentence in conversation.in_turn(turn):
        span = own_firm(sentence.text, sentence.folded, sentence.language)
        if span is not None:
            tag = Tag("company", sentence.start + span[0], sentence.start + span[1], BY_FRAME)
            yield from findings_of(conversation, turn, tag, known)


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """``opening_complete_s`` and ``opening_agent_talk_s``."""
    return [_complete(conversation, findings), _talk(conversation)]


def _tagged(
    conversation: Conversation,
    turn: int,
    order: int,
    known: Mapping[str, Sequence[Known]],
    found: Collection[str],
) -> Iterator[Finding]:
    """Slots of an early turn as the tagger reads them."""
    had = [slot for slot in SLOTS if slot in found]
    said = said_in(conversation, turn, order, had, known)
    own = [tag for tag in slots_in(said) if not is_theirs(said.folded, tag.start, tag.end, said.language)]
    tags = corrected(said, _agreed(said, own))
    tags = [whole_firm(said, tag) for tag in placed(said, with_announced(said, tags, known))]
    tags = [tag for tag in tags if not is_theirs(said.folded, tag.start, tag.end, said.language)]
    introduced = any(slot in (*had, *(tag.slot for tag in tags)) for slot in ("company", "name"))
    for tag in tags:
        if tag.slot in had or tag.probability < LEAST or _names_the_firm(said, tag, known["company"]):
            continue
        if tag.slot == "department" and not introduced and tag.probability < BY_FRAME:
            continue  # nobody gives a department alone: of all labelled calls none does
        yield from findings_of(conversation, turn, tag, known[tag.slot])


def _names_the_firm(said: Said, tag: Tag, known: Sequence[Known]) -> bool:
    """Whether what was taken for a person's name is the profile's company."""
    match = recognise(said.text[tag.start : tag.end], known) if tag.slot == "name" and known else None
    return match is not None and match[1] != "fuzzy"


def _agreed(said: Said, tags: Sequence[Tag]) -> list[Tag]:
    """What frames hear goes before the tagger for the slots that they hear surely, and fills what it leaves."""
    sure = FRAMES_FIRST.get(said.language, ()) if said.order < 1 else ()
    read = SLOTS if said.order < 1 else ("company", "name") if said.order < FRAMED_TURNS else ()
    framed = [
        Tag(slot, start, end, BY_FRAME)
        for source, slot, start, end in said.hints
        if source == "frame"
        and not is_theirs(said.folded, start, end, said.language)
        and (slot in sure or (slot in read and all(tag.slot != slot for tag in tags)))
    ]
    first = {tag.slot: _longer(said, tag, tags) for tag in reversed(framed)}
    kept = [
        tag
        for tag in tags
        if tag.slot not in first
        and not any(
            _meet(tag, one) for one in first.values() if one.slot in sure or tag.probability < DOUBTED
        )
    ]
    free = [one for one in first.values() if one.slot in sure or not any(_meet(tag, one) for tag in kept)]
    return sorted([*kept, *free], key=lambda tag: tag.start)


def _longer(said: Said, framed: Tag, tags: Sequence[Tag]) -> Tag:
    """A firm as the tagger reads it where that is surely longer and ends in a word of firms: "Hale and Daughters Solicitors"."""
    for tag in tags:
        longer = tag.slot == framed.slot == "company" and tag.start == framed.start and tag.end > framed.end
        if longer and tag.probability >= BY_FRAME and said.language == "en":
            more = said.folded[framed.end : tag.end].split()
            cased = any(map(str.isupper, said.text.replace("I", "")))
            joined = (cased or more[0] in ("and", "&")) and trade().fullmatch(plain(more[-1]))
            return replace(framed, end=tag.end) if joined else framed
    return framed


def _meet(one: Tag, other: Tag) -> bool:
    return one.start < other.end and other.start < one.end


def _spotted(
    conversation: Conversation, known: Mapping[str, Sequence[Known]], early: Collection[int]
) -> Iterator[Finding]:
    """Names of the profile where the agent first says them; people's only in the early turns."""
    left = {slot: names for slot, names in known.items() if names}
    for sentence in conversation.by("agent"):
        for slot in list(left):
            if slot == "name" and sentence.turn not in early:
                continue
            hit = spot(sentence, left[slot]) if slot != "name" else own_name(sentence, left[slot])
            if slot == "name" and hit is None:
                hit = behind_firm(sentence, known)
            if hit is not None and not is_denied(sentence.folded, hit.start, hit.end, sentence.language):
                del left[slot]
                yield conversation.finding(
                    slot, sentence, hit.start, hit.end,
                    strength=hit.strength, value=hit.value, matched=hit.matched,
                )  # fmt: skip


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
