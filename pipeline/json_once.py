"""JSON from outside, in which a key that stands twice in an object is refused: which of two values was meant is not guessed."""

from __future__ import annotations

import json
from typing import Any

from pipeline.config_messages import shown

__all__ = ["DoubledKeyError", "loads_once"]


class DoubledKeyError(ValueError):
    """A key that is given twice; ``key`` as it may be shown, the message says of it what is wrong."""

    def __init__(self, key: str) -> None:
        super().__init__("is given twice in one object; one is accepted")
        self.key = shown(key)


def loads_once(text: str) -> Any:
    """A text's JSON, the keys of each object in it all different.

    Raises
    ------
    ValueError
        It is no JSON, or a `DoubledKeyError`.
    """
    return json.loads(text, object_pairs_hook=_once_each)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise DoubledKeyError(next(key for key in keys if keys.count(key) > 1))
    return found
