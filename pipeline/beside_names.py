"""Which files of a folder are transcripts delivered beside recordings, and whose, by their names in any letter case."""

from __future__ import annotations

import functools
import os
import unicodedata
from collections.abc import Collection, Container, Iterable, Iterator
from pathlib import Path

SUFFIXES = (".transcript.json", ".transcript.jsonl")


def transcripts_of(recording: Path) -> list[Path]:
    """What bears the name of a recording's transcript, whatever it is; a name that is written the same comes first.

    A stem in other letters is this recording's only where no recording of just that stem lies beside it.
    """
    exact = [recording.with_name(recording.stem + suffix) for suffix in SUFFIXES]
    found = [path for path in exact if os.path.lexists(path)]
    try:
        folder = recording.parent.stat()
    except OSError:
        return found
    named = _named(str(recording.parent), folder.st_mtime_ns).get(folded(recording.stem), ())
    others = [recording.with_name(name) for name in named]
    mine = (path for path in others if path not in found and os.path.lexists(path))
    return found + [
        path for path in mine if stem_of(path.name) == recording.stem or not _owned(path, recording)
    ]


def stem_of(name: str) -> str | None:
    """The stem of the recording whose transcript a name is; None of other names.

    Examples
    --------
    >>> stem_of("c-7.Transcript.JSON"), stem_of("c-7.json"), stem_of("c-7.transcript.jsonl")
    ('c-7', None, 'c-7')
    """
    suffix = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), None)
    return name[: -len(suffix)] if suffix else None


def folded(stem: str) -> str:
    """A stem whose letters are all small and composed, as file systems differ in both."""
    return unicodedata.normalize("NFC", stem).casefold()


def transcripts_for(recording: str, transcripts: Iterable[str], there: Container[str]) -> list[str]:
    """As `transcripts_of`, of names: which of these transcripts are a recording's, where those ``there`` lie.

    Examples
    --------
    >>> transcripts_for("a/C-7.wav", ["a/c-7.transcript.json", "b/C-7.transcript.json"], ())
    ['a/c-7.transcript.json']
    >>> transcripts_for("a/C-7.wav", ["a/c-7.transcript.json"], {"a/c-7.wav"})
    []
    """
    stem, _, ending = recording.rpartition(".")
    mine = [
        (own != stem, file)
        for file in transcripts
        if (own := stem_of(file)) is not None
        and folded_path(own) == folded_path(stem)
        and (own == stem or f"{own}.{ending}" not in there)
    ]
    return [file for _, file in sorted(mine)]


def orphans(transcripts: Iterable[str], recordings: Collection[str]) -> Iterator[str]:
    """What is to be told of transcripts, by their path, beside which no recording lies."""
    known = {folded_path(file.rpartition(".")[0]) for file in recordings}
    for file in transcripts:
        stem = stem_of(file)
        if stem is not None and folded_path(stem) not in known:
            yield f"{file}: file → no recording lies beside this transcript, so it isn't used; it takes its recording's name"


def folded_path(path: str) -> tuple[str, str]:
    """A path without ending as its folder and its `folded` stem."""
    folder, _, stem = path.rpartition("/")
    return folder, folded(stem)


@functools.lru_cache(maxsize=64)
def _named(folder: str, _changed_ns: int) -> dict[str, tuple[str, ...]]:
    """Names of a folder's transcripts by folded stem; read once as long as the folder doesn't change."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        names = sorted(each.name for each in Path(folder).iterdir())
    except OSError:  # it may be entered and not listed
        return found
    for name in names:
        if (stem := stem_of(name)) is not None:
            found[folded(stem)] = (*found.get(folded(stem), ()), name)
    return found


def _owned(transcript: Path, recording: Path) -> bool:
    return os.path.lexists(transcript.with_name(f"{stem_of(transcript.name)}{recording.suffix}"))
