"""What stands in a YAML file's nodes: the line of each key, and mistakes that its values alone no longer show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from pipeline.config_messages import shown
from pipeline.errors import ConfigError, printable, why

__all__ = ["Path_", "duplicates", "growth", "key_of", "lines", "no_days", "tagged", "unseen"]

MAX_NODES = 60_000  # after aliases are followed: what a "billion laughs" file would grow to
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control signs but tabs and line ends, turns of the writing direction, halves of characters."""

Path_ = tuple[str | int, ...]
_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "str", "seq", "map", "timestamp", "merge")
)


def key_of(path: Sequence[str | int], data: Any) -> str:
    """``criteria[opening.company].weight``: list items go by their id or name where they have one."""
    text, here = "", data
    for part in path:
        known = isinstance(here, (dict, list)) and not (isinstance(part, str) and isinstance(here, list))
        try:
            here = here[part] if known else None
        except (KeyError, IndexError):
            here = None
        if isinstance(part, int):
            label = here.get("id") or here.get("name") if isinstance(here, dict) else None
            text += f"[{label if isinstance(label, (str, int)) else part}]"
        else:
            text += f".{part}" if text else str(part)
    return printable(text) or "file"


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


def _walk(root: yaml.Node) -> Iterator[tuple[Path_, yaml.Node, int]]:
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


def lines(root: yaml.Node) -> Iterator[tuple[Path_, int]]:
    for path, _, line in _walk(root):
        yield path, line


def duplicates(root: yaml.Node, name: str) -> Iterator[str]:
    told: set[int] = set()
    for path, node, _ in _walk(root):
        if not isinstance(node, yaml.MappingNode) or id(node) in told:
            continue
        told.add(id(node))
        seen: dict[str, int] = {}
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            line = key.start_mark.line + 1
            if key.value in seen:
                where = key_of((*path, key.value), None)
                yield f"{name}: {where} → given twice, on lines {seen[key.value]} and {line}; keep one"
            seen.setdefault(key.value, line)


def unseen(root: yaml.Node, name: str) -> Iterator[str]:
    """Keys and values with what nobody sees and a page, a table or a terminal obeys: they are shown to people as they are."""
    told: set[int] = set()
    for path, node, _ in _walk(root):
        inner = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        for one in (node, *inner):
            found = (
                _UNSEEN.search(one.value)
                if isinstance(one, yaml.ScalarNode) and id(one) not in told
                else None
            )
            if found is not None:
                told.add(id(one))
                where = key_of(path if one is node else (*path, one.value), None)
                line = one.start_mark.line + 1
                held = f"holds U+{ord(found[0]):04X}, which nobody sees"
                yield f"{name}: {where} → {held}; letters and signs are accepted (line {line})"


def no_days(root: yaml.Node, name: str) -> Iterator[str]:
    """Dates that no calendar has, such as 2025-02-30."""
    for path, node, line in _walk(root):
        if node.tag == "tag:yaml.org,2002:timestamp":
            try:
                yaml.SafeLoader("").construct_document(node)
            except (ValueError, OverflowError) as error:
                told = f"a date (YYYY-MM-DD) is accepted, not {shown(node.value)}: {why(error)}"
                yield f"{name}: {key_of(path, None)} → {told} (line {line})"


def tagged(root: yaml.Node, name: str) -> Iterator[str]:
    """Values of a kind that settings have no use for: ``!!binary`` would read as text and ``!!set`` as a list."""
    told: set[int] = set()
    for _, node, _ in _walk(root):
        inner = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        for one in (node, *inner):
            if one.tag not in _TAGS and id(one) not in told:
                told.add(id(one))
                tag = printable(one.tag.replace("tag:yaml.org,2002:", "!!"))[:60]
                yield (
                    f"{name}: line {one.start_mark.line + 1} → not YAML as it is read here: the tag {tag}; "
                    "text, numbers, dates, lists and keys with values are accepted without a tag"
                )
