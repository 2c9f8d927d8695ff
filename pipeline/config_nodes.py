"""A YAML document's nodes before anything is made of them: how large they grow, what kinds they are of."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from pipeline.errors import ConfigError, printable

__all__ = ["MAX_NODES", "Path_", "growth", "tagged", "walk"]

MAX_NODES = 60_000  # after aliases are followed: what a "billion laughs" file would grow to
Path_ = tuple[str | int, ...]
_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "str", "seq", "map", "timestamp", "merge")
)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def growth(root: yaml.Node, name: str) -> Iterator[str]:
    """Size of the document once aliases are followed, counted without following them."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in open_nodes:
            raise ConfigError([f"{name}: line {node.start_mark.line + 1} → an anchor that holds itself"])
        if id(node) not in sizes:
            open_nodes.add(id(node))
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
            open_nodes.discard(id(node))
        return sizes[id(node)]

    if (total := size(root)) > MAX_NODES:
        yield f"{name}: file → {total:,} values once its aliases are followed; up to {MAX_NODES:,} go"


def walk(root: yaml.Node) -> Iterator[tuple[Path_, yaml.Node, int]]:
    """Every node with its path and the line of its key."""
    stack: list[tuple[Path_, yaml.Node, int]] = [((), root, root.start_mark.line + 1)]
    while stack:
        path, node, line = stack.pop()
        yield path, node, line
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                    stack.append(((*path, key.value), value, key.start_mark.line + 1))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                stack.append(((*path, index), value, value.start_mark.line + 1))


def tagged(root: yaml.Node, name: str) -> Iterator[str]:
    """Values of a kind that settings have no use for: ``!!binary`` would read as text and ``!!set`` as a list."""
    told: set[int] = set()
    for _, node, _ in walk(root):
        inner = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        for one in (node, *inner):
            if one.tag not in _TAGS and id(one) not in told:
                told.add(id(one))
                tag = printable(one.tag.replace("tag:yaml.org,2002:", "!!"))[:60]
                yield (
                    f"{name}: line {one.start_mark.line + 1} → not YAML as it is read here: the tag {tag}; "
                    "text, numbers, dates, lists and keys with values are accepted without a tag"
                )
