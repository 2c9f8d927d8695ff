"""``callgauge doctor``: what is installed, which models were found, what is missing and the command that mends it."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

import click

PARTS = (
    "av", "faster-whisper", "ctranslate2", "onnxruntime", "librosa", "pyloudnorm", "spacy", "jieba", "pypinyin",
    "rapidfuzz", "prefect", "pandas",
)  # fmt: skip


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--quick", is_flag=True, help="Don't check the digests of large models.")
def doctor(as_json: bool, quick: bool) -> None:
    """Say what is installed, which models were found, what is missing and the command that mends it."""
    from models.registry import status
    from pipeline import __version__
    from pipeline.standards.added import extension_mistakes, extension_names

    models = status(full=not quick)
    parts = {name: _version(name) for name in PARTS}
    added, wrong = extension_names(), extension_mistakes()
    sound = all(model.found or model.optional for model in models) and all(parts.values()) and not wrong
    if as_json:
        import json

        report = {
            "schema": "callgauge/doctor/1",
            "version": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "parts": parts,
            "models": [asdict(model) for model in models],
            "extras": {"mono": _mono()},
            "extensions": {"found": list(added), "mistakes": wrong},
            "ok": sound,
        }
        click.echo(json.dumps(report, ensure_ascii=False, default=str))
    else:
        _print(models, parts, __version__)
        _print_extensions(added, wrong)
    sys.exit(0 if sound else 1)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _mono() -> dict[str, bool | list[str] | str]:
    """The extra that tells the sides of mono calls apart: whether it is whole, and what brings it."""
    from models.diarization import INSTALL, missing

    lacking = list(missing())
    return {"installed": not lacking, "missing": lacking, "command": INSTALL if lacking else ""}


def _print(models: list, parts: dict[str, str | None], own: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"callgauge {own}, Python {platform.python_version()}, {platform.platform()}")
    for name, found in parts.items():
        console.print(
            f"  [green]✓[/] {name} {found}"
            if found
            else f"  [red]✗[/] {name}: missing; pip install callgauge"
        )
    mono = _mono()
    console.print(
        "  [green]✓[/] callgauge\\[mono]: the sides of mono calls are told apart"
        if mono["installed"]
        else "  [yellow]–[/] callgauge\\[mono] is not installed: mono calls are scored without their sides. "
        f"It comes with: {escape(str(mono['command']))}"
    )
    console.print("Models")
    for model in models:
        mark = "[green]✓[/]" if model.found else "[yellow]–[/]" if model.optional else "[red]✗[/]"
        console.print(f"  {mark} [bold]{model.name}[/] {model.licence or ''} {escape(str(model.path or ''))}")
        if model.found and model.sha256:
            console.print(f"      sha256 {model.sha256}")
        if not model.found or model.message:
            verb = "Install it" if model.optional and not model.found else "Mend it"
            command = f". {verb}: {escape(model.command)}" if model.command else ""
            console.print(f"      {escape(model.message)}{command}")


def _print_extensions(added: tuple[str, ...], wrong: list[str]) -> None:
    """Detectors and checks of other packages, and what is wrong with them."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    if added:
        console.print("Detectors and checks of other packages")
    for name in added:
        if not any(told.startswith(f"{name} → ") for told in wrong):
            console.print(f"  [green]✓[/] {escape(name)}")
    for told in wrong:
        console.print(f"  [red]✗[/] {escape(told)}")
