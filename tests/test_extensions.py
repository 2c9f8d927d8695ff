"""Detectors and checks of other packages that break: named with entry point, package and cause, wherever they are met."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dialogue_sets import call
from test_rules_grammar import judged

from pipeline.analysis import detect
from pipeline.commands.analyze import analyze
from pipeline.commands.doctor import doctor
from pipeline.commands.score import score
from pipeline.commands.standards import standards
from pipeline.errors import ConfigError, ExtensionError
from pipeline.nightly.night import begin
from pipeline.nightly.rescore import Wish, rescore
from pipeline.nightly.rescore_plan import Choice
from pipeline.nightly.settings import NightSettings
from pipeline.standards import checks as checks_module
from pipeline.store import open_store

DETECTOR = """
from pipeline.types import Measure
KINDS = ("acme.weather",)
DETAILS = {"acme.weather": {"sky": ("clear", "grey")}}
def find(conversation, prior):
    return []
"""


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Installs a module as the only detector or check of another package."""
    caches = (detect.added, checks_module.catalogue)
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    count = iter(range(1000))
    real = importlib.metadata.entry_points

    def put(code: str, group: str = detect.GROUP) -> None:
        name = f"acme_{tmp_path.name.replace('-', '_')}_{next(count)}"
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        value = name if group == detect.GROUP else f"{name}:SPEC"
        entries = [EntryPoint("acme.weather", value, group)]

        def found(**wanted: str) -> Any:
            if wanted.get("group") not in (detect.GROUP, checks_module.GROUP):
                return real(**wanted)
            return [entry for entry in entries if entry.group == wanted["group"]]

        monkeypatch.setattr(detect, "entry_points", found)
        monkeypatch.setattr("importlib.metadata.entry_points", found)
        monkeypatch.setattr("pipeline.standards.added.entry_points", found)
        for cached in caches:
            cached.cache_clear()

    yield put
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import no_such_thing", "can't be loaded: ModuleNotFoundError: No module named 'no_such_thing'"),
        ("1/0", "can't be loaded: ZeroDivisionError: division by zero"),
        ('KINDS = ("acme.weather",)', "find(conversation, prior) is required"),
        (DETECTOR.replace("(conversation, prior)", "(conversation)"), "find takes (conversation, prior)"),
        (DETECTOR + "measure = 5", "measure takes (conversation, findings)"),
        (DETECTOR.replace('("acme.weather",)', '"acme.weather"'), "KINDS: a list of the kinds"),
        (DETECTOR.replace('("acme.weather",)', '("weather",)'), "kind 'weather' needs a dot"),
    ],
)
def test_what_is_wrong_with_a_detector_is_told_as_it_is_loaded(install: Any, code: str, told: str) -> None:
    install(code)
    with pytest.raises(ConfigError) as caught:
        detect.added()
    (mistake,) = caught.value.mistakes
    assert mistake.startswith("callgauge.detectors: acme.weather (acme_") and told in mistake


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (DETECTOR.replace("return []", "raise KeyError('sky')"), "breaks off in find: KeyError: 'sky'"),
        (DETECTOR.replace("return []", "return None"), "breaks off in find: TypeError"),
        (DETECTOR.replace("return []", "return [1]"), "find returns a list of Finding, not of int"),
        (
            DETECTOR.replace(
                "return []", "return [conversation.finding('pitch', conversation.sentences[0], 0, 1)]"
            ),
            "delivers 'pitch', which KINDS doesn't hold. Declared: acme.weather",
        ),
        (
            DETECTOR + "def measure(c, f): return [Measure('acme.mood', 'good', '', 'x')]",
            "acme.mood: a number, true or false is accepted, not str",
        ),
        (
            DETECTOR + "def measure(c, f): return [Measure('talk_s', 1, 's', 'x')]",
            "measure 'talk_s' needs a dot",
        ),
        (DETECTOR + "def measure(c, f): 1/0", "breaks off in measure: ZeroDivisionError"),
    ],
)
def test_what_a_detector_may_not_do_is_told_with_its_name(install: Any, code: str, told: str) -> None:
    install(code)
    conversation = call("A 您好。", "C 喂。")
    with pytest.raises(ExtensionError) as caught:
        detect.measure_all(conversation, detect.find_all(conversation))
    assert str(caught.value).startswith("callgauge.detectors: acme.weather (acme_") and told in str(
        caught.value
    )


def test_a_night_and_a_rescoring_stop_before_the_first_call_over_a_broken_extension(
    install: Any, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    install("1/0")
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as store:
        with pytest.raises(ConfigError, match="acme.weather .* can't be loaded"):
            begin(store, NightSettings(inbox=tmp_path / "inbox"))
        with pytest.raises(ConfigError, match="acme.weather .* can't be loaded"):
            rescore(store, Wish(Choice()))


def test_details_that_a_detector_declares_are_checked(install: Any) -> None:
    install(DETECTOR)
    assert judged({"hear": "acme.weather", "detail": {"sky": "grey"}}).verdict == "fail"
    with pytest.raises(ConfigError, match="one of clear, grey is accepted, not 'gray'; did you mean grey"):
        judged({"hear": "acme.weather", "detail": {"sky": "gray"}})


CHECK = """
from pipeline.standards.checks import CheckSpec, Told
SPEC = CheckSpec(lambda evidence, settings: Told("yes"), answers=("yes", "no"))
"""


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (CHECK.replace('Told("yes")', 'Told("maybe")'), "answers 'maybe', which it doesn't declare. Declared: yes, no"),
        (CHECK.replace('Told("yes")', "1/0"), "breaks off: ZeroDivisionError: division by zero"),
        (CHECK.replace('Told("yes")', '"yes"'), "a Told is accepted, not str"),
    ],
)  # fmt: skip
def test_what_a_check_may_not_do_is_told_with_its_name(install: Any, code: str, told: str) -> None:
    install(code, checks_module.GROUP)
    with pytest.raises(ExtensionError) as caught:
        judged({"check": "acme.weather", "is": "yes"})
    assert str(caught.value).startswith("callgauge.checks: acme.weather (acme_") and told in str(caught.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nothing_here", "can't be loaded: ModuleNotFoundError: No module named 'nothing_here'"),
        ("SPEC = 5", "a CheckSpec is accepted, not int"),
        (CHECK.replace("lambda evidence, settings", "lambda evidence"), "takes (evidence, settings)"),
        (CHECK.replace('("yes", "no")', "()"), "answers: a list of the words"),
    ],
)
def test_every_command_tells_what_is_wrong_with_an_extension(
    install: Any, tmp_path: Path, code: str, told: str
) -> None:
    install(code, checks_module.GROUP)
    calls = tmp_path / "calls.jsonl"
    calls.write_text('{"call_id": "a", "turns": []}', encoding="utf-8")
    for command, arguments in (
        (analyze, [str(calls)]),
        (score, [str(tmp_path), "--out", str(tmp_path / "out")]),
    ):
        done = CliRunner().invoke(command, arguments)
        assert isinstance(done.exception, ConfigError), done.exception
        assert told in str(done.exception) and "callgauge.checks: acme.weather" in str(done.exception)
    checked = CliRunner().invoke(standards, ["check", str(calls)])
    assert checked.exit_code == 2 and told in checked.stderr
    shown = CliRunner().invoke(doctor, ["--quick"])
    assert shown.exit_code == 1 and told in shown.stdout
    data = json.loads(CliRunner().invoke(doctor, ["--quick", "--json"]).stdout)
    assert not data["ok"] and told in data["extensions"]["mistakes"][0]


def test_a_detector_that_breaks_off_costs_the_call_and_is_named(install: Any, tmp_path: Path) -> None:
    install(DETECTOR.replace("return []", "raise ValueError('call 13812345678')"))
    calls = tmp_path / "calls.jsonl"
    calls.write_text(
        '{"call_id": "a", "turns": []}\n{"call_id": "b", "turns": [{"text": "喂"}]}', encoding="utf-8"
    )
    done = CliRunner().invoke(analyze, [str(calls)])
    assert done.exit_code == 1 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "line 1 → can't be analysed: callgauge.detectors: acme.weather (acme_" in lines[0]
    assert lines[0].endswith("breaks off in find: ValueError: call #")
