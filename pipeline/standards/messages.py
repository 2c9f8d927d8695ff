"""The engine's own reasons, read from ``messages.yaml``."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from pipeline.standards.wording import Bilingual, fill
from pipeline.types import Reason


@lru_cache(maxsize=1)
def _messages() -> dict[str, dict[str, str]]:
    from pipeline.config import parse_yaml

    source = files("pipeline.standards") / "messages.yaml"
    return dict(parse_yaml(source.read_text(encoding="utf-8"), name="messages.yaml").data)


def message(code: str, **values: Any) -> Reason:
    """The reason with this code, its placeholders filled."""
    wording = _messages()[code]
    return Reason(code, fill(wording["zh"], values, "zh"), fill(wording["en"], values, "en"))


def word(code: str) -> Bilingual:
    """A word in both languages, such as a verdict's name."""
    wording = _messages()[code]
    return Bilingual(wording["zh"], wording["en"])
