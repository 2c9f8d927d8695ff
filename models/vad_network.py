"""Silero VAD's network in numpy, with the weights of its ONNX file: all stretches of a channel step through it together.

onnxruntime takes one sequence at a time, and its convolutions of one channel are slow: a fifth to a third of this. What the
network does is short: the magnitudes of four short Fourier transforms a frame, four convolutions, one LSTM cell, one
weighted sum. A test holds the numbers against onnxruntime's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_CELLS = 128
_BINS = 129
_WINDOW, _STEP, _REFLECTED = 256, 128, 64
_EXACT = 1e-6
_BASIS = "encoder.feature_extractor.forward_basis_buffer"
_SHAPES = {
    _BASIS: (2 * _BINS, 1, _WINDOW),
    "encoder.conv_layers.0.weight": (128, _BINS, 3), "encoder.conv_layers.0.bias": (128,),
    "encoder.conv_layers.1.weight": (64, 128, 3), "encoder.conv_layers.1.bias": (64,),
    "encoder.conv_layers.2.weight": (64, 64, 3), "encoder.conv_layers.2.bias": (64,),
    "encoder.conv_layers.3.weight": (_CELLS, 64, 3), "encoder.conv_layers.3.bias": (_CELLS,),
    "onnx::LSTM_209": (1, 4 * _CELLS, _CELLS), "onnx::LSTM_210": (1, 4 * _CELLS, _CELLS),
    "onnx::LSTM_211": (1, 8 * _CELLS),
    "decoder.conv1d.weight": (1, _CELLS, 1), "decoder.conv1d.bias": (1,),
}  # fmt: skip
_GRAPH, _INITIALIZER, _DIMS, _NAME, _RAW = 7, 5, 1, 8, 9
"""Fields of ONNX's messages: of a model, of a graph, of a tensor."""


class VadNetwork:
    """The network with its weights.

    Parameters
    ----------
    weights
        Arrays by the names they have in the ONNX file, as :func:`weights_of` reads them.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._window = _window_of(weights[_BASIS])
        self._kernels = [_rows_of(weights[f"encoder.conv_layers.{n}.weight"]) for n in range(4)]
        self._biases = [weights[f"encoder.conv_layers.{n}.bias"] for n in range(4)]
        # a sigmoid is a tanh of half its argument: with these three gates halved one tanh serves all four
        half = np.repeat(np.array([0.5, 0.5, 0.5, 1.0], np.float32), _CELLS)
        self._inner = np.ascontiguousarray(weights["onnx::LSTM_209"][0].T) * half
        self._back = np.ascontiguousarray(weights["onnx::LSTM_210"][0].T) * half
        self._bias = weights["onnx::LSTM_211"][0].reshape(2, -1).sum(axis=0) * half
        self._last = weights["decoder.conv1d.weight"].reshape(-1)
        self._last_bias = weights["decoder.conv1d.bias"][0]

    def gates(self, rows: Array) -> Array:
        """What each frame alone gives the LSTM's gates: ``(n, 576)`` samples in, ``(n, 512)`` out."""
        from scipy.fft import rfft

        whole = np.concatenate([rows, rows[:, -2 : -2 - _REFLECTED : -1]], axis=1)
        windows = np.lib.stride_tricks.sliding_window_view(whole, _WINDOW, axis=1)[:, ::_STEP]
        x = np.abs(rfft(windows * self._window, axis=2))
        for kernel, bias, stride in zip(self._kernels, self._biases, (1, 2, 2, 1), strict=True):
            x = _convolved(x, kernel, bias, stride)
        return np.asarray(x.reshape(len(rows), _CELLS) @ self._inner + self._bias, dtype=np.float32)

    def probabilities(self, gates: Array) -> Array:
        """Speech in each frame of sequences that all begin without memory: ``(steps, sequences, 512)`` in, ``(steps,
        sequences)`` out."""
        memory = np.zeros((gates.shape[1], _CELLS), dtype=np.float32)
        said = np.zeros((len(gates) + 1, *memory.shape), dtype=np.float32)
        opened = np.empty(gates.shape[1:], dtype=np.float32)
        sigmoids = opened[:, : 3 * _CELLS]
        taken, told, kept, new = (opened[:, n * _CELLS : (n + 1) * _CELLS] for n in range(4))
        for step, given in enumerate(gates):
            np.matmul(said[step], self._back, out=opened)
            opened += given
            np.tanh(opened, out=opened)
            sigmoids *= 0.5
            sigmoids += 0.5
            memory *= kept
            memory += np.multiply(taken, new, out=new)
            np.multiply(told, np.tanh(memory, out=new), out=said[step + 1])
        found = np.maximum(said[1:], 0.0) @ self._last
        return np.asarray(1.0 / (1.0 + np.exp(-found - self._last_bias)), dtype=np.float32)


def _window_of(basis: Array) -> Array:
    """The window of a Fourier transform that is given as a matrix: its row of frequency zero."""
    return np.ascontiguousarray(basis[0, 0])


def _is_fourier(basis: Array) -> bool:
    """Whether the matrix is a windowed Fourier transform, which need not be multiplied out then."""
    turned = np.exp(-2j * np.pi / _WINDOW * np.outer(np.arange(_BINS), np.arange(_WINDOW))) * _window_of(
        basis
    )
    return bool(np.abs(np.concatenate([turned.real, turned.imag]) - basis[:, 0]).max() < _EXACT)


def _rows_of(kernel: Array) -> Array:
    """A convolution's kernel ``(out, in, taps)`` as the matrix that a row of taps times inputs is multiplied by."""
    return np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0]))


def _convolved(x: Array, kernel: Array, bias: Array, stride: int) -> Array:
    """Three taps over the middle axis of ``(n, places, inputs)``, zeros at both ends, negative values cut off."""
    n, places, inputs = x.shape
    flat = x.reshape(n, -1)
    out = np.empty((n, len(range(0, places, stride)), kernel.shape[1]), dtype=np.float32)
    for at, place in enumerate(range(0, places, stride)):
        first, after = (
            max(0, place - 1),
            min(places, place + 2),
        )  # what zeros would be multiplied by is left out
        taps = kernel[(first - place + 1) * inputs : (after - place + 1) * inputs]
        np.matmul(flat[:, first * inputs : after * inputs], taps, out=out[:, at])
    out += bias
    return np.maximum(out, 0.0, out=out)


def weights_of(path: Path) -> dict[str, Array] | None:
    """The weights in an ONNX file of this network; None where it holds another one."""
    found: dict[str, Array] = {}
    graph = next((value for field, value in _fields(memoryview(path.read_bytes())) if field == _GRAPH), None)
    for field, tensor in _fields(graph) if isinstance(graph, memoryview) else ():
        if field != _INITIALIZER or not isinstance(tensor, memoryview):
            continue
        parts = list(_fields(tensor))
        name = next(
            (bytes(value).decode() for key, value in parts if key == _NAME and not isinstance(value, int)), ""
        )
        raw = next((value for key, value in parts if key == _RAW and not isinstance(value, int)), None)
        shape = tuple(value for key, value in parts if key == _DIMS and isinstance(value, int))
        if raw is not None and _SHAPES.get(name) == shape and len(raw) == 4 * int(np.prod(shape)):
            found[name] = np.frombuffer(raw, dtype="<f4").reshape(shape)
    return found if found.keys() == _SHAPES.keys() and _is_fourier(found[_BASIS]) else None


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of one protobuf message by number: numbers as they are, everything else as its bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size, at = _varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
