"""A form is done once, however often it is sent: what it made is kept with the form's digest, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from json import dumps

from fastapi import Request
from sqlalchemy.orm import Session

from pipeline.review.saying import Refusal
from pipeline.review.web import store_of
from pipeline.store.database import insert_into
from pipeline.store.review_tables import SentForm

_SEPARATOR = "."
"""Between a form's token against forgery and the number of the page that it stands on; neither holds it."""


def numbered(csrf: str) -> str:
    """The token of the forms of one page: what is sent twice from it is the same, what is sent from another is not."""
    return f"{csrf}{_SEPARATOR}{secrets.token_urlsafe(12)}" if csrf else ""


def once(request: Request, form: Mapping[str, str], deed: Callable[[Session], int | None]) -> int | None:
    """Do what a form asks for, unless it was done: a double click, a page sent again, a retry after a lost answer.

    Who comes second waits for the first one to end. Where that one fails nothing is kept, and the second is the first.

    Returns
    -------
    int | None
        The number of what was made, now or by the form that came first.

    Raises
    ------
    Refusal
        403 where the form bears no number of its page.
    """
    if _SEPARATOR not in form.get("csrf_token", ""):
        raise Refusal(403, "old_form")
    digest = sha256(dumps([request.url.path, sorted(form.items())]).encode()).hexdigest()
    with store_of(request).writing() as session:
        is_first = _claim(session, digest)
        row = session.get_one(SentForm, digest)
        if is_first:
            row.made = deed(session)
        return row.made


def _claim(session: Session, digest: str) -> bool:
    """Whether nobody has sent this before. PostgreSQL lets a second one wait here; in SQLite one writes at a time."""
    row = insert_into(session, SentForm).values(digest=digest, made=None, at=datetime.now(UTC))
    return session.scalar(row.on_conflict_do_nothing().returning(SentForm.digest)) is not None
