"""Every parser and the decoder's boundary fed with noise and with broken copies of good files (``seeds/``).

A parser may take what it is given or refuse it in words; anything else it raises is a bug. The short run is part of
the suite. The long one, an hour or so, before a release or after a change to a parser:

    CALLGAUGE_FUZZ=20000 python -m pytest tests/test_fuzz.py -q -p no:cacheprovider

A failing example is kept in ``.hypothesis/`` and tried first next time; add it to ``seeds/`` when it is mended.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from factories import make_transcript
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.audio.decode import DecodeLimits, load
from pipeline.calls import parse_call_list
from pipeline.config import parse_yaml
from pipeline.delivered import BadLine, parse_call, read_transcripts
from pipeline.errors import ConfigError, RecordingError
from pipeline.privacy.masking import mask
from pipeline.profile import load_profile
from pipeline.review.sound import range_of
from pipeline.sealing import SealError, keys_from, seal, unseal
from pipeline.standards import check_standard
from pipeline.store.retention import load_retention

SEEDS = Path(__file__).parent / "seeds"
EXAMPLES = int(os.environ.get("CALLGAUGE_FUZZ", "60"))
short = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def seeds(pattern: str) -> list[bytes]:
    """Good files to break."""
    found = [path.read_bytes() for path in sorted(SEEDS.glob(pattern))]
    if pattern == "*.yaml":
        found.append((Path(__file__).parents[1] / "pipeline/standards/telesales-cn.yaml").read_bytes())
    assert found, f"no seeds like {pattern}"
    return found


@st.composite
def broken(draw: st.DrawFn, pattern: str) -> bytes:
    """A seed with bytes changed, left out, doubled or put in."""
    data = bytearray(draw(st.sampled_from(seeds(pattern))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(1, 40))
        match draw(st.sampled_from("cdpxh")):
            case "c":
                data[at : at + size] = draw(st.binary(min_size=size, max_size=size))
            case "d":
                del data[at : at + size]
            case "p":
                data[at:at] = data[at : at + size] * draw(st.integers(1, 50))
            case "x":
                data[at:at] = draw(
                    st.sampled_from(
                        [b"\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\n", b'"', b"&a *a", b"[" * 90]
                    )
                )
            case "h":
                data = data[:at]
    return bytes(data)


@short
@given(broken("*.csv"))
def test_call_list(raw: bytes) -> None:
    _call_list(raw, lines=False)


@short
@given(st.binary(max_size=300))
def test_call_list_of_noise(raw: bytes) -> None:
    _call_list(raw, lines=False)
    _call_list(raw, lines=True)


def _call_list(raw: bytes, *, lines: bool) -> None:
    try:
        read = parse_call_list(raw, name="calls", lines=lines)
    except ConfigError as refused:
        assert refused.mistakes
        return
    assert all(record.file for record in read.records)


@short
@given(broken("*.yaml"))
def test_profiles_and_standards(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(raw)
    for read in (load_profile, load_retention):
        try:
            read(path)
        except ConfigError as refused:
            assert all(str(path) in mistake for mistake in refused.mistakes)
    assert isinstance(list(check_standard(str(path))), list)


SEALED = seal(bytes(range(256)) * 300, keys_from({"CALLGAUGE_KEY": "A" * 43 + "="}))


@short
@given(st.binary(max_size=100) | st.integers(0, len(SEALED)).map(lambda at: SEALED[:at]))
def test_sealed_files(raw: bytes) -> None:
    keys = keys_from({"CALLGAUGE_KEY": "A" * 43 + "="})
    try:
        assert unseal(raw, keys) == unseal(SEALED, keys)
    except SealError:
        assert raw != SEALED


@short
@given(st.text("bytes=-,0123456789 ", max_size=40), st.integers(0, 1000))
def test_ranges_of_a_sound(asked: str, size: int) -> None:
    found = range_of(asked, size)
    if found is not None:
        start, end = found
        assert end <= size
        assert start >= 0


@short
@given(st.text(max_size=200))
def test_yaml_of_noise(text: str) -> None:
    try:
        parse_yaml(text, name="x.yaml")
    except ConfigError as refused:
        assert refused.mistakes


@short
@given(broken("*.jsonl"))
def test_transcripts(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(raw)
    for _, line in read_transcripts(path):
        if not isinstance(line, BadLine):
            text, findings = mask(line.transcript)
            assert len(text.turns) == len(line.transcript.turns)
            assert all(finding.kind == "pii" for finding in findings)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)


@short
@given(
    st.dictionaries(
        st.sampled_from(
            ["call_id", "turns", "language", "started_at", "ring_count", "agent_channel", "file"]
        ),
        _json,
    )
)
def test_any_object_is_a_call_or_a_mistake(data: dict[str, object]) -> None:
    try:
        parse_call(data)
    except ValueError as refused:
        assert str(refused)


@settings(short, max_examples=max(20, EXAMPLES // 2))
@given(broken("sound.*"))
def test_decoder(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(raw)
    try:
        recording, channels = load(path, limits=DecodeLimits(longest_s=120))
    except RecordingError as refused:
        assert refused.code in (
            "empty", "truncated", "not_audio", "too_many_channels", "damaged", "unreadable", "missing", "too_long",
        )  # fmt: skip
        return
    assert channels.count in (1, 2)
    assert recording.duration_s <= 121


@short
@given(st.lists(st.tuples(st.sampled_from(["agent", "customer", "unknown"]), st.text(
    alphabet=st.sampled_from("零一三八幺1389 ,，.@点at\n\f号楼路王我叫姓是 my name is Mr four double oh-x("), max_size=60)),
    min_size=1, max_size=5), st.sampled_from(["zh", "en"]))  # fmt: skip
def test_masking(turns: list[tuple[str, str]], language: str) -> None:
    said = make_transcript(*turns, language=language)  # type: ignore[arg-type]
    text, findings = mask(said)
    assert [turn.speaker for turn in text.turns] == [turn.speaker for turn in said.turns]
    assert all(0 <= (finding.turn or 0) < len(turns) for finding in findings)
    json.dumps([turn.text for turn in text.turns])


@pytest.mark.parametrize("pattern", ["*.csv", "*.yaml", "*.jsonl", "sound.*"])
def test_the_seeds_themselves_are_good(tmp_path: Path, pattern: str) -> None:
    for path in SEEDS.glob(pattern):
        match path.suffix:
            case ".csv":
                assert parse_call_list(path.read_bytes(), name=path.name).mistakes == ()
            case ".yaml":
                assert parse_yaml(path.read_text(encoding="utf-8"), name=path.name).data
            case ".jsonl":
                assert not any(isinstance(line, BadLine) for _, line in read_transcripts(path))
            case _:
                assert load(path)[1].duration_s > 0.2
