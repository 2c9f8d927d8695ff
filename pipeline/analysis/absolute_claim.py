"""Absolute claims by the agent, which advertising law forbids: 最好, 第一, 国家级, "the best in the world"
and their kin.

Source: Advertising Law of the People's Republic of China, article 9 (3), and the words that market
regulators list under it; in English the superlatives that the CAP Code (rule 3.7, substantiation) asks
proof for. Advice (最好明天来), order (第一次) and time (最近) are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import found_at
from pipeline.analysis.rules import Match
from pipeline.analysis.spotting import told
from pipeline.analysis.sure import touches
from pipeline.types import Finding

KIND = "absolute_claim"
DOUBT = 0.5
"""Most that words count for which may be a denial, a report or a question: a person decides (our default)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """One finding for each sentence of the agent that claims to be beyond compare: of us or ours, and not denied."""
    found: list[Finding] = []
    for sentence in conversation.by("agent"):
        claims = [hit for hit in told(conversation, KIND, sentence) if not _of_others(sentence, hit)]
        if claims:
            best = max((_weighed(sentence, hit) for hit in claims), key=lambda hit: hit.strength)
            detail = {**best.detail, "rule": best.rule, "layer": best.layer}
            found.append(found_at(conversation, KIND, sentence, best, detail))
    return found


def _weighed(sentence: Sentence, hit: Match) -> Match:
    """The hit, as a doubt where the words around it may deny it, ask it or tell it of others."""
    doubted = touches(sentence, KIND, "doubts", hit.start, hit.end)
    return replace(hit, strength=min(hit.strength, DOUBT)) if doubted else hit


def _of_others(sentence: Sentence, hit: Match) -> bool:
    """Whether the words are denied, or said of the customer's things, a document or a question's matter."""
    return touches(sentence, KIND, "drops", hit.start, hit.end)
