"""What people are called in English calls, to tell a person from a firm where somebody says no more than one word of himself."""

from __future__ import annotations

import importlib
import re
import unicodedata
from functools import cache
from importlib import resources

LOCALES = (
    "en_US", "en_GB", "en_IE", "en_IN", "en_NZ", "en_NG", "en_KE", "en_PK", "es_ES", "es_MX", "de_DE", "fr_FR", "fr_CA", "it_IT",
    "nl_NL", "pl_PL", "pt_BR", "pt_PT", "sv_SE", "tr_TR", "vi_VN", "ro_RO", "yo_NG", "ig_NG", "ha_NG", "zu_ZA", "hr_HR", "cs_CZ",
    "fi_FI", "sw", "ga_IE", "id_ID",
)  # fmt: skip
"""Of Faker's lists of names, those in Latin letters of people whom an English call may reach (our choice)."""


@cache
def first_names() -> frozenset[str]:
    """Given names, those that are words too (Will, May, Grant) among them."""
    from pipeline.analysis.introduced import read_introduced

    data = read_introduced("en")
    return frozenset(listed_names() | from_faker("first_names") | set(data["people"])) - frozenset(
        data["not_people"]
    )


@cache
def listed_names() -> frozenset[str]:
    """Our own list of given names that are hardly anything else."""
    text = (resources.files("pipeline.lexicons") / "en" / "_given_names.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def is_person(value: str) -> bool:
    """Whether a name in Latin letters begins with a given name and holds no word of a trade."""
    words = plain(value).split()
    return bool(words) and words[0] in first_names() and not trade().search(plain(value))


@cache
def trade() -> re.Pattern[str]:
    """Words that stand in firms' names."""
    from pipeline.analysis.frames import read_frames
    from pipeline.analysis.introduced import read_introduced

    more = "|".join(read_introduced("en")["trades"])
    return re.compile(rf"{read_frames('en')['classes']['trade']}|\b(?:{more})\b")


@cache
def plain(word: str) -> str:
    """A word in small letters without accents, as the lists hold it."""
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()


@cache
def from_faker(kind: str) -> frozenset[str]:
    """Faker's ``first_names`` or ``last_names``, without accents and in small letters."""
    found: set[str] = set()
    for locale in LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        lists = (getattr(provider, name) for name in dir(provider) if name.startswith(kind))
        found.update(name for names in lists for name in names if isinstance(name, str))
    return frozenset(name for name in map(plain, found) if len(name) > 2 and name.isalpha())
