"""The commands around the coaching app."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.commands.users import users
from pipeline.errors import ConfigError
from pipeline.review.passwords import is_right
from pipeline.review.people import find_user, signed_in
from pipeline.store import open_store


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "callgauge.db")


def call(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(users, arguments, input=typed, catch_exceptions=False)


def test_users_are_added_with_a_password_from_the_input(store, monkeypatch):
    assert call("add", "anna", "--role", "admin", "--store", store, typed="correct horse\n").exit_code == 0
    monkeypatch.setenv("CALLGAUGE_PASSWORD", "from the environment")
    added = call("add", "S01", "--role", "coach", "--team", "一组", "--store", store)
    assert "team 一组" in added.output
    assert "every team" in call("add", "S02", "--role", "supervisor", "--store", store).output
    assert "agent A01" in call("add", "A01", "--role", "agent", "--store", store).output
    with open_store(store) as opened, opened.reading() as session:
        anna, coach = find_user(session, "anna"), find_user(session, "S01")
        assert anna is not None and coach is not None
        assert anna.password_hash.startswith("$argon2id$")
        assert is_right("correct horse", anna.password_hash)
        assert not is_right("from the environment", anna.password_hash)
        assert is_right("from the environment", coach.password_hash)
    listed = call("list", "--store", store).output
    assert "anna" in listed
    assert "argon2" not in listed
    assert "S01: disabled." in call("disable", "S01", "--store", store).output
    assert len(call("token", "anna", "--store", store).output.strip()) >= 40


def test_role_and_team_are_changed_and_sessions_end(store):
    call("add", "S01", "--role", "coach", "--team", "一组", "--store", store, typed="correct horse\n")
    secret = call("token", "S01", "--store", store).output.strip()
    assert (
        "supervisor; sees team 二组"
        in call("change", "S01", "--role", "supervisor", "--team", "二组", "--store", store).output
    )
    with open_store(store) as opened, opened.reading() as session:
        assert signed_in(session, secret, kind="token") == (None, False)
    assert "every team" in call("change", "S01", "--team", "", "--store", store).output
    assert "agent A07" in call("change", "S01", "--role", "agent", "--agent", "A07", "--store", store).output
    assert "every call" in call("change", "S01", "--role", "admin", "--store", store).output
    with open_store(store) as opened, opened.reading() as session:
        assert find_user(session, "S01").agent_id is None


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("add", "x", "--role", "admin"), "short\n", "8 to 512"),
        (("add", "x", "--role", "admin"), "", "8 to 512"),
        (("add", " x", "--role", "admin"), "long enough\n", "printable"),
        (("add", "anna", "--role", "admin"), "long enough\n", "there is a user"),
        (("disable", "nobody"), "", "no such user"),
    ],
)
def test_mistakes_are_told(store, arguments, typed, told):
    call("add", "anna", "--role", "admin", "--store", store, typed="correct horse\n")
    with pytest.raises(ConfigError, match=told):
        call(*arguments, "--store", store, typed=typed)


def test_an_unknown_role_is_refused(store):
    assert call("add", "x", "--role", "king", "--store", store, typed="long enough\n").exit_code == 2


def test_teams_come_from_the_profile(store, tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text(
        "agents: [{id: A01, team: 一组}, {id: A02, team: 二组}, {id: A03}]\n", encoding="utf-8"
    )
    assert "2 agents" in call("teams", str(profile), "--store", store).output
