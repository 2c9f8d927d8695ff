"""Stored calls judged again: each gets a new version of its score beside the old ones, or stays as it is.

What is heard is not heard again (`pipeline.nightly.again`). Each call's rows are one transaction, so a run that is
stopped goes on where it was: what was judged again already would come out the same and is left alone.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from pipeline import __version__, batch
from pipeline.errors import ConfigError
from pipeline.intake import find_profile
from pipeline.nightly.again import Again, Answer, Desk, without_ears
from pipeline.nightly.child import plain
from pipeline.nightly.night import close_run, standard_named
from pipeline.nightly.rescore_plan import Choice, Left, Plan, plan_calls
from pipeline.nightly.shared import exists, lists_of, place_of, told_unread
from pipeline.nightly.work import Setup
from pipeline.process import Workplace
from pipeline.profile import EMPTY, Profile
from pipeline.review.acts import reapply
from pipeline.settings import Settings
from pipeline.speech import Recogniser
from pipeline.standards import Standard, load_standard
from pipeline.standards.added import check_extensions
from pipeline.standards.library import dump_standard, names_no_file
from pipeline.store import Store
from pipeline.store.card_query import last_profile
from pipeline.store.keep import Made, keep_score, keep_standard
from pipeline.store.lock import nightly_lock
from pipeline.store.night_tables import RESCORE, Run
from pipeline.store.runs import clear_up
from pipeline.store.sealed import ready
from pipeline.store.standards_kept import InForce, in_force, kept_standard
from pipeline.store.tables import Call, Score
from pipeline.store.tally import freshen

FEW = 50
"""So many calls are judged in this process: starting others would take longer."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which calls, by what, and how.

    Attributes
    ----------
    standard
        An id, ID@VERSION or a file; None is the standard that each call was judged by.
    profile
        None is the latest night's.
    make_recogniser
        The speech engine by whose words in the cache calls are judged; None is Whisper.
    """

    choice: Choice
    standard: str | None = None
    profile: Path | None = None
    dry_run: bool = False
    workers: int | None = None
    wait_s: float = 0.0
    make_recogniser: Callable[[], Recogniser] | None = None


@dataclass(frozen=True, slots=True)
class Anew:
    """A call with another score than before. ``version`` is None in a dry run."""

    call_id: str
    agent_id: str | None
    version: int | None
    standard: str
    before: float | None
    after: float | None
    before_grade: str | None
    after_grade: str | None

    @property
    def moved(self) -> bool:
        """Whether percentage or grade changed; else only what stands behind them did."""
        return (self.before, self.before_grade) != (self.after, self.after_grade)


@dataclass(frozen=True, slots=True)
class Rescored:
    """How it ended: calls with a new score, how many stay, which could not be judged, where the others were read from."""

    anew: tuple[Anew, ...]
    same: int
    left: tuple[Left, ...]
    from_cache: int
    from_store: int
    people: int


def rescore(store: Store, wish: Wish, *, step: Callable[[int, int], None] | None = None) -> Rescored:
    """Judge stored calls again.

    Raises
    ------
    ConfigError
        The profile, the standard, an installed extension or a call id is wrong, or the profile of the latest night is gone.
    StoreBusyError
        A night is under way.
    """
    check_extensions()
    with nullcontext() if wish.dry_run else nightly_lock(store, wait_s=wish.wait_s):
        profile = _profile(store, wish.profile)
        standard = _standard(store, wish.standard)
        at = datetime.now(UTC)
        with store.reading() as session:
            plan = plan_calls(
                session, wish.choice, profile.zone, _judged_by(session, wish.standard, standard, profile, at)
            )
        setup = _setup(store, wish, plan, profile, standard)
        if wish.dry_run:
            return _gathered(plan, _all_judged(plan, setup, wish, step), lambda again, answer: None)
        return _kept(store, wish, plan, setup, at, step)


def _kept(
    store: Store, wish: Wish, plan: Plan, setup: Setup, at: datetime, step: Callable[[int, int], None] | None
) -> Rescored:
    """As `rescore`, written down: scores first, then what people judged, then the sums and flags of the days."""
    if not plan.calls:
        return _gathered(plan, iter(()), lambda again, answer: None)
    ready(store)
    clear_up(store)
    zone = setup.workplace.profile.zone
    run = _open_run(store, wish, setup, at)

    def keep(again: Again, answer: Answer) -> int:
        assert answer.judged is not None  # noqa: S101 - only new scores are kept
        with store.writing() as session:
            made = Made(run, again.night, datetime.now(UTC))
            return keep_score(session, answer.judged, again.basis, made).version

    try:
        found = _gathered(plan, _all_judged(plan, setup, wish, step), keep)
        found = replace(found, people=reapply(store))
        freshen(store, zone)
    except BaseException:
        close_run(store, run, "interrupted", {})
        raise
    counts = {"judged": len(found.anew) + found.same, "anew": len(found.anew), "left": len(found.left)}
    close_run(store, run, "failed" if found.left else "completed", counts)
    return found


def _gathered(
    plan: Plan, ended: Iterator[batch.Done[Again, Answer]], keep: Callable[[Again, Answer], int | None]
) -> Rescored:
    anew: list[Anew] = []
    left = list(plan.left)
    sources = {"cache": 0, "store": 0}
    for each in ended:
        again, answer = each.job, each.result
        if answer is None:
            left.append(_left(again, each.error))
            continue
        sources[answer.source] += 1
        if answer.judged is not None:
            anew.append(_anew(plan, again, answer, keep(again, answer)))
    same = sum(sources.values()) - len(anew)
    order = sorted(anew, key=lambda each: each.call_id)
    return Rescored(
        tuple(order), same, tuple(sorted(left, key=lambda each: each.call_id)), sources["cache"], sources["store"], 0
    )  # fmt: skip


def _anew(plan: Plan, again: Again, answer: Answer, version: int | None) -> Anew:
    assert answer.judged is not None  # noqa: S101 - asked for new scores only
    score, (percent, grade) = answer.judged.score, plan.before[again.basis.call]
    name = f"{score.standard}@{score.version}"
    return Anew(
        again.record.call_id, again.record.agent_id, version, name, percent, score.percent, grade, score.grade
    )


def _left(again: Again, error: BaseException | None) -> Left:
    code, message, _ = plain(error) if isinstance(error, Exception) else ("internal", "", None)
    return Left(again.record.call_id, code, message)


_desk: Desk | None = None


def _sit_down(setup: Setup, write: bool) -> None:
    global _desk
    _desk = Desk(setup, write=write)


def _judge(again: Again) -> Answer:
    assert _desk is not None  # noqa: S101 - each worker sits down first
    return _desk.judge(again)


def _all_judged(
    plan: Plan, setup: Setup, wish: Wish, step: Callable[[int, int], None] | None
) -> Iterator[batch.Done[Again, Answer]]:
    workers = wish.workers or batch.default_workers()
    if workers == 1 or len(plan.calls) <= FEW:
        ended: Iterable[batch.Done[Again, Answer]] = _here(plan.calls, Desk(setup, write=not wish.dry_run))
    else:
        ended = batch.run(
            plan.calls, _judge, workers=workers, initializer=_sit_down, initargs=(setup, not wish.dry_run)
        )
    for done, each in enumerate(ended, 1):
        yield each
        if step is not None:
            step(done, len(plan.calls))


def _here(calls: Sequence[Again], desk: Desk) -> Iterator[batch.Done[Again, Answer]]:
    for again in calls:
        try:
            yield batch.Done(again, desk.judge(again))
        except Exception as error:  # one call's end is never the others'
            yield batch.Done(again, error=error)


def _profile(store: Store, given: Path | None) -> Profile:
    """The profile that is named, else the latest night's; never an empty one for want of that."""
    if given is not None:
        return find_profile([], given)
    with store.reading() as session:
        last = last_profile(session)
    if last is None:
        return EMPTY
    named, inbox = last
    if named is not None:
        return find_profile([], Path(named))
    place = place_of(inbox)
    if not exists(place):
        raise ConfigError([f"--profile: {inbox} → the latest night's inbox is gone; name the profile"])
    unread: dict[str, str] = {}  # of its call lists nothing is wanted
    with lists_of(place, unread) as lists:
        told_unread(unread, None)
        return find_profile([lists], None)


def _standard(store: Store, name: str | None) -> Standard:
    if name is None:
        return load_standard()  # calls keep theirs; the workplace needs one
    if "@" in name and names_no_file(name):
        with store.reading() as session:
            return kept_standard(session, name)
    return standard_named(store, name)


def _judged_by(
    session: Session, name: str | None, standard: Standard, profile: Profile, at: datetime
) -> Callable[[Call, Score, Any], str]:
    """Which standard a call is judged by from now on: its own, a named version, or that of an id on the call's day."""
    if name is None:
        return lambda _call, score, _night: score.standard_sha256
    held = InForce(standard.sha256, (), profile.zone, at.astimezone(profile.zone).date())
    if names_no_file(name) and "@" not in name:
        held = in_force(session, standard.id, base=standard.sha256, zone=profile.zone, night=held.night)
    return lambda call, _score, night: replace(held, night=night).of(call.started_at)


def _setup(store: Store, wish: Wish, plan: Plan, profile: Profile, standard: Standard) -> Setup:
    place = without_ears(Workplace(Settings(), profile, standard, wish.make_recogniser))
    return Setup(place, store.place.files, 0.0, dict(plan.standards))


def _open_run(store: Store, wish: Wish, setup: Setup, at: datetime) -> int:
    standard = setup.workplace.standard
    options = {
        "standard": wish.standard, "profile": str(wish.profile.resolve()) if wish.profile else None,
        "host": socket.gethostname(),
    }  # fmt: skip
    with store.writing() as session:
        if wish.standard is not None:
            keep_standard(
                session, sha256=standard.sha256, standard=standard.id, version=standard.version,
                text=dump_standard(standard), at=at,
            )  # fmt: skip
        night = at.astimezone(setup.workplace.profile.zone).date()
        run = Run(
            kind=RESCORE, night=night, inbox="", state="running", started_at=at, code_version=__version__,
            settings=options, counts={},
        )  # fmt: skip
        session.add(run)
        session.flush()
        return run.id
