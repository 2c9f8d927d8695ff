"""Passwords by Argon2id (RFC 9106), and secrets that are kept as digests only."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import ConfigError

SHORTEST, LONGEST = 8, 512
"""Length of a password in characters (NIST SP 800-63B asks for 8 at least)."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # the library's defaults: the low-memory setting of RFC 9106


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def check_new(password: str) -> str:
    """A password fit to be kept. Raises ConfigError."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError([f"password: length → {SHORTEST} to {LONGEST} characters are accepted"])
    return password


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher().hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether a password is the one that was kept; takes as long where there is no such person."""
    try:
        _hasher().verify(kept or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def new_secret() -> str:
    """A secret of 256 bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a secret of full strength."""
    return hashlib.sha256(secret.encode()).hexdigest()
