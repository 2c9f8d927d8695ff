"""``callgauge bench``: speed as a ratio measured in one run, and error rates where the truth lies beside the sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.intervals import Timeline
    from pipeline.speech.protocol import Samples


@click.command()
@click.argument(
    "audio", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--against", type=click.Choice(["faster-whisper"]), help="Also run this engine's defaults, and compare."
)
def bench(audio: tuple[Path, ...], against: str | None) -> None:
    """Transcribe AUDIO and print the time by its length, the share of each stage, error rates and peak memory.

    Truth is a .txt of the same name, or transcripts.tsv (file, text) in the folder.
    """
    from pipeline.speech import default_recogniser
    from pipeline.speech.bench import bench as measure

    report = measure(
        audio, read=_read, recogniser=default_recogniser(), against="faster-whisper" if against else None
    )
    for line in report.lines():
        click.echo(line)


def _read(path: Path) -> tuple[list[Samples], list[Timeline]]:
    from pipeline.audio import listen, load

    _, channels = load(path)
    heard = listen(channels)
    return [heard.channels.samples(i) for i in range(heard.channels.count)], [
        side.speech for side in heard.sides
    ]
