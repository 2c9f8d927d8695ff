"""What pages and API share: who comes, from where, forms checked against forgery, refusals put down."""

from __future__ import annotations

import hmac
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Path, Request

from pipeline.profile import Profile
from pipeline.review import audit
from pipeline.review.people import SignedIn
from pipeline.review.rights import Person
from pipeline.review.saying import Refusal
from pipeline.store import Store

MOST_FIELDS = 100
"""Of a form: a round of calibration asks for twice 45, and the queue ticks 50 calls."""
Key = Annotated[int, Path(ge=1, le=2**53)]
"""The number of a row in a page's path."""


def store_of(request: Request) -> Store:
    """The store that the app serves."""
    store: Store = request.app.state.store
    return store


def profile_of(request: Request) -> Profile:
    """What the company is, as far as the app was told."""
    profile: Profile = request.app.state.profile
    return profile


def signed_in_of(request: Request) -> SignedIn:
    """Who comes; the gate has let nobody else through."""
    came: SignedIn | None = request.state.signed_in
    if came is None:
        raise Refusal(401, "sign_in")
    return came


def person_of(request: Request) -> Person:
    """The person who comes."""
    return signed_in_of(request).person


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


async def read_form(request: Request) -> dict[str, str]:
    """A form's fields; of two with one name the later. Raises 422 where there are more than any form of ours has."""
    body = (await request.body()).decode("utf-8", errors="replace")
    try:
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise Refusal(422, "many_fields", most=MOST_FIELDS) from error


def inside(path: str) -> str:
    """A path of ours to go on to; another site's address is none."""
    fine = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )
    return path if fine else "/"


def is_same(given: str, kept: str) -> bool:
    """Whether two secrets are the same, in constant time; empty is never right."""
    return bool(kept) and hmac.compare_digest(given.encode(), kept.encode())


def from_elsewhere(request: Request) -> bool:
    """Whether a browser says that the request comes from another site's page."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and _site_of(origin) != request.headers.get("host", "")


def _site_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no address at all
        return None


async def checked(request: Request) -> dict[str, str]:
    """The form of a request that changes something, its token against forgery checked."""
    form = await read_form(request)
    _check(request, form.get("csrf_token", ""))
    return form


async def checked_api(request: Request) -> None:
    """For the API: a token in the header of a session's requests; bearers of a token can't be forged."""
    if request.method not in ("GET", "HEAD") and signed_in_of(request).csrf:
        _check(request, request.headers.get("x-csrf-token", ""))


def _check(request: Request, given: str) -> None:
    if from_elsewhere(request) or not is_same(given.partition(".")[0], signed_in_of(request).csrf):
        refuse(request, "csrf")
        raise Refusal(403, "old_form")


def needs(request: Request, right: str) -> Person:
    """The person, who has this right. Raises 403, put down in the audit log."""
    person = person_of(request)
    if not person.may(right):
        refuse(request, right)
        raise Refusal(403, "role", role=person.role)
    return person


def refuse(request: Request, why: str, call: str | None = None) -> None:
    """Put a refusal down."""
    with store_of(request).writing() as session:
        audit.put_down(
            session, "denied", person=person_of(request), address=address_of(request), call=call, why=why,
            method=request.method, path=request.url.path[:300],
        )  # fmt: skip


StoreOf = Annotated[Store, Depends(store_of)]
PersonOf = Annotated[Person, Depends(person_of)]
CheckedForm = Annotated[dict[str, str], Depends(checked)]
