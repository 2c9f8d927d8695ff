"""What somebody typed into the search field, read and written as each database wants it; and where it hits. Pure.

Words must all be there; ``"several words"`` must stand together, ``-word`` must not be there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.store.search_tokens import Token, tokens

SPEAKERS = ("agent", "customer", "unknown")
WEIGHTS = dict(zip(SPEAKERS, "ABC", strict=True))
"""PostgreSQL's weight of each speaker's words."""
MOST_TERMS = 12
_PART = re.compile(r'(-?)(?:["“”]([^"“”]*)["“”]|(\S+))')


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that stand in a row; with ``prefix`` the last one is only begun."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must be there, and terms that must not."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted)


def term_of(text: str) -> Term | None:
    """A word or phrase as the index has it; None where nothing of it is a word.

    The last character of a Chinese run stands alone in the index only where the run ends, so it is left off here; a
    single character is whatever begins with it.
    """
    found = tokens(text)
    if not found:
        return None
    last = found[-1]
    if not last.run_end:
        return Term(tuple(each.text for each in found))
    if len(found) > 1 and found[-2].end == last.end and not found[-2].run_end:
        return Term(tuple(each.text for each in found[:-1]))
    return Term(tuple(each.text for each in found), prefix=True)


def read_query(text: str) -> Query:
    """Read what was typed; what holds no word is left out."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for minus, phrase, word in _PART.findall(text)[:MOST_TERMS]:
        term = term_of(phrase or word)
        if term is not None:
            (unwanted if minus else wanted).append(term)
    return Query(tuple(wanted), tuple(unwanted))


def for_sqlite(query: Query, speaker: str | None = None) -> str:
    """The query in FTS5's language."""
    wanted = " AND ".join(_fts(term) for term in query.wanted)
    within = f"({wanted})" if speaker is None else f"{{{speaker}}} : ({wanted})"
    unwanted = " OR ".join(_fts(term) for term in query.unwanted)
    if not unwanted:
        return within
    return f"{within} NOT " + (f"({unwanted})" if speaker is None else f"({{{speaker}}} : ({unwanted}))")


def for_postgres(query: Query, speaker: str | None = None) -> str:
    """The query as a ``tsquery``."""
    weight = WEIGHTS[speaker] if speaker is not None else ""
    parts = [f"({_ts(term, weight)})" for term in query.wanted]
    return " & ".join(parts + [f"!({_ts(term, weight)})" for term in query.unwanted])


def either(queries: Sequence[str], *, sqlite: bool) -> str:
    """Queries of one database, any of which is enough."""
    return (" OR " if sqlite else " | ").join(f"({each})" for each in queries)


def _fts(term: Term) -> str:
    return f'"{" ".join(term.tokens)}"' + (" *" if term.prefix else "")


def _ts(term: Term, weight: str) -> str:
    last = len(term.tokens) - 1
    marks = [("*" if term.prefix and i == last else "") + weight for i in range(last + 1)]
    return " <-> ".join(
        f"'{token}'" + (f":{mark}" if mark else "") for token, mark in zip(term.tokens, marks, strict=True)
    )


def places(text: str, terms: Sequence[Term]) -> tuple[list[tuple[int, int]], frozenset[Term]]:
    """Where terms stand in a text, as spans that don't overlap, and which of them do."""
    found = tokens(text)
    spans: list[tuple[int, int]] = []
    there = set()
    for term in terms:
        hits = [_span(found, at, term) for at in range(len(found)) if _stands(found, at, term)]
        if hits:
            there.add(term)
            spans += hits
    return _joined(spans), frozenset(there)


def _stands(found: Sequence[Token], at: int, term: Term) -> bool:
    row = found[at : at + len(term.tokens)]
    if len(row) < len(term.tokens):
        return False
    last = row[-1].text.startswith(term.tokens[-1]) if term.prefix else row[-1].text == term.tokens[-1]
    return last and all(each.text == token for each, token in zip(row[:-1], term.tokens, strict=False))


def _span(found: Sequence[Token], at: int, term: Term) -> tuple[int, int]:
    last = found[at + len(term.tokens) - 1]
    end = last.start + len(term.tokens[-1]) if term.prefix else last.end
    return found[at].start, end


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
