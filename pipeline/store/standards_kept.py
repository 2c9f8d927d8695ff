"""Standards in the store: approved by somebody other than the author, published from a date on, retired.

What was done is only added to; a version's state follows from it. A version's content never changes after its approval, and
scores keep the version that they were made by, whatever is published later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.standards.library import dump_standard, read_standard
from pipeline.standards.schema import Standard
from pipeline.store.day_tables import StandardAct
from pipeline.store.keep import keep_standard
from pipeline.store.tables import StandardText


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the store has it. ``state``: approved, published or retired; ``by`` did the last act."""

    standard: str
    version: str
    state: str
    sha256: str
    author: str
    approver: str
    effective_from: date | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InForce:
    """Which standard a new call is judged by: the one in force on the day of the call, else ``base``."""

    base: str
    since: tuple[tuple[date, str], ...]
    zone: ZoneInfo
    night: date

    def of(self, started_at: datetime | None) -> str:
        """The digest for a call; one without a start is judged as of the night."""
        day = self.night if started_at is None else started_at.astimezone(self.zone).date()
        held = [digest for first, digest in self.since if first <= day]
        return held[-1] if held else self.base


def versions(session: Session, standard: str | None = None) -> list[Version]:
    """Every version that somebody approved, in the order of approval."""
    query = select(StandardAct).order_by(StandardAct.id)
    if standard is not None:
        query = query.where(StandardAct.standard == standard)
    found: dict[tuple[str, str], Version] = {}
    for act in session.scalars(query):
        key = (act.standard, act.version)
        text = read_standard(
            session.get_one(StandardText, act.standard_sha256).text, name=f"{act.standard} {act.version}"
        )
        before = found.get(key)
        found[key] = Version(
            act.standard, act.version, act.act, act.standard_sha256, text.author, text.approver or "",
            act.effective_from or (before.effective_from if before else None), act.done_by, act.at,
        )  # fmt: skip
    return list(found.values())


def kept_standard(session: Session, name: str) -> Standard:
    """A version by ``ID@VERSION``. Raises ConfigError where there is none."""
    found = _version(session, *name.split("@", 1)) if "@" in name else None
    if found is None:
        known = ", ".join(f"{each.standard}@{each.version}" for each in versions(session)) or "none"
        raise ConfigError([f"{name}: standard → unknown in the store. It holds: {known}"])
    return read_standard(session.get_one(StandardText, found.sha256).text, name=name)


def approve(session: Session, draft: Standard, *, by: str, at: datetime) -> Version:
    """Approve a draft; its content is kept and stays as it is.

    Raises
    ------
    ConfigError
        The approver is the author, or the version is known already with this or another content.
    """
    name, who = f"{draft.id} {draft.version}", by.strip()
    if not who or who.casefold() == draft.author.strip().casefold():
        raise ConfigError([f"{name}: --by → somebody other than the author ({draft.author}) approves"])
    if _version(session, draft.id, draft.version) is not None:
        raise ConfigError([f"{name}: version → was approved already; a change needs another version"])
    used = select(StandardText.sha256).where(
        StandardText.standard == draft.id, StandardText.version == draft.version
    )
    if session.scalar(used.where(StandardText.sha256 != _digest(draft)).limit(1)) is not None:
        raise ConfigError(
            [f"{name}: version → calls were judged by another content of it; give this one another version"]
        )
    kept = draft.model_copy(update={"status": "approved", "approver": who})
    return _act(session, kept, "approved", by=who, at=at)


def publish(
    session: Session, standard: str, version: str, *, by: str, since: date, today: date, at: datetime
) -> Version:
    """Publish an approved version: calls from a date on are judged by it. What was judged before stays.

    Raises
    ------
    ConfigError
        It isn't approved, the date lies in the past, or another version holds from the same date.
    """
    found = _needed(session, standard, version, "approved", "publish")
    name = f"{standard} {version}"
    if not by.strip():
        raise ConfigError([f"{name}: --by → a name is needed"])
    if since < today:
        raise ConfigError(
            [
                f"{name}: --from → {since} is past; calls of those days may be judged already (today is {today})"
            ]
        )
    twins = [
        each.version
        for each in versions(session, standard)
        if each.state == "published" and each.effective_from == since
    ]
    if twins:
        raise ConfigError(
            [
                f"{name}: --from → version {twins[0]} holds from {since} already; retire it or name another date"
            ]
        )
    text = kept_standard(session, f"{standard}@{found.version}")
    kept = text.model_copy(update={"status": "published", "effective_from": since})
    return _act(session, kept, "published", by=by.strip(), at=at, since=since)


def retire(session: Session, standard: str, version: str, *, by: str, at: datetime) -> Version:
    """Retire a published version: no new call is judged by it. Raises ConfigError where it isn't published."""
    found = _needed(session, standard, version, "published", "retire")
    if not by.strip():
        raise ConfigError([f"{standard} {version}: --by → a name is needed"])
    session.add(
        StandardAct(standard=standard, version=version, act="retired", done_by=by.strip(), at=at, standard_sha256=found.sha256)
    )  # fmt: skip
    session.flush()
    return _needed(session, standard, version, "retired", "retire")


def in_force(session: Session, standard: str, *, base: str, zone: ZoneInfo, night: date) -> InForce:
    """What new calls of a night are judged by."""
    published = [
        each for each in versions(session, standard) if each.state == "published" and each.effective_from
    ]
    since = sorted(
        ((each.effective_from, each.sha256) for each in published if each.effective_from),
        key=lambda pair: pair[0],
    )
    return InForce(base, tuple(since), zone, night)


def _act(
    session: Session, kept: Standard, act: str, *, by: str, at: datetime, since: date | None = None
) -> Version:
    digest = _digest(kept)
    keep_standard(
        session, sha256=digest, standard=kept.id, version=kept.version, text=dump_standard(kept), at=at
    )
    session.add(
        StandardAct(
            standard=kept.id, version=kept.version, act=act, done_by=by, at=at, effective_from=since, standard_sha256=digest
        )
    )  # fmt: skip
    session.flush()
    return _needed(session, kept.id, kept.version, act, act)


def _version(session: Session, standard: str, version: str) -> Version | None:
    return next((each for each in versions(session, standard) if each.version == version), None)


def _needed(session: Session, standard: str, version: str, state: str, what: str) -> Version:
    found = _version(session, standard, version)
    if found is None or found.state != state:
        told = "not in the store; `standards approve FILE` comes first" if found is None else f"{found.state}"
        raise ConfigError([f"{standard} {version}: {what} → it is {told}; one that is {state} is accepted"])
    return found


def _digest(standard: Standard) -> str:
    return hashlib.sha256(dump_standard(standard).encode()).hexdigest()
