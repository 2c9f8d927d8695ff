"""Makes the sample calls again: sound, call list and what must be found, from the scripts under ``texts/``.

The two commands stand in ``sample_audio/README.md``.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import telephone
import truth
import voices
import yaml
from telephone import RATE_HZ
from timeline import Placed, merged, place

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
COLUMNS = (
    "file", "call_id", "agent_id", "agent_name", "customer_id", "started_at", "direction", "campaign", "ring_count",
    "agent_channel", "notes", "outcome",
)  # fmt: skip
SIDES = ("agent", "customer")
CEILING = 32124 / 32768  # where G.711 tops out
REFERENCE_DBFS = -26.0
# the voices are quicker than people on the telephone: this gives about 165 words a minute
USUAL_RATE = {"zh": 1.0, "en": 0.82}


def utterance(
    item: Mapping[str, Any], script: Mapping[str, Any], args: argparse.Namespace
) -> NDArray[np.float64]:
    """One turn's sound at 8 kHz, trimmed, at the reference level plus its own gain; or a tone."""
    who = item["who"]
    if "beep_hz" in item:
        return telephone.tone((float(item["beep_hz"]),), seconds=0.6, dbfs=REFERENCE_DBFS)
    rate = float(item.get("rate", script.get("rate", {}).get(who, USUAL_RATE[script["language"]])))
    said = voices.speak(
        item.get("say", item["text"]), voice=item.get("voice", script["voices"][who]), rate=rate,
        voices=args.voices, cache_dir=args.cache, threads=args.threads,
    )  # fmt: skip
    sound = telephone.trim(telephone.to_line(said.astype(np.float64), from_hz=voices.SYNTHESIS_RATE_HZ))
    if cut_s := float(item.get("cut_s", 0.0)):
        sound = telephone.faded(sound[: -int(cut_s * RATE_HZ)], seconds=0.006)
    sound = telephone.to_rms(sound, dbfs=REFERENCE_DBFS) * 10 ** (float(item.get("gain_db", 0.0)) / 20)
    return sound[: sound.size // telephone.HOP * telephone.HOP]


def cut(line: NDArray[np.float64], start_s: float, end_s: float) -> NDArray[np.float64]:
    """What a line carries between two times."""
    return line[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]


def spoken(placed: Sequence[Placed], side: str, line: NDArray[np.float64]) -> NDArray[np.float64]:
    """One side's speech alone, its utterances end to end."""
    spans = merged([(one.start_s, one.end_s) for one in placed if one.speaker == side])
    return np.concatenate([cut(line, start, end) for start, end in spans] or [np.zeros(0)])


def ring_spans(script: Mapping[str, Any]) -> list[tuple[float, float]]:
    """When the ringing tone sounds before the call is answered."""
    rings = script.get("rings")
    if not rings:
        return []
    on_s, off_s, _ = telephone.RINGBACK[rings["country"]]
    first = float(rings.get("first_s", 0.4))
    return [
        (first + n * (on_s + off_s), first + n * (on_s + off_s) + on_s) for n in range(int(rings["count"]))
    ]


def lines(
    script: Mapping[str, Any], placed: Sequence[Placed], sounds: Sequence[NDArray[np.float64]], samples: int
) -> dict[str, NDArray[np.float64]]:
    """Both sides' lines: speech at the wanted loudness, tones and noise."""
    rng = np.random.default_rng(zlib.crc32(script["call_id"].encode()))
    out = {}
    for side in SIDES:
        line = np.zeros(samples)
        for one, sound in zip(placed, sounds, strict=True):
            if one.speaker == side:
                at = round(one.start_s * RATE_HZ)
                line[at : at + sound.size] += sound
        speech = spoken(placed, side, line)
        if speech.size:
            wanted = float(script["level_lufs"][side])
            line *= 10 ** ((wanted - telephone.loudness_lufs(speech)) / 20)
        noise_dbfs = float(script.get("noise_dbfs", -56.0)) + (1.5 if side == "customer" else 0.0)
        out[side] = line + telephone.line_noise(samples, dbfs=noise_dbfs, rng=rng)
    for start, end in ring_spans(script):
        _, _, frequencies = telephone.RINGBACK[script["rings"]["country"]]
        ring = telephone.tone(frequencies, seconds=end - start, dbfs=telephone.RING_DBFS)
        at = round(start * RATE_HZ)
        out["customer"][at : at + ring.size] += ring
    return out


def clipped_ratio(speech: NDArray[np.float64]) -> float:
    """Share of samples in runs of three or more at the ceiling."""
    at_top = np.abs(speech) >= 0.97
    edges = np.flatnonzero(np.diff(np.concatenate(([0], at_top.astype(np.int8), [0]))))
    lengths = edges[1::2] - edges[::2]
    return float(lengths[lengths >= 3].sum() / max(speech.size, 1))


@dataclass(frozen=True, slots=True)
class Made:
    """A call's sound before it is written, and what is known of it."""

    placed: tuple[Placed, ...]
    rings: list[tuple[float, float]]
    stereo: NDArray[np.int16]
    loudness: dict[str, float]
    turn_lufs: list[float]
    clipped: float


def compose(script: Mapping[str, Any], args: argparse.Namespace) -> Made:
    """Speaks the script, puts it on two telephone lines and measures what came out."""
    sounds = [utterance(item, script, args) for item in script["turns"]]
    rings = ring_spans(script)
    answered_s = rings[-1][1] + float(script["rings"].get("answer_after_s", 1.4)) if rings else 0.6
    placed = place(script["turns"], [sound.size / RATE_HZ for sound in sounds], start_s=answered_s)
    duration_s = max(one.end_s for one in placed) + float(script.get("tail_s", 0.7))
    analogue = lines(script, placed, sounds, round(duration_s * RATE_HZ))
    law = script.get("law", "mu")
    coded = {
        side: telephone.g711(np.clip(line, -CEILING, CEILING), law=law) for side, line in analogue.items()
    }
    decoded = {side: line / 32768 for side, line in coded.items()}
    voiced = tuple(one for one in placed if one.text)  # a tone is no turn
    speech = {side: spoken(voiced, side, decoded[side]) for side in SIDES}
    pad = RATE_HZ // 2  # a short turn must still fill one block of the meter
    turn_lufs = [
        telephone.loudness_lufs(np.pad(cut(decoded[one.speaker], one.start_s, one.end_s), (0, pad)))
        for one in voiced
    ]
    order = SIDES if int(script.get("agent_channel", 0)) == 0 else SIDES[::-1]
    return Made(
        placed=voiced, rings=rings, stereo=np.stack([coded[side] for side in order], axis=1),
        loudness={side: telephone.loudness_lufs(one) for side, one in speech.items() if one.size > pad},
        turn_lufs=turn_lufs, clipped=clipped_ratio(speech["agent"]),
    )  # fmt: skip


def make_call(script: Mapping[str, Any], args: argparse.Namespace) -> list[dict[str, Any]]:
    """Writes one call's sound and expectation (and its mono mix's); gives back its rows of the call list."""
    import soundfile

    made = compose(script, args)
    findings = truth.noted(made.placed) + truth.heard(made.placed, made.rings, made.turn_lufs)
    if made.clipped > 0.001:
        ends = [(one.start_s, one.end_s) for one in made.placed if one.speaker == "agent"]
        findings.append(truth.finding("clipping", "agent", ends[0][0], ends[-1][1], None, 3.0))
    rows = []
    for mono in (False, True) if script.get("also_mono") else (False,):
        call_id = script["call_id"] + ("-mono" if mono else "")
        sound = made.stereo
        if mono:
            sound = telephone.g711(sound.mean(axis=1) / 32768, law=script.get("law", "mu"))
        soundfile.write(args.out / f"{call_id}.flac", sound, RATE_HZ, subtype="PCM_16", compression_level=1.0)
        figures = truth.measures(
            made.placed, duration_s=sound.shape[0] / RATE_HZ, rings=len(made.rings), loudness=made.loudness,
            clipped=made.clipped, mono=mono,
        )  # fmt: skip
        wanted = truth.expectation(script, made.placed, findings, figures, call_id=call_id, mono=mono)
        text = json.dumps(wanted, ensure_ascii=False, indent=1) + "\n"
        (args.out / "expected" / f"{call_id}.json").write_text(text, encoding="utf-8")
        rows.append(list_row(script, call_id, mono=mono))
        print(summary(call_id, findings, figures), flush=True)
    return rows


def list_row(script: Mapping[str, Any], call_id: str, *, mono: bool) -> dict[str, Any]:
    """The call's row of the call list."""
    told = script.get("list_agent_channel", True) and not mono
    channel = int(script.get("agent_channel", 0)) if told else ""
    return {**script["row"], "file": f"{call_id}.flac", "call_id": call_id, "agent_channel": channel}


def summary(call_id: str, findings: Sequence[Mapping[str, Any]], figures: Mapping[str, Any]) -> str:
    """One line about a call that was made."""
    kinds = [one["kind"] for one in findings]
    counted = ", ".join(f"{kind} {kinds.count(kind)}" for kind in sorted(set(kinds)))
    shown = ("duration_s", "agent_loudness_lufs", "customer_loudness_lufs", "agent_speech_rate", "agent_clipped_ratio",
             "longest_silence_s")  # fmt: skip
    values = " ".join(f"{name} {figures[name]['value']}" for name in shown if name in figures)
    return f"{call_id}: {values}; {counted}"


def write_list(rows: Sequence[Mapping[str, Any]], out: Path) -> None:
    """The call list, the new rows in place of the old ones."""
    path = out / "calls.csv"
    kept: dict[str, Mapping[str, Any]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as handle:
            kept = {row["call_id"]: row for row in csv.DictReader(handle) if (out / row["file"]).exists()}
    kept.update({row["call_id"]: row for row in rows})
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n", extrasaction="raise", restval="")
        writer.writeheader()
        writer.writerows(kept[call_id] for call_id in sorted(kept))


def write_readme(scripts: Sequence[Mapping[str, Any]], out: Path) -> None:
    """The table of the calls, between its two marks in the README."""
    path = out / "README.md"
    if not path.exists():
        return
    before, _, rest = path.read_text(encoding="utf-8").partition("<!-- calls -->")
    _, _, after = rest.partition("<!-- /calls -->")
    table = ["| call | s | what it is | outcome |", "|---|---|---|---|"]
    for script in scripts:
        wanted = json.loads((out / "expected" / f"{script['call_id']}.json").read_text(encoding="utf-8"))
        seconds = wanted["measures"]["duration_s"]["value"]
        table.append(f"| {script['call_id']} | {seconds:.0f} | {script['about']} | {script['outcome']} |")
    text = "\n".join(table)
    path.write_text(f"{before}<!-- calls -->\n{text}\n<!-- /calls -->{after}", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Makes the sample calls again.")
    parser.add_argument("call_id", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--voices", type=Path, required=True, help="the folder package/voices of kokoro-js 1.2.1"
    )
    parser.add_argument("--out", type=Path, default=HERE.parent)
    parser.add_argument(
        "--cache", type=Path, default=HERE / ".cache", help="utterances that were made before"
    )
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    (args.out / "expected").mkdir(parents=True, exist_ok=True)
    paths = sorted((HERE / "texts").glob("*.yaml"))
    scripts = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    if unknown := set(args.call_id) - {script["call_id"] for script in scripts}:
        parser.error(f"no such call: {', '.join(sorted(unknown))}")
    wanted = [script for script in scripts if not args.call_id or script["call_id"] in args.call_id]
    write_list([row for script in wanted for row in make_call(script, args)], args.out)
    write_readme(scripts, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
