"""Whose words a finding holds where it isn't sure who speaks: what a turn's label or the words themselves tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.analysis.own_words import gives_own
from pipeline.analysis.sides import SURE
from pipeline.analysis.text import fold, language_of
from pipeline.standards.messages import message
from pipeline.standards.order import place_in
from pipeline.types import Finding, Reason, Sound, Transcript

__all__ = ["known", "why_unsure"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_BY_PROFILE = frozenset({"exact", "alias", "fuzzy"})
"""How a firm, a department or a name is matched that the profile holds; ``pattern`` is anybody's."""


def known(findings: Sequence[Finding], transcript: Transcript) -> dict[int, str]:
    """The side of each finding of which it is known, by ``id()``.

    Who gives for his own the firm that the profile holds, or the whole name of one of its people, speaks for it. Many have a
    department or a short name in common: these tell in a turn that gives the firm. Who asks, promises, thanks or refuses,
    no words tell.
    """
    told = {
        id(one): str(one.speaker)
        for one in findings
        if one.speaker != "unknown" and transcript.role_confidence >= SURE
    }
    by_profile = [
        one for one in findings if one.speaker == "unknown" and one.detail.get("matched") in _BY_PROFILE
    ]
    firm = {one.turn for one in by_profile if one.kind == "company" and _given(one, transcript)}
    own = (
        one
        for one in by_profile
        if (one.kind in ("company", "department", "name") and one.turn in firm)
        or (one.kind == "name" and _whole(one) and _given(one, transcript))
    )
    return told | {id(one): "agent" for one in own}


def why_unsure(transcript: Transcript, sound: Sound | None) -> Reason:
    """Why it is not known who speaks: the sound of a mono call says more, and so do delivered speakers."""
    return (sound.unsure if sound else None) or transcript.unsure or message("sides_unsure")


def _given(slot: Finding, transcript: Transcript) -> bool:
    """Whether it is given as the speaker's own, not asked for or spoken of."""
    if slot.turn is None or not 0 <= slot.turn < len(transcript.turns) or not slot.quote:
        return False
    turn = transcript.turns[slot.turn]
    at = place_in(turn.text, slot)
    written = language_of(turn.text) or turn.language or transcript.language
    language = "zh" if written.startswith("zh") else "en"
    return at is not None and gives_own(slot.kind, turn.text, at, at + len(slot.quote), language)


def _whole(name: Finding) -> bool:
    """Whether a name was said as the profile writes it, with family and given name."""
    said, written = (fold(str(each or "")).strip() for each in (name.quote, name.detail.get("value")))
    return said == written and (len(said.split()) > 1 or len(_HAN.findall(said)) > 1)
