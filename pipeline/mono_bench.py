"""How well mono calls are told apart: mixes of two-channel calls against their own channels.

A development tool (it needs ``pyannote.metrics``)::

    python -m pipeline.mono_bench mix sample_audio --out /tmp/mixes
    python -m pipeline.mono_bench rate /tmp/mixes

``mix`` writes each two-channel recording as mono with an RTTM file beside it: each channel's speech activity, named
after its side where ``expected/`` or ``--agent-channel`` knows it. ``rate`` takes any folder of recordings with RTTM
files beside them and prints a line a recording: diarization error rate (no collar, overlap included), overlap, the
confidence, and, where the RTTM names agent and customer, whether the call is sure and right.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.intervals import Span, Timeline
from pipeline.speech.mono import MonoCall
from pipeline.speech.separation import Separation
from pipeline.types import CallRecord

if TYPE_CHECKING:
    from pipeline.process import Workplace

RIGHT_SHARE = 0.9
"""A sure call is right when this share of what one side says alone is given to that side."""
SOUND = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")
Truth = dict[str, Timeline]


@dataclass(frozen=True, slots=True)
class Rated:
    """One recording: errors in s, overlap in s (true, heard, both), and whether it is sure and right."""

    name: str
    duration_s: float
    speech_s: float
    wrong_s: float
    separation: Separation
    overlap_s: tuple[float, float, float]
    right_share: float | None
    unsure: str
    took_s: float


@click.group()
def main() -> None:
    """Measure speaker separation."""


@main.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--agent-channel", type=int, help="Where no expected/<call_id>.json tells it.")
def mix(sources: tuple[Path, ...], out: Path, agent_channel: int | None) -> None:
    """Write mono mixes of two-channel recordings, and their truth."""
    import av
    import numpy as np

    from pipeline.audio import listen, load

    out.mkdir(parents=True, exist_ok=True)
    for path in _recordings(sources):
        _, channels = load(path)
        heard = listen(channels)
        if heard.layout != "two_sides":
            continue
        mixed = channels.samples(0) + channels.samples(1)
        mixed = mixed / max(1.0, float(np.abs(mixed).max()) / 0.98)
        with av.open(str(out / f"{path.stem}.wav"), "w") as file:
            stream = file.add_stream("pcm_s16le", rate=channels.rate_hz, layout="mono")
            frame = av.AudioFrame.from_ndarray(
                np.round(mixed * 32767).astype(np.int16)[None], format="s16", layout="mono"
            )
            frame.sample_rate = channels.rate_hz
            file.mux([*stream.encode(frame), *stream.encode(None)])
        names = _names(path, agent_channel)
        truth = {names[channel]: side.speech for channel, side in enumerate(heard.sides)}
        _write_rttm(out / f"{path.stem}.rttm", truth)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--profile", type=click.Path(exists=True, path_type=Path))
@click.option("--roles/--no-roles", default=True, help="Transcribe too, and tell who is the agent.")
def rate(folders: tuple[Path, ...], profile: Path | None, roles: bool) -> None:
    """Rate the separation of recordings with RTTM files beside them."""
    from pipeline.process import Workplace
    from pipeline.profile import load_profile

    workplace = Workplace(profile=load_profile(profile)) if profile else Workplace()
    rated = []
    for path in _recordings(folders):
        if path.with_suffix(".rttm").exists():
            rated.append(_rate(path, workplace, roles=roles))
            sys.stdout.write(_line(rated[-1]))
            sys.stdout.flush()
    sys.stdout.write(_summary(rated))


def _rate(path: Path, workplace: Workplace, *, roles: bool) -> Rated:
    from pipeline.audio import listen, load
    from pipeline.process import hear_words
    from pipeline.speech.mono import hear_voices, tell_sides

    truth = _read_rttm(path.with_suffix(".rttm"))
    recording, channels = load(path)
    heard = listen(channels)
    speech = heard.sides[0].speech
    began = time.process_time()
    separation = hear_voices(
        lambda start_s, end_s: heard.channels.samples(0, Span(start_s, end_s)),
        heard.duration_s, speech, model=workplace.voice_model,
    )  # fmt: skip
    took_s = time.process_time() - began
    if separation is None:
        raise click.ClickException("speaker separation is not installed; see: callgauge doctor")
    call = None
    if roles and set(truth) == {"agent", "customer"}:
        raw = hear_words(recording, heard, workplace)
        call = tell_sides(raw, speech, separation, record=CallRecord("", ""), known_names=workplace.names)
    wrong_s, total_s = _errors(truth, separation)
    sides = list(truth.values())
    true, found = sides[0] & sides[-1], separation.sides[0] & separation.sides[1]
    overlap = (
        (true.duration_s, found.duration_s, (true & found).duration_s) if len(sides) == 2 else (0.0, 0.0, 0.0)
    )
    return Rated(
        path.stem, heard.duration_s, total_s, wrong_s, separation, overlap, _right(truth, call),
        call.unsure.en if call and call.unsure else "", took_s,
    )  # fmt: skip


def _errors(truth: Truth, separation: Separation) -> tuple[float, float]:
    """Seconds wrong (missed, invented, of the wrong voice) and seconds in all, as pyannote.metrics counts them."""
    from pyannote.core import Annotation, Segment
    from pyannote.core import Timeline as Extent
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(lines: dict[str, Timeline]) -> Any:
        made = Annotation()
        for name, line in lines.items():
            for span in line:
                made[Segment(span.start_s, span.end_s), name] = name
        return made

    reference = annotation(truth)
    guess = annotation({str(n): line for n, line in enumerate(separation.sides)})
    extent = Extent([reference.get_timeline().extent() | guess.get_timeline().extent()])
    parts = DiarizationErrorRate()(reference, guess, uem=extent, detailed=True)
    return parts["missed detection"] + parts["false alarm"] + parts["confusion"], parts["total"]


def _right(truth: Truth, call: MonoCall | None) -> float | None:
    """Share of what one side says alone that is given to that side; None where nobody is named."""
    if call is None or not call.apart:
        return None
    alone = {
        side: (truth[side] - truth[other]) & (call.apart["agent"] | call.apart["customer"])
        for side, other in (("agent", "customer"), ("customer", "agent"))
    }
    right_s = (alone["agent"] & call.apart["agent"]).duration_s
    right_s += (alone["customer"] & call.apart["customer"]).duration_s
    return right_s / max(sum(line.duration_s for line in alone.values()), 1e-9)


def _line(one: Rated) -> str:
    true, found, both = one.overlap_s
    verdict = one.unsure or ("" if one.right_share is None else f"sure, {one.right_share:.3f} right")
    return (
        f"{one.name:24} {one.duration_s:7.1f} s  DER {one.wrong_s / max(one.speech_s, 1e-9):.3f}  "
        f"overlap {true:5.1f} true {found:5.1f} heard {both:5.1f} both  "
        f"confidence {one.separation.confidence:.2f} {one.separation.doubt:14} {verdict}\n"
    )


def _summary(rated: list[Rated]) -> str:
    speech_s, true, found, both = (
        sum(values) for values in zip(*((one.speech_s, *one.overlap_s) for one in rated), strict=True)
    )
    sure = [one for one in rated if one.right_share is not None]
    right = [one for one in sure if (one.right_share or 0.0) >= RIGHT_SHARE]
    told = [one for one in rated if one.right_share is not None or one.unsure]
    cost = sum(one.took_s for one in rated) / sum(one.duration_s for one in rated)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{len(rated)} recordings: DER {sum(one.wrong_s for one in rated) / speech_s:.3f}; overlap precision "
        f"{both / max(found, 1e-9):.2f}, recall {both / max(true, 1e-9):.2f}; of {len(told)} calls {len(sure)} sure, "
        f"{len(right)} of these right; {cost:.3f} s of one processor a second, peak {peak_mb:.0f} MB\n"
    )


def _recordings(sources: tuple[Path, ...]) -> list[Path]:
    found = [path for source in sources for path in (source.iterdir() if source.is_dir() else [source])]
    return sorted(path for path in found if path.suffix.lower() in SOUND)


def _names(path: Path, agent_channel: int | None) -> tuple[str, str]:
    expected = path.parent / "expected" / f"{path.stem}.json"
    if expected.exists():
        told = json.loads(expected.read_text(encoding="utf-8"))["roles"]
        if set(told) == {"0", "1"}:
            return told["0"], told["1"]
    if agent_channel is None:
        return "side_0", "side_1"
    return ("agent", "customer") if agent_channel == 0 else ("customer", "agent")


def _write_rttm(path: Path, truth: Truth) -> None:
    rows = sorted((span.start_s, span.duration_s, name) for name, line in truth.items() for span in line)
    path.write_text(
        "".join(
            f"SPEAKER {path.stem} 1 {start:.3f} {length:.3f} <NA> <NA> {name} <NA> <NA>\n"
            for start, length, name in rows
        ),
        encoding="utf-8",
    )


def _read_rttm(path: Path) -> Truth:
    spans: dict[str, list[Span]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split()
        start_s, length_s = float(parts[3]), float(parts[4])
        spans.setdefault(parts[7], []).append(Span(start_s, start_s + length_s))
    return {name: Timeline(line) for name, line in spans.items()}


if __name__ == "__main__":
    main()
