"""Flagged and coached calls on scorecards: how many of each agent, and why each call is flagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from pipeline.reports.labels import Text, same
from pipeline.standards.flagging import wording
from pipeline.standards.library import flagging_of
from pipeline.standards.schema import Standard
from pipeline.standards.wording import Bilingual
from pipeline.store.card_query import Window
from pipeline.store.coaching_query import coached
from pipeline.store.flags import Told, flags_within, standard_by


@dataclass(frozen=True, slots=True)
class FlagNote:
    """One flag of a call: the rule, and the reason in both languages."""

    rule: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Attention:
    """Calls (by their key) that a person should hear, with reasons; and counts by agent."""

    flags: Mapping[int, tuple[FlagNote, ...]]
    flagged: Mapping[str, int]
    coached: Mapping[str, int]
    coached_done: Mapping[str, int]


def attention(session: Session, window: Window) -> Attention:
    """What of a window's calls asks for a person."""
    told = flags_within(session, window)
    known: dict[str, Standard] = {}
    flags = {call: tuple(_note(session, each, known) for each in found) for call, found in told.items()}
    coaching = coached(session, window)
    return Attention(
        flags,
        Counter(found[0].agent_id or "" for found in told.values()),
        Counter(each.agent_id for each in coaching),
        Counter(each.agent_id for each in coaching if each.done),
    )


def _note(session: Session, told: Told, known: dict[str, Standard]) -> FlagNote:
    if told.standard_sha256 not in known:
        known[told.standard_sha256] = standard_by(session, told.standard_sha256)
    standard = known[told.standard_sha256]
    values = dict(told.values)
    if "details" in values:  # criteria by their ids
        titles = [
            standard.by_id[name].title for name in values["details"].split(", ") if name in standard.by_id
        ]
        values["details"] = Bilingual(
            "、".join(each.zh for each in titles), ", ".join(each.en for each in titles)
        )
    label = wording(flagging_of(standard), told.rule, values)
    return FlagNote(told.rule, Text(label.zh, label.en) if label else same(told.rule))


def with_attention(agents: pd.DataFrame, found: Attention) -> pd.DataFrame:
    """Adds the counts to the table of agents."""
    if agents.empty:
        return agents
    for name in ("flagged", "coached", "coached_done"):
        counts: Mapping[str, int] = getattr(found, name)
        agents[name] = [counts.get(str(agent), 0) for agent in agents["agent_id"]]
    return agents


def flag_column(calls: Sequence[int], found: Attention) -> list[str]:
    """Each call's rules, as the tables hold them."""
    return [" ".join(note.rule for note in found.flags.get(call, ())) for call in calls]
