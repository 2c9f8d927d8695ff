"""People, their sessions and tokens, and the teams of agents, in the store."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.profile import Profile
from pipeline.review.passwords import check_new, digest_of, hashed, new_secret
from pipeline.review.rights import ROLES, Person
from pipeline.store.review_tables import AgentTeam, SentForm, SignIn, User

IDLE, LONGEST = timedelta(hours=2), timedelta(hours=12)
"""A session ends after so long without use, and after so long in any case."""
TOKEN_LIFE = timedelta(days=90)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person and the sign-in that they came by; ``csrf`` is empty for a token."""

    person: Person
    digest: str
    csrf: str


def add_user(
    session: Session,
    name: str,
    *,
    role: str,
    password: str,
    team: str | None = None,
    agent_id: str | None = None,
    originals: bool = False,
) -> User:
    """Add somebody. Raises ConfigError where the name is taken or unfit, or the role is unknown.

    An agent without ``agent_id`` goes by the name.
    """
    if role not in ROLES:
        raise ConfigError([f"--role: {role} → one of {', '.join(ROLES)} is accepted"])
    if not name.strip() or name != name.strip() or len(name) > 100 or not name.isprintable():
        raise ConfigError(["NAME: name → 1 to 100 printable characters without spaces around are accepted"])
    if find_user(session, name) is not None:
        raise ConfigError([f"NAME: {name} → there is a user of that name"])
    mine = (agent_id or name) if role == "agent" else None
    user = User(
        name=name, password_hash=hashed(check_new(password)), role=role, team=team, agent_id=mine,
        originals=originals, created_at=datetime.now(UTC), disabled_at=None,
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user


def find_user(session: Session, name: str) -> User | None:
    """A user by name."""
    return session.scalar(select(User).where(User.name == name))


def set_password(session: Session, user: User, password: str) -> None:
    """Change a password; every session and token of that user ends."""
    user.password_hash = hashed(check_new(password))
    end_all(session, user)


def let_hear_originals(session: Session, user: User, granted: bool) -> None:
    """Give or take the right to hear what was not masked."""
    user.originals = granted


def change(session: Session, user: User, *, role: str | None, team: str | None, agent_id: str | None) -> None:
    """Give somebody another role, team or agent's calls; what is None stays, an empty team is every team.

    Every session and token of that user ends. Raises ConfigError where the role is unknown.
    """
    if role is not None and role not in ROLES:
        raise ConfigError([f"--role: {role} → one of {', '.join(ROLES)} is accepted"])
    user.role = role or user.role
    user.team = user.team if team is None else team or None
    user.agent_id = (agent_id or user.agent_id or user.name) if user.role == "agent" else None
    end_all(session, user)


def disable(session: Session, user: User) -> None:
    """Let somebody in no more; what they did stays under their name."""
    user.disabled_at = datetime.now(UTC)
    end_all(session, user)


def end_all(session: Session, user: User) -> None:
    """End every session and token of a user."""
    session.execute(delete(SignIn).where(SignIn.user == user.id))


def has_admin(session: Session) -> bool:
    """Whether anybody may manage people."""
    return bool(
        session.scalar(
            select(func.count()).select_from(User).where(User.role == "admin", User.disabled_at.is_(None))
        )
    )


def begin(session: Session, user: User, *, kind: str = "session", label: str = "") -> tuple[str, str]:
    """A new session or token: its secret, told this once, and its token against forged requests."""
    now, secret = datetime.now(UTC), new_secret()
    csrf = secrets.token_urlsafe(32) if kind == "session" else ""
    life = LONGEST if kind == "session" else TOKEN_LIFE
    session.execute(delete(SignIn).where(SignIn.expires_at < now))
    session.execute(delete(SentForm).where(SentForm.at < now - LONGEST))  # no session sends them again
    session.add(
        SignIn(digest=digest_of(secret), kind=kind, user=user.id, csrf=csrf, label=label, created_at=now, seen_at=now,
               expires_at=now + life)
    )  # fmt: skip
    return secret, csrf


def end(session: Session, digest: str) -> None:
    """End one session."""
    session.execute(delete(SignIn).where(SignIn.digest == digest))


def signed_in(session: Session, secret: str, *, kind: str) -> tuple[SignedIn | None, bool]:
    """Who came by this secret, if anybody; and whether the time of last use is worth writing down."""
    now = datetime.now(UTC)
    row = session.get(SignIn, digest_of(secret))
    if row is None or row.kind != kind or row.expires_at <= now:
        return None, False
    if kind == "session" and row.seen_at + IDLE <= now:
        return None, False
    user = session.get(User, row.user)
    if user is None or user.disabled_at is not None:
        return None, False
    return SignedIn(person_of(user), row.digest, row.csrf), row.seen_at + _SEEN_EVERY <= now


def seen(session: Session, digest: str) -> None:
    """Write down that a sign-in is in use."""
    row = session.get(SignIn, digest)
    if row is not None:
        row.seen_at = datetime.now(UTC)


def person_of(user: User) -> Person:
    """A user as the app's parts know one."""
    return Person(user.id, user.name, user.role, user.team, user.agent_id, user.originals)


def reviewers(session: Session, person: Person) -> list[str]:
    """Names of those who judge, in the person's own team where there is one."""
    users = session.scalars(select(User).where(User.disabled_at.is_(None)).order_by(User.name))
    able = [each for each in map(person_of, users) if each.may("judge")]
    return [each.name for each in able if person.team is None or each.team in (None, person.team)]


def keep_teams(session: Session, profile: Profile) -> int:
    """Take over who is in which team; agents that the profile doesn't name keep theirs. Returns how many it names."""
    count = 0
    for agent in profile.agents:
        if agent.team is None:
            continue
        count += 1
        row = session.get(AgentTeam, agent.id)
        if row is None:
            session.add(AgentTeam(agent_id=agent.id, team=agent.team, supervisor=agent.supervisor))
        else:
            row.team, row.supervisor = agent.team, agent.supervisor
    return count
