"""What is sent twice is done once: double clicks, pages sent again, retries after an answer that was lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from review_calls import fill
from sent_twice import AT_ONCE, CALL, FORMS, Visitors, sends_each_form_at_once, visiting
from sqlalchemy import func, select, update
from test_review_rights import field

from pipeline.review.app import create_app
from pipeline.review.people import LONGEST, begin, find_user
from pipeline.store import Store, open_store
from pipeline.store.review_tables import SentForm

UNGUARDED = {
    "/login", "/logout", "/account",  # a second one finds its session or password gone
    "/calls/{call_id:path}/draft",  # the last one stands
    "/originals/{call_id:path}",  # `test_originals.py`: nothing of this store's calls is kept unmasked
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "callgauge.db")) as opened:
        fill(opened, tmp_path)
        yield opened


@pytest.fixture
def visitors(store: Store) -> Iterator[Visitors]:
    with visiting(store) as made:
        yield made


def test_each_form_sent_at_once_is_done_once(visitors: Visitors) -> None:
    sends_each_form_at_once(visitors)


def test_no_form_of_the_pages_is_left_out(store: Store) -> None:
    def posts(routes: Any, prefix: str = "") -> Iterator[str]:
        for route in routes:
            inner = getattr(route, "original_router", None)  # how FastAPI keeps a router that was taken in
            if inner is not None:
                yield from posts(inner.routes, prefix + route.include_context.prefix)
            elif "POST" in (route.methods or ()):
                yield prefix + route.path

    pages = {path for path in posts(create_app(store).routes) if not path.startswith("/api/")}
    assert pages == {sent.route for sent in FORMS} | UNGUARDED


def comments(visitors: Visitors) -> list[str]:
    page = visitors.page("coach1", CALL)
    return re.findall(r"<article class=\"card note\">(\w+) ", page)


def test_the_same_words_from_another_page_and_other_words_from_the_same_are_new(visitors: Visitors) -> None:
    """A second comment of the same words is meant, and so is a changed one after going back."""
    first, second = (field(visitors.page("coach1", CALL), "csrf_token") for _ in range(2))
    for token, text in ((first, "good"), (second, "good"), (first, "better"), (first, "good")):
        form = {"act": "comment", "text": text, "csrf_token": token}
        assert visitors.send("coach1", f"{CALL}/acts", form, times=1)[0].status_code == 303
    assert comments(visitors) == ["good", "good", "better"]


def test_what_was_refused_is_not_taken_for_done(store: Store, visitors: Visitors) -> None:
    page = visitors.page("coach1", "/plans/new")
    form = {"csrf_token": field(page, "csrf_token"), "agent_id": "A01", "criterion": "none", "goal": "x"}
    for _ in range(2):
        assert {each.status_code for each in visitors.send("coach1", "/plans", form)} == {422}
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(SentForm)) == 0


def test_a_form_without_its_page_s_number_is_refused(visitors: Visitors) -> None:
    token = field(visitors.page("coach1", CALL), "csrf_token").partition(".")[0]
    form = {"act": "comment", "text": "x", "csrf_token": token}
    assert visitors.send("coach1", f"{CALL}/acts", form, times=1)[0].status_code == 403
    assert comments(visitors) == []


def test_what_no_session_can_send_again_is_kept_no_longer(store: Store, visitors: Visitors) -> None:
    form = {"act": "comment", "text": "x", "csrf_token": field(visitors.page("coach1", CALL), "csrf_token")}
    visitors.send("coach1", f"{CALL}/acts", form, times=AT_ONCE)
    for age, left in ((timedelta(), 1), (LONGEST + timedelta(minutes=1), 0)):
        with store.writing() as session:
            session.execute(update(SentForm).values(at=session.scalar(select(SentForm.at)) - age))
            begin(session, find_user(session, "audi"))
            assert session.scalar(select(func.count()).select_from(SentForm)) == left
