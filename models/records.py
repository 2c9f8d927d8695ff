"""What a wheel said of its files when it was installed (``RECORD``), and lists of digests beside a model."""

from __future__ import annotations

import base64
import csv
import re
from functools import cache
from importlib import metadata
from pathlib import Path

from models import joined
from pipeline.errors import ModelError

LIST = "SHA256SUMS"
"""Beside a Whisper model of one's own: lines as ``sha256sum`` writes them."""
_HEX = re.compile(r"[0-9a-f]{64}")


@cache
def recorded(package: str, path: Path) -> str | None:
    """The SHA-256 that the wheel of a package gives for an installed file; None where no wheel tells of that very file."""
    try:
        wheel = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return None
    for row in csv.reader((wheel.read_text("RECORD") or "").splitlines()):
        name, told = (*row, "", "")[:2]
        if name.endswith(f"/{path.name}") and told.startswith("sha256="):
            here = Path(str(wheel.locate_file(name)))
            if here.exists() and here.samefile(path):
                digits = told.removeprefix("sha256=")
                return base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4)).hex()
    return None


def expect_listed(folder: Path) -> Path:
    """Hold a Whisper folder of one's own against what is known of it; gives the folder.

    Known is what ``SHA256SUMS`` in it lists, and of a file from a hub its digest, which is the name it is kept under.

    Raises
    ------
    ModelError
        A file has another digest than is known, or a listed one is missing.
    """
    for name, expected in _known(folder):
        path = folder / name
        digest = joined.digest_once(path) if path.is_file() else "none, it is missing"
        if digest != expected:
            raise ModelError(
                f"{path} is damaged: SHA-256 {digest}, expected {expected}. Mend it by fetching the model anew"
            )
    return folder


def _known(folder: Path) -> list[tuple[str, str]]:
    kept_as = (folder / "model.bin").resolve().name
    known = [("model.bin", kept_as)] if _HEX.fullmatch(kept_as) else []
    try:
        lines = (folder / LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return known
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder / LIST} can't be read; lines as sha256sum writes them are accepted"
        ) from error
    for number, line in enumerate(lines, start=1):
        digest, _, name = line.partition(" ")
        if line.strip() and not (_HEX.fullmatch(digest.lower()) and name.strip()):
            raise ModelError(f"{folder / LIST}: line {number} → a line as sha256sum writes it is accepted")
        if line.strip():
            known.append((name.strip().removeprefix("*"), digest.lower()))
    return known
