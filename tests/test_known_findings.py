"""What was found in a call comes from the cache as it was found, for the same call, company and code alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import make_result, make_sound, make_transcript
from test_architecture import MODULES, ROOT, imported
from test_rules_grammar import standard_with

from pipeline import cached, known_findings
from pipeline.analysis import Analysis
from pipeline.known_findings import Found, Said, digest_of_tree, find, findings_key
from pipeline.process import HeardCall, Job, Workplace, judge_call
from pipeline.profile import EMPTY, Profile
from pipeline.reports.call_json import to_json
from pipeline.settings import Settings
from pipeline.standards import Standard, load_standard
from pipeline.types import Finding, Measure, Outcome, Reason, Transcript

AUDIO = "ab" * 32
CALL = make_result()
SAID = Said(CALL.transcript, CALL.sound, CALL.call)
PROFILE = Profile.model_validate({"company": "华信传媒", "agents": [{"id": "A01", "names": ["李明"]}]})
PERSONAL = make_transcript(
    ("agent", "您好，我是华信传媒销售部的李明，请问是王建国先生吗？"),
    ("customer", "是我，我电话是13800138000，你们别再打来了。"),
    ("agent", "今天是最后一天，不买就没有了，您先听我说。"),
    ("customer", "什么是CPM？我没听懂，你周三下午再打吧。"),
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def judged(
    standard: Standard, *, transcript: Transcript = PERSONAL, cache: bool = True, profile: Profile = PROFILE
) -> dict[str, Any]:
    assert CALL.recording is not None
    heard = HeardCall(CALL.recording, transcript, make_sound(transcript), {"audio_sha256": AUDIO})
    place = Workplace(Settings(transcript_cache=cache), profile, standard)
    return to_json(judge_call(heard, Job(Path("a.wav"), CALL.call), place))


def without_origin(data: dict[str, Any]) -> str:
    provenance = {name: value for name, value in data["provenance"].items() if name != "findings_from_cache"}
    return json.dumps({**data, "provenance": provenance}, ensure_ascii=False)


def strict(folder: Path) -> Standard:
    path = folder / "strict.yaml"
    path.write_text("extends: telesales-cn\nid: strict\nversion: 2.0.0\nscoring: {gate: 0.9}\n", "utf-8")
    return load_standard(str(path))


def test_rescoring_by_another_standard_says_what_a_fresh_scoring_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = judged(load_standard()), strict(tmp_path)
    assert first["provenance"]["findings_from_cache"] is False
    assert {"pii", "hard_sell"} <= {each["kind"] for each in first["findings"]}
    fresh = judged(other, cache=False)
    monkeypatch.setattr(known_findings, "analyse", lambda *_, **__: pytest.fail("analysed again"))
    again = judged(other)
    assert again["provenance"]["findings_from_cache"] is True
    assert without_origin(again) == without_origin(fresh)
    assert again["score"] != first["score"]
    assert without_origin(judged(load_standard())) == without_origin(first)


def test_a_standard_s_own_wordings_are_looked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(load_standard())
    monkeypatch.setattr(known_findings, "analyse", lambda *_, **__: pytest.fail("analysed again"))
    verdicts = [
        judged(standard_with({"say": {"terms": [term]}}))["score"]["criteria"][1]["verdict"]
        for term in ("最后一天", "明年再说")
    ]
    assert verdicts == ["pass", "fail"]


def key(said: Said = SAID, profile: Profile = EMPTY, keep: tuple[str, ...] = ()) -> str:
    return findings_key(said, profile, keep)


def test_the_same_call_has_the_same_key() -> None:
    again = make_result()
    assert key() == key(Said(again.transcript, again.sound, again.call), Profile())


@pytest.mark.parametrize(
    "changed",
    [
        {"company": "华信"}, {"departments": ["销售部"]}, {"agents": [{"id": "A01", "names": ["李明"]}]},
        {"products": [{"name": "宽带", "facts": ["每月 199 元"]}]}, {"competitors": ["远通"]},
        {"jargon": [{"term": "CPM", "plain": "千人成本"}]}, {"call_length_s": {"default": [30, 600]}},
        {"line_reference_lufs": -23}, {"compliance": {"notice": [{"name": "录音", "phrases": ["本次通话录音"]}]}},
        {"calling_hours": {"time_zone": "Europe/Berlin"}},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_each_part_of_the_profile_is_in_the_key(changed: dict[str, Any]) -> None:
    assert key(profile=Profile.model_validate(changed)) != key()


def _turn(**changes: Any) -> Said:
    turns = (replace(SAID.transcript.turns[0], **changes), *SAID.transcript.turns[1:])
    return replace(SAID, transcript=replace(SAID.transcript, turns=turns))


def _word(**changes: Any) -> Said:
    words = SAID.transcript.turns[0].words
    return _turn(words=(replace(words[0], **changes), *words[1:]))


def _side(**changes: Any) -> Said:
    assert SAID.sound is not None
    sides = {**SAID.sound.sides, "agent": replace(SAID.sound.sides["agent"], **changes)}
    return replace(SAID, sound=replace(SAID.sound, sides=sides))


@pytest.mark.parametrize(
    "changed",
    [
        lambda: _turn(text="您好。"), lambda: _turn(speaker="unknown"), lambda: _turn(end_s=13.5),
        lambda: _word(confidence=0.92), lambda: _word(start_s=6.2000001), lambda: _side(loudness_lufs=-19.0),
        lambda: _side(curve_lufs=()), lambda: replace(SAID, sound=None),
        lambda: replace(SAID, transcript=replace(SAID.transcript, role_confidence=0.7)),
        *(
            lambda name=name, value=value: replace(SAID, record=replace(SAID.record, **{name: value}))
            for name, value in {
                "agent_name": "李", "customer_id": "C78", "direction": "inbound", "campaign": "宽带",
                "ring_count": 3, "notes": "有意向", "outcome": "成交", "extra": {"x": "y"},
                "started_at": datetime(2024, 5, 6, 9, 31, 21, tzinfo=UTC),
            }.items()
        ),
    ],
)  # fmt: skip
def test_all_that_was_heard_and_the_call_list_are_in_the_key(changed: Callable[[], Said]) -> None:
    assert key(changed()) != key()


def test_code_packages_and_kept_names_are_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {key(), key(keep=("李明",))}
    for name in ("_code_digest", "_packages"):
        with monkeypatch.context() as patch:
            patch.setattr(known_findings, name, lambda: "newer")
            keys.add(key())
    assert len(keys) == 4


def test_an_installed_release_and_its_number_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = known_findings._packages.__wrapped__
    before = plain()
    assert any(name.startswith("numpy-") for name in before)
    (tmp_path / "words-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert set(plain()) - set(before) == {"words-1.0.dist-info"}


def test_rules_lexicons_and_weights_are_in_the_digest_of_the_code(tmp_path: Path) -> None:
    seen = {digest_of_tree(tmp_path)}
    files = ("process.py", "lexicons/zh/refusal.yaml", "lexicons/zh/acts.agent.npz", "privacy/tagger.zh.npz")
    for count, name in enumerate(files, 2):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a")
        seen.add(digest_of_tree(tmp_path))
        assert len(seen) == count
    path.write_text("b")
    seen.add(digest_of_tree(tmp_path))
    path.rename(path.with_name("tagger.en.npz"))
    seen.add(digest_of_tree(tmp_path))
    assert len(seen) == len(files) + 3
    apart = tmp_path / "standards" / "telesales-cn.yaml"
    apart.parent.mkdir()
    apart.write_text("version: 2")
    assert digest_of_tree(tmp_path) in seen


def test_nothing_that_finds_imports_a_package_apart() -> None:
    by_name = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES}
    by_name = {name.removesuffix(".__init__"): path for name, path in by_name.items()}
    seen: set[str] = set()
    # what detectors import by their names, and the rest from here
    waiting = {name for name in by_name if name.startswith(("pipeline.analysis.", "pipeline.privacy."))}
    waiting.add("pipeline.known_findings")
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting |= (imported(by_name[name]) & by_name.keys()) - seen
    assert "pipeline.lexicons" in seen
    assert not {name for name in seen if name.split(".")[1:2] and name.split(".")[1] in known_findings._APART}


FOUND = Found(
    SAID.transcript,
    Analysis(
        (
            Finding("pii", 0, "agent", 1.1, None, "[电话]", 1 / 3, {"kind": "phone", "n": 2}, at=4),
            Finding("acme", None, "unknown", None, None, None, 0.5, {"a": (1, (2.5, None)), "b": [True, {"c": ""}]}),
        ),
        {
            "b": Measure("b", 3, "s", "made"),
            "a": Measure("a", None, "", "made", Reason("mono", "单声道", "mono")),
        },
        Outcome("call_back", 0.82, "周三", None),
    ),
)  # fmt: skip


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Said]:
    asked: list[Said] = []
    monkeypatch.setattr(known_findings, "_found", lambda said, *_: (asked.append(said), FOUND)[1])
    return asked


def found() -> Found:
    return find(SAID, EMPTY, (), audio_sha256=AUDIO)


def test_it_comes_back_as_it_was_types_and_order_too(counted: list[Said]) -> None:
    assert found() is FOUND
    again = found()
    assert again.from_cache
    assert repr(replace(again, from_cache=False)) == repr(FOUND)
    assert again.analysis.findings[0].at == 4
    assert len(counted) == 1


def test_what_json_would_change_is_not_kept(counted: list[Said], monkeypatch: pytest.MonkeyPatch) -> None:
    class Text(str):
        __slots__ = ()

    for value in (Text("a"), {1: "a"}, {"a"}, datetime(2024, 5, 6, tzinfo=UTC)):
        odd = replace(FOUND.analysis.findings[0], detail={"value": value})
        changed = replace(FOUND, analysis=replace(FOUND.analysis, findings=(odd,)))
        monkeypatch.setattr(known_findings, "_found", lambda *_, changed=changed: changed)
        assert found() is changed
        assert found() is changed


def test_without_a_digest_or_with_a_detector_of_another_package_nothing_is_kept(
    counted: list[Said], own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(SAID, EMPTY, ())
    monkeypatch.setattr(known_findings, "added", lambda: ("one",))
    found()
    found()
    assert len(counted) == 3
    assert not list(own_cache.rglob("*.json"))


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"key": "another"}', '{"key": "KEY"}', '{"key": "KEY", "transcript": {"Path": ["/"]}}',
     '{"key": "KEY", "transcript": {}, "findings": [], "measures": 3, "outcome": null}'],
)  # fmt: skip
def test_a_damaged_entry_is_told_and_made_again(
    content: str, counted: list[Said], own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found()
    (entry,) = own_cache.rglob("*.json")
    entry.write_text(content.replace("KEY", key()), encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert found() is FOUND
    assert "analysing again" in caplog.text
    assert len(counted) == 2
    assert found().from_cache


@pytest.mark.parametrize("damage", ["nan", "turns", "turn", "span"])
def test_what_another_call_or_none_could_have_said_is_found_anew(
    damage: str, counted: list[Said], own_cache: Path
) -> None:
    found()
    (entry,) = own_cache.rglob("*.json")
    kept = json.loads(entry.read_text(encoding="utf-8"))
    (transcript,) = kept["transcript"].values()
    turns = next(one for one in transcript if isinstance(one, list) and one and "Turn" in one[0])
    first = {"Finding": ["company", 0, "agent", 0.5, 1.0, "x", 0.9, {"dict": {}}, "", None, None]}
    first["Finding"] = first["Finding"][: len(known_findings._fields("Finding"))]
    if damage == "turns":
        turns.pop()
    elif damage == "nan":
        turns[0]["Turn"][known_findings._fields("Turn").index("start_s")] = float("nan")
    elif damage == "turn":
        kept["findings"].append({"Finding": [*first["Finding"][:1], 99, *first["Finding"][2:]]})
    else:
        kept["findings"].append({"Finding": [*first["Finding"][:3], 9.0, 1.0, *first["Finding"][5:]]})
    entry.write_text(json.dumps(kept), encoding="utf-8")
    assert found() is FOUND and len(counted) == 2
    assert found().from_cache


def test_entries_are_their_owner_s_and_encrypted_where_there_is_a_key(
    counted: list[Said], own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_KEY", "A" * 43 + "=")
    found()
    (entry,) = own_cache.rglob("*.json")
    assert (entry.stat().st_mode & 0o077, entry.parent.stat().st_mode & 0o077) == (0, 0)
    assert "华信传媒".encode() not in entry.read_bytes()
    assert found().from_cache
    monkeypatch.setenv("CALLGAUGE_KEY", "B" * 43 + "=")
    assert not found().from_cache


def test_it_is_forgotten_and_grows_old_with_the_recording_s_words(
    counted: list[Said], own_cache: Path
) -> None:
    found()
    find(SAID, EMPTY, (), audio_sha256="cd" * 32)
    assert cached.forget(AUDIO) == 1
    (left,) = own_cache.rglob("*.json")
    assert left.name.startswith("cd" * 32)
    old = datetime.now(UTC) + timedelta(days=40)
    assert (cached.prune(30, now=old, dry_run=True), cached.prune(50, now=old)) == (1, 0)
    assert cached.prune(30, now=old) == 1
    assert not list(own_cache.rglob("*.json"))


def test_half_a_surrogate_in_a_delivered_text_breaks_nothing(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = replace(FOUND, transcript=_turn(text="好\ud83d").transcript)
    monkeypatch.setattr(known_findings, "_found", lambda *_: odd)
    found()
    assert found() == replace(odd, from_cache=True)
