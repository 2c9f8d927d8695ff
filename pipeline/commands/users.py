"""``callgauge users``: who may sign in to the coaching app."""

from __future__ import annotations

import sys

import click

from pipeline.commands.options import store_option
from pipeline.secret import secret

PASSWORD_VARIABLE = "CALLGAUGE_PASSWORD"  # noqa: S105 - the name of a variable, no password
ROLES = ("admin", "standard_owner", "supervisor", "coach", "agent", "auditor")


@click.group()
def users() -> None:
    """Add people who may sign in, and change what they may do.

    Passwords are asked for, or read from CALLGAUGE_PASSWORD, the file that CALLGAUGE_PASSWORD_FILE names or the first line
    of standard input; never from the command line, where others could see them.
    """


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do.")
@click.option("--team", help="For supervisors and coaches: the team whose calls they see; else every team.")
@click.option(
    "--agent", "agent_id", help="For agents: whose calls are theirs, as in the call list; else NAME."
)
@click.option(
    "--originals", is_flag=True, help="They may hear what was not masked; each hearing is put down."
)
@store_option
def add(
    name: str, role: str, team: str | None, agent_id: str | None, originals: bool, store: str | None
) -> None:
    """Add somebody by NAME; makes the store where there is none."""
    from pipeline.review.people import add_user
    from pipeline.store import open_store

    with open_store(store) as opened:
        password = _password()
        with opened.writing() as session:
            user = add_user(
                session, name, role=role, password=password, team=team, agent_id=agent_id, originals=originals
            )
            sees = _sees(user.role, user.team, user.agent_id)
    click.echo(f"{name}: {role}; sees {sees}{', originals too' if originals else ''}.")


@users.command(name="list")
@store_option
def list_(store: str | None) -> None:
    """List everybody, with role and scope."""
    from sqlalchemy import select

    from pipeline.store import open_store
    from pipeline.store.review_tables import User

    with open_store(store, create=False) as opened, opened.reading() as session:
        for user in session.scalars(select(User).order_by(User.name)):
            state = "disabled" if user.disabled_at else _sees(user.role, user.team, user.agent_id)
            click.echo(f"{user.name:20} {user.role:16} {state}{', originals too' if user.originals else ''}")


@users.command()
@click.argument("name")
@click.option("--grant/--revoke", "granted", required=True, help="Give the right, or take it.")
@store_option
def originals(name: str, granted: bool, store: str | None) -> None:
    """Let NAME hear what was not masked, of the calls that they see; or no longer. Goes into the audit log."""
    from pipeline.review.audit import put_down
    from pipeline.review.people import let_hear_originals, person_of
    from pipeline.store import open_store

    with open_store(store, create=False) as opened, opened.writing() as session:
        user = _known(session, name)
        let_hear_originals(session, user, granted)
        put_down(session, "originals_right", person=person_of(user), address="command line", granted=granted)
    click.echo(f"{name}: {'may hear originals' if granted else 'may hear originals no longer'}.")


@users.command()
@click.argument("name")
@store_option
def password(name: str, store: str | None) -> None:
    """Set a new password; ends every session and token of NAME."""
    from pipeline.review.people import set_password
    from pipeline.store import open_store

    with open_store(store, create=False) as opened:
        new = _password()
        with opened.writing() as session:
            set_password(session, _known(session, name), new)
    click.echo(f"{name}: new password set; signed out everywhere.")


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), help="What they may do from now on.")
@click.option("--team", help='The team whose calls they see; "" is every team.')
@click.option("--agent", "agent_id", help="For agents: whose calls are theirs.")
@store_option
def change(name: str, role: str | None, team: str | None, agent_id: str | None, store: str | None) -> None:
    """Give NAME another role or scope; ends every session and token of theirs."""
    from pipeline.review.people import change as give
    from pipeline.store import open_store

    with open_store(store, create=False) as opened, opened.writing() as session:
        user = _known(session, name)
        give(session, user, role=role, team=team, agent_id=agent_id)
        told = f"{name}: {user.role}; sees {_sees(user.role, user.team, user.agent_id)}."
    click.echo(told)


@users.command()
@click.argument("name")
@store_option
def disable(name: str, store: str | None) -> None:
    """Let NAME in no more; what they did stays under their name."""
    from pipeline.review.people import disable as end
    from pipeline.store import open_store

    with open_store(store, create=False) as opened, opened.writing() as session:
        end(session, _known(session, name))
    click.echo(f"{name}: disabled.")


@users.command()
@click.argument("name")
@click.option("--label", default="", help="What the token is for.")
@store_option
def token(name: str, label: str, store: str | None) -> None:
    """Make a token for the JSON API with the rights of NAME; it is shown this once and lasts 90 days."""
    from pipeline.review.people import begin
    from pipeline.store import open_store

    with open_store(store, create=False) as opened, opened.writing() as session:
        secret, _ = begin(session, _known(session, name), kind="token", label=label)
    click.echo(secret)


@users.command()
@click.argument("profile", type=click.Path(exists=True, dir_okay=False))
@store_option
def teams(profile: str, store: str | None) -> None:
    """Take over from PROFILE (YAML) which agent is in which team."""
    from pipeline.profile import load_profile
    from pipeline.review.names import keep_names
    from pipeline.review.people import keep_teams
    from pipeline.store import open_store

    read = load_profile(profile)
    with open_store(store) as opened, opened.writing() as session:
        count = keep_teams(session, read)
        keep_names(session, read)
    click.echo(f"{count} agents with a team.")


def _known(session, name: str):  # type: ignore[no-untyped-def]  # their modules are loaded by the commands alone
    from pipeline.errors import ConfigError
    from pipeline.review.people import find_user

    user = find_user(session, name)
    if user is None or user.disabled_at is not None:
        raise ConfigError([f"NAME: {name} → there is no such user; `callgauge users list` lists them"])
    return user


def _password() -> str:
    given = secret(PASSWORD_VARIABLE)
    if given:
        return given
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _sees(role: str, team: str | None, agent_id: str | None) -> str:
    if role == "agent":
        return f"the calls of agent {agent_id}"
    if role in ("supervisor", "coach"):
        return f"team {team}" if team is not None else "every team"
    return "every call"
