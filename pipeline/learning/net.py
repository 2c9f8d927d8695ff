"""The reading network in PyTorch, for its fit; ``models/reader.py`` is the same in whole numbers, for use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.reader import LAST, MATRICES, SHORT, Published
from models.reader_windows import Row

if TYPE_CHECKING:
    import numpy as np

DROPPED = 0.1
"""Share of each layer's numbers that are left out at random while it learns."""
_LEAST_STEP = 0.02
_RANDOM = 8_000_000


@dataclass(frozen=True, slots=True)
class Taught:
    """A row with what it teaches.

    Attributes
    ----------
    row
        The pieces.
    truth, weight
        Which kinds are true of each part, and what each weighs; ``(parts, kinds)``, nothing where the row teaches none.
    labels
        The label of each piece of each part; nothing where the row teaches none.
    """

    row: Row
    truth: np.ndarray | None = None
    weight: np.ndarray | None = None
    labels: tuple[tuple[int, ...], ...] = ()


class Net:
    """The lower layers of the published network, the lowest of them as they are, and last layers of ours."""

    def __init__(self, file: Published, layers: int, frozen: int, kinds: int, labels: int) -> None:
        import torch

        self._file, self._layers = file, layers
        self._fixed = {name: torch.tensor(file.array(name)) for name in ("emb.ln.w", "emb.ln.b")}
        self._fixed["emb.pos"] = torch.tensor(file.places())
        self._own: dict[str, Any] = {}
        for at in range(layers):
            for name in (*MATRICES, *SHORT):
                value = torch.tensor(file.array(f"l{at}.{name}", MATRICES.get(name, 0) * file.width))
                self._own[f"l{at}.{name}"] = value.requires_grad_(at >= frozen)
        last = (
            torch.zeros(kinds, file.width),
            torch.randn(kinds, 2 * file.width) * 0.02,
            torch.full((kinds,), -3.0),
            torch.randn(labels, file.width) * 0.02,
            torch.zeros(labels),
        )
        self._own |= {name: value.requires_grad_() for name, value in zip(LAST, last, strict=True)}
        # Where the processor has no bfloat16 it is emulated, many times slower than single precision.
        self._form = torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32
        self._kept = (torch.rand(_RANDOM) > DROPPED).to(self._form) / (1 - DROPPED)
        self._optimizer: Any = None
        self._largest: dict[int, Any] | None = None

    def array(self, name: str) -> np.ndarray:
        """One of the network's arrays."""
        found: np.ndarray = self._own[name].detach().numpy()
        return found

    def take(self, name: str, value: np.ndarray) -> None:
        """Set one of the network's arrays, or its first rows."""
        import torch

        self._own[name].data[: len(value)] = torch.tensor(value.astype("float32"))

    def largest(self, rows: Sequence[Row]) -> dict[int, np.ndarray]:
        """By layer the largest amount that each number between its two wide matrices comes to in some rows, ``(inner,)``."""
        import torch

        self._largest = {}
        with torch.no_grad():
            for row in rows:
                self.states([row], learning=False)
        found = {at: amounts.float().numpy() for at, amounts in self._largest.items()}
        self._largest = None
        return found

    def begin(self, steps: int, step: float, last_step: float, warm: float) -> None:
        """Plan so many steps: AdamW, a linear warm-up, then a linear decline."""
        import torch

        learned = {name: value for name, value in self._own.items() if value.requires_grad}
        groups = [
            {"params": [value for name, value in learned.items() if name not in LAST], "lr": step},
            {"params": [value for name, value in learned.items() if name in LAST], "lr": last_step},
        ]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01)

        def share(at: int) -> float:
            return min(1.0, (at + 1) / (warm * steps)) * max(_LEAST_STEP, 1 - at / steps)

        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, share)

    def learn(self, taught: Sequence[Taught], pieces_weigh: float) -> tuple[float, float]:
        """One step; the loss over kinds a part and over labels a piece, before it."""
        import torch

        states = self.states([one.row for one in taught], learning=True)
        of_kinds = self._loss_of_kinds(states, taught)
        of_labels = self._loss_of_labels(states, taught)
        self._optimizer.zero_grad()
        (of_kinds + pieces_weigh * of_labels).backward()
        torch.nn.utils.clip_grad_norm_([value for value in self._own.values() if value.requires_grad], 1.0)
        self._optimizer.step()
        self._schedule.step()
        return float(of_kinds.detach()), float(of_labels.detach())

    def _loss_of_kinds(self, states: Any, taught: Sequence[Taught]) -> Any:
        import numpy as np
        import torch

        places = [
            (at, part.first, part.after)
            for at, one in enumerate(taught)
            if one.truth is not None
            for part in one.row.parts
        ]
        if not places:
            return states.sum() * 0
        truth = torch.tensor(np.concatenate([one.truth for one in taught if one.truth is not None]))
        weight = torch.tensor(np.concatenate([one.weight for one in taught if one.weight is not None]))
        every = torch.nn.functional.binary_cross_entropy_with_logits(
            self.kinds(states, places), truth, reduction="none"
        )
        return (every * weight).sum() / len(places)

    def _loss_of_labels(self, states: Any, taught: Sequence[Taught]) -> Any:
        import torch

        told = [(at, one) for at, one in enumerate(taught) if one.labels]
        if not told:
            return states.sum() * 0
        own = torch.cat([states[at, part.first : part.after] for at, one in told for part in one.row.parts])
        real = torch.tensor([label for _at, one in told for part in one.labels for label in part])
        raw = own @ self._own["pieces.w"].T + self._own["pieces.b"]
        return torch.nn.functional.cross_entropy(raw, real)

    def kinds(self, states: Any, places: Sequence[tuple[int, int, int]]) -> Any:
        """Log odds of the kinds for stretches of rows (which row, from, to), ``(stretches, kinds)``."""
        import torch

        longest = max(end - first for _at, first, end in places)
        index = torch.zeros(len(places), longest, dtype=torch.long)
        inside = torch.zeros(len(places), longest, 1, dtype=torch.bool)
        for number, (at, first, end) in enumerate(places):
            index[number, : end - first] = torch.arange(first, end) + at * states.shape[1]
            inside[number, : end - first] = True
        own = states.reshape(-1, states.shape[2])[index]
        look = (own @ self._own["kinds.look"].T).masked_fill(~inside, -1e9).softmax(dim=1)
        seen = torch.einsum("ptk,ptw->pkw", look, own)
        mean = (own * inside).sum(1) / inside.sum(1).clamp(min=1)
        weight, width = self._own["kinds.w"], self._file.width
        scores = torch.einsum("pkw,kw->pk", seen, weight[:, :width]) + mean @ weight[:, width:].T
        return scores + self._own["kinds.b"]

    def states(self, rows: Sequence[Row], *, learning: bool) -> Any:
        """What the last layer says of each row's pieces, single precision ``(rows, longest, width)``."""
        import torch

        longest = max(len(row.pieces) for row in rows)
        numbers = torch.ones(len(rows), longest, dtype=torch.long)
        hidden = torch.full((len(rows), 1, longest), -1e9, dtype=self._form)
        for at, row in enumerate(rows):
            numbers[at, : len(row.pieces)] = torch.tensor(row.pieces)
            hidden[at, :, : len(row.pieces)] = 0
        hidden = hidden.repeat_interleave(self._file.heads, dim=0)
        near = self._file.nearness(longest)
        if near is not None:
            hidden = hidden + torch.tensor(near).to(self._form).repeat(len(rows), 1, 1)
        state = self._dropped(self._embedded(numbers).to(self._form), learning)
        for at in range(self._layers):
            state = self._layer(at, state, hidden, learning)
        return state.float()

    def _embedded(self, numbers: Any) -> Any:
        import torch

        distinct, places = numbers.unique(return_inverse=True)
        words = torch.tensor(self._file.rows("emb.word", distinct.numpy()))[places]
        return self._normed(
            words + self._fixed["emb.pos"][: numbers.shape[1]],
            *map(self._fixed.get, ("emb.ln.w", "emb.ln.b")),
        )

    def _normed(self, x: Any, weight: Any, bias: Any) -> Any:
        import torch

        return torch.nn.functional.layer_norm(x, (self._file.width,), weight, bias, self._file.epsilon)

    def _dropped(self, x: Any, learning: bool) -> Any:
        """Dropout from one stock of random numbers, read from any place: drawing them anew costs a tenth of the fit."""
        import torch

        if not learning:
            return x
        first = int(torch.randint(0, _RANDOM - x.numel(), (1,)))
        return x * self._kept[first : first + x.numel()].view_as(x)

    def _layer(self, at: int, state: Any, hidden: Any, learning: bool) -> Any:
        from torch.nn import functional as f

        own = {name: self._own[f"l{at}.{name}"].to(self._form) for name in (*MATRICES, *SHORT)}
        rows, pieces, width = state.shape
        heads = self._file.heads
        query, key, value = (
            f.linear(state, own[f"{name}.w"], own[f"{name}.b"])
            .reshape(rows, pieces, heads, -1)
            .transpose(1, 2)
            .reshape(rows * heads, pieces, -1)
            for name in ("q", "k", "v")
        )
        share = (query @ key.transpose(1, 2) * (width // heads) ** -0.5 + hidden).softmax(dim=-1)
        heard = (share @ value).reshape(rows, heads, pieces, -1).transpose(1, 2).reshape(rows, pieces, width)
        heard = self._dropped(f.linear(heard, own["ao.w"], own["ao.b"]), learning)
        state = self._normed(state + heard, own["aln.w"], own["aln.b"])
        inner = f.gelu(f.linear(state, own["fi.w"], own["fi.b"]))
        if self._largest is not None:
            amounts = inner.abs().amax(dim=(0, 1))
            self._largest[at] = amounts.maximum(self._largest.get(at, amounts))
        inner = f.linear(inner, own["fo.w"], own["fo.b"])
        return self._normed(state + self._dropped(inner, learning), own["oln.w"], own["oln.b"])
