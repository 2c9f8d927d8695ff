"""Rows of an inbox's call lists that are one person's, whether or not the lists' reader takes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.call_bytes import decoded
from pipeline.call_names import kept_name
from pipeline.call_rows import csv_rows, json_rows
from pipeline.calls import row_record
from pipeline.errors import ConfigError
from pipeline.intake import lies_in
from pipeline.nightly.lists import call_lists
from pipeline.profile import EMPTY
from pipeline.store.forgetting import Person, plain_id
from pipeline.store.phones import holds, phone_of
from pipeline.types import CallRecord

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SHORTEST = 3
"""Characters of an id that is looked for within a name or a line; a shorter one stands there by chance."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in a list: its number, its customer and texts; ``record`` is None where the reader refuses it."""

    list_name: str
    number: int
    file: str
    customer: str
    texts: tuple[str, ...] = ()
    record: CallRecord | None = None
    line: str = ""


def rows_in(lists: Path) -> Iterator[Row]:
    """Every row of every call list under a folder; a line that is no row comes with its text."""
    for path in call_lists(lists):
        folder = kept_name(path.parent.relative_to(lists).as_posix())
        shown = kept_name(path.relative_to(lists).as_posix())
        if not lies_in(path, lists):
            continue
        try:
            text = decoded(path.read_bytes(), path.name)
        except (OSError, ConfigError) as error:
            raise ConfigError([f"{shown}: file → can't be read: {error}"]) from error
        yield from _rows(text, path, "" if folder == "." else f"{folder}/", shown)


def _rows(text: str, path: Path, folder: str, shown: str) -> Iterator[Row]:
    read = csv_rows if path.suffix == ".csv" else json_rows
    seen: set[int] = set()
    try:
        for number, row in read(text, path.name, []):
            seen.add(number)
            yield _row(row, number, folder, shown)
    except ConfigError:  # no column named file: the lines are looked through as they are
        pass
    if not seen or path.suffix != ".csv":  # a CSV's rows may go over several lines, and are all given
        for number, line in enumerate(text.split("\n"), start=1):
            if number not in seen and line.strip():
                yield Row(shown, number, "", "", line=_ESCAPE.sub(lambda one: chr(int(one[1], 16)), line))


def _row(row: Mapping[str, Any], number: int, folder: str, shown: str) -> Row:
    texts = tuple(
        str(value) for name, value in row.items() if name not in ("file", "customer_id") and value is not None
    )
    record = row_record(row, "", EMPTY, [])
    file = folder + (record.file if record is not None else str(row.get("file") or ""))
    customer = str(row.get("customer_id") or "")
    return Row(shown, number, file, customer, texts, record)


def is_theirs(row: Row, person: Person, customers: Collection[str]) -> bool:
    """Whether a row is a person's: by its customer, by a number in it, or by the name of a row that tells no customer."""
    customer = _visible(row.customer)
    if customer and plain_id(customer) in customers:
        return True
    if person.phone is None:
        return not customer and (names(row.file, person) or names(row.line, person, beside="-"))
    told = phone_of(customer)
    if told is not None and told.is_same(person.phone):
        return True
    return any(holds(_visible(text), person.phone) for text in (*row.texts, row.line))


def names(text: str, person: Person, *, beside: str = "") -> bool:
    """Whether a text holds a person's number, or their id as a word; ``beside``: signs that make another word of it."""
    text = _visible(text)
    if person.phone is not None:
        return holds(text, person.phone)
    if len(person.given) < _SHORTEST:
        return False
    plain = unicodedata.normalize("NFKC", text).casefold()
    number = phone_of(person.given)
    sign = rf"(?:[^\W_]|[{re.escape(beside)}])" if beside else r"[^\W_]"
    word = re.search(rf"(?<!{sign}){re.escape(person.given)}(?!{sign})", plain)
    return word is not None or (number is not None and holds(text, number))


def _visible(text: str) -> str:
    """A text without what nobody sees: a reader refuses such a cell, and the person stands in it all the same."""
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf") or char in "\t\n")
