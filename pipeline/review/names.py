"""Products and competitors by name, kept in the store so that every server of the app counts the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pipeline.profile import Profile
from pipeline.speech.normalise import simplified
from pipeline.store.search_query import Query, term_of
from pipeline.store.search_tables import NamedThing

Kind = Literal["competitor", "product"]


@dataclass(frozen=True, slots=True)
class Named:
    """A name with what else it goes by."""

    name: str
    aliases: tuple[str, ...]

    @property
    def queries(self) -> list[Query]:
        """What to look for: any of its names, each as it stands."""
        terms = [term_of(simplified(each)) for each in (self.name, *self.aliases)]
        return [Query((term,)) for term in terms if term is not None]


def keep_names(session: Session, profile: Profile) -> None:
    """Take over a profile's products and competitors, in place of those that were there."""
    session.execute(delete(NamedThing))
    both = (("product", profile.products), ("competitor", profile.competitors))
    for kind, things in both:
        seen = {thing.name: thing for thing in things}
        session.add_all(
            NamedThing(kind=kind, name=each.name, aliases=list(each.aliases)) for each in seen.values()
        )
    session.flush()


def names(session: Session, kind: Kind) -> list[Named]:
    """All of a kind, by name."""
    rows = session.scalars(select(NamedThing).where(NamedThing.kind == kind).order_by(NamedThing.name))
    return [Named(row.name, tuple(row.aliases)) for row in rows]
