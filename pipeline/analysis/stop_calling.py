"""The customer's requests not to be called: the rules and the learned layer, and what a slip of recognition hides.

Whoever is on no list any more is never rung again, and whoever rings him all the same has broken a law: words that only look
like a request are none (``drops``) or a doubt (``doubts``), and one whose verb is written as a word of the same sound is a doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.matching import matches
from pipeline.analysis.phonetic import syllable
from pipeline.analysis.rules import Match, load_rules
from pipeline.analysis.shapes import shape, words
from pipeline.analysis.spotting import DOUBT, told
from pipeline.analysis.sure import found as worded
from pipeline.analysis.sure import says
from pipeline.types import Finding

KIND = "do_not_call"


def find(conversation: Conversation) -> Iterator[Finding]:
    """One finding for each request, with the rule that hears it."""
    for sentence in conversation.by("customer"):
        for hit in () if says(sentence, KIND, "drops") else _hits(conversation, sentence):
            detail = {**hit.detail, "rule": hit.rule, "layer": hit.layer}
            yield conversation.finding(KIND, sentence, hit.start, hit.end, strength=hit.strength, **detail)


def _hits(conversation: Conversation, sentence: Sentence) -> Sequence[Match]:
    """What is heard in so many words before what the layers tell; of a slip only where nothing else is heard."""
    sure = [Match("list", *span, one.strength, "pattern", {}) for one, span in worded(sentence, KIND, "adds")]
    heard = sure[:1] or told(conversation, KIND, sentence) or _misheard(sentence)
    if not sure and says(sentence, KIND, "doubts"):
        return [replace(hit, strength=min(hit.strength, DOUBT)) for hit in heard]
    return heard


def _misheard(sentence: Sentence) -> Sequence[Match]:
    """The rules' hits once one character is read as a verb of the same sound (山掉 is 删掉), where the call is named, too."""
    if sentence.language != "zh":
        return ()
    for read in _readings(sentence):
        silenced = load_rules(KIND, "zh").silenced(read.folded) or says(read, KIND, "drops")
        for hit in () if silenced else matches(KIND, read):
            span = read.folded[hit.start : hit.end]
            if span != sentence.folded[hit.start : hit.end] and shape("names_call", "zh").search(span):
                return [replace(hit, strength=min(hit.strength, DOUBT), layer="sound")]
    return ()


def _readings(sentence: Sentence) -> Iterator[Sentence]:
    """The sentence with one character at a time read as a verb of stopping that sounds like it."""
    verbs, never = words("misheard", "zh"), words("figures", "zh")
    for at, char in enumerate(sentence.folded):
        for verb in () if char in never else verbs - {char}:
            if syllable(verb) == syllable(char):
                folded = sentence.folded[:at] + verb + sentence.folded[at + 1 :]
                yield replace(sentence, folded=folded)
