"""The reading network as an ONNX model, written byte by byte for onnxruntime.

One row of pieces' vectors goes in, ``x`` ``(pieces, width)``, what the last layer says of each comes out, ``y``. Each layer is
that of BERT (Devlin et al., 2019); where the network knows distances, ``near`` ``(heads, pieces, pieces)`` goes in besides.
Matrices are in signed seven bits with a scale a column, which onnxruntime multiplies as whole numbers
(``DynamicQuantizeMatMul``); with eight bits processors without VNNI would overflow. What goes through has one scale a row of
pieces; where a few columns of it are many times larger than all others, they are named (``fo.apart``) and multiplied apart in
single precision (Dettmers et al., "LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale", 2022).

The form is ONNX's protobuf, of which this needs a dozen fields: not worth a package of 18 MB in every worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

IR_VERSION, OPSET = 9, 20
CONTRIBUTED = "com.microsoft"
LARGEST = 63
"""Of a matrix' numbers."""
_FLOAT, _INT8, _INT64 = 1, 3, 7
_PIECES = "pieces"
_AS_FLOAT, _AS_INT, _AS_INTS = 1, 2, 7


def model_of(
    layers: Iterable[Mapping[str, np.ndarray]], heads: int, width: int, epsilon: float, *, near: bool = False
) -> bytes:
    """The model's file, from each layer's arrays ``q.w`` ``(out, in)``, ``q.b`` … as the network has them; one layer is held at a
    time. ``near``: whether it takes what the distance of two pieces adds."""
    graph = _Graph(near)
    state = "x"
    for at, arrays in enumerate(layers):
        state = _layer(graph, arrays, at, state, heads, epsilon)
    graph.node("Identity", (state,), "y")
    graph.parts += [_text(2, "reader"), _bytes(11, _value("x", _PIECES, width))]
    if near:
        graph.parts.append(_bytes(11, _value("near", heads, _PIECES, _PIECES)))
    graph.parts.append(_bytes(12, _value("y", _PIECES, width)))
    opsets = _bytes(8, _number(2, OPSET)) + _bytes(8, _text(1, CONTRIBUTED) + _number(2, 1))
    size = sum(map(len, graph.parts))
    return b"".join([_number(1, IR_VERSION), _key(7, 2), bytes(_varint(size)), *graph.parts, opsets])


@dataclass(slots=True)
class _Graph:
    """Nodes and tensors, as they are written."""

    near: bool = False
    parts: list[bytes] = field(default_factory=list)

    def tensor(self, name: str, array: np.ndarray) -> str:
        kind = {"float32": _FLOAT, "int8": _INT8, "int64": _INT64}[array.dtype.name]
        sizes = b"".join(_number(1, size) for size in array.shape)
        told = sizes + _number(2, kind) + _text(8, name) + _bytes(9, array.tobytes())
        self.parts.append(_bytes(5, told))
        return name

    def node(self, operation: str, given: Sequence[str], *out: str, **settings: float | list[int]) -> str:
        domain = CONTRIBUTED if operation == "DynamicQuantizeMatMul" else ""
        written = b"".join(_text(1, name) for name in given) + b"".join(_text(2, name) for name in out)
        written += _text(4, operation)
        written += b"".join(_bytes(5, _attribute(name, value)) for name, value in settings.items())
        self.parts.append(_bytes(1, written + (_text(7, domain) if domain else b"")))
        return out[0]

    def split(self, name: str, weight: np.ndarray, bias: np.ndarray, given: str, apart: np.ndarray) -> str:
        """As `linear`, some columns ``apart`` in single precision."""
        import numpy as np

        kept = np.ones(weight.shape[1], dtype=np.float32)
        kept[apart] = 0
        chosen = self.tensor(f"{name}.apart", apart.astype(np.int64))
        few = self.node("Gather", (given, chosen), f"{name}.few", axis=1)
        few = self.node(
            "MatMul", (few, self.tensor(f"{name}.aw", weight[:, apart].T.copy())), f"{name}.fewer"
        )
        rest = self.node("Mul", (given, self.tensor(f"{name}.kept", kept)), f"{name}.rest")
        return self.node("Add", (few, self.linear(name, weight * kept, bias, rest)), f"{name}.all")

    def linear(self, name: str, weight: np.ndarray, bias: np.ndarray, given: str) -> str:
        """``given`` times the matrix ``(out, in)``, and the bias."""
        whole, scale = narrowed(weight)
        names = (
            self.tensor(f"{name}.w", whole.T.copy()),
            self.tensor(f"{name}.s", scale),
            "",
            self.tensor(f"{name}.b", bias),
        )
        return self.node("DynamicQuantizeMatMul", (given, *names), f"{name}.out")


def _layer(
    graph: _Graph, arrays: Mapping[str, np.ndarray], at: int, state: str, heads: int, epsilon: float
) -> str:
    import numpy as np

    width = arrays["q.w"].shape[0]
    query = np.float32((width // heads) ** -0.5)
    weight = np.concatenate([arrays["q.w"] * query, arrays["k.w"], arrays["v.w"]])
    bias = np.concatenate([arrays["q.b"] * query, arrays["k.b"], arrays["v.b"]])
    heads_of = graph.tensor(f"l{at}.heads", np.array([0, 3 * heads, width // heads], dtype=np.int64))
    again = graph.tensor(f"l{at}.again", np.array([0, width], dtype=np.int64))

    def node(operation: str, given: Sequence[str], name: str, **settings: float | list[int]) -> str:
        return graph.node(operation, given, f"l{at}.{name}", **settings)

    def linear(name: str, given: str) -> str:
        return graph.linear(f"l{at}.{name}", arrays[f"{name}.w"], arrays[f"{name}.b"], given)

    def normed(name: str, given: str) -> str:
        own = [graph.tensor(f"l{at}.{name}.{part}", arrays[f"{name}.{part}"]) for part in "wb"]
        return node("LayerNormalization", (given, *own), f"{name}.out", axis=-1, epsilon=epsilon)

    three = node("Reshape", (graph.linear(f"l{at}.qkv", weight, bias, state), heads_of), "three")
    three = node("Transpose", (three,), "turned", perm=[1, 0, 2])
    graph.node("Split", (three,), *(f"l{at}.{name}" for name in "qkv"), axis=0, num_outputs=3)
    raw = node("MatMul", (f"l{at}.q", node("Transpose", (f"l{at}.k",), "kt", perm=[0, 2, 1])), "raw")
    if graph.near:
        raw = node("Add", (raw, "near"), "nearer")
    heard = node("MatMul", (node("Softmax", (raw,), "share", axis=-1), f"l{at}.v"), "heard")
    heard = node("Reshape", (node("Transpose", (heard,), "back", perm=[1, 0, 2]), again), "flat")
    state = normed("aln", node("Add", (state, linear("ao", heard)), "sum"))
    inner = node("Gelu", (linear("fi", state),), "gelu")
    apart = arrays.get("fo.apart")
    told = (
        linear("fo", inner)
        if apart is None
        else graph.split(f"l{at}.fo", arrays["fo.w"], arrays["fo.b"], inner, apart)
    )
    return normed("oln", node("Add", (state, told), "sum2"))


def narrowed(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix ``(out, in)`` in whole numbers of seven bits, int8, and the scale of each row, float32."""
    import numpy as np

    scale = np.maximum(np.abs(weight).max(axis=1), 1e-9).astype(np.float32) / LARGEST
    return np.rint(weight / scale[:, None]).astype(np.int8), scale


def _value(name: str, *sizes: int | str) -> bytes:
    """A graph's input or output of single precision; a size that is a word may be any."""
    shape = b"".join(
        _bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in sizes
    )
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, shape)))


def _attribute(name: str, value: float | list[int]) -> bytes:
    import struct

    if isinstance(value, list):
        return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, _AS_INTS)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _AS_INT)
    return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _number(20, _AS_FLOAT)


def _number(place: int, value: int) -> bytes:
    return _key(place, 0) + bytes(_varint(value & (1 << 64) - 1))


def _text(place: int, value: str) -> bytes:
    return _bytes(place, value.encode("ascii"))


def _bytes(place: int, value: bytes) -> bytes:
    return _key(place, 2) + bytes(_varint(len(value))) + value


def _key(place: int, kind: int) -> bytes:
    return bytes(_varint(place << 3 | kind))


def _varint(value: int) -> Iterator[int]:
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value
