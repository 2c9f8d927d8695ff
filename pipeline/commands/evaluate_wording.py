"""``callgauge evaluate`` on labelled calls: the detectors of wording alone, without sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pipeline.analysis.ablation import Count, Judged


def holds_labelled_calls(folder: Path) -> bool:
    """Whether a folder holds labelled calls, be they faulty, and no expectations for recordings."""
    from pipeline.endings import is_recording

    if (folder / "expected").is_dir():
        return False
    texts = [path for path in folder.rglob("*.txt") if path.is_file()]
    if any(
        path.read_text(encoding="utf-8", errors="replace").lstrip("\ufeff").startswith("===")
        for path in texts
    ):
        return True
    expected = any(folder.glob("*.json"))
    return bool(texts) and not expected and not any(map(is_recording, folder.rglob("*")))


def show_wording(folder: Path, *, worst: int, as_json: bool, layers: bool) -> None:
    """Print rates by kind and language, outcomes, details, and the misses to look at first."""
    from pipeline.analysis.ablation import judge, read_folder, report

    judged = judge(read_folder(folder))
    counted = {
        language: _counts([one for one in judged if one.conversation.transcript.language == language])
        for language in sorted({one.conversation.transcript.language for one in judged})
    }
    if as_json:
        import json

        click.echo(json.dumps(_as_json(judged, counted), ensure_ascii=False))
        return
    _print(judged, counted, worst)
    if layers:
        click.echo("\n" + report(judged))


def _counts(judged: Sequence[Judged]) -> dict[str, Count]:
    from pipeline.analysis.ablation import count

    kinds = sorted({mark.kind for one in judged for mark in one.call.marks})
    return {kind: count(judged, kind) for kind in kinds}


def _print(judged: Sequence[Judged], counted: Mapping[str, Mapping[str, Count]], worst: int) -> None:
    from pipeline.analysis.ablation import count, details

    for language, counts in counted.items():
        mine = [one for one in judged if one.conversation.transcript.language == language]
        right = sum(one.outcome == one.call.outcome for one in mine)
        click.echo(f"{language}: {len(mine)} calls, outcome right in {right} ({right / len(mine):.3f})")
        click.echo(f"  {'kind':20} {'P':>6} {'R':>6} {'F1':>6} {'n':>5}   {'P sure':>6} {'R sure':>6}")
        for kind, one in counts.items():
            sure = count(mine, kind, least=0.6)
            rates = f"{one.precision:6.3f} {one.recall:6.3f} {one.f1:6.3f} {one.true + len(one.missed):5}"
            click.echo(f"  {kind:20} {rates}   {sure.precision:6.3f} {sure.recall:6.3f}")
            for name, (hits, all_) in details(mine, kind).items():
                click.echo(f"    {name:18} {hits}/{all_}")
    for language, counts in counted.items():
        errors = sorted(counts.items(), key=lambda entry: -len(entry[1].false) - len(entry[1].missed))
        listed = [
            f"  {language} {kind} {label} {text}"
            for kind, one in errors
            for label, texts in (("missed", one.missed), ("extra", one.false))
            for text in texts
        ]
        for line in listed[:worst]:
            click.echo(line)


def _as_json(judged: Sequence[Judged], counted: Mapping[str, Mapping[str, Count]]) -> dict[str, Any]:
    return {
        "calls": len(judged),
        "outcomes_right": sum(one.outcome == one.call.outcome for one in judged),
        "kinds": {
            language: {
                kind: {
                    "true": one.true,
                    "false": len(one.false),
                    "missed": len(one.missed),
                    "f1": round(one.f1, 4),
                }
                for kind, one in counts.items()
            }
            for language, counts in counted.items()
        },
    }
