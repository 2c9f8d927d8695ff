# ruff: noqa: T201, E402 - a script that talks to whoever runs it, and finds the checkout first
"""Prints how well overlaps are heard: ``python tests/measure_sound.py [--clips DIR] [--calls N]``.

Without ``--clips`` the pools are the sample calls' turns and, where it lies beside the checkout, real read speech.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import numpy as np
from clip_pools import DATA, read_speech, sample_calls, spoken_texts
from overlap_calls import (
    EVENTS,
    HARD_EVENTS,
    RATE_HZ,
    Array,
    Line,
    OverlapCall,
    Pool,
    Said,
    lufs,
    make_call,
    turn_bounds,
)

from pipeline.analysis.interruptions import find
from pipeline.analysis.voice import count_units, measure
from pipeline.audio import Channels, Heard, listen
from pipeline.settings import Settings
from pipeline.speech import SpeechSettings, build_transcript, default_recogniser, listen_words
from pipeline.speech.turns import merge_sides, turns_of
from pipeline.types import CallRecord, Finding, Speaker, Transcript, Word

ROLES: dict[int, Speaker] = {0: "agent", 1: "customer"}
MATCH_S = 0.3
LINES: dict[str, Line] = {
    "plain": Line(),
    "a-law, unequal": Line(levels_lufs=(-17.0, -30.0), law="a"),
    "quiet": Line(levels_lufs=(-35.0, -28.0), noise_dbfs=-68.0),
    "noisy": Line(levels_lufs=(-22.0, -25.0), noise_dbfs=-46.0),
    "crosstalk -25": Line(crosstalk_db=-25.0, crosstalk_s=0.004),
    "crosstalk -32": Line(crosstalk_db=-32.0, crosstalk_s=0.0),
    "echo -28": Line(levels_lufs=(-18.0, -24.0), crosstalk_db=-28.0, crosstalk_s=0.18),
    "agc": Line(agc=True),
    "room": Line(room=True),
    "babble -20": Line(babble_db=-20.0),
}


@dataclass
class Score:
    """Counts of one condition; ``doubts`` are findings under the gate."""

    hits: int = 0
    extra: int = 0
    missed: int = 0
    doubtful_hits: int = 0
    doubtful_extra: int = 0
    near: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.hits + other.hits, self.extra + other.extra, self.missed + other.missed,
            self.doubtful_hits + other.doubtful_hits, self.doubtful_extra + other.doubtful_extra,
            self.near + other.near, self.notes + other.notes,
        )  # fmt: skip

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(1, 2 * self.hits + self.extra + self.missed)

    def row(self) -> str:
        precision = self.hits / max(1, self.hits + self.extra)
        recall = self.hits / max(1, self.hits + self.missed)
        return (
            f"{self.hits:4d} {self.extra:4d} {self.missed:4d}  P {precision:.3f} R {recall:.3f} F1 {self.f1:.3f}"
            f"  doubts true {self.doubtful_hits} false {self.doubtful_extra}  near {dict(self.near)}"
        )


def transcript_of(call: OverlapCall, heard: Heard) -> Transcript:
    """The given words on the turns that were heard, as the pipeline lays them."""
    sides = []
    for number, speaker in ROLES.items():
        words: list[Word] = []
        for one in (one for one in call.said if one.side == number and one.clip.text):
            pieces = re.findall(r"[\u4e00-\u9fff]|[A-Za-z0-9'’-]+[,.?!]*|[^\w\s]", one.clip.text)
            step = one.clip.seconds / len(pieces)
            words += [
                Word(piece, one.start_s + i * step, one.start_s + (i + 1) * step, 0.9)
                for i, piece in enumerate(pieces)
            ]
        sides.append(turns_of(words, heard.sides[number].speech, speaker=speaker, language=call.language))
    return Transcript(call.language, merge_sides(sides))


def recognised(call: OverlapCall, heard: Heard) -> Transcript:
    """The words that the default recogniser hears, as in a real run."""
    record = CallRecord(file=f"{call.name}.wav", call_id=call.name, agent_channel=0)
    activity = [side.speech for side in heard.sides]
    raw = listen_words(
        [heard.channels.samples(channel) for channel in (0, 1)],
        activity,
        recogniser=default_recogniser(Settings().whisper),
        settings=SpeechSettings(language=call.language),
    )
    return build_transcript(raw, activity, record=record, layout=heard.layout)


def score(call: OverlapCall, found: Sequence[Finding], *, gate: float = 0.6) -> Score:
    """Findings against truth: same side, start within 0.3 s."""
    out = Score()
    left = list(found)
    for true in call.truth:
        hit = next(
            (
                f
                for f in left
                if f.speaker == ROLES[true.side] and abs((f.start_s or 0) - true.start_s) <= MATCH_S
            ),
            None,
        )
        if hit:
            left.remove(hit)
        sure = hit is not None and hit.confidence >= gate
        if true.near:
            out.near["found" if sure else "doubt" if hit else "missed"] += 1
        elif sure:
            out.hits += 1
        else:
            out.missed += 1
            out.doubtful_hits += hit is not None
            out.notes.append(f"{call.name}: {'doubted' if hit else 'missed'} {true}")
    for f in left:
        # "Sure. I'll send it": told from its content on, where a truth that opens with a nod began before.
        if any(
            true.near and ROLES[true.side] == f.speaker and true.start_s < (f.start_s or 0) < true.end_s
            for true in call.truth
        ):
            out.near["told later"] += 1
        elif any(
            ROLES[side] == f.speaker and abs((f.start_s or 0) - start) <= MATCH_S
            for side, start in call.near_misses
        ):
            out.near["extra" if f.confidence >= gate else "extra doubt"] += 1
        elif f.confidence >= gate:
            out.extra += 1
            out.notes.append(
                f"{call.name}: extra {f.speaker} {f.start_s}-{f.end_s} {f.quote} {dict(f.detail)}"
            )
        else:
            out.doubtful_extra += 1
            out.notes.append(f"{call.name}: false doubt {f.speaker} {f.start_s}-{f.end_s} {f.quote}")
    return out


def edge_errors(call: OverlapCall, heard: Heard) -> list[tuple[float, float]]:
    """On- and offset of each clip that stands alone on its side, heard less true, in seconds."""
    errors = []
    for one in call.said:
        near = [o for o in call.said if o.side == one.side and o is not one]
        if any(abs(o.start_s - one.end_s) < 0.8 or abs(one.start_s - o.end_s) < 0.8 for o in near):
            continue
        spans = [
            span for span in heard.sides[one.side].speech.support(0.7)
            if span.start_s < one.end_s and span.end_s > one.start_s
        ]  # fmt: skip
        if spans:
            errors.append((spans[0].start_s - one.start_s, spans[-1].end_s - one.end_s))
    return errors


def figure_errors(call: OverlapCall, heard: Heard) -> tuple[float, float]:
    """Loudness difference (LU) and agent's speech rate (share), heard less true."""
    said = [one for one in call.said if one.clip.text]
    spoken = [np.concatenate([_of(call, one) for one in said if one.side == side]) for side in (0, 1)]
    figures = {m.name: m.value for m in measure(transcript_of(call, heard), heard.label(ROLES))}
    length_s = sum(end - start for start, end in turn_bounds(said, 0))
    units = sum(count_units(one.clip.text, call.language) for one in said if one.side == 0)
    difference, rate = figures["loudness_difference_lu"], figures["agent_speech_rate"]
    if not isinstance(difference, float) or not isinstance(rate, float):
        raise TypeError(f"{call.name}: not measured, {figures}")
    return difference - (lufs(spoken[0]) - lufs(spoken[1])), rate / (units / length_s * 60) - 1


def _of(call: OverlapCall, one: Said) -> Array:
    wave = call.sides[one.side][::2]
    return wave[round(one.start_s * RATE_HZ) : round(one.end_s * RATE_HZ)]


@dataclass
class Measured:
    """What one pool on one line gave: findings, edges (s), and figures (LU, share)."""

    score: Score = field(default_factory=Score)
    edges: list[tuple[float, float]] = field(default_factory=list)
    figures: list[tuple[float, float]] = field(default_factory=list)
    events: int = 0

    def __add__(self, other: Measured) -> Measured:
        return Measured(
            self.score + other.score, self.edges + other.edges, self.figures + other.figures, self.events + other.events
        )  # fmt: skip

    def row(self) -> str:
        """One line of text."""
        if not self.edges or not self.figures:
            return self.score.row()
        (on, off), within = np.median(self.edges, axis=0), (np.abs(self.edges) <= 0.1).mean(axis=0)
        worst = np.abs(self.figures).max(axis=0)
        return (
            f"{self.events:4d} events {self.score.row()}  edges {on:+.3f} ({within[0]:.2f} in 0.1 s) {off:+.3f}"
            f" ({within[1]:.2f})  worst {worst[0]:.2f} LU, rate {worst[1]:.1%}"
        )


def measured(
    pool: Pool,
    line: Line,
    name: str,
    seeds: Iterable[int],
    *,
    real_words: bool = False,
    kinds: Sequence[str] = EVENTS,
) -> Measured:
    """All calls of one pool on one line."""
    total = Measured()
    for seed in seeds:
        call = make_call(f"{name}#{seed}", pool, seed=seed, line=line, events=len(kinds), kinds=kinds)
        heard = listen(Channels.of(*call.sides))
        transcript = recognised(call, heard) if real_words else transcript_of(call, heard)
        found = find(transcript, heard.label(ROLES))
        total += Measured(
            score(call, found), edge_errors(call, heard), [figure_errors(call, heard)], len(call.events)
        )
    return total


def pools(clips: Path | None) -> dict[str, Pool]:
    """Every pool that is there."""
    found = {f"sample {lang}": sample_calls(lang) for lang in ("zh", "en")}
    if (DATA / "speech_zh").is_dir():
        found |= {f"read {lang}": read_speech(lang) for lang in ("zh", "en")}
    if clips:
        found |= {f"spoken {lang}": spoken_texts(clips, lang) for lang in ("zh", "en")}
    return found


def main() -> int:
    """Print a row a pool and line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, default=None)
    parser.add_argument("--calls", type=int, default=2, help="calls of 14 events for each pool and line")
    parser.add_argument("--pool", default="", help="only pools whose name holds this")
    parser.add_argument("--line", default="", help="only lines whose name holds this")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--words", action="store_true", help="words by the default recogniser, not given")
    parser.add_argument(
        "--hard", action="store_true", help="with coughs, laughs, completions and turns too short to cut"
    )
    parser.add_argument("--notes", action="store_true", help="list each error")
    args = parser.parse_args()
    for name, pool in pools(args.clips).items():
        if args.pool not in name:
            continue
        total = Measured()
        for kind, line in LINES.items():
            if args.line not in kind:
                continue
            first = args.seed + 1000 * list(LINES).index(kind)
            got = measured(
                pool,
                line,
                f"{name}/{kind}",
                range(first, first + args.calls),
                real_words=args.words,
                kinds=HARD_EVENTS if args.hard else EVENTS,
            )
            print(f"{name:10s} {kind:15s}", got.row(), flush=True)
            total += got
        print(f"{name:10s} {'all':15s}", total.row(), flush=True)
        if args.notes:
            print("   ", "\n    ".join(total.score.notes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
