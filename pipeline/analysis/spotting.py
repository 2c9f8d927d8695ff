"""What most detectors do: read one side's sentences, at most one finding each.

Where a kind is learned (``acts.py``) its probability decides, rules being among what it reads; where it is not, the rules do.
A rule that hits gives the words to quote and its detail; else the whole sentence is quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import harmless
from pipeline.analysis.dialogue import hits as rule_hits
from pipeline.analysis.matching import matches
from pipeline.analysis.rules import LANGUAGES, Match, RuleSet, load_rules
from pipeline.types import Finding, Speaker

RULED = {"refusal": 0.5, "objection": 0.5}
"""Share of the usual threshold that is enough where a rule hits too (chosen on ``tests/heldout/calls``): such a finding is
a doubt for a person, and a customer's plain no that is passed over costs more than one looked at."""
LEAST_RULED = {"objection": 0.4}
"""Probability under which such a finding isn't listed: of those below, on held-out calls, a quarter were objections, and each
sends a call to a person."""
DOUBT = 0.55
"""Most that a sentence in doubt counts for: under the gate of 0.6, so that a person decides."""
SUSPECTED = {"rude": DOUBT, "do_not_call": DOUBT}
"""Most that a sentence counts for where only the learned layer takes it for a kind that vetoes a call or takes a customer off
every list."""
SECONDED = {"rude": 0.35, "impatient": 0.35, "do_not_call": 0.3, "complaint": 0.3}
"""Probability by the learned layer under which a rule's hit is a doubt: the words may mean something else here, as in "if you
get lost, ring me". On held-out calls the true ones lie above, all but one in fifty."""
DISMISSED = {"rude": 0.02, "impatient": 0.05}
"""Probability under which such a hit is none at all (the least of a true one on held-out calls: 0.4 and 0.05)."""
ALONE = {"complaint": 0.3}
"""Probability by its own words alone under which a sentence that only the learned layer hears is a doubt."""
LEAST_SUSPECTED = 0.5
"""Probability from which such a sentence is listed at all: every one sends a call to a person (our default)."""
HARMLESS = frozenset({"rude", "impatient", "do_not_call"})
"""Kinds with a shape of words that mean something else (``harmless_<kind>`` in ``_shapes.yaml``)."""
Skip = Callable[[Sentence, RuleSet], bool]


def spot(
    conversation: Conversation,
    kind: str,
    speaker: Speaker,
    *,
    first: Callable[[Match], float] = lambda match: 0.0,
    skip: Skip = lambda sentence, rules: False,
) -> list[Finding]:
    """Findings of one kind in the sentences of one side, in order.

    Parameters
    ----------
    first
        Which of several matches in a sentence speaks for it: the least value, then the greatest strength.
    skip
        Whether a sentence's neighbours say that it is none.
    """
    learned = any(kind in kinds for kinds in acts.KINDS.values())
    likely = acts.guesses(conversation, kind) if learned else {}
    found: list[Finding] = []
    for sentence in conversation.by(speaker):
        rules = load_rules(kind, sentence.language if sentence.language in LANGUAGES else "en")
        if skip(sentence, rules):
            continue
        hits = sorted(matches(kind, sentence), key=lambda match: (first(match), -match.strength))
        if learned:
            found.extend(
                _by_guess(conversation, kind, sentence, likely.get(sentence.index, acts.NOTHING), hits)
            )
        elif hits and not rules.silenced(sentence.folded):
            found.append(_finding(conversation, kind, sentence, hits[0]))
    return found


def likely(conversation: Conversation, kind: str, sentence: Sentence) -> tuple[Match, acts.Guess] | None:
    """The words of a sentence that do a learned kind, with the guess; None where it is not likely enough."""
    guess = acts.guesses(conversation, kind).get(sentence.index, acts.NOTHING)
    hits = matches(kind, sentence)
    if not _counts(kind, guess, hits):
        return None
    best = max(hits, key=lambda match: match.strength, default=None)
    start, end, layer = (best.start, best.end, best.layer) if best else (0, len(sentence.text), "meaning")
    detail = {**(best.detail if best else {}), **guess.detail}
    return Match(best.rule if best else "learned", start, end, guess.probability, layer, detail), guess


def told(conversation: Conversation, kind: str, sentence: Sentence) -> Sequence[Match]:
    """What the rules of a kind hit in a sentence; where they hit nothing, all of it if the learned layer takes it for one.

    For kinds whose rules are sure by themselves and know only what is said in so many words.
    """
    found = tuple(
        hit for hit in rule_hits(kind, sentence) if kind not in HARMLESS or not harmless(kind, sentence, hit)
    )
    guess = acts.guesses(conversation, kind).get(sentence.index, acts.NOTHING)
    if found:
        return _seconded(kind, found, guess.probability)
    if not guess.counts or (kind in SUSPECTED and not _worth_a_look(kind, sentence, guess)):
        return ()
    strength = min(guess.probability, SUSPECTED.get(kind, 1.0))
    if kind in ALONE and acts.alone(sentence, kind).probability < ALONE[kind]:
        strength = min(strength, DOUBT)
    return (Match("learned", 0, len(sentence.text), strength, "meaning", {}),)


def _seconded(kind: str, found: Sequence[Match], likely: float) -> Sequence[Match]:
    """The rules' hits as far as the learned layer agrees: rules know words, it knows in what company they stand."""
    if likely < DISMISSED.get(kind, 0.0):
        return ()
    if likely >= SECONDED.get(kind, 0.0):
        return found
    return tuple(replace(hit, strength=min(hit.strength, DOUBT)) for hit in found)


def _worth_a_look(kind: str, sentence: Sentence, guess: acts.Guess) -> bool:
    """Likely enough, and no words of somebody else's nor about oneself."""
    rules = load_rules(kind, sentence.language if sentence.language in LANGUAGES else "en")
    return guess.probability >= LEAST_SUSPECTED and not rules.silenced(sentence.folded)


def told_findings(conversation: Conversation, kind: str, sentences: Iterable[Sentence]) -> Iterator[Finding]:
    """One finding for each of what is told (`told`), with the rule and its detail."""
    for sentence in sentences:
        for hit in told(conversation, kind, sentence):
            detail = {**hit.detail, "rule": hit.rule, "layer": hit.layer}
            yield conversation.finding(kind, sentence, hit.start, hit.end, strength=hit.strength, **detail)


def _counts(kind: str, guess: acts.Guess, hits: Sequence[Match]) -> bool:
    share = RULED.get(kind, 1.0) if hits else 1.0
    return guess.probability >= max(guess.threshold * share, min(LEAST_RULED.get(kind, 0.0), guess.threshold))


def _by_guess(
    conversation: Conversation, kind: str, sentence: Sentence, guess: acts.Guess, hits: Sequence[Match]
) -> Iterator[Finding]:
    if not _counts(kind, guess, hits):
        return
    start, end, layer, detail = 0, len(sentence.text), "meaning", dict(guess.detail)
    if hits:
        start, end, layer, detail = (
            hits[0].start,
            hits[0].end,
            hits[0].layer,
            {**hits[0].detail, **guess.detail},
        )
    share = {f"{name}_share": round(share, 2) for name, share in guess.share.items()}
    yield conversation.finding(
        kind, sentence, start, end, strength=guess.probability, **{**detail, **share, "layer": layer}
    )


def _finding(conversation: Conversation, kind: str, sentence: Sentence, hit: Match) -> Finding:
    detail = {**hit.detail, "layer": hit.layer}
    return conversation.finding(kind, sentence, hit.start, hit.end, strength=hit.strength, **detail)


def by_turn(findings: Sequence[Finding]) -> dict[int, list[Finding]]:
    """Findings by the turn in which they stand."""
    turns: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.turn is not None:
            turns.setdefault(finding.turn, []).append(finding)
    return turns
