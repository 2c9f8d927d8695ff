"""One stored call judged again, in whatever process: nothing is heard anew, and nothing here touches the database.

What the caches hold of the recording, by its digest, is taken first: then every detector runs as on the first night.
Where they hold nothing, the call is judged by what the store keeps of it: its masked words, and the findings and
measures of the night that heard it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import CallgaugeError
from pipeline.intervals import Span
from pipeline.nightly.evidence import evidence_from
from pipeline.nightly.work import Places, Setup, json_bytes, judged_of
from pipeline.process import HeardCall, Job, Workplace, hear_known, judge_call
from pipeline.provenance import judged_by
from pipeline.reports.audio_copy import BLENDED, write_copy
from pipeline.reports.call_json import to_json
from pipeline.reports.originals import SCHEMA
from pipeline.sealing import BrokenSealError
from pipeline.settings import Language
from pipeline.speech import Recogniser, default_recogniser
from pipeline.standards import score
from pipeline.store.files import FileArea, Kept
from pipeline.store.keep import Basis, Judged
from pipeline.types import CallRecord, CallResult, Recording

Source = Literal["cache", "store"]


class GoneError(CallgaugeError):
    """Neither the caches nor the store hold enough to judge the call again; ``code`` is `words_gone`."""

    code = "words_gone"


class NotKnownError(CallgaugeError):
    """The words of this recording are in no cache."""


@dataclass(frozen=True, slots=True)
class Again:
    """One call to be judged again.

    Attributes
    ----------
    path
        Where the recording lay; it need not be there any more.
    night
        The one that the call came in: its alerts stay there.
    language
        What the night that heard it was told of the calls' language.
    keeps_words
        Whether that score has masked words in the store, there or lost; else the new one gets none either.
    same_basis
        Whether standard, recording and row of the call list are those of the score that is there.
    kept
        Files of that score by kind, as far as they are there.
    """

    path: Path
    record: CallRecord
    basis: Basis
    night: date
    language: Language
    same_basis: bool
    keeps_words: bool
    kept: Mapping[str, Kept]
    suppressed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to. ``judged`` is None where the score would be the same in every point."""

    source: Source
    judged: Judged | None


class KnownWords:
    """Stands for a speech engine whose words are in the cache; asked to listen, it refuses."""

    def __init__(self, make: Callable[[], Recogniser]) -> None:
        self._engine = make()

    def describe(self) -> Mapping[str, str | int | float | None]:
        """The engine's own: it is part of the cache's key."""
        return self._engine.describe()

    def transcribe(self, *_: Any, **__: Any) -> Any:
        """Refuse. Raises NotKnownError."""
        raise NotKnownError("the words of this recording are in no cache")


def without_ears(workplace: Workplace) -> Workplace:
    """The same workplace, in which nobody listens to a recording anew."""
    make = workplace.make_recogniser or partial(default_recogniser, workplace.settings.whisper)
    return replace(workplace, make_recogniser=partial(KnownWords, make))


class Desk:
    """Judges stored calls again, one at a time; ``write`` False leaves the file area as it is."""

    def __init__(self, setup: Setup, *, write: bool = True) -> None:
        self._area = FileArea(setup.files)
        self._places = Places(setup)
        self._write = write

    def judge(self, again: Again) -> Answer:
        """The call's new score with its files written. Raises GoneError where too little is left of it."""
        old = self._read(again, "result")
        place = self._place(again)
        heard = _heard(again, old, place)
        source: Source = "store" if heard is None else "cache"
        words = None
        if heard is None:
            result, data = self._from_store(again, old, place)
        else:
            result = judge_call(heard, _job(again), place)
            data = to_json(result)
            words = {"schema": SCHEMA, **data["transcript"]}
        data = json.loads(json_bytes({**data, "transcript": None}))
        if again.same_basis and old is not None and _said_alike(again, words) and _core(data) == _core(old):
            return Answer(source, None)
        files = self._files(again, old, data, words) if self._write else ()
        assert result.recording is not None  # noqa: S101 - stored calls have one
        return Answer(source, judged_of(result, result.recording, files, {}))

    def _place(self, again: Again) -> Workplace:
        place = self._places.of(again.basis.standard_sha256)
        if place.settings.language == again.language:
            return place
        other = replace(place, settings=replace(place.settings, language=again.language))
        other.__dict__["recogniser"] = place.recogniser
        return other

    def _read(self, again: Again, kind: str) -> dict[str, Any] | None:
        kept = again.kept.get(kind)
        try:
            return None if kept is None else json.loads(self._area.read(kept.sha256, kind))
        except (FileNotFoundError, BrokenSealError, ValueError):
            return None  # damaged: `store check` says so, here it is as good as gone

    def _from_store(
        self, again: Again, old: dict[str, Any] | None, place: Workplace
    ) -> tuple[CallResult, dict[str, Any]]:
        words = self._read(again, "transcript")
        if old is None or words is None or old["recording"] is None:
            raise GoneError("neither a cache nor the store holds its words and findings")
        evidence = evidence_from(
            old, words, record=again.record, profile=place.profile, suppressed_since=again.suppressed_since
        )
        judged, findings = score(evidence, place.standard)
        known = old["provenance"]  # the lexicons and the code are those that found what is judged here
        by = {name: value for name, value in judged_by(place.standard).items() if name.startswith("standard")}
        result = CallResult(
            again.record, Recording(path=again.path, **old["recording"]), {**known, **by}, evidence.transcript,
            evidence.sound, evidence.measures, findings, judged, evidence.outcome,
        )  # fmt: skip
        data = to_json(result)
        return result, {**data, **{name: old[name] for name in ("recording", "sound", "measures")}}

    def _files(
        self, again: Again, old: dict[str, Any] | None, data: dict[str, Any], words: dict[str, Any] | None
    ) -> tuple[Kept, ...]:
        """The new result and its words; what was kept besides stays, as far as it is there."""
        kept = {**again.kept, "result": self._area.put(json_bytes(data), "result")}
        if words is not None and again.keeps_words:
            kept["transcript"] = self._area.put(json_bytes(words), "transcript")
        sound = kept.pop("audio", None)
        if sound is not None and self._area.locate(sound.sha256, "audio") is not None:
            said = self._read(again, "transcript")
            hidden = _hidden(data, words if words is not None else said)
            kept["audio"] = self._copy(sound, hidden=hidden, before=_hidden(old, said))
        return tuple(kept.values())

    def _copy(self, kept: Kept, *, hidden: Sequence[Span], before: Sequence[Span]) -> Kept:
        """The copy to listen to; where more must be masked than before, one made from it that masks that too."""
        if set(hidden) <= set(before):
            return kept
        with tempfile.TemporaryDirectory(prefix="callgauge-") as folder:
            source = Path(folder, "before")
            self._area.copy_out(kept.sha256, "audio", source)
            copy = write_copy(source, Path(folder, "copy.flac"), mask=hidden, settings=BLENDED)
            return self._area.take(copy, "audio")


def _heard(again: Again, old: dict[str, Any] | None, place: Workplace) -> HeardCall | None:
    """What the caches hold of the call; None where that isn't all of it, or its words were delivered and lie in the store."""
    engine = (old or {}).get("provenance", {}).get("recogniser") or {}
    if engine.get("engine") == "delivered":
        return None
    try:
        return hear_known(_job(again), again.basis.recording_sha256, place)
    except (
        CallgaugeError,
        OSError,
    ):  # words in no cache, or a sound that would have to be decoded and is gone
        return None


def _job(again: Again) -> Job:
    return Job(again.path, again.record, again.suppressed_since)


def _said_alike(again: Again, words: dict[str, Any] | None) -> bool:
    """Whether the masked words are those that are kept."""
    if words is None or "transcript" not in again.kept:
        return True
    return hashlib.sha256(json_bytes(words)).hexdigest() == again.kept["transcript"].sha256


def _core(data: Mapping[str, Any]) -> dict[str, Any]:
    """All that a result says, without where it comes from; of reasons the codes, since the store rounds figures in sentences."""
    said = {name: value for name, value in data.items() if name not in ("provenance", "transcript")}
    criteria = [{**each, "reason": each["reason"]["code"]} for each in data["score"]["criteria"]]
    return {**said, "score": {**data["score"], "criteria": criteria}}


def _hidden(data: Mapping[str, Any] | None, words: Mapping[str, Any] | None) -> list[Span]:
    """Where personal data is said, or may be in speech without words."""
    found = [] if data is None else data["findings"]
    covered = [] if words is None else words.get("covered", ())  # not in results of earlier versions
    return [Span(each["start_s"], each["end_s"]) for each in covered] + [
        Span(each["start_s"], each["end_s"])
        for each in found
        if each["kind"] == "pii" and each["start_s"] is not None and each["start_s"] <= each["end_s"]
    ]
