"""What a mistake in a settings file is called: pydantic's errors in plain words, with what is accepted."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag

Path_ = tuple[str | int, ...]


def say(detail: Mapping[str, Any], model: type[BaseModel], data: Any) -> tuple[Path_, str]:
    """Path within the file and message of one pydantic error."""
    path, holder = _follow(detail["loc"], model, data)
    kind, given = detail["type"], detail.get("input")
    context = detail.get("ctx") or {}
    if kind == "extra_forbidden":
        return path, _unknown_key(str(path[-1]), holder)
    if kind == "missing" and isinstance(detail["loc"][-1], int):
        return path, f"a list of at least {detail['loc'][-1] + 1} is accepted"
    if kind == "missing":
        return path, "is required"
    if kind in {"value_error", "assertion_error"}:
        return path, str(context.get("error", detail["msg"]))
    if kind in _PLAIN:
        return path, f"{_PLAIN[kind](context)} is accepted, not {shown(given)}{_hint(kind, given, context)}"
    if kind == "condition":
        return path, detail["msg"].rstrip(".") + _head_meant(given, detail["msg"])
    return path, f"{detail['msg'].rstrip('.')}, not {shown(given)}"


_PLAIN: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "literal_error": lambda c: f"one of {c['expected']}".replace("'", ""),
    "enum": lambda c: f"one of {c['expected']}".replace("'", ""),
    "bool_type": lambda c: "true or false",
    "bool_parsing": lambda c: "true or false",
    "int_type": lambda c: "a whole number",
    "int_parsing": lambda c: "a whole number",
    "int_from_float": lambda c: "a whole number",
    "float_type": lambda c: "a number",
    "float_parsing": lambda c: "a number",
    "finite_number": lambda c: "a finite number",
    "string_type": lambda c: "text",
    "string_too_short": lambda c: f"text of at least {c['min_length']} character(s)",
    "string_too_long": lambda c: f"text of at most {c['max_length']} characters",
    "string_pattern_mismatch": lambda c: f"text of the form {c['pattern']}{_such_as(c['pattern'])}",
    "tuple_type": lambda c: "a list",
    "list_type": lambda c: "a list",
    "dict_type": lambda c: "keys with values",
    "model_type": lambda c: "keys with values",
    "model_attributes_type": lambda c: "keys with values",
    "mapping_type": lambda c: "keys with values",
    "date_type": lambda c: "a date (YYYY-MM-DD)",
    "date_parsing": lambda c: "a date (YYYY-MM-DD)",
    "date_from_datetime_parsing": lambda c: "a date (YYYY-MM-DD)",
    "greater_than": lambda c: f"a number above {c['gt']:g}",
    "greater_than_equal": lambda c: f"a number from {c['ge']:g} up",
    "less_than": lambda c: f"a number below {c['lt']:g}",
    "less_than_equal": lambda c: f"a number up to {c['le']:g}",
    "too_short": lambda c: f"a list of at least {c['min_length']}",
    "too_long": lambda c: f"a list of at most {c['max_length']}",
}


_EXAMPLES = {
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$": "talk.names_the_hotline",
    r"^[a-z][a-z0-9_]*$": "no_hotline",
    r"^[a-z0-9][a-z0-9._-]*$": "acme-wealth",
    r"^[0-9]+(\.[0-9]+){0,3}([-+][A-Za-z0-9.]+)?$": "1.0.0",
}


def _such_as(pattern: str) -> str:
    return f" (such as {_EXAMPLES[pattern]})" if pattern in _EXAMPLES else ""


def _head_meant(given: Any, told: str) -> str:
    """Which of the keys that the message names one of those given is meant to be, where none of them is there."""
    accepted = re.findall(r"\w+", told.rpartition(":")[2])
    keys = [str(key) for key in given] if isinstance(given, dict) else []
    if not keys or not set(keys).isdisjoint(accepted):
        return ""
    return next((f"; did you mean {near[0]}?" for key in keys if (near := _near(key, accepted))), "")


def _near(word: str, accepted: list[str]) -> list[str]:
    return difflib.get_close_matches(word, accepted, n=1, cutoff=0.6)


def _hint(kind: str, given: Any, context: Mapping[str, Any]) -> str:
    if kind != "literal_error" or not isinstance(given, str):
        return ""
    close = _near(given, re.findall(r"'([^']*)'", str(context["expected"])))
    return f"; did you mean {close[0]}?" if close else ""


def shown(value: Any) -> str:
    """A value as a message shows it, cut where it is long."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _unknown_key(key: str, holder: Any) -> str:
    return unknown_key(key, _keys(holder))


def unknown_key(key: str, names: Iterable[str]) -> str:
    """What is told of a key that isn't among those accepted."""
    accepted = sorted(names)
    close = _near(key, accepted)
    hint = f"; did you mean {close[0]}?" if close else "."
    return f"unknown key{hint}" + (f" Accepted: {', '.join(accepted)}" if accepted else "")


def _keys(holder: Any) -> Iterator[str]:
    if isinstance(holder, type) and issubclass(holder, BaseModel):
        for name, info in holder.model_fields.items():
            yield info.alias or name


def _follow(loc: Path_, model: type[BaseModel], data: Any) -> tuple[Path_, Any]:
    """Path without pydantic's own steps, and the model that holds its last key."""
    here: Any = model
    holder: Any = model
    path: list[str | int] = []
    for index, part in enumerate(loc):
        if part == "[key]":  # pydantic's word for a mistake in the key itself, which the path holds already
            continue
        if (tagged := _tagged(here, part)) is not None:
            here = tagged
            continue
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside or (index == len(loc) - 1 and isinstance(data, dict)):
            path.append(part)
            holder = _model_of(here)
            here, data = _step(here, part), data[part] if inside else None
    return tuple(path), holder


def _strip(annotation: Any) -> Any:
    if hasattr(annotation, "__value__"):
        return _strip(annotation.__value__)
    if get_origin(annotation) is Annotated:
        return _strip(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return _strip(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _members(annotation: Any) -> tuple[Any, ...]:
    bare = _strip(annotation)
    return get_args(bare) if get_origin(bare) in (Union, types.UnionType) else (annotation,)


def _tagged(annotation: Any, tag: str | int) -> Any:
    for member in _members(annotation):
        if get_origin(member) is Annotated:
            for extra in get_args(member)[1:]:
                if isinstance(extra, Tag) and extra.tag == tag:
                    return get_args(member)[0]
        bare = _strip(member)
        if isinstance(bare, type) and bare.__name__ == tag:
            return bare
    return None


def _model_of(annotation: Any) -> Any:
    for member in _members(annotation):
        bare = _strip(member)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            return bare
    return None


def _step(annotation: Any, part: str | int) -> Any:
    """Annotation one key or index further down."""
    for member in _members(annotation):
        bare = _strip(member)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            for name, info in bare.model_fields.items():
                if part in (info.alias, name):
                    metadata = [extra for extra in info.metadata if isinstance(extra, Tag)]
                    return Annotated[info.annotation, *metadata] if metadata else info.annotation
        elif get_origin(bare) in (tuple, list, frozenset) and isinstance(part, int):
            return get_args(bare)[0]
        elif get_origin(bare) is not None and len(get_args(bare)) == 2:
            return get_args(bare)[1]
    return None
