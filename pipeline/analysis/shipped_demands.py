"""What the shipped phrases and patterns demand of a text, worked out once: ``python -m pipeline.analysis.shipped_demands``.

Reading every pattern as a tree takes a second and a half at each start. The demands are kept beside the rules under the words
of the pattern they are of, so that a pattern that was changed since is simply read anew; a test says when the file should be
made again.
"""

from __future__ import annotations

import functools
import gzip
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from pipeline.analysis.prefilter import Clauses

FILE = "demands.json.gz"
BETWEEN = "\t"
"""Stands between a phrase and its sound."""


@functools.cache
def kept(language: str) -> Mapping[str, Clauses]:
    """Clauses of shipped patterns, and of phrases with their sounds, by their words."""
    path = resources.files("pipeline.lexicons") / language / FILE
    if not path.is_file():
        return {}
    told: dict[str, list[list[str]]] = json.loads(gzip.decompress(path.read_bytes()))
    return {words: tuple(map(frozenset, clauses)) for words, clauses in told.items()}


def worked_out(language: str) -> dict[str, Clauses]:
    """The same from the rules as they are."""
    # imported here since rules and patterns read what is kept
    from pipeline.analysis import rules
    from pipeline.analysis.patterns import common_grams
    from pipeline.analysis.prefilter import demands, literal_clauses

    common = common_grams(language)
    sets = rules.shipped_rules(language)
    every = [rule for one in sets for rule in one.rules]
    patterns = {
        *(veto for one in sets for veto in one.never),
        *(pattern for rule in every for pattern in (*rule.patterns, *rule.unless, *rule.never)),
    }
    found = {pattern.source: demands(pattern.source, common) for pattern in patterns}
    said = {phrase for rule in every for phrase in rule.phrases}
    return found | {BETWEEN.join(phrase): literal_clauses(*phrase, common) for phrase in said}


def packed(clauses: Mapping[str, Clauses]) -> bytes:
    """The file of some demands."""
    told = {words: [sorted(clause) for clause in clauses[words]] for words in sorted(clauses)}
    return gzip.compress(json.dumps(told, ensure_ascii=False).encode(), mtime=0)


def main(languages: Sequence[str]) -> None:
    """Write the demands of some languages' rules beside them."""
    for language in languages:
        place = Path(str(resources.files("pipeline.lexicons") / language / FILE))
        place.write_bytes(packed(worked_out(language)))


if __name__ == "__main__":
    main(sys.argv[1:] or ["zh", "en"])
