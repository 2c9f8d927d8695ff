"""What `--keep original` and `--keep both` leave beside the report: a call's own sound and its words, unmasked."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.audio.probe import digest_of
from pipeline.call_names import safe_name
from pipeline.errors import RecordingError
from pipeline.reports.call_json import to_json
from pipeline.reports.files import atomic_path, remove_left_over, write_atomic
from pipeline.settings import Keep
from pipeline.types import CallResult, Transcript

FOLDER = "originals"
SCHEMA = "callgauge/transcript/1"


def words_json(result: CallResult, words: Transcript) -> dict[str, Any]:
    """A call's unmasked words as plain JSON data.

    It says so itself: where nothing had to be masked, the same words would else be the same file as the masked ones, and go
    when those go.
    """
    return {"schema": SCHEMA, "masked": False, **to_json(replace(result, transcript=words))["transcript"]}


def without_words(result: CallResult) -> CallResult:
    """A result whose words are kept elsewhere; what findings quote of them is masked and stays."""
    return replace(result, transcript=replace(result.transcript, turns=()))


def keep_original(result: CallResult, words: Transcript, out: Path, *, keep: Keep) -> None:
    """Write ``originals/<call_id>.json`` and the recording beside it; ``masked`` takes an earlier run's away."""
    folder, name = out / FOLDER, safe_name(result.call.call_id)
    source = result.recording.path if result.recording else None
    remove_left_over(folder, name)  # half or whole, it is unmasked
    if keep == "masked":
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.stem == name:
                path.unlink()
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(words_json(result, words), ensure_ascii=False, indent=1) + "\n"
    write_atomic(folder / f"{name}.json", text)
    if source is not None:
        ending = source.suffix.lower() if re.fullmatch(r"\.[a-z0-9]{1,5}", source.suffix.lower()) else ".bin"
        with atomic_path(folder / f"{name}{ending}") as beside:
            shutil.copyfile(source, beside)
            if result.recording is not None and digest_of(beside) != result.recording.sha256:
                raise RecordingError(f"{result.call.file} has changed since it was heard", code="unreadable")
