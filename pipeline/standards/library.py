"""Standards by id or file: listed, loaded, checked; a file may extend another and say only what differs."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.config import Document, key_of, load_yaml, mistakes_of, parse_yaml
from pipeline.config_messages import shown, unknown_key
from pipeline.errors import ConfigError
from pipeline.standards.flagging import Flagging
from pipeline.standards.salvage import items_of, salvaged
from pipeline.standards.schema import Standard
from pipeline.standards.schema_checks import Mistake, check_standard_links, unknown_measures

__all__ = [
    "DEFAULT", "StandardInfo", "check_standard", "dump_standard", "flagging_of", "list_standards", "load_standard",
    "names_no_file", "read_standard",
]  # fmt: skip

DEFAULT = "telesales-cn"
MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class StandardInfo:
    """What a list of standards shows."""

    id: str
    version: str
    status: str
    effective_from: date
    title_zh: str
    title_en: str
    criteria: int


def list_standards() -> tuple[StandardInfo, ...]:
    """The standards that ship with the package."""
    return tuple(_info(load_standard(name)) for name in _built_in())


def _info(standard: Standard) -> StandardInfo:
    return StandardInfo(
        standard.id, standard.version, standard.status, standard.effective_from,
        standard.title.zh, standard.title.en, len(standard.criteria),
    )  # fmt: skip


def _built_in() -> dict[str, Any]:
    folder = files("pipeline.standards")
    found = {item.name[:-5]: item for item in folder.iterdir() if item.name.endswith(".yaml")}
    found.pop("messages", None)
    return dict(sorted(found.items()))


def load_standard(id_or_path: str | Path = DEFAULT) -> Standard:
    """A standard that ships with the package, by its id, or one from a file.

    Raises
    ------
    ConfigError
        There is none of that name, or it has mistakes; all of them are named.
    """
    name = str(id_or_path)
    if name in _built_in():
        return _load_built_in(name)
    if names_no_file(name):
        raise ConfigError([f"{name}: standard → unknown. Accepted: {', '.join(_built_in())}, or a YAML file"])
    return _read(load_yaml(name, max_bytes=MAX_BYTES), from_file=True)


def names_no_file(name: str) -> bool:
    """Whether a standard is meant by its id, not by its file."""
    return not name.endswith((".yaml", ".yml", ".json")) and not Path(name).exists()


@lru_cache(maxsize=8)
def _load_built_in(name: str) -> Standard:
    return _read(_document(name))


def _document(name: str) -> Document:
    return parse_yaml(_built_in()[name].read_text(encoding="utf-8"), name=f"{name}.yaml")


def check_standard(path: str | Path) -> list[str]:
    """Every mistake in a standard's file, also of examples that come out otherwise than they say."""
    from pipeline.standards.added import extension_mistakes
    from pipeline.standards.examples import failing

    if mistakes := extension_mistakes():
        return mistakes
    try:
        standard = load_standard(path)
    except ConfigError as error:
        return list(error.mistakes)
    return [f"{path}: {line}" for line in failing(standard)]


def flagging_of(standard: Standard) -> Flagging:
    """A standard's rules for whom a person should hear; where it has none of its own, those that ship."""
    return standard.flagging or load_standard(DEFAULT).flagging or Flagging()


def dump_standard(standard: Standard) -> str:
    """A standard as JSON text, whole, for a store to keep; `read_standard` reads it again."""
    return standard.text


def read_standard(text: str, *, name: str) -> Standard:
    """A standard from YAML or JSON text. Raises ConfigError as `load_standard` does."""
    return _read(parse_yaml(text, name=name))


def _read(document: Document, *, from_file: bool = False) -> Standard:
    """A standard from a document; one ``from_file`` must name figures that are delivered today."""
    document, mistakes = _extended(document)
    if not isinstance(document.data, dict):
        raise ConfigError([f"{document.name}: file → a standard's keys with values are accepted"])
    try:
        standard = Standard.model_validate(document.data)
        links = _mistakes_in(standard, from_file=from_file)
    except ValidationError as error:
        mistakes += mistakes_of(error, Standard, document)
        unread = frozenset(key for key, kind in _SECTIONS.items() if not _is(document.data.get(key), kind))
        links = _mistakes_in(*salvaged(document.data), unread, from_file=from_file)
        if mistakes := [*mistakes, *_links(links, document)]:
            raise ConfigError(mistakes) from error
        raise
    if mistakes := [*mistakes, *_links(links, document)]:
        raise ConfigError(mistakes)
    return standard


def _mistakes_in(
    standard: Standard,
    given: frozenset[str] = frozenset(),
    unread: frozenset[str] = frozenset(),
    *,
    from_file: bool,
) -> list[Mistake]:
    return [
        *check_standard_links(standard, given, unread),
        *(unknown_measures(standard) if from_file else ()),
    ]


def _links(links: list[Mistake], document: Document) -> list[str]:
    told = []
    for path, message in links:
        where = _located(path, document)
        line = document.line(where)
        told.append(
            f"{document.name}: {key_of(where, document.data)} → {message}"
            + (f" (line {line})" if line else "")
        )
    return list(dict.fromkeys(told))


def _located(path: tuple[str | int, ...], document: Document) -> tuple[str | int, ...]:
    """Link mistakes name a criterion by its id; the file counts them."""
    if path[0] != "criteria":
        return path
    listed = document.data.get("criteria", [])
    numbers = [i for i, item in enumerate(listed) if isinstance(item, dict) and item.get("id") == path[1]]
    return ("criteria", numbers[-1] if numbers else 0, *path[2:])


_EXTENDING = ("extends", "drop", "override", "criteria")
_SECTIONS = {"criteria": list, "rules": dict, "reasons": dict, "sections": dict}


def _is(value: Any, kind: type) -> bool:
    return value is None or isinstance(value, kind)


def _extended(document: Document) -> tuple[Document, list[str]]:
    """Follow ``extends``: the base's data with this file's changes, and lines that point into this file."""
    own = document.data
    if not isinstance(own, dict) or "extends" not in own:
        return document, []
    base_name = own["extends"]
    if not isinstance(base_name, str) or base_name not in _built_in():
        accepted = ", ".join(_built_in())
        raise ConfigError([f"{document.name}: extends → {base_name!r} is unknown. Accepted: {accepted}"])
    data = copy.deepcopy(_document(str(base_name)).data)
    lines: dict[tuple[str | int, ...], int] = {(): 1}
    mistakes = _drop(data, own.get("drop", ()), document.name)
    mistakes += _override(data, own.get("override", {}), document, lines)
    if "criteria" in own and not isinstance(own["criteria"], list):
        told = f"a list of criteria is accepted, not {shown(own['criteria'])} (line {document.line(('criteria',))})"
        mistakes.append(f"{document.name}: criteria → {told}")
    inherited = {item["id"] for item in data["criteria"]}
    for index, item in enumerate(items_of(own.get("criteria"), list)):
        if isinstance(item, dict) and str(item.get("id")) in inherited:
            told = f"stands in {base_name}; change it under override (line {document.line(('criteria', index, 'id'))})"
            mistakes.append(f"{document.name}: criteria[{item['id']}].id → {told}")
            continue
        place = len(data["criteria"])
        data["criteria"].append(item)
        _relined(document, ("criteria", index), ("criteria", place), lines)
    for key, value in own.items():
        if key in _EXTENDING:
            continue
        if key not in Standard.model_fields:
            told = unknown_key(str(key), {*_EXTENDING, *Standard.model_fields})
            mistakes.append(f"{document.name}: {key_of((key,), own)} → {told} (line {document.line((key,))})")
            continue
        if isinstance(value, dict) and isinstance(data.get(key), dict):
            data[key].update(value)
        else:
            data[key] = value
        _relined(document, (key,), (key,), lines)
    return replace(document, data=data, lines=lines), mistakes


def _drop(data: dict[str, Any], names: Any, file: str) -> list[str]:
    if not isinstance(names, (list, tuple)):
        return [f"{file}: drop → a list of criterion ids is accepted"]
    known = {item["id"] for item in data["criteria"]}
    data["criteria"] = [item for item in data["criteria"] if item["id"] not in names]
    if "parts" in data.get("appraisal", {}):
        data["appraisal"]["parts"] = [*_parts_without(data["appraisal"]["parts"], names)]
    return [f"{file}: drop → {name!r} is no criterion of the base" for name in names if name not in known]


def _parts_without(parts: list[dict[str, Any]], names: Any) -> Iterator[dict[str, Any]]:
    """An appraisal's parts without the criteria that are dropped; a part of such criteria alone goes with them."""
    for part in parts:
        left = [name for name in part.get("criteria", ()) if name not in names]
        if left or not part.get("criteria"):
            yield {**part, "criteria": left} if left else part


def _override(
    data: dict[str, Any], changes: Any, document: Document, lines: dict[tuple[str | int, ...], int]
) -> list[str]:
    if not isinstance(changes, Mapping):
        return [f"{document.name}: override → criterion ids with the keys to change are accepted"]
    mistakes = []
    numbers = {item["id"]: index for index, item in enumerate(data["criteria"])}
    for name, change in changes.items():
        if name not in numbers or not isinstance(change, dict):
            close = difflib.get_close_matches(str(name), list(numbers), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            problem = (
                "keys to change are accepted" if name in numbers else f"is no criterion of the base{hint}"
            )
            mistakes.append(f"{document.name}: override.{name} → {problem}")
            continue
        data["criteria"][numbers[name]].update(change)
        _relined(document, ("override", name), ("criteria", numbers[name]), lines)
    return mistakes


def _relined(
    document: Document,
    old: tuple[str | int, ...],
    new: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
) -> None:
    for path, line in document.lines.items():
        if path[: len(old)] == old:
            lines[(*new, *path[len(old) :])] = line
