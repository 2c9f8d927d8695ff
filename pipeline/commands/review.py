"""``callgauge review``: the coaching web app over the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import store_option

if TYPE_CHECKING:
    from pipeline.profile import Profile
    from pipeline.store import Store


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port; 0 takes a free one."
)
@click.option(
    "--profile", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Whose teams agents are in, and what trends count by name (YAML); else profile.yaml in the last night's inbox.",
)  # fmt: skip
@store_option
def review(host: str, port: int, profile: Path | None, store: str | None) -> None:
    """Serve the coaching app until stopped (SIGTERM or Ctrl-C).

    People are added by `callgauge users add NAME --role ROLE`. Beyond this machine, put it behind a server that speaks
    HTTPS: passwords and sound go over this connection.
    """
    import signal
    import sys

    import uvicorn

    from pipeline.commands.options import start_log
    from pipeline.profile import EMPTY
    from pipeline.review.acts import reapply
    from pipeline.review.app import create_app
    from pipeline.review.people import has_admin
    from pipeline.review.server import options
    from pipeline.store import open_store
    from pipeline.store.sealed import ready
    from pipeline.store.tally import freshen

    start_log("text")
    with open_store(store) as opened:
        ready(opened)  # an encrypted store without its key is told now, not at the first call
        known = _take_teams(opened, profile)
        reapply(opened)
        freshen(opened, EMPTY.zone)
        with opened.reading() as session:
            if not has_admin(session):
                told = f" --store {store}" if store else ""
                click.echo(
                    f"No administrator yet. Make one with: callgauge users add NAME --role admin{told}",
                    err=True,
                )
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Callgauge review: http://{shown}:{port}/ (Ctrl-C stops it)", err=True)
        # the server gives a signal on when it has stopped: it was asked to stop, so that is no failure
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        uvicorn.run(create_app(opened, known), host=host, port=port, **options())


def _take_teams(store: Store, profile: Path | None) -> Profile:
    """The profile, with the teams in it taken over; an empty one where there is none."""
    from sqlalchemy import select

    from pipeline.profile import EMPTY, load_profile
    from pipeline.review.names import keep_names
    from pipeline.review.people import keep_teams
    from pipeline.store.night_tables import NIGHTLY, Run

    path = profile
    if path is None:
        with store.reading() as session:
            inbox = session.scalar(
                select(Run.inbox).where(Run.kind == NIGHTLY).order_by(Run.id.desc()).limit(1)
            )
        beside = Path(inbox) / "profile.yaml" if inbox else None
        path = beside if beside is not None and beside.is_file() else None
    if path is None:
        return EMPTY
    read = load_profile(path)
    with store.writing() as session:
        keep_teams(session, read)
        keep_names(session, read)
    return read
