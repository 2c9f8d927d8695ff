"""Finding one person's calls, and keeping that they must not be called when nothing else of them is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.night_tables import LedgerEntry, MissingCall, Suppression
from pipeline.store.parts import in_parts
from pipeline.store.phones import Phone, holds, phone_of, phones_in
from pipeline.store.privacy_tables import StoreSecret, SuppressedDigest
from pipeline.store.tables import Call
from pipeline.types import CallRecord

_SECRET = "suppression"  # noqa: S105 - the name of a secret, not the secret
_TAKEN = re.compile(r"#-([0-9a-f]{64}|\d+)")
"""What stands for the name of a call that never came and was taken out."""
_NUMBER = re.compile(r"\+?[\d\s().-]{7,}")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a request names: a customer's id or a number, as it is compared."""

    given: str
    is_number: bool
    phone: Phone | None = None


def person_of(*, customer: str | None = None, number: str | None = None) -> Person:
    """A person by id or number."""
    if number is None:
        return Person(plain_id(customer or ""), False)
    return Person(plain_id(number), True, phone_of(number))


def plain_id(text: str) -> str:
    """An id or number in the form that it is compared in: no case, no width; a number without its separators."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if _NUMBER.fullmatch(plain):
        plain = re.sub(r"\D", "", plain)
        plain = re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$)", "", plain)
    return plain


def calls_of(session: Session, person: Person) -> list[int]:
    """Keys of all calls with a person. By a number, also those of the customers whose rows hold it."""
    return list(found_by(session, person))


def found_by(session: Session, person: Person) -> dict[int, str]:
    """All calls with a person by key, each with the field of the call list that told it."""
    rows = session.execute(select(Call.id, Call.customer_id, Call.record)).all()
    if not person.is_number:
        return {
            key: "customer_id" for key, customer, _ in rows if customer and plain_id(customer) == person.given
        }
    if person.phone is None:
        return {}
    held = ((key, _field(person.phone, customer, record)) for key, customer, record in rows)
    found = {key: field for key, field in held if field is not None}
    theirs = {customer for key, customer, _ in rows if key in found and customer}
    return {
        key: found.get(key, "the same customer")
        for key, customer, _ in rows
        if key in found or customer in theirs
    }


def _field(phone: Phone, customer: str | None, record: Mapping[str, object]) -> str | None:
    """Which field of a row holds a number. An id must be the number; digits within an id are none."""
    for name in filter(None, (customer, record.get("customer_id"))):
        told = phone_of(str(name))
        if told is not None and told.is_same(phone):
            return "customer_id"
    texts = _texts(record)
    return next((name for name, text in texts.items() if holds(text, phone)), None)


def _texts(record: Mapping[str, object]) -> dict[str, str]:
    extra = record.get("extra")
    values = extra if isinstance(extra, dict) else {}
    return {name: str(text) for name, text in {"notes": record.get("notes"), **values}.items() if text}


def digest_of(session: Session, text: str) -> str:
    """A keyed digest of an id or number. Its key is the store's own, so that a list of digests alone tells nobody."""
    return _digest(_key(session), text)


def row_digest(session: Session, file: str, customer: str | None) -> str:
    """A keyed digest of a recording's name and its customer, by which a row of a call list is known again."""
    return digest_of(session, f"{file}\n{plain_id(customer or '')}")


def missing_digest(session: Session, row: CallRecord) -> str:
    """A keyed digest of a row whose recording never came: its file, customer, campaign and time, as its list tells them.

    The time goes without its zone: the profile may give it another.
    """
    begun = row.started_at.replace(tzinfo=None).isoformat() if row.started_at else ""
    rest = f"{row.campaign or ''}\n{begun}"
    return digest_of(session, f"{row.file}\n{plain_id(row.customer_id or '')}\n{rest}")


def taken_digest(file: str) -> str | None:
    """What stands for a name that was taken out; None for any other name."""
    found = _TAKEN.fullmatch(file)
    return found[1] if found else None


def strip_missing(session: Session, rows: Mapping[int, CallRecord | None], now: datetime) -> None:
    """Leave of listed calls that never came nothing but a digest, by which their rows are known again."""
    for key, row in rows.items():
        missing = session.get_one(MissingCall, key)
        name = f"#-{missing_digest(session, row) if row is not None else key}"
        twin = select(MissingCall.id).where(MissingCall.inbox == missing.inbox, MissingCall.file == name)
        if session.scalar(twin) is not None:
            session.delete(missing)
        else:
            missing.file, missing.call_id, missing.closed_at = name, "", missing.closed_at or now
        session.flush()


def keep_rows(session: Session, calls: Sequence[int]) -> None:
    """Let it be told which rows of call lists are those of people about to be forgotten: digests, in the ledger.

    A list above a recording's folder may name it alone; that is told apart only where the customer is known.
    """
    found = select(LedgerEntry, Call.customer_id).join(Call, Call.id == LedgerEntry.call)
    for entry, customer in session.execute(
        found.where(LedgerEntry.call.in_(calls), Call.forgotten_at.is_(None))
    ):
        twins = select(LedgerEntry.file).where(
            LedgerEntry.inbox == entry.inbox, LedgerEntry.reason == "duplicate"
        )
        files = [entry.file, *session.scalars(twins.where(LedgerEntry.sha256 == entry.sha256))]
        names = {*files, *(PurePosixPath(file).name for file in files if customer)}
        rows = sorted(row_digest(session, name, customer) for name in names)
        entry.history = {**entry.history, "rows": rows}


def _digest(key: bytes, text: str) -> str:
    return hmac.new(key, plain_id(text).encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _digests(key: bytes, text: str) -> set[str]:
    """Of an id; of a number in each form in which it may be written."""
    phone = phone_of(text)
    return {_digest(key, each) for each in (text, *(phone.forms if phone else ()))}


def _key(session: Session) -> bytes:
    row = session.get(StoreSecret, _SECRET)
    if row is None:
        row = StoreSecret(name=_SECRET, value=secrets.token_hex(32))
        session.add(row)
        session.flush()
    return bytes.fromhex(row.value)


def keep_suppressed(session: Session, calls: Sequence[int], known_by: str | None = None) -> int:
    """Let requests not to be called outlive their customer; returns how many there were.

    Kept are digests of the customer's id and of every telephone number in their rows of the call list.
    """
    kept, numbers = 0, _numbers(session, calls)
    for part in in_parts(calls):
        query = select(Suppression, Call.forgotten_at).join(Call, Call.id == Suppression.call)
        for row, gone in session.execute(query.where(Suppression.call.in_(part))).all():
            if row.lifted_at is None and (row.customer_id or gone is None):
                kept += 1
                theirs = numbers.get(row.customer_id or row.call, set())
                for text in filter(None, (row.customer_id, known_by, *sorted(theirs))):
                    for digest in sorted(_digests(_key(session), text)):
                        _keep(session, digest, row)
            row.customer_id = None
    return kept


def _numbers(session: Session, calls: Sequence[int]) -> dict[str | int, set[str]]:
    """Telephone numbers in the rows of some calls, by customer; by call where the customer has no id."""
    found: dict[str | int, set[str]] = {}
    for part in in_parts(calls):
        rows = session.execute(select(Call.id, Call.customer_id, Call.record).where(Call.id.in_(part)))
        for key, customer, record in rows:
            phones = {phone for text in _texts(record).values() for phone in phones_in(text)}
            mine = found.setdefault(customer or key, set())
            mine.update(phone.dialled for phone in phones)
    return found


def _keep(session: Session, digest: str, row: Suppression) -> None:
    asked = row.asked_at or row.made_at
    there = session.get(SuppressedDigest, digest)
    if there is None:
        session.add(SuppressedDigest(digest=digest, night=row.night, asked_at=asked, doubtful=row.doubtful))
        session.flush()
    else:
        there.night, there.asked_at = min(there.night, row.night), min(there.asked_at, asked)
        there.doubtful = there.doubtful and row.doubtful


def suppressed(session: Session, asked: Sequence[str]) -> frozenset[str]:
    """Which of some ids or numbers must not be called, also where it was doubtfully heard.

    A number is found by the customer's id and by every telephone number in their rows of the call list, as it is once
    they are forgotten.
    """
    rows = session.execute(
        select(Suppression.customer_id, Suppression.call).where(Suppression.lifted_at.is_(None))
    )
    ids, calls = set[str](), set[int]()
    for customer, call in rows:
        calls.add(call)
        ids |= {customer} if customer else set()
    known = {plain_id(each) for each in ids}
    phones = _by_digits(_known_numbers(session, ids, calls))
    found = {each for each in asked if plain_id(each) in known or _is_among(phones, phone_of(each))}
    return frozenset(found | suppressed_by_digest(session, asked).keys())


def _known_numbers(session: Session, ids: Collection[str], calls: Collection[int]) -> Iterator[Phone]:
    """Telephone numbers of some customers, and of the calls of those who have no id."""
    theirs = set(calls)
    for part in in_parts(sorted(ids)):
        theirs.update(session.scalars(select(Call.id).where(Call.customer_id.in_(part))))
    written = {number for numbers in _numbers(session, sorted(theirs)).values() for number in numbers}
    yield from filter(None, map(phone_of, (*ids, *written)))


def _by_digits(phones: Iterable[Phone]) -> dict[str, set[Phone]]:
    found: dict[str, set[Phone]] = {}
    for phone in phones:
        found.setdefault(phone.national, set()).add(phone)
    return found


def _is_among(known: Mapping[str, Collection[Phone]], phone: Phone | None) -> bool:
    return phone is not None and any(phone.is_same(each) for each in known.get(phone.national, ()))


def suppressed_by_digest(session: Session, customers: Iterable[str]) -> dict[str, SuppressedDigest]:
    """Which of some ids belong to people who were forgotten and must not be called."""
    if session.scalar(select(SuppressedDigest.digest).limit(1)) is None:
        return {}
    key, asked = _key(session), dict[str, set[str]]()
    for customer in customers:
        for digest in _digests(key, customer):
            asked.setdefault(digest, set()).add(customer)
    found: dict[str, SuppressedDigest] = {}
    for part in in_parts(sorted(asked)):
        for row in session.scalars(select(SuppressedDigest).where(SuppressedDigest.digest.in_(part))):
            found.update(dict.fromkeys(asked[row.digest], row))
    return found
