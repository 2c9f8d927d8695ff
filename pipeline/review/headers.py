"""What stands at the head of every answer, whoever gives it: a page, an error, the gate, or the server itself."""

from __future__ import annotations

from collections.abc import Iterable

SECURE: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy",
     b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
     b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)  # fmt: skip
STRICT = (b"strict-transport-security", b"max-age=31536000")
"""Over TLS alone."""


def secured(headers: Iterable[tuple[bytes, bytes]], *, tls: bool = False) -> list[tuple[bytes, bytes]]:
    """An answer's headers with those that every answer has; what it says by itself stays.

    Examples
    --------
    >>> dict(secured([(b"cache-control", b"private")]))[b"cache-control"]
    b'private'
    """
    own = list(headers)
    there = {name.lower() for name, _ in own}
    return own + [each for each in (*SECURE, *((STRICT,) if tls else ())) if each[0] not in there]
