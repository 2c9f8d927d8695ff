"""The index of all calls: worst first, sortable, with what failed on top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.reports.calls_csv import Failure
from pipeline.reports.html import render
from pipeline.reports.labels import Text, labels
from pipeline.reports.standard_view import StandardView
from pipeline.reports.timeline import duration_of
from pipeline.types import CallResult

HIGH_PERCENT = 80.0
LOW_PERCENT = 60.0
STRIP_PITCH = 7
"""Width of one verdict in the strip, in pixels."""
NO_CONNECT = frozenset({"wrong_person", "voicemail", "no_conversation"})


@dataclass(frozen=True, slots=True)
class Card:
    """What the index keeps of one call: little, since a night has thousands."""

    call_id: str
    page: str
    agent: str
    campaign: str
    started: str
    started_short: str
    duration_s: float | None
    language: str
    outcome: str
    percent: float | None
    grade: str | None
    coverage: float
    needs_review: bool
    fatal: bool
    strip: tuple[tuple[str, Text], ...]

    @property
    def band(self) -> str:
        """Colour of the score: ``high, mid`` or ``low``."""
        percent = self.percent or 0.0
        return "high" if percent >= HIGH_PERCENT else "mid" if percent >= LOW_PERCENT else "low"

    @property
    def flags(self) -> str:
        """What sorts the column of flags."""
        return "0" if self.fatal else "1" if self.needs_review else ""

    @property
    def find(self) -> str:
        """What the text filter looks in."""
        outcome = labels().get("outcomes", self.outcome)
        parts = [self.call_id, self.agent, self.campaign, self.started_short, outcome.zh, outcome.en]
        parts += (
            [labels().get("grades", self.grade).zh, labels().get("grades", self.grade).en]
            if self.grade
            else []
        )
        parts += [labels().ui["fatal"].zh, labels().ui["fatal"].en] if self.fatal else []
        parts += [labels().ui["needs_review"].zh, labels().ui["needs_review"].en] if self.needs_review else []
        return " ".join(parts).lower()

    @property
    def strip_label(self) -> Text:
        """The verdicts counted, for those who can't see the strip."""
        names = [name for name, _ in self.strip]
        counted = [(labels().get("verdicts", name), names.count(name)) for name in dict.fromkeys(names)]
        return Text(
            "，".join(f"{t.zh} {n}" for t, n in counted), ", ".join(f"{t.en} {n}" for t, n in counted)
        )


def card_of(result: CallResult, *, page: str, standard: StandardView) -> Card:
    """The card of a scored call."""
    call, score = result.call, result.score
    return Card(
        call_id=call.call_id,
        page=page,
        agent=call.agent_name or call.agent_id or "",
        campaign=call.campaign or "",
        started=call.started_at.isoformat() if call.started_at else "",
        started_short=call.started_at.strftime("%Y-%m-%d %H:%M") if call.started_at else "",
        duration_s=duration_of(result) or None,
        language=result.transcript.language,
        outcome=result.outcome.label,
        percent=score.percent,
        grade=score.grade,
        coverage=score.coverage,
        needs_review=score.needs_review,
        fatal=bool(score.fatal),
        strip=tuple(
            (c.verdict, Text(f"{t.zh}：{v.zh}", f"{t.en}: {v.en}"))
            for c in score.criteria
            for t, v in [(standard.criterion(c.id).title, labels().get("verdicts", c.verdict))]
        ),
    )


def worst_first(cards: Iterable[Card]) -> list[Card]:
    """By score, the vetoed first among equals; what has no score comes last."""
    return sorted(
        cards, key=lambda card: (card.percent is None, card.percent or 0.0, not card.fatal, card.call_id)
    )


def index_page(cards: Sequence[Card], failures: Sequence[Failure], *, standard: StandardView) -> str:
    """The HTML of the index. The mean leaves out calls without a score and those that reached nobody."""
    counted = [card.percent for card in cards if card.percent is not None and card.outcome not in NO_CONNECT]
    ui = labels().ui
    chinese = sum(card.language.startswith("zh") for card in cards)
    values = {
        "cards": worst_first(cards),
        "failures": failures,
        "standard": standard,
        "lang": "zh" if chinese * 2 >= len(cards) else "en",
        "pitch": STRIP_PITCH,
        "mean": sum(counted) / len(counted) if counted else None,
        "reviews": sum(card.needs_review for card in cards),
        "fatals": sum(card.fatal for card in cards),
        "columns": [
            ("percent", ui["percent"], "number"),
            ("grade", ui["grade"], "text"),
            ("call", ui["call"], "text"),
            ("agent", ui["agent"], "text"),
            ("started", ui["started"], "text"),
            ("duration", ui["duration"], "number"),
            ("outcome", ui["outcome"], "text"),
            ("flags", ui["needs_review"], "text"),
        ],
    }
    return render(
        "index.html.j2", styles=("base.css", "index.css"), scripts=("base.js", "index.js"), values=values
    )
