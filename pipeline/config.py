"""YAML files read safely, within bounds, and every mistake in them named at once.

A mistake reads ``file: key → message (line n)``; the message says what is accepted. Two habits of YAML 1.1
that bite people who write settings are off: ``no`` and ``on`` stay words, and ``12:30`` and ``007`` stay
text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from pipeline.config_messages import say, shown
from pipeline.config_nodes import Path_, duplicates, growth, key_of, lines, no_days, tagged, unseen
from pipeline.errors import ConfigError, why

__all__ = [
    "Clock", "Day", "Document", "Frozen", "Number", "Whole", "key_of", "load_yaml", "mistakes_of", "parse_yaml", "read_model",
    "validate",
]  # fmt: skip

MAX_BYTES = 1 << 20
MAX_DEPTH = 60


class Frozen(BaseModel):
    """Base of everything read from YAML: frozen, no unknown keys, numbers accepted where text is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, populate_by_name=False)


def _written(told: str, form: str) -> BeforeValidator:
    """Refuses what pydantic would reckon with: it takes 9 for nine seconds past midnight, and 0 for a day in 1970."""

    def check(value: Any) -> Any:
        if isinstance(value, date | time) or (isinstance(value, str) and re.match(form, value)):
            return value
        raise ValueError(f"{told} is accepted, not {shown(value)}")

    return BeforeValidator(check)


Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
"""A number written as one. Figures move scores, so nothing is guessed: neither ``"2"`` nor ``true`` is a number."""
Whole = Annotated[int, Strict()]
"""A whole number written as one."""
Day = Annotated[date, _written("a date (YYYY-MM-DD)", r"\d{4}-\d\d-\d\d")]
Clock = Annotated[time, _written("a time such as 09:00", r"\d{1,2}:\d\d")]

ModelT = TypeVar("ModelT", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file's content with the line of each key, counted from 1."""

    name: str
    data: Any
    lines: Mapping[Path_, int] = field(default_factory=dict)

    def line(self, path: Path_) -> int | None:
        """Line of the key at this path, or of the nearest parent that has one."""
        for length in range(len(path), -1, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml where it is built in
    """Safe loader without YAML 1.1's surprises (yes/no/on/off, sexagesimal and octal numbers)."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _first, _resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items():
    _Loader.yaml_implicit_resolvers[_first] = [
        pair for pair in _resolvers if pair[0].rsplit(":", 1)[-1] not in {"bool", "int", "float", "value"}
    ]
_PLAIN = {
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "tag:yaml.org,2002:int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "tag:yaml.org,2002:float": (r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+0123456789."),
}
for _tag, (_pattern, _firsts) in _PLAIN.items():
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), list(_firsts))


def load_yaml(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """Read one YAML file.

    Raises
    ------
    ConfigError
        The file is absent, too large, no UTF-8, no YAML, too deep, grows too large through its aliases, or
        holds a key twice; all that can be told is told at once.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            raw = stream.read(max_bytes + 1)
    except OSError as error:
        raise ConfigError([f"{file}: file → can't be read: {why(error)}"]) from error
    if len(raw) > max_bytes:
        raise ConfigError([f"{file}: file → larger than {max_bytes:,} bytes, the most that is accepted"])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file}: file → not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    return parse_yaml(text, name=str(file))


def parse_yaml(text: str, *, name: str) -> Document:
    """Read YAML text; ``name`` stands for the file in messages. Raises ConfigError as `load_yaml` does."""
    try:
        _check_depth(text, name)
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            return Document(name, None)
        mistakes = [*growth(node, name)] or [
            *tagged(node, name),
            *duplicates(node, name),
            *unseen(node, name),
            *no_days(node, name),
        ]
        if mistakes:
            raise ConfigError(mistakes)
        constructor = yaml.SafeLoader("")
        data = constructor.construct_document(node)
    except yaml.YAMLError as error:
        raise ConfigError([f"{name}: {_where(error)} → {_what(error)}"]) from error
    except (RecursionError, ValueError) as error:
        raise ConfigError([f"{name}: file → can't be read as YAML: {why(error)}"]) from error
    return Document(name, data, dict(lines(node)))


def read_model(model: type[ModelT], path: str | Path, *, max_bytes: int = MAX_BYTES) -> ModelT:
    """Read one YAML file into a model. Raises ConfigError with every mistake."""
    return validate(model, load_yaml(path, max_bytes=max_bytes))


def validate(model: type[ModelT], document: Document) -> ModelT:
    """Check a document against a model. Raises ConfigError with every mistake, each with key and line."""
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        raise ConfigError(
            [f"{document.name}: file → keys with values are accepted, not {type(data).__name__}"]
        )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(mistakes_of(error, model, document)) from error


def mistakes_of(error: ValidationError, model: type[Frozen], document: Document) -> list[str]:
    """Each mistake of a failed validation in the form ``file: key → message (line n)``."""
    mistakes: dict[str, None] = {}
    for detail in error.errors(include_url=False):
        given = detail["input"]
        if (
            detail["type"] == "too_short"
            and isinstance(given, list)
            and len(given) >= detail["ctx"]["min_length"]
        ):
            continue  # long enough as written; its items are wrong, and each is told
        path, message = say(detail, model, document.data or {})
        line = document.line(path)
        told = f"{document.name}: {key_of(path, document.data)} → {message}"
        mistakes[f"{told} (line {line})" if line else told] = None
    return list(mistakes)


def _check_depth(text: str, name: str) -> None:
    """Walk the events, which needs no recursion, before anything that does."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise ConfigError([f"{name}: line {line} → nested deeper than {MAX_DEPTH} levels"])
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f"line {mark.line + 1}" if mark is not None else "file"


def _what(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"not YAML: {problem}"
