"""Attempts at a password, counted in the store: by all servers of the app together, those under way like those that failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from pipeline.store.review_tables import LoginAttempt

WINDOW = timedelta(minutes=15)
MOST_BY_NAME, MOST_BY_ADDRESS = 8, 40
"""Attempts within the window that have not led in, after which a name, or an address, must wait."""
_KEY = 0x6C6F6769  # "logi"


def begin_attempt(session: Session, name: str, address: str) -> int | None:
    """Put an attempt down before its password is looked at; its number, or None where it must wait.

    It counts as failed until `end_attempt`. The session must be one that writes: SQLite lets one in at a time, PostgreSQL
    by the lock, so that of many at once each counts those before it.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _KEY})
    now, whose, where = datetime.now(UTC), name[:100], network_of(address)
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - WINDOW))
    for column, value, most in (
        (LoginAttempt.name, whose, MOST_BY_NAME), (LoginAttempt.address, where, MOST_BY_ADDRESS),
    ):  # fmt: skip
        if (session.scalar(select(func.count()).where(column == value)) or 0) >= most:
            return None
    row = LoginAttempt(name=whose, address=where, at=now)
    session.add(row)
    session.flush()
    return row.id


def end_attempt(session: Session, attempt: int) -> None:
    """The password was right: the attempt counts no more."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.id == attempt))


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 all that one customer of a network is given to choose from.

    Examples
    --------
    >>> network_of("203.0.113.9"), network_of("2001:db8:1:2:3::9"), network_of("::ffff:203.0.113.9"), network_of("x")
    ('203.0.113.9', '2001:db8:1:2::', '203.0.113.9', 'x')
    """
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if not isinstance(read, IPv6Address):
        return address
    mapped = read.ipv4_mapped
    return str(mapped or ip_network((int(read), 64), strict=False).network_address)
