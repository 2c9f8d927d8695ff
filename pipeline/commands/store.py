"""``callgauge store``: check, back up, migrate; export the suppression list and a night's alerts."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from pipeline.commands.options import store_option


@click.group()
def store() -> None:
    """Check, back up and migrate the store; export its lists."""


@store.command()
@click.option("--mend/--no-mend", default=True, show_default=True, help="Put right what can be.")
@store_option
def check(mend: bool, store: str | None) -> None:
    """Find torn writes, lost files and killed runs, and mend them.

    Exit status 0: nothing found, or all of it mended; 1: something is left.
    """
    from pipeline.store import open_store
    from pipeline.store.check import check_store
    from pipeline.store.lock import nightly_lock

    with open_store(store, create=False) as opened, nightly_lock(opened, wait_s=0.0):
        faults = check_store(opened, mend=mend)
    for fault in faults:
        click.echo(f"{fault.kind:14} {fault.what}" + ("  mended" if fault.mended else ""))
    left = sum(not fault.mended for fault in faults)
    click.echo(f"{len(faults)} found, {len(faults) - left} mended." if faults else "Nothing wrong.")
    raise SystemExit(1 if left else 0)


@store.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@store_option
def backup(folder: Path, store: str | None) -> None:
    """Copy the store, database and files, into a new FOLDER."""
    from pipeline.store import open_store
    from pipeline.store.backup import back_up

    with open_store(store, create=False) as opened:
        done = back_up(opened, folder)
    click.echo(f"{done.database} and {done.files} files, {done.bytes / 1e6:.1f} MB.")
    for lost in done.lost:
        click.echo(f"lost: {lost}; `callgauge store check` tells more", err=True)
    raise SystemExit(1 if done.lost else 0)


@store.command()
@store_option
def migrate(store: str | None) -> None:
    """Make the store, or bring an older one's tables up to date."""
    from pipeline.store import place_of
    from pipeline.store.database import make_engine
    from pipeline.store.files import private_folder
    from pipeline.store.migrate import bring_up

    place = place_of(store)
    if place.sqlite_path is not None:
        private_folder(place.sqlite_path.parent)
        place.sqlite_path.touch(mode=0o600)
    engine = make_engine(place)
    try:
        before, after = bring_up(engine)
    finally:
        engine.dispose()
    private_folder(place.files)
    change = "up to date" if before == after else f"{before or 'new'} → {after}"
    click.echo(f"{place}: {change} (version {after})")


@store.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def key(file: Path) -> None:
    """Put a new key for the store's files into FILE, before those that it holds.

    The first key of the file encrypts, all of them decrypt. Point CALLGAUGE_KEY_FILE at it; keep a copy elsewhere: without
    the key nobody can read the files.
    """
    import base64

    from pipeline.errors import ConfigError
    from pipeline.reports.files import write_atomic
    from pipeline.sealing import id_of, new_key

    made = new_key()
    try:
        older = file.read_text(encoding="ascii") if file.exists() else ""
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file}: file → holds no keys, so none is put into it"]) from error
    write_atomic(file, f"{made}\n{older}")
    click.echo(f"{file}: key {id_of(base64.urlsafe_b64decode(made))} first.")


@store.command()
@store_option
def rekey(store: str | None) -> None:
    """Encrypt every file of the store under the first key given; those of older keys too.

    May be stopped and started again. Afterwards the older keys are needed for older backups alone.
    """
    from pipeline.store import open_store
    from pipeline.store.check import rekey as run
    from pipeline.store.lock import nightly_lock

    with open_store(store, create=False) as opened, nightly_lock(opened, wait_s=0.0):
        done = run(opened)
    for name in done.damaged:
        click.echo(f"damaged: {name}; `callgauge store check` mends it", err=True)
    click.echo(f"{done.files} files encrypted anew; key {done.key}.")
    raise SystemExit(1 if done.damaged else 0)


@store.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File; else stdout.")
@click.option("--sure", is_flag=True, help="Leave out requests that were doubtfully heard.")
@click.option(
    "--among", type=click.File("rb"), metavar="FILE",
    help="Only say which of these ids or numbers (one a line; - is stdin) must not be called.",
)  # fmt: skip
@store_option
def suppressions(out: Path | None, sure: bool, among: BinaryIO | None, store: str | None) -> None:
    """Export who asked not to be called again (CSV).

    People who were forgotten are known by a digest alone, so they stand in no list: --among finds them too.
    """
    if among is not None:
        from pipeline.call_bytes import decoded

        named = decoded(among.read(), f"--among: {among.name}").splitlines()
        _among([line.strip() for line in named if line.strip()], store)
        return
    import csv
    import io

    from pipeline.reports.calls_csv import neutral
    from pipeline.reports.files import write_atomic
    from pipeline.store import open_store
    from pipeline.store.alerting import suppressions as listed

    with open_store(store, create=False) as opened, opened.reading() as session:
        lines = listed(session, sure_only=sure)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["customer_id", "call_id", "asked_at", "start_s", "confidence", "doubtful"])
    for line in lines:
        asked = line.asked_at.isoformat() if line.asked_at else ""
        start = "" if line.start_s is None else f"{line.start_s:.3f}"
        doubtful = "true" if line.doubtful else "false"
        row = [
            neutral(line.customer_id or ""),
            neutral(line.call_id),
            asked,
            start,
            f"{line.confidence:.3f}",
            doubtful,
        ]
        writer.writerow(row)
    if out is None:
        click.echo(text.getvalue(), nl=False)
    else:
        write_atomic(out, text.getvalue())


def _among(ids: list[str], store: str | None) -> None:
    from pipeline.store import open_store
    from pipeline.store.forgetting import suppressed

    with open_store(store, create=False) as opened, opened.reading() as session:
        found = suppressed(session, list(dict.fromkeys(ids)))
    for each in dict.fromkeys(ids):
        if each in found:
            click.echo(each)


@store.command()
@click.option("--date", "date_", metavar="YYYY-MM-DD", help="The night; else the latest.")
@store_option
def alerts(date_: str | None, store: str | None) -> None:
    """Complaints, do-not-call requests and fatal failures of a night (JSON)."""
    import json

    from pipeline.errors import ConfigError
    from pipeline.nightly.closing import alerts_json
    from pipeline.nightly.night import night_date
    from pipeline.store import open_store
    from pipeline.store.alerting import alerts_of
    from pipeline.store.ledger import night_of

    wanted = night_date(date_)
    with open_store(store, create=False) as opened, opened.reading() as session:
        night = night_of(session, wanted)
        if night is None:
            raise ConfigError(
                ["--store: no nightly run has been made yet; `callgauge nightly INBOX` makes one"]
            )
        told = alerts_json(night, alerts_of(session, night.date))
    click.echo(json.dumps(told, ensure_ascii=False, indent=1))
