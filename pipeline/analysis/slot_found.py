"""A slot of the opening as a finding: what the profile knows it for, else as heard, as far as it can be a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.corrections import AGAIN, BY_FRAME
from pipeline.analysis.introduced import is_denied
from pipeline.analysis.named import Place, most
from pipeline.analysis.slots import Known, recognise, spot
from pipeline.analysis.tagger import Tag
from pipeline.types import Finding


def findings_of(conversation: Conversation, turn: int, tag: Tag, known: Sequence[Known]) -> Iterator[Finding]:
    """The finding of a tag; none where a stranger's words can't be a name."""
    sentence = next(s for s in conversation.in_turn(turn) if s.start <= tag.start < s.start + len(s.text))
    start, end = _trimmed(sentence.text, tag.start - sentence.start, tag.end - sentence.start, tag.slot)
    if is_denied(sentence.folded, start, end, sentence.language):
        return
    hit = spot(sentence, known, fuzzy=False) if known else None
    if (
        hit is not None
        and hit.start < end + _again(tag.slot, sentence.folded, start, end)
        and start < hit.end
    ):
        yield conversation.finding(
            tag.slot, sentence, hit.start, hit.end,
            strength=hit.strength, value=hit.value, matched=hit.matched,
        )  # fmt: skip
        return
    value = sentence.text[start:end]
    match = recognise(value, known)
    if match is not None:
        name, matched, strength = match
        yield conversation.finding(
            tag.slot,
            sentence,
            start,
            end,
            strength=max(strength * 0.95, BY_FRAME),
            value=name,
            matched=matched,
        )
        return
    counts = most(tag.slot, Place(sentence.text, sentence.folded, start, end), sentence.language)
    expected = {"expected": known[0].value} if known else {}
    strength = round(min(tag.probability, counts), 3)
    if counts:
        yield conversation.finding(
            tag.slot, sentence, start, end, strength=strength, value=value, matched="pattern", **expected
        )


def _again(slot: str, folded: str, start: int, end: int) -> int:
    """How many characters behind a family name the whole one begins, and one more: 我姓何|叫何敏; 0 where none does."""
    gap = AGAIN.match(folded, end) if slot == "name" else None
    return gap.end() - end + 1 if gap and folded.startswith(folded[start:end], gap.end()) else 0


def _trimmed(text: str, start: int, end: int, slot: str) -> tuple[int, int]:
    """The slot's words only: no article, no 姓, no possessive ending, no punctuation at the edges."""
    end = min(end, len(text))
    for lead in ("the ", "'s ", "’s ") if slot != "name" else ("小姓", "免贵姓", "姓"):
        if text[start:end].startswith(lead) and end - start > len(lead):
            start += len(lead)
    while end > start + 1 and not (text[end - 1].isalnum() or text[end - 1] in ")!）"):
        end -= 1
    if text[start:end].endswith(("'s", "’s")) and slot == "company" and text[end : end + 1] == " ":
        end -= 2
    return start, end
