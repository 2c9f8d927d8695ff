"""The layout shows the architecture: imports go one way, modules stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    {"types", "intervals", "errors"},
    {"secret", "modes"},
    {"sealing"},
    {"cached"},
    {"config_messages", "kinds"},
    {"config_nodes"},
    {"config"},
    {"goals", "profile_hours"},
    {"profile", "settings"},
    {"calls", "call_bytes", "call_claims", "call_fields", "call_names", "call_rows", "json_once", "endings"},
    {"standing", "beside_names"},
    {"intake", "extensions"},
    {"audio"},
    {"speech"},
    {"lexicons"},
    {"analysis"},
    {"standards"},
    {"privacy"},
    {"learning"},
    {"delivered_fields", "evaluation_rates", "provenance", "machine"},
    {"beside_sides", "beside_turns", "delivered_language"},
    {"delivered"},
    {"beside"},
    {"evaluate", "expectations"},
    {"evaluation_report"},
    {"known_findings"},
    {"process"},
    {"store"},
    {"reports", "review"},
    {"batch"},
    {"scoring_run", "analyze_run", "mono_bench", "speech_bench", "bench_sounds"},
    {"nightly"},
    {"benchmark", "benchmark_report"},
    {"commands"},
    {"cli"},
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
MODULES = sorted(
    path
    for package in ("pipeline", "flows", "models")
    for path in (ROOT / package).rglob("*.py")
    if path.parent.name != "versions"  # a migration lists tables as they once were, and stays so
)


def imported(path: Path) -> set[str]:
    """Dotted names of all that a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    package, *rest = path.relative_to(ROOT).with_suffix("").parts
    if rest[0].startswith("__"):  # the package itself and `python -m`
        return
    names = imported(path)
    if package == "models":
        allowed = {"pipeline.errors", "pipeline.types", "pipeline.intervals"}
        loose = {name for name in names if name.split(".")[0] in {"pipeline", "flows"}}
        assert {
            name for name in loose if ".".join(name.split(".")[:2]) not in allowed | {"pipeline"}
        } == set()
    if package == "pipeline":
        assert not {name for name in names if name.split(".")[0] in {"flows", "prefect"}}
        mine = RANK.get(rest[0], 0)
        theirs = {name.split(".")[1] for name in names if name.startswith("pipeline.")} - {
            rest[0],
            "__version__",
        }
        above = {name for name in theirs if RANK.get(name, 0) > mine}
        assert not above, f"{path.name} imports from above: {above}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, functions) and code_lines(node) > 40
    ]
    assert not long, f"functions over 40 lines without their docstring: {long}"


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function less those of its docstring."""
    first = node.body[0]
    documented = ast.get_docstring(node) is not None
    spared = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - spared


def test_every_part_of_the_pipeline_has_its_place() -> None:
    parts = {
        path.stem if path.is_file() else path.name
        for path in (ROOT / "pipeline").iterdir()
        if (path.suffix == ".py" or path.is_dir()) and not path.name.startswith("_")
    }
    assert parts <= RANK.keys()
