"""Searching what was said: calls within somebody's scope, the newest first, with the passages that hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Integer,
    Select,
    Text,
    cast,
    column,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from pipeline.review.names import names
from pipeline.review.reading import after_call, of_agent, read_date, read_text, within_dates
from pipeline.review.rights import Person
from pipeline.speech.normalise import simplified
from pipeline.store.review_tables import AgentTeam
from pipeline.store.said import Said, unpacked
from pipeline.store.search_query import (
    SPEAKERS,
    Query,
    Term,
    either,
    for_postgres,
    for_sqlite,
    places,
    read_query,
)
from pipeline.store.search_tables import SearchDoc
from pipeline.store.tables import Call, Score

PAGE = 20
MOST_PASSAGES = 3
"""Passages of a call that are shown; the call's page shows all of them."""
_BEFORE, _AFTER = 40, 100
"""Characters around what hits."""
MOST_TYPED = 200


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What to look for, and in which calls. ``named`` is a product or competitor, by any of its names."""

    q: str = ""
    agent: str | None = None
    team: str | None = None
    since: date | None = None
    until: date | None = None
    campaign: str | None = None
    outcome: str | None = None
    speaker: str | None = None
    named: str | None = None
    before: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> SearchFilters:
        """Filters from a query string; a day that can't be read raises UnreadableError."""
        speaker = given.get("speaker")
        return cls(
            (read_text(given.get("q")) or "")[:MOST_TYPED], read_text(given.get("agent")), read_text(given.get("team")),
            read_date(given.get("since")), read_date(given.get("until")), read_text(given.get("campaign")),
            read_text(given.get("outcome")), speaker if speaker in SPEAKERS else None, read_text(given.get("named")),
            read_text(given.get("before")),
        )  # fmt: skip

    @property
    def query(self) -> Query:
        """What was typed, read; traditional characters are looked for as simplified ones, as transcripts have them."""
        return read_query(simplified(self.q))

    def plain(self) -> dict[str, str]:
        """As a query string's names and values, those that say something."""
        pairs = {name: getattr(self, name) for name in self.__slots__ if name != "before"}
        return {name: str(value) for name, value in pairs.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Passage:
    """Words around a hit. ``parts`` are pieces of text with whether each is what was looked for."""

    turn: int
    speaker: str
    start_s: float | None
    parts: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A call that fits, with how many of its turns do."""

    call_id: str
    agent_id: str | None
    agent_name: str | None
    team: str | None
    started_at: datetime | None
    campaign: str | None
    outcome: str
    has_sound: bool
    turns: int
    passages: tuple[Passage, ...]


def find(
    session: Session, person: Person, filters: SearchFilters, *, limit: int = PAGE
) -> tuple[list[Hit], str | None]:
    """Calls that fit, the newest first, and the id after which the next page begins (None: no more)."""
    query, named = filters.query, named_queries(session, filters.named)
    if not query and not named:
        return [], None
    groups = [queries for queries in ([query] if query else [], named) if queries]
    chosen = _select(session, person, filters, groups).limit(limit + 1)
    rows = session.execute(chosen).all()
    terms = tuple(term for queries in groups for each in queries for term in each.wanted)
    hits = [_hit(row, terms, filters.speaker) for row in rows[:limit]]
    return hits, hits[-1].call_id if len(rows) > limit else None


def named_queries(session: Session, name: str | None) -> list[Query]:
    """What to look for to find a product or competitor of this name; nothing where the profile has none."""
    things = [*names(session, "competitor"), *names(session, "product")] if name else []
    return [query for thing in things if thing.name == name for query in thing.queries]


def matching(session: Session, queries: Sequence[Query]) -> ColumnElement[bool]:
    """Calls whose words fit any of some queries, as a condition on `Call`."""
    return Call.id.in_(select(_key(session)).where(_fits(session, queries, None)))


def _key(session: Session) -> ColumnClause[Any]:
    """The index's column of calls."""
    name = "rowid" if _is_sqlite(session) else "call"
    return table("search_words", column(name, Integer)).c[name]


def _fits(session: Session, queries: Sequence[Query], speaker: str | None) -> ColumnElement[bool]:
    """Entries of the index that any of some queries fits."""
    sqlite = _is_sqlite(session)
    write = for_sqlite if sqlite else for_postgres
    wanted = either([write(query, speaker) for query in queries], sqlite=sqlite)
    if sqlite:
        return literal_column("search_words", Text).op("MATCH")(wanted)
    return literal_column("search_words.words", Text).op("@@")(cast(wanted, TSQUERY))


def _is_sqlite(session: Session) -> bool:
    return bool(session.get_bind().dialect.name == "sqlite")


def _select(
    session: Session, person: Person, filters: SearchFilters, groups: Sequence[Sequence[Query]]
) -> Select[Any]:
    """Rows of what fits, the newest first.

    SQLite is to walk the index backwards and to stop when a page is full; left alone it asks the index anew for each
    call, so the join is written in a way (the plus) that it can't turn round.
    """
    shown: list[Any] = [Call, Score.outcome, Score.audio_file, AgentTeam.team, SearchDoc.said]
    key = _key(session)
    joined = literal_column("+search_words.rowid", Integer) if _is_sqlite(session) else key
    chosen = (
        select(*shown)
        .select_from(table("search_words"))
        .join(Call, Call.id == joined)
        .join(Score, Score.id == Call.current_score_id)
        .join(SearchDoc, SearchDoc.call == Call.id)
        .outerjoin(AgentTeam, AgentTeam.agent_id == Call.agent_id)
        .where(_fits(session, groups[0], filters.speaker), person.scope())
        .where(*(matching(session, each) for each in groups[1:]))
        .order_by(literal_column(f"search_words.{key.name}", Integer).desc())
    )
    for held, value in (
        (AgentTeam.team, filters.team), (Call.campaign, filters.campaign),
        (Score.outcome, filters.outcome),
    ):  # fmt: skip
        if value is not None:
            chosen = chosen.where(held == value)
    if filters.agent is not None:
        chosen = chosen.where(of_agent(filters.agent))
    chosen = chosen.where(*within_dates(filters.since, filters.until))
    if filters.before is not None:
        chosen = after_call(session, chosen, person, filters.before)
    return chosen


def _hit(row: Any, terms: Sequence[Term], speaker: str | None) -> Hit:
    call, outcome, audio, team, said = row
    found = _passages(unpacked(said), terms, speaker)
    return Hit(
        call.call_id, call.agent_id, call.agent_name, team, call.started_at, call.campaign, outcome, audio is not None,
        len(found), tuple(sorted(found[:MOST_PASSAGES], key=lambda each: each.turn)),
    )  # fmt: skip


def _passages(said: Sequence[Said], terms: Sequence[Term], speaker: str | None) -> list[Passage]:
    """Passages by how many of the terms stand in them, then in order."""
    found: list[tuple[int, Passage]] = []
    for number, turn in enumerate(said):
        if speaker is not None and turn.speaker != speaker:
            continue
        spans, there = places(turn.text, terms)
        if spans:
            passage = Passage(number, turn.speaker, turn.second_at(spans[0][0]), _cut(turn.text, spans))
            found.append((-len(there), passage))
    return [passage for _, passage in sorted(found, key=lambda each: each[0])]


def _cut(words: str, spans: Sequence[tuple[int, int]]) -> tuple[tuple[str, bool], ...]:
    """A turn's words around its first hit, cut where they are many."""
    begin, end = max(0, spans[0][0] - _BEFORE), min(len(words), spans[0][1] + _AFTER)
    parts: list[tuple[str, bool]] = [("…", False)] if begin else []
    at = begin
    for start, stop in spans:
        if start >= end:
            break
        parts += [(words[at:start], False), (words[start : min(stop, end)], True)]
        at = min(stop, end)
    parts += [(words[at:end], False), ("…" if end < len(words) else "", False)]
    return tuple(part for part in parts if part[0])
