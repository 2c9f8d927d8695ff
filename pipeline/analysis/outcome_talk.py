"""Whether both sides of a call talk with each other: what may be called no conversation, or a voicemail, at all.

Where nobody is heard the customer's side holds noise, calls for who is there, words on the line or a machine's prompts.
Whoever takes up what the other said has heard it: he protests at its manner, tells what was asked, agrees, turns down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import before, cue, of_turn, size
from pipeline.analysis.matching import matches
from pipeline.analysis.shapes import has_shape
from pipeline.types import Finding

Talk = Literal["none", "maybe", "sure"]

SURE = 0.6
"""Least confidence of a finding that shows talk (the gate, our default)."""
_SIGNS = 2
"""Customer's turns that take up something, from which it is sure that both talk (our default)."""
_FRAGMENT = 6
"""Most words of a reply that tells what an open question asks for and no more (our default)."""
_TELLS = {"when": "answers_when", "where": "answers_where", "who": "answers_who", "figure": "tells_figure"}
"""Cue that a reply tells what an agent's question asks for, by its cue ``asks_…``."""
_KINDS = frozenset({"refusal", "objection", "complaint", "do_not_call", "customer_question"})
_OFF_THE_MATTER = frozenset({"no_time", "other"})
"""Objections that need not be to what was said."""
_PARTING = frozenset({"closing", "thanks"})
_ASIDE = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]|[^\w]+")


def talked(conversation: Conversation, findings: Sequence[Finding] = ()) -> Talk:
    """Whether the customer says anything that is talk, and whether it surely takes up what the agent said.

    Parameters
    ----------
    conversation
        The call; of unknown speakers nothing is told.
    findings
        Findings of the other detectors: the customer's that show talk, the agent's rudeness.
    """
    said = {turn: own for turn in _turns_of(conversation, "customer") if (own := _spoken(conversation, turn))}
    if not said:
        return "none"
    if _protests(said.values()) or _abused(findings, said):
        return "sure"
    if any(matches("voicemail", s) for s in conversation.sentences if s.speaker == "customer"):
        return "maybe"
    if _tells(conversation, said) or _parts(conversation, said):
        return "sure"
    signs = {turn for turn in said if _takes_up(conversation, turn, said[turn])}
    signs |= {f.turn for f in findings if f.turn in said and _shows_talk(conversation, f)}
    smooth = len(said) >= _SIGNS and len(said) == len(_turns_of(conversation, "customer"))
    return "sure" if len(signs) + (smooth and bool(signs)) >= _SIGNS else "maybe"


def _turns_of(conversation: Conversation, speaker: str) -> list[int]:
    return [at for at, turn in enumerate(conversation.turns) if turn.speaker == speaker]


def _spoken(conversation: Conversation, turn: int) -> tuple[Sentence, ...]:
    """Sentences of a turn that are neither noise nor a call for who is there, about the line or a machine's."""
    return tuple(s for s in of_turn(conversation, turn) if not _empty(s))


def _empty(sentence: Sentence) -> bool:
    if not _ASIDE.sub("", sentence.folded) or cue("noise", sentence) or cue("bare_sound", sentence):
        return True
    nobody = any(matches(kind, sentence) for kind in ("no_connection", "voicemail"))
    return nobody or cue("on_the_line", sentence) or has_shape("asks_identity", sentence.folded) is not None


def _protests(said: Iterable[Sequence[Sentence]]) -> bool:
    """Whether the customer protests at how he is spoken to."""
    return any(cue("protests", *own) for own in said)


def _abused(findings: Sequence[Finding], said: dict[int, tuple[Sentence, ...]]) -> bool:
    """Whether the agent is surely rude to one who speaks before and after: nobody abuses a dead line at length."""
    rude = [
        f.turn
        for f in findings
        if f.kind == "rude" and f.speaker == "agent" and f.turn is not None and f.confidence >= SURE
    ]
    return any(min(said) < turn < max(said) for turn in rude)


def _parts(conversation: Conversation, said: dict[int, tuple[Sentence, ...]]) -> bool:
    """Whether the agent thanks or takes leave behind the customer's last words, and neither asks for the line there.

    Who hears nobody calls into the line or hangs up; thanks and a farewell go to somebody who has answered.
    """
    theirs, ours = _turns_of(conversation, "customer"), _turns_of(conversation, "agent")
    if len(theirs) < _SIGNS or len(ours) < _SIGNS or theirs[-1] not in said:
        return False
    last = [at for at in ours if at > theirs[-1]][-1:]
    ahead = [at for at in ours if at < theirs[-1]][-1:]
    spoken = [s for at in (*ahead, *last) for s in of_turn(conversation, at)]
    if any(cue("on_the_line", s) or matches("no_connection", s) for s in spoken):
        return False
    return any(
        hit.detail["kind"] in _PARTING
        for at in last
        for s in of_turn(conversation, at)
        for hit in matches("courtesy", s)
    )


def _tells(conversation: Conversation, said: dict[int, tuple[Sentence, ...]]) -> bool:
    """Whether the customer tells the figure, place, time or name that the agent has just asked for."""
    for turn, own in said.items():
        asked = _asked(conversation, turn)
        for kind in _TELLS:
            if asked and cue(f"asks_{kind}", *asked) and cue(_TELLS[kind], *own):
                return True
    return False


def _asked(conversation: Conversation, turn: int) -> tuple[Sentence, ...]:
    """The agent's last words right before a turn, where they are a question other than for the line or the person."""
    if turn == 0 or conversation.turns[turn - 1].speaker != "agent":
        return ()
    last = of_turn(conversation, turn - 1)[-1:]
    aside = any(matches(kind, s) for s in last for kind in ("no_connection", "identity_question"))
    asks = any(has_shape("asks", s.folded) or s.folded[-1:].isalnum() for s in last)  # some write no marks
    return last if asks and not aside else ()


def _takes_up(conversation: Conversation, turn: int, own: Sequence[Sentence]) -> bool:
    """Whether a turn agrees to what was said right before, or tells in few words what an open question asks."""
    asked = _asked(conversation, turn)
    if asked and any(has_shape("open_question", s.folded) for s in asked):
        return sum(size(s.folded) for s in own) <= _FRAGMENT and not any(
            has_shape("asks", s.folded) for s in own
        )
    put_off = [
        s
        for at in before(conversation, turn, "agent")
        for s in of_turn(conversation, at)
        if cue("another_time", s)
    ]
    return cue("agreed", own[0]) and not put_off and not any(matches("courtesy", s) for s in own)


def _shows_talk(conversation: Conversation, finding: Finding) -> bool:
    """Whether a finding of the customer's surely is about what was said; that he has no time is not."""
    if finding.speaker != "customer" or finding.confidence < SURE or finding.kind not in _KINDS:
        return False
    if finding.kind == "objection" and finding.detail.get("kind") in _OFF_THE_MATTER:
        return False
    own = [s for s in _spoken(conversation, finding.turn or 0) if s.folded and finding.quote]
    return any((finding.quote or "") in s.text or s.text in (finding.quote or "") for s in own)
