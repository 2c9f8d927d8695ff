"""``callgauge ledger``: what came in a night, and what became of each file."""

from __future__ import annotations

import click

from pipeline.commands.options import store_option


@click.command()
@click.option("--date", "date_", metavar="YYYY-MM-DD", help="The night; else the latest.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@store_option
def ledger(date_: str | None, as_json: bool, store: str | None) -> None:
    """Show a night: received = scored + excluded + failed + pending, and each file by name and reason.

    A call that was listed and never came is ``missing``, apart from what was received.
    """
    import json

    from pipeline.errors import ConfigError
    from pipeline.nightly.night import night_date
    from pipeline.store import open_store
    from pipeline.store.ledger import night_of, to_json

    wanted = night_date(date_)
    with open_store(store, create=False) as opened, opened.reading() as session:
        night = night_of(session, wanted)
    if night is None:
        raise ConfigError(["--store: no nightly run has been made yet; `callgauge nightly INBOX` makes one"])
    if night.runs == 0:
        click.echo(f"No nightly run on {night.date}.", err=True)
    if as_json:
        click.echo(json.dumps(to_json(night), ensure_ascii=False, indent=1))
        return
    from pipeline.call_names import shown_name
    from pipeline.commands.night_summary import print_night

    for line in night.lines:
        percent = "" if line.percent is None else f"{line.percent:.1f}"
        name = shown_name(line.file, line.sha256)
        click.echo(f"{line.state:9} {line.reason or '':22} {percent:>6}  {line.call_id or '':20}  {name}")
    print_night(night)
