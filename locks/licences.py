"""Write ``docs/licences.md``: every package of the lock with its version and licence, ``make licences``.

Licences are read from the installed packages' own metadata; of one that says none but brings a model's file, it is the model's
as ``models/registry.yaml`` has it; any other that says none is named as such.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
LOCKS = ("runtime", "english")
PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Licences of what Callgauge is installed with

Made from `locks/runtime.txt` and `locks/english.txt` by `make licences`; the suite fails when a lock has moved on and this page
has not, or when a licence comes in that a company may not want to ship (GPL and AGPL without an exception). The learned models'
licences stand in `models/registry.yaml` and in `callgauge doctor`.

| package | version | licence |
|---|---|---|
"""


def locked() -> dict[str, str]:
    """Package to version, as the locks pin them."""
    text = "".join((ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8") for name in LOCKS)
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", text, re.MULTILINE)
    return {name.lower(): version for name, version in pinned}


def licence_of(package: str) -> str:
    """What an installed package says of its licence, in a few words."""
    metadata = importlib.metadata.metadata(package)
    expression = metadata.get("License-Expression")
    kinds = [
        kind.split(" :: ")[-1]
        for kind in metadata.get_all("Classifier") or ()
        if kind.startswith("License ::")
    ]
    kinds = [kind for kind in kinds if kind != "OSI Approved"]
    said = (
        expression
        or ", ".join(dict.fromkeys(kinds))
        or (metadata.get("License") or "").strip().split("\n")[0]
    )
    return said.replace("|", "/")[:80] or _of_models().get(package, "not stated")


def _of_models() -> dict[str, str]:
    """The licence of the model whose file a package brings."""
    entries = yaml.safe_load((ROOT / "models" / "registry.yaml").read_text(encoding="utf-8")).values()
    return {
        re.sub(r"[-_.]+", "-", part["package"]).lower(): f"{entry['licence']} (the model in it)"
        for entry in entries
        for part in entry.get("parts", ())
    }


def page() -> str:
    """The whole page."""
    return HEAD + "".join(
        f"| {name} | {version} | {licence_of(name)} |\n" for name, version in sorted(locked().items())
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: {len(locked())} packages\n")
