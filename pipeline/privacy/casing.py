"""Capitals for English that a recogniser wrote without any: on names, on words no list knows, on post codes.

What is found by capitals is then found there too. Only letters' case changes, so that every place stays the same.
"""

from __future__ import annotations

import re

from pipeline.privacy.lexicon_en import given_names, is_common_word, stop_words, surnames
from pipeline.privacy.rules import form, rules

_WORD = re.compile(r"[a-zà-ÿ]+(?:['’\-][a-zà-ÿ]+)*")
SHORT = 3
"""Words up to this length are names only where a list has them."""
LONGEST = 40
"""Words over this length are no names, and no pattern looks at them."""


def cased(text: str) -> str:
    """The text with capitals, if it has none of its own and is no Chinese.

    Examples
    --------
    >>> cased("it's siobhan from flat two, bs3 5jk")
    "it's Siobhan from flat two, BS3 5JK"
    """
    if re.search("[A-Z一-龥]", text) or not re.search("[a-z]{2}", text):
        return text
    said = _WORD.sub(lambda match: _cased(match.group()), text)
    for name in ("behind_title", "behind_greeting"):
        said = form(f"names_en.casing.{name}").sub(lambda match: _title(match.group()), said)
    return form("names_en.casing.upper").sub(lambda match: match.group().upper(), said)


def _cased(word: str) -> str:
    base = re.sub(r"['’](?:s|d|ll|re|ve|m|t)$", "", word)
    named = _is_named(base) or ("-" in base and any(_is_named(part) for part in base.split("-")))
    return _title(word) if named else word


def _is_named(word: str) -> bool:
    if len(word) > LONGEST or word in stop_words() or "'" in word[2:] or "’" in word[2:]:
        return False
    if word in given_names() or word in surnames():
        return True
    unlisted = not is_common_word(word) and word not in rules()["names_en"]["likely"]["no_names"]
    return len(word) > SHORT and unlisted and not form("names_en.no_name_form").search(word)


def _title(word: str) -> str:
    return re.sub(r"(?:^|(?<=-))[a-z]", lambda match: match.group().upper(), word)
