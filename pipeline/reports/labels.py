"""Texts of the reports in both languages, as data that a template can print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text in Chinese and English. In a template it prints both; the page shows the reader's."""

    zh: str
    en: str

    def __html__(self) -> str:
        if self.zh == self.en:
            return escape(self.zh)
        zh, en = escape(self.zh), escape(self.en)
        return f'<span class="zh" lang="zh">{zh}</span><span class="en" lang="en">{en}</span>'

    def attr(self, name: str) -> _Attribute:
        """An HTML attribute that the language switch rewrites."""
        return _Attribute(name, self)

    def join(self, other: Text, separator: str = " · ") -> Text:
        """Both texts in a row."""
        return Text(f"{self.zh}{separator}{other.zh}", f"{self.en}{separator}{other.en}")


@dataclass(frozen=True, slots=True)
class _Attribute:
    name: str
    text: Text

    def __html__(self) -> str:
        zh, en = escape(self.text.zh), escape(self.text.en)
        return f'{self.name}="{en}" data-zh-{self.name}="{zh}" data-en-{self.name}="{en}"'


def same(text: object) -> Text:
    """A text that is the same in both languages."""
    return Text(str(text), str(text))


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels by group: ``ui, verdicts, kinds, measures …``; ``group_of`` gives a finding's colour."""

    texts: Mapping[str, Mapping[str, Text]]
    group_of: Mapping[str, str]

    def get(self, group: str, name: str) -> Text:
        """A label; what has none is shown by its own name."""
        return self.texts[group].get(name) or same(name.replace("_", " "))

    @property
    def ui(self) -> Mapping[str, Text]:
        """The fixed texts of the pages."""
        return self.texts["ui"]


@cache
def labels() -> Labels:
    """The labels that ship beside this module."""
    from pipeline.lexicons import load_yaml

    data: dict[str, dict[str, dict[str, Any]]]
    data = load_yaml((Path(__file__).parent / "labels.yaml").read_text(encoding="utf-8"))
    texts = {
        group: {str(name): Text(str(both["zh"]), str(both["en"])) for name, both in entries.items()}
        for group, entries in data.items()
    }
    return Labels(texts, {name: str(entry["group"]) for name, entry in data["kinds"].items()})
