"""Speaks ``overlap_texts.yaml`` with many voices: one 8 kHz clip an utterance, for ``tests/measure_sound.py``.

``python sample_audio/make/overlap_clips.py --voices package/voices --out DIR`` writes ``<language>.npz`` (clips ``c0, c1 …``
and ``b0, b1 …``, float32 at 8 kHz, trimmed) and ``<language>.json`` (text and voice of each).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import telephone
import voices
import yaml

HERE = Path(__file__).resolve().parent
RATE = {"zh": 1.0, "en": 0.85}
BACKCHANNEL_VOICES = 4


def spoken(text: str, voice: str, language: str, args: argparse.Namespace) -> np.ndarray:
    """One utterance on the telephone's band, from its first to its last sound."""
    said = voices.speak(
        text, voice=voice, rate=RATE[language], voices=args.voices, cache_dir=args.out / "cache", threads=1
    )
    line = telephone.to_line(said.astype(np.float64), from_hz=voices.SYNTHESIS_RATE_HZ)
    return np.asarray(telephone.trim(line), dtype=np.float32)


def make(language: str, plan: dict[str, Any], args: argparse.Namespace) -> None:
    """All clips of one language; each content once, each backchannel with several voices."""
    names = plan["voices"]
    wanted = [("c", text, names[index % len(names)]) for index, text in enumerate(plan["content"])]
    for index, text in enumerate(plan["backchannels"]):
        wanted += [("b", text, names[(index + n) % len(names)]) for n in range(BACKCHANNEL_VOICES)]
    clips, listed = {}, {}
    for number, (kind, text, voice) in enumerate(wanted):
        key = f"{kind}{number}"
        clips[key] = spoken(text, voice, language, args)
        listed[key] = {"text": text, "voice": voice}
    np.savez(args.out / f"{language}.npz", **clips)
    (args.out / f"{language}.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1), "utf-8")


def main() -> int:
    """Write the clips of both languages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=Path, required=True, help="folder of kokoro-js voices")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for language, plan in yaml.safe_load((HERE / "overlap_texts.yaml").read_text("utf-8")).items():
        make(language, plan, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
