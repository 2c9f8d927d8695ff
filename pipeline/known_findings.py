"""What words and sound of a call say before any standard: masked text, findings, figures, outcome, kept between runs.

Another standard changes none of it, so a rescoring takes it from the cache and asks the standard alone. The key is a digest
of all that it depends on: words, sound, row of the call list, profile, our code with its data, the installed packages.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import models
import pipeline
from pipeline.analysis import Analysis, analyse
from pipeline.analysis.detect import added
from pipeline.cached import FINDINGS
from pipeline.intervals import hold_times
from pipeline.privacy.masking import mask
from pipeline.privacy.own import own_names
from pipeline.profile import Profile
from pipeline.types import (
    CallRecord,
    Dropped,
    Finding,
    Measure,
    Outcome,
    Reason,
    Sound,
    Span,
    Transcript,
    Turn,
    Unheard,
    Word,
)

# raised whenever the form of an entry changes
_FORMAT = 1
_APART = frozenset({"commands", "nightly", "reports", "review", "standards", "store"})
"""Packages of ours that nothing here imports (a test holds that): what they say changes no finding."""
_KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (Dropped, Finding, Measure, Outcome, Reason, Span, Transcript, Turn, Unheard, Word)
}


@dataclass(frozen=True, slots=True)
class Found:
    """A call's masked transcript and all that was heard in it, before anybody judges it."""

    transcript: Transcript
    analysis: Analysis
    from_cache: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """All of a call that findings depend on, beside the company's profile."""

    transcript: Transcript
    sound: Sound | None
    record: CallRecord


class NotPlainError(TypeError):
    """A value that would not come back from JSON as it is."""


def find(said: Said, profile: Profile, keep: tuple[str, ...], *, audio_sha256: str | None = None) -> Found:
    """Mask and analyse a call, or take what an earlier run found in the same.

    Parameters
    ----------
    keep
        Names that stay readable, from the profile.
    audio_sha256
        Digest of the recording; None leaves the cache alone. So do detectors of other packages: what they depend on
        isn't known.
    """
    if audio_sha256 is None or added():
        return _found(said, profile, keep)
    key = findings_key(said, profile, keep)
    known = FINDINGS.load(key, audio_sha256, functools.partial(_from_entry, said=said.transcript))
    if known is not None:
        return known
    found = _found(said, profile, keep)
    entry = _entry(found)
    if entry is not None:
        FINDINGS.store(key, audio_sha256, entry)
    return found


def findings_key(said: Said, profile: Profile, keep: tuple[str, ...]) -> str:
    """Key of what is found in a call: a SHA-256 over everything that it depends on."""
    depends = (_FORMAT, _code_digest(), _packages(), profile.model_dump_json(), keep, said)
    # frozen records tell every field in their repr, floats to the last bit
    return hashlib.sha256(repr(depends).encode()).hexdigest()


def _found(said: Said, profile: Profile, keep: tuple[str, ...]) -> Found:
    own = own_names(said.transcript, profile, said.record)
    transcript, personal = mask(said.transcript, keep=keep, own=own)
    heard = analyse(transcript, said.sound, record=said.record, profile=profile, prior=personal)
    return Found(transcript, heard)


@functools.cache
def _fields(kind: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(_KINDS[kind]))


@functools.cache
def _code_digest() -> str:
    """Of our code and its data (rules, lexicons, weights), but for the packages apart, and of Python itself."""
    roots = (Path(package.__path__[0]) for package in (pipeline, models))
    return hashlib.sha256(f"{sys.version} {' '.join(map(digest_of_tree, roots))}".encode()).hexdigest()


def digest_of_tree(root: Path) -> str:
    """Of a package's files by name and content, without those apart."""
    digest = hashlib.sha256()
    for path in _files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root)} {content}\n".encode())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        if path.is_dir() and path.name not in _APART and path.name != "__pycache__":
            yield from _files(path)
        elif path.is_file():
            yield path


@functools.cache
def _packages() -> tuple[str, ...]:
    """Name and version of what is installed, as its folders say: models come in packages too."""
    forms = ("*.dist-info", "*.egg-info")
    found = {path.name for place in sys.path if place for form in forms for path in Path(place).glob(form)}
    return tuple(sorted(found))


def _entry(found: Found) -> dict[str, Any] | None:
    """What is kept; None where it would not come back exactly as it is."""
    heard = found.analysis
    try:
        return {
            "transcript": _packed(found.transcript),
            "findings": _packed(heard.findings),
            "measures": _packed(tuple(heard.measures.items())),
            "outcome": _packed(heard.outcome),
        }
    except NotPlainError:
        return None


def _from_entry(raw: Mapping[str, Any], *, said: Transcript) -> Found:
    heard = Analysis(_unpacked(raw["findings"]), dict(_unpacked(raw["measures"])), _unpacked(raw["outcome"]))
    masked = _unpacked(raw["transcript"])
    if list(map(_place, masked.turns)) != list(map(_place, said.turns)):
        raise ValueError("it tells of other turns than were heard")
    for each in heard.findings:
        hold_times([(each.start_s, each.end_s)])
        if each.turn is not None and not 0 <= each.turn < len(masked.turns):
            raise ValueError(f"turn {each.turn} is none of the call's")
    return Found(masked, heard, from_cache=True)


def _place(turn: Turn) -> tuple[str, float | None, float | None]:
    """What masking leaves of a turn."""
    return turn.speaker, turn.start_s, turn.end_s


def _packed(value: Any) -> Any:
    """Plain JSON from which `_unpacked` makes the same value, of the same types; a tuple is an array."""
    kind = type(value)
    if value is None or kind in (str, int, float, bool):
        return value
    if kind is tuple:
        return [_packed(inner) for inner in value]
    if kind is list:
        return {"list": [_packed(inner) for inner in value]}
    if kind is dict and all(type(key) is str for key in value):
        return {"dict": {key: _packed(inner) for key, inner in value.items()}}
    if _KINDS.get(kind.__name__) is kind:
        return {kind.__name__: [_packed(getattr(value, name)) for name in _fields(kind.__name__)]}
    raise NotPlainError(kind.__name__)


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_unpacked(inner) for inner in value)
    if not isinstance(value, dict):
        return value
    ((name, inner),) = value.items()
    if name == "list":
        return [_unpacked(one) for one in inner]
    if name == "dict":
        return {key: _unpacked(one) for key, one in inner.items()}
    return _KINDS[name](*(_unpacked(one) for one in inner))
