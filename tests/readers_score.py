# ruff: noqa: T201 - a script that talks to whoever runs it
"""What is found, held against the author of a call and against two of three readers; ``python tests/readers_score.py SET…``.

``heldout/readers.*.txt`` has a line for each place that anybody marked: set, file, call, sentence, kind and who marked it: ``a``
its author, ``s`` a second reader, who saw no marks; where these two differ ``t`` a third, who was asked about just that and told
of neither. Places are those that `callgauge evaluate` counts (docs/decisions/0026-what-two-of-three-readers-mark.md).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.analysis.ablation import Judged, judge
from pipeline.analysis.labelled import read_calls

HELD_OUT = Path(__file__).parent / "heldout"
LANGUAGES = ("zh", "en")
KINDS = ("hard_sell", "refusal", "objection", "confusion", "complaint")
Place = tuple[str, str, str, int]
Truth = Mapping[str, Mapping[str, set[Place]]]


def readers_of(language: str) -> Truth:
    """By kind, the places marked by the author (``a``), by the second reader (``s``) and by two of three (``two``)."""
    found: dict[str, dict[str, set[Place]]] = {kind: defaultdict(set) for kind in KINDS}
    for line in (HELD_OUT / f"readers.{language}.txt").read_text(encoding="utf-8").splitlines():
        name, file, call, sentence, kind, who = line.split()
        place = (name, file, call, int(sentence))
        for reader in who:
            found[kind][reader].add(place)
        if len(who) > 1:
            found[kind]["two"].add(place)
    return found


def judged_of(name: str, language: str) -> Iterator[tuple[str, Judged]]:
    """Each call of a set, with its file."""
    for path in sorted((HELD_OUT / name / language).glob("*.txt")):
        for one in judge(read_calls(path.read_text(encoding="utf-8"), language, source=path.name)):
            yield path.name, one


def rate(found: set[Place], real: set[Place]) -> str:
    """Precision, recall and F1."""
    hit = len(found & real)
    precision, recall = hit / max(1, len(found)), hit / max(1, len(real))
    return f"{precision:.3f} / {recall:.3f} / {2 * hit / max(1, len(found) + len(real)):.3f}"


def main(names: list[str]) -> None:
    """Print a table of both languages over all named sets."""
    for language in LANGUAGES:
        read = readers_of(language)
        found: dict[str, set[Place]] = defaultdict(set)
        for name in names:
            for file, one in judged_of(name, language):
                for kind in KINDS:
                    found[kind] |= {(name, file, one.call.id, place) for place in one.found(kind)}
        print(
            f"{language:13}{'found, by the author':26}{'found, by two of three':26}{'author, by two of three':26}"
        )
        for kind in KINDS:
            author, two = ({p for p in read[kind][who] if p[0] in names} for who in ("a", "two"))
            columns = (rate(found[kind], author), rate(found[kind], two), rate(author, two))
            print(f"  {kind:11}" + "".join(f"{column:26}" for column in columns).rstrip())


if __name__ == "__main__":
    main(sys.argv[1:] or ["calls_fresh", "calls_floor", "calls_ordinary"])
