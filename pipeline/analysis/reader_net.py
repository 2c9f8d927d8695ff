"""The reading network in PyTorch, for its fit; ``models/reader.py`` is the same in numpy, for use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from models.reader import MATRICES, SHORT, Passage, row_of
from models.reader_file import ReaderFile
from models.reader_tokens import Cutter

if TYPE_CHECKING:
    import numpy as np

DROPPED = 0.1
"""Share of each layer's numbers that are left out at random while it learns."""
_LEAST_STEP = 0.02


class Net:
    """The lower layers of the published network, the lowest of them as they are, and a new last layer."""

    def __init__(
        self, file: ReaderFile, layers: int, frozen: int, heads: int, *, over_pieces: bool = False
    ) -> None:
        """``over_pieces``: the last layer reads each piece instead of the sentence."""
        import torch

        self._file, self._layers, self._cutter = file, layers, Cutter(file)
        self._words: dict[int, Any] = {}
        fixed = {name: torch.tensor(file.array(name)) for name in ("emb.type", "emb.ln.w", "emb.ln.b")}
        self._fixed = fixed | {"emb.pos": torch.tensor(file.array("emb.pos", file.width))}
        self._own: dict[str, Any] = {}
        for at in range(layers):
            for name in (*MATRICES, *SHORT):
                value = torch.tensor(file.array(f"l{at}.{name}", MATRICES.get(name, 0)))
                self._own[f"l{at}.{name}"] = value.requires_grad_(at >= frozen)
        self._own["head.w"] = (
            torch.randn(heads, (1 if over_pieces else 2) * file.width) * 0.02
        ).requires_grad_()
        self._own["head.b"] = torch.full((heads,), -3.0).requires_grad_()
        self._optimizer: Any = None
        self._step = 0

    def row(self, passage: Passage) -> tuple[list[int], int]:
        """The pieces of a passage, and how many of them are the sentence's own."""
        return row_of(self._cutter, passage)

    def array(self, name: str) -> np.ndarray:
        """One of the network's arrays."""
        found: np.ndarray = self._own[name].detach().numpy()
        return found

    def begin(self, steps: int, step: float, head_step: float, warm: float) -> None:
        """Plan so many steps: AdamW, a linear warm-up, then a linear decline."""
        import torch

        learned = {name: value for name, value in self._own.items() if value.requires_grad}
        groups = [
            {"params": [value for name, value in learned.items() if not name.startswith("head")], "lr": step},
            {
                "params": [value for name, value in learned.items() if name.startswith("head")],
                "lr": head_step,
            },
        ]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01)

        def share(at: int) -> float:
            return min(1.0, (at + 1) / (warm * steps)) * max(_LEAST_STEP, 1 - at / steps)

        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, share)

    def learn(self, rows: Sequence[tuple[list[int], int]], truth: np.ndarray, weight: np.ndarray) -> float:
        """One step; the loss before it."""
        import torch

        raw = self._scores(rows, learning=True)
        every = torch.nn.functional.binary_cross_entropy_with_logits(
            raw, torch.tensor(truth), reduction="none"
        )
        return self._stepped((every * torch.tensor(weight, dtype=torch.float32)).sum() / len(rows))

    def learn_pieces(self, rows: Sequence[list[int]], labels: Sequence[list[int]]) -> float:
        """One step over the labels of each row's first pieces behind its mark; the loss before it."""
        import torch

        raw = self._states(rows, learning=True) @ self._own["head.w"].T + self._own["head.b"]
        told = torch.cat([raw[at, 1 : 1 + len(own)] for at, own in enumerate(labels)])
        real = torch.tensor([label for own in labels for label in own])
        return self._stepped(torch.nn.functional.cross_entropy(told, real))

    def _stepped(self, loss: Any) -> float:
        import torch

        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([value for value in self._own.values() if value.requires_grad], 1.0)
        self._optimizer.step()
        self._schedule.step()
        return float(loss.item())

    def _scores(self, rows: Sequence[tuple[list[int], int]], *, learning: bool) -> Any:
        import torch

        state = self._states([pieces for pieces, _own in rows], learning=learning)
        own = torch.zeros(len(rows), state.shape[1])
        for at, (_pieces, count) in enumerate(rows):
            own[at, 1 : 1 + count] = 1 / max(1, count)
        told = torch.cat([state[:, 0], torch.einsum("bt,btw->bw", own, state)], dim=1)
        return told @ self._own["head.w"].T + self._own["head.b"]

    def _states(self, rows: Sequence[list[int]], *, learning: bool) -> Any:
        import torch

        longest = max(map(len, rows))
        numbers = torch.ones(len(rows), longest, dtype=torch.long)
        inside = torch.zeros(len(rows), longest, dtype=torch.bool)
        for at, pieces in enumerate(rows):
            numbers[at, : len(pieces)] = torch.tensor(pieces)
            inside[at, : len(pieces)] = True
        dropped = DROPPED if learning else 0.0
        with torch.autocast("cpu", torch.bfloat16):
            state = torch.nn.functional.dropout(self._embedded(numbers), dropped)
            for at in range(self._layers):
                state = self._layer(at, state, inside[:, None, None, :], dropped)
        return state.float()

    def _embedded(self, numbers: Any) -> Any:
        import torch

        distinct, places = numbers.unique(return_inverse=True)
        words = torch.tensor(self._file.rows("emb.word", distinct.numpy()))[places]
        state = (
            words + self._fixed["emb.pos"][: numbers.shape[1]] + self._fixed["emb.type"][: self._file.width]
        )
        return self._normed(state, self._fixed["emb.ln.w"], self._fixed["emb.ln.b"])

    def _normed(self, x: Any, weight: Any, bias: Any) -> Any:
        import torch

        return torch.nn.functional.layer_norm(x, (self._file.width,), weight, bias, self._file.epsilon)

    def _layer(self, at: int, state: Any, inside: Any, dropped: float) -> Any:
        from torch.nn import functional as f

        own = {name: self._own[f"l{at}.{name}"] for name in (*MATRICES, *SHORT)}
        batch, tokens, width = state.shape
        query, key, value = (
            f.linear(state, own[f"{name}.w"], own[f"{name}.b"])
            .reshape(batch, tokens, self._file.heads, -1)
            .transpose(1, 2)
            for name in ("q", "k", "v")
        )
        raw = (query @ key.transpose(2, 3)).float() / math.sqrt(width // self._file.heads)
        share = f.dropout(raw.masked_fill(~inside, float("-inf")).softmax(dim=-1), dropped)
        heard = (share @ value.float()).transpose(1, 2).reshape(batch, tokens, width)
        heard = f.dropout(f.linear(heard, own["ao.w"], own["ao.b"]), dropped)
        state = self._normed((state + heard).float(), own["aln.w"], own["aln.b"])
        inner = f.gelu(f.linear(state, own["fi.w"], own["fi.b"]))
        inner = f.dropout(f.linear(inner, own["fo.w"], own["fo.b"]), dropped)
        return self._normed((state + inner).float(), own["oln.w"], own["oln.b"])
