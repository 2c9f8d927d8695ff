"""Finding one person's calls, and keeping that they must not be called when nothing else of them is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.night_tables import Suppression
from pipeline.store.privacy_tables import StoreSecret, SuppressedDigest
from pipeline.store.retention import in_parts
from pipeline.store.tables import Call

_SECRET = "suppression"  # noqa: S105 - the name of a secret, not the secret
_NUMBER = re.compile(r"\+?[\d\s().-]{7,}")
_JOINERS = re.compile(r"(?<=\d)[\s().-]+(?=\d)")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a request names: a customer's id or a number, as it is compared."""

    given: str
    is_number: bool


def person_of(*, customer: str | None = None, number: str | None = None) -> Person:
    """A person by id or number."""
    return Person(plain_id(number if number is not None else customer or ""), number is not None)


def plain_id(text: str) -> str:
    """An id or number in the form that it is compared in: no case, no width; a number without its separators."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if _NUMBER.fullmatch(plain):
        plain = re.sub(r"\D", "", plain)
        plain = re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$)", "", plain)
    return plain


def calls_of(session: Session, person: Person) -> list[int]:
    """Keys of all calls with a person. By a number, also those of the customers whose rows hold it."""
    rows = session.execute(select(Call.id, Call.customer_id, Call.record)).all()
    if not person.is_number:
        return [key for key, customer, _ in rows if customer and plain_id(customer) == person.given]
    found = {key for key, customer, record in rows if _holds(person.given, (customer, *_texts(record)))}
    theirs = {customer for key, customer, _ in rows if key in found and customer}
    return [key for key, customer, _ in rows if key in found or customer in theirs]


def _texts(record: dict[str, object]) -> Iterable[str | None]:
    extra = record.get("extra")
    values = extra.values() if isinstance(extra, dict) else ()
    return [str(value) for value in (record.get("customer_id"), record.get("notes"), *values) if value]


def _holds(number: str, texts: Iterable[str | None]) -> bool:
    wanted = re.compile(rf"(?<!\d)(?:(?:00)?86)?{re.escape(number)}(?!\d)")
    return any(wanted.search(_JOINERS.sub("", unicodedata.normalize("NFKC", text))) for text in texts if text)


def digest_of(session: Session, text: str) -> str:
    """A keyed digest of an id or number. Its key is the store's own, so that a list of digests alone tells nobody."""
    row = session.get(StoreSecret, _SECRET)
    if row is None:
        row = StoreSecret(name=_SECRET, value=secrets.token_hex(32))
        session.add(row)
        session.flush()
    return hmac.new(bytes.fromhex(row.value), plain_id(text).encode(), hashlib.sha256).hexdigest()


def keep_suppressed(session: Session, calls: Sequence[int], known_by: str | None = None) -> int:
    """Let requests not to be called outlive their customer; returns how many there were."""
    kept = 0
    for part in in_parts(calls):
        query = select(Suppression).where(Suppression.call.in_(part), Suppression.customer_id.is_not(None))
        for row in session.scalars(query):
            if row.lifted_at is None:
                kept += 1
                for text in filter(None, (row.customer_id, known_by)):
                    _keep(session, digest_of(session, text), row)
            row.customer_id = None
    return kept


def _keep(session: Session, digest: str, row: Suppression) -> None:
    asked = row.asked_at or row.made_at
    there = session.get(SuppressedDigest, digest)
    if there is None:
        session.add(SuppressedDigest(digest=digest, night=row.night, asked_at=asked, doubtful=row.doubtful))
        session.flush()
    else:
        there.night, there.asked_at = min(there.night, row.night), min(there.asked_at, asked)
        there.doubtful = there.doubtful and row.doubtful


def suppressed_by_digest(session: Session, customers: Iterable[str]) -> dict[str, SuppressedDigest]:
    """Which of some ids belong to people who were forgotten and must not be called."""
    if session.scalar(select(SuppressedDigest.digest).limit(1)) is None:
        return {}
    digests = {digest_of(session, customer): customer for customer in customers}
    found: dict[str, SuppressedDigest] = {}
    for part in in_parts(sorted(digests)):
        for row in session.scalars(select(SuppressedDigest).where(SuppressedDigest.digest.in_(part))):
            found[digests[row.digest]] = row
    return found
