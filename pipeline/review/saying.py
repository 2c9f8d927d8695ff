"""Why something is refused, said in both languages: for pages the reader's, for the API and logs in English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from pydantic import ValidationError

from pipeline.errors import CallgaugeError
from pipeline.reports.labels import Text, same

_BY_TYPE = {
    "missing": "missing", "string_too_short": "missing", "string_too_long": "long", "too_long": "long", "too_short": "few",
    "date_from_datetime_parsing": "day", "date_parsing": "day", "date_type": "day", "float_parsing": "number",
    "int_parsing": "number", "float_type": "number", "int_type": "number", "finite_number": "number",
    "int_parsing_size": "number", "greater_than_equal": "least", "less_than_equal": "most", "literal_error": "choice",
    "union_tag_invalid": "choice", "union_tag_not_found": "choice", "bool_parsing": "choice", "kind": "kind", "nul": "nul",
    "string_pattern_mismatch": "nul", "halves": "halves", "day_range": "day_range",
}  # fmt: skip
"""What pydantic, or a check of ours, calls a mistake → the key of what is said of it, after ``wrong_``."""


class ToldError(CallgaugeError):
    """An error that says in both languages what is wrong, by the key of `texts_refused.yaml`."""

    def __init__(self, key: str, **values: object) -> None:
        self.told = say(key, **values)
        super().__init__(self.told.en)


class Refusal(HTTPException):
    """A status with the reason in both languages."""

    def __init__(
        self, status: int, key: str, headers: Mapping[str, str] | None = None, **values: object
    ) -> None:
        self.told = say(key, **values)
        super().__init__(status, self.told.en, dict(headers) if headers else None)


class MistakeError(ToldError):
    """A field of a form can't be accepted: the first mistake of those that pydantic found."""

    def __init__(self, error: ValidationError) -> None:
        first: Any = error.errors()[0]
        names = [str(each) for each in first["loc"]]
        known = next((name for name in reversed(names) if f"field_{name}" in _texts()), None)
        field = say(f"field_{known}") if known else same(".".join(names) or "act")
        wrong = say(f"wrong_{_BY_TYPE.get(first['type'], 'other')}", **first.get("ctx", {}))
        self.told = Text(f"{field.zh}：{wrong.zh}", f"{field.en}: {wrong.en}")
        CallgaugeError.__init__(self, self.told.en)


def say(key: str, **values: object) -> Text:
    """What is said under a key.

    Examples
    --------
    >>> say("no_turn", it=7).en
    '7: no turn of this call'
    """
    text = _texts()[key]
    return Text(text.zh.format(**values), text.en.format(**values))


@cache
def _texts() -> Mapping[str, Text]:
    import yaml

    data = yaml.safe_load((Path(__file__).parent / "texts_refused.yaml").read_text(encoding="utf-8"))
    return {str(name): Text(str(both["zh"]), str(both["en"])) for name, both in data.items()}
