"""Which learned models there are, where they lie, and whether they are whole.

The list itself is data (``registry.yaml``). Whisper base comes in two wheels, the English network as a zip in five: both are
joined once into the per-user cache (``CALLGAUGE_MODELS``, else ``models`` in `cache_dir`). All others are used where their
wheel put them. Any other faster-whisper model is named by its folder or its hub name, in ``CALLGAUGE_WHISPER`` or a setting.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from models import joined
from models.hub import hub_path
from models.records import expect_listed, recorded
from pipeline.errors import ModelError

WHISPER_BASE = "whisper-base"
_DATA = Path(__file__).with_name("registry.yaml")


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file inside an installed package; ``sha256`` is empty where the whole is checked after joining."""

    package: str
    path: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the registry; ``file`` is relative to its package, or the joined file's name.

    ``archive``: the parts make a zip, in this folder of which ``file`` and those beside it lie.
    """

    name: str
    kind: str
    title: str
    source: str
    revision: str
    sha256: str
    size_bytes: int
    licence: str
    languages: tuple[str, ...]
    file: str
    install: str
    package: str | None = None
    parts: tuple[PackagedFile, ...] = ()
    beside: tuple[PackagedFile, ...] = ()
    archive: str | None = None
    optional: bool = False
    other_versions: bool = False


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What ``callgauge doctor`` shows of one model.

    Attributes
    ----------
    path
        The file, or for Whisper the folder that holds ``model.bin``; None where it wasn't found.
    sha256
        Digest of what lies there (computed), else the digest that the registry expects.
    found
        Whether it is there and whole.
    message, command
        What is wrong and the command that mends it; empty when nothing is.
    """

    name: str
    kind: str
    title: str
    source: str
    revision: str
    licence: str
    languages: tuple[str, ...]
    sha256: str
    path: str | None
    found: bool
    optional: bool
    message: str = ""
    command: str = ""


@cache
def entries() -> Mapping[str, ModelEntry]:
    """All entries of the registry by name."""
    import yaml

    raw = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return {name: _entry(name, fields) for name, fields in raw.items()}


def cache_dir() -> Path:
    """Per-user folder for joined models and transcripts: ``CALLGAUGE_CACHE``, else the platform's own."""
    chosen = os.environ.get("CALLGAUGE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("callgauge", appauthor=False))


def models_dir() -> Path:
    """Folder for joined models: ``CALLGAUGE_MODELS`` – where the cache is shared between machines, a disk of one's own reads
    faster – else in `cache_dir`."""
    chosen = os.environ.get("CALLGAUGE_MODELS")
    return Path(chosen).expanduser() if chosen else cache_dir() / "models"


def chosen_whisper(name: str | None = None) -> str:
    """The model that a setting names, else ``CALLGAUGE_WHISPER``, else the packaged one, in any letter case."""
    chosen = (name or os.environ.get("CALLGAUGE_WHISPER") or "").strip() or WHISPER_BASE
    return WHISPER_BASE if chosen.lower() in (WHISPER_BASE, "base") else chosen


def whisper_path(name: str | None = None) -> Path:
    """Folder of the Whisper model to use; it holds ``model.bin``.

    Parameters
    ----------
    name
        As `chosen_whisper` takes it: a folder, a name that faster-whisper knows (``small`` …) or a hub name (``owner/model``).

    Raises
    ------
    ModelError
        Missing or damaged; the message holds the command that mends it.
    """
    chosen = chosen_whisper(name)
    if chosen == WHISPER_BASE:
        return _joined_path(entries()[WHISPER_BASE])
    folder = Path(chosen).expanduser()
    if folder.is_dir():
        if not (folder / "model.bin").is_file():
            raise ModelError(
                f"{folder} holds no model.bin; a Whisper model in CTranslate2 form is expected. Make one with: "
                f"ct2-transformers-converter --model openai/whisper-small --output_dir {folder}"
            )
        return expect_listed(folder)
    return expect_listed(hub_path(chosen))


def joined_path(name: str) -> Path:
    """Folder of a model that comes in parts, joined when it isn't yet. Raises ModelError where it is missing or damaged."""
    return _joined_path(entries()[name])


def whisper_digest(folder: Path) -> str:
    """SHA-256 of a Whisper folder's ``model.bin``; computed once unless the registry knows it."""
    entry = entries()[WHISPER_BASE]
    if folder == _joined_folder(entry):
        return entry.sha256
    return joined.digest_once(folder / "model.bin")


def status(*, whisper: str | None = None, full: bool = True) -> list[ModelStatus]:
    """State of all models, for ``callgauge doctor``. Never raises for a missing model.

    ``whisper`` is the setting that :func:`whisper_path` takes. With ``full`` the digest of each file is computed (about
    half a second in all); without, sizes and stamps are compared.
    """
    chosen = chosen_whisper(whisper)
    own = [] if chosen == WHISPER_BASE else [_chosen_status(chosen)]
    return own + [_status(entry, full=full) for entry in entries().values()]


def _entry(name: str, fields: dict[str, Any]) -> ModelEntry:
    changed = {
        "languages": tuple(fields["languages"]),
        "revision": str(fields["revision"]),
        "parts": tuple(PackagedFile(**part) for part in fields.get("parts", ())),
        "beside": tuple(PackagedFile(**part) for part in fields.get("beside", ())),
    }
    return ModelEntry(name=name, **{**fields, **changed})


def package_folder(package: str) -> Path | None:
    """Where an installed package lies, found without importing it; None where it isn't installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def packaged(file: PackagedFile) -> Path | None:
    """Where a file of an installed package lies; None where it doesn't."""
    folder = package_folder(file.package)
    return folder / file.path if folder is not None and (folder / file.path).is_file() else None


def _joined_folder(entry: ModelEntry) -> Path:
    return models_dir() / f"{entry.name}-{entry.sha256[:12]}"


def _fault(entry: ModelEntry, folder: Path) -> str | None:
    beside = [(Path(file.path).name, file.sha256) for file in entry.beside]
    return joined.fault(
        folder, name=entry.file, sha256=entry.sha256, size_bytes=entry.size_bytes, beside=beside
    )


def _joined_path(entry: ModelEntry) -> Path:
    folder = _joined_folder(entry)
    if not folder.exists():
        _join(entry, folder)
    wrong = _fault(entry, folder)
    if wrong:
        raise ModelError(f"{entry.title} is damaged: {wrong}. Mend it with: {joined.mend_command(folder)}")
    return folder


def _join(entry: ModelEntry, folder: Path) -> None:
    needed = (*entry.parts, *(() if entry.archive else entry.beside))
    found = {file: path for file in needed if (path := packaged(file))}
    if len(found) < len(needed):
        lacking = sorted({file.package for file in needed if file not in found})
        raise ModelError(
            f"{entry.title} is missing: nothing usable in {', '.join(lacking)}. Mend it with: {entry.install}"
        )
    parts = [found[part] for part in entry.parts]
    if entry.archive:
        members = [(entry.file, entry.sha256), *((file.path, file.sha256) for file in entry.beside)]
        inside = [(f"{entry.archive}/{name}", digest) for name, digest in members]
        joined.unzip(parts, inside, into=folder, install=entry.install)
        return
    beside = [(found[file], file.sha256) for file in entry.beside]
    joined.join(parts, beside, into=folder, name=entry.file, sha256=entry.sha256, install=entry.install)


def _chosen_status(name: str) -> ModelStatus:
    entry = entries()[WHISPER_BASE]
    try:
        folder = whisper_path(name)
        digest, path, message = whisper_digest(folder), str(folder), ""
    except ModelError as error:
        digest, path, message = "", None, str(error)
    return ModelStatus(
        name="whisper", kind=entry.kind, title=name, source=name, revision="", licence="", languages=(),
        sha256=digest, path=path, found=path is not None, optional=False, message=message,
        command="" if path else "unset CALLGAUGE_WHISPER",
    )  # fmt: skip


def _status(entry: ModelEntry, *, full: bool) -> ModelStatus:
    path, digest, message, command = (
        _joined_state(entry) if entry.parts else _packaged_state(entry, full=full)
    )
    return ModelStatus(
        name=entry.name, kind=entry.kind, title=entry.title, source=entry.source, revision=entry.revision,
        licence=entry.licence, languages=entry.languages, sha256=digest, path=path, found=not command,
        optional=entry.optional, message=message, command=command,
    )  # fmt: skip


def _joined_state(entry: ModelEntry) -> tuple[str | None, str, str, str]:
    folder = _joined_folder(entry)
    try:
        if not folder.exists():
            _join(entry, folder)
    except ModelError as error:
        return None, entry.sha256, str(error), entry.install
    wrong = _fault(entry, folder)
    path = folder / entry.file
    digest = joined.sha256_of(path) if wrong and path.is_file() else entry.sha256
    return (
        str(folder),
        digest,
        f"damaged: {wrong}" if wrong else "",
        joined.mend_command(folder) if wrong else "",
    )


def _packaged_state(entry: ModelEntry, *, full: bool) -> tuple[str | None, str, str, str]:
    found = packaged(PackagedFile(entry.package or "", entry.file))
    if found is None:
        note = "not installed; optional" if entry.optional else "missing"
        return None, entry.sha256, note, entry.install
    digest = joined.sha256_of(found) if full else entry.sha256
    same = digest == entry.sha256 and found.stat().st_size == entry.size_bytes
    wrong = [f for f in entry.beside if (path := packaged(f)) is None or joined.sha256_of(path) != f.sha256]
    if same and not wrong:
        return str(found), digest, "", ""
    if same:
        return str(found), digest, f"damaged: {wrong[0].path} beside it", entry.install
    if entry.other_versions and recorded(entry.package or "", found) in (None, digest):
        told = f"another version than {entry.revision}, which Callgauge was tried with"
        return str(found), digest, told, ""
    return str(found), digest, f"damaged: SHA-256 {digest}, expected {entry.sha256}", entry.install
