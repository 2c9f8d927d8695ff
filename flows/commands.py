"""The commands ``nightly`` and ``serve``; `pipeline.cli` finds them by the entry-point group ``callgauge.commands``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import (
    keep_option,
    language_option,
    log_option,
    profile_option,
    standard_option,
    store_option,
)


def _run_options(command: Any) -> Any:
    for option in reversed(
        (
            store_option,
            profile_option,
            standard_option,
            language_option,
            keep_option,
            click.option("--workers", type=click.IntRange(1, 256), help="Calls at once; else one a processor."),
            click.option(
                "--runner", type=click.Choice(["local", "dask"]), default="local", show_default=True,
                help="Where calls are worked on: processes of this machine, or a Dask cluster.",
            ),
            click.option("--scheduler", metavar="URL", help="Address of a Dask scheduler (tcp://host:8786)."),
            click.option(
                "--time-limit", type=click.FloatRange(1.0), default=1800.0, show_default=True, metavar="SECONDS",
                help="What one call may take before its process is ended.",
            ),
            log_option,
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@click.argument("inbox")
@click.option(
    "--date", "date_", metavar="YYYY-MM-DD", help="The ledger's night; else today in the profile's zone."
)
@click.option(
    "--if-busy", type=click.Choice(["wait", "leave"]), default="wait", show_default=True,
    help="What to do while another nightly run holds the store.",
)  # fmt: skip
@click.option("--retry-failed", is_flag=True, help="Try failed recordings again, also those that can't heal.")
@click.option("--quiet", is_flag=True, help="No progress, no summary.")
@_run_options
def nightly(
    inbox: str,
    date_: str | None,
    if_busy: str,
    retry_failed: bool,
    quiet: bool,
    store: str | None,
    log_format: str,
    **options: Any,
) -> None:
    """Score what came into INBOX, a folder or its URL (file://, s3:// …), into the store, and account for every file.

    Exit status 0: all scored, excluded or waiting; 1: some failed or are missing, rows of a call list can't be taken as
    written, or a transcript lies there without its recording; 2: the command line, a settings file or a standard is wrong, or
    the store can't be used.
    """
    from pipeline.commands.night_summary import print_night
    from pipeline.commands.options import start_log
    from pipeline.nightly.night import night_date
    from pipeline.store.ledger import night_of
    from pipeline.store.lock import nightly_lock

    start_log(log_format)
    parameters = _parameters(inbox, options) | {"date": date_, "retry_failed": retry_failed}
    night_date(date_)
    with _store(store) as opened, nightly_lock(opened, wait_s=0.0 if if_busy == "leave" else 6 * 3600.0):
        failed, message = _run_flow(opened, parameters, quiet)
        with opened.reading() as session:
            night = night_of(session, _night_of_last_run(session))
        if not quiet and night is not None:
            print_night(night)
    if message and night is None:
        click.echo(message, err=True)
    raise SystemExit(1 if failed else 0)


def _parameters(inbox: str, options: dict[str, Any]) -> dict[str, Any]:
    """The flow's parameters, as plain data, checked before anything starts."""
    from models.whisper_check import check_recogniser
    from models.whisper_load import from_environment
    from pipeline.errors import ConfigError
    from pipeline.intake import find_profile
    from pipeline.nightly.shared import exists, lists_of, place_of
    from pipeline.standards import load_standard
    from pipeline.standards.library import names_no_file

    place = place_of(inbox)
    if not exists(place):
        raise ConfigError([f"{inbox}: INBOX → there is no such folder"])
    if options["scheduler"] and options["runner"] != "dask":
        raise ConfigError(["--scheduler: URL → is for --runner dask"])
    profile, standard = options["profile"], options["standard"]
    with lists_of(place) as lists:
        find_profile([lists], profile)
    if not names_no_file(standard):  # an id may be the store's own
        load_standard(standard)
    if options["runner"] == "local":  # the machines of a cluster have devices of their own
        check_recogniser(from_environment())
    if Path(standard).exists() and standard.endswith((".yaml", ".yml", ".json")):
        standard = str(Path(standard).resolve())
    return {
        "inbox": str(place.resolve() if isinstance(place, Path) else place),
        "profile": str(profile.resolve()) if profile else None,
        "standard": standard,
        "language": options["language"],
        "workers": options["workers"],
        "runner": options["runner"],
        "scheduler": options["scheduler"],
        "time_limit_s": options["time_limit"],
        "keep": options["keep"],
    }


@contextlib.contextmanager
def _store(url: str | None) -> Iterator[Any]:
    """The store, and its URL where the flow and its workers look for it."""
    from pipeline.store import open_store

    with open_store(url) as opened:
        os.environ["CALLGAUGE_STORE"] = opened.place.text
        yield opened


def _run_flow(opened: Any, parameters: dict[str, Any], quiet: bool) -> tuple[bool, str]:
    """Run the flow; whether it failed, and its message."""
    from flows.quiet import prefect_ready
    from pipeline.commands.night_summary import night_progress

    with prefect_ready(opened.place.files / "prefect"):
        from flows import nightly as module

        with night_progress(quiet) as step:
            module.progress.step = step
            state = module.nightly(**parameters, return_state=True)
        if state.is_completed() or (state.is_failed() and not isinstance(_error(state), BaseException)):
            return state.is_failed(), state.message or ""
        error = _error(state)
    if isinstance(error, Exception):
        raise error
    return True, state.message or state.name or ""


def _error(state: Any) -> Any:
    return state.result(raise_on_failure=False) if state.data is not None else None


def _night_of_last_run(session: Any) -> Any:
    from sqlalchemy import select

    from pipeline.store.night_tables import NIGHTLY, Run

    return session.scalar(select(Run.night).where(Run.kind == NIGHTLY).order_by(Run.id.desc()).limit(1))


@click.command()
@click.argument("inbox")
@click.option("--cron", default="0 1 * * *", show_default=True, help="When, as a cron line.")
@click.option("--time-zone", "time_zone", metavar="ZONE", help="Of the cron line; else the profile's.")
@_run_options
def serve(
    inbox: str, cron: str, time_zone: str | None, store: str | None, log_format: str, **options: Any
) -> None:
    """Serve the nightly deployment: run it by schedule, one run at a time, until stopped."""
    from flows.quiet import prefect_ready
    from pipeline.commands.options import start_log

    start_log(log_format)
    parameters = _parameters(inbox, options)
    zone = _zone(time_zone, inbox, options["profile"])
    with _store(store) as opened, prefect_ready(opened.place.files / "prefect", scheduling=True):
        from flows.nightly import LOG_VARIABLE
        from flows.serving import serve_nightly

        os.environ[LOG_VARIABLE] = log_format  # each run is a process of its own
        click.echo(f"Serving nightly runs of {inbox} at {cron!r} ({zone}); stop with Ctrl-C.", err=True)
        serve_nightly(parameters, cron=cron, time_zone=zone)


def _zone(given: str | None, inbox: str, profile: Path | None) -> str:
    from pipeline.errors import ConfigError
    from pipeline.intake import find_profile
    from pipeline.nightly.shared import lists_of, place_of
    from pipeline.profile import zone_name

    if given is None:
        with lists_of(place_of(inbox)) as lists:
            return str(find_profile([lists], profile).zone)
    try:
        return zone_name(given)
    except ValueError as error:
        raise ConfigError([f"--time-zone: {given} → {error}"]) from error
