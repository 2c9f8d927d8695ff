"""What was said, kept for the search; and names that trends count.

The index itself is ``search_words``: a table of FTS5 in SQLite, a ``tsvector`` in PostgreSQL. Neither is a model here;
`search_index` alone writes it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Digest

WORDS = "search_words"


class SearchDoc(Base):
    """The masked words of a call's newest transcript (`said`), from which its entry in the index is made and unmade.

    ``made_with`` is the version of the tokens that the entry was made of.
    """

    __tablename__ = "search_docs"

    call: Mapped[int] = mapped_column(ForeignKey("calls.id"), primary_key=True, autoincrement=False)
    transcript_sha256: Mapped[str | None] = mapped_column(Digest)
    made_with: Mapped[int]
    said: Mapped[bytes] = mapped_column(LargeBinary)


class NamedThing(Base):
    """A product of the company or a competitor, as its profile has it; ``kind`` is ``product`` or ``competitor``."""

    __tablename__ = "named_things"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    aliases: Mapped[list[str]] = mapped_column(JSON)


def is_model(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether Alembic's comparison should look at a table: the index and what FTS5 keeps it in have no model."""
    return kind != "table" or not (name or "").startswith(WORDS)
