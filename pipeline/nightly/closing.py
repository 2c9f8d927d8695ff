"""What is told of a night: a summary, a table of flagged calls, alerts, figures to watch. No words of any call."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.call_names import shown_name
from pipeline.nightly.night import Outcome
from pipeline.nightly.webhook import tell
from pipeline.reports.files import write_atomic
from pipeline.secret import secret
from pipeline.store import Store
from pipeline.store.alerting import AlertLine, alerts_of
from pipeline.store.flags import flags_told
from pipeline.store.ledger import Night
from pipeline.store.night_tables import LedgerEntry
from pipeline.store.tables import Call, Score

WEBHOOK_VARIABLE = "CALLGAUGE_WEBHOOK"
FIGURES_VARIABLE = "CALLGAUGE_FIGURES"
MOST_MISTAKES = 500
ALERTS_SCHEMA = "callgauge/alerts/1"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """The night's texts, as the artifacts show them."""

    summary: str
    flagged: list[dict[str, Any]]


def close_night(store: Store, outcome: Outcome) -> Written:
    """Write ``nights/<date>/`` in the file area (summary, alerts, figures) and tell the webhook, if there is one."""
    with store.reading() as session:
        alerts = alerts_of(session, outcome.night.date)
        flagged = flagged_calls(session, outcome.night, alerts)
    folder = store.place.files / "nights" / outcome.night.date.isoformat()
    summary = summary_of(outcome, alerts)
    data = alerts_json(outcome.night, alerts)
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    write_atomic(folder / "alerts.json", text)
    write_atomic(folder / "summary.md", summary)
    figures = Path(os.environ.get(FIGURES_VARIABLE) or store.place.files / "callgauge.prom")
    write_atomic(figures, prometheus(outcome, alerts), mode=0o644)  # counts only, for the exporter's user
    url = secret(WEBHOOK_VARIABLE)
    if url and outcome.worked:
        tell(url, data)
    return Written(summary, flagged)


def alerts_json(night: Night, alerts: Sequence[AlertLine]) -> dict[str, Any]:
    """The night's alerts as one document, form ``callgauge/alerts/1``."""
    kinds = ("complaint", "do_not_call", "fatal")
    return {
        "schema": ALERTS_SCHEMA,
        "date": night.date.isoformat(),
        "counts": {kind: sum(alert.kind == kind for alert in alerts) for kind in kinds},
        "ledger": dict(night.counts),
        "alerts": [asdict(alert) for alert in alerts],
    }


def flagged_calls(session: Session, night: Night, alerts: Sequence[AlertLine]) -> list[dict[str, Any]]:
    """Calls that a person should look at: alerts, the standard's flags, open reviews, failures; worst first."""
    kinds: dict[str, list[str]] = {}
    for alert in alerts:
        kinds.setdefault(alert.call_id, []).append(alert.kind)
    rows = session.execute(
        select(Call.id, Call.call_id, Call.agent_id, Score.percent, Score.grade, Score.needs_review)
        .join(LedgerEntry, LedgerEntry.call == Call.id)
        .join(Score, Score.id == Call.current_score_id)
        .where(LedgerEntry.night == night.date, LedgerEntry.state == "scored")
    ).all()
    flags = flags_told(session, [row[0] for row in rows])
    flagged: list[dict[str, Any]] = []
    for call, call_id, agent_id, percent, grade, review in rows:
        why = sorted({*kinds.get(call_id, ()), *(told.rule for told in flags.get(call, ()))} - {"doubtful"})
        if review or why:
            shown = ", ".join([*why, *(["review"] if review else [])])
            flagged.append(
                {
                    "call": call_id,
                    "agent": agent_id or "",
                    "score": percent,
                    "grade": grade or "",
                    "why": shown,
                }
            )
    flagged.sort(
        key=lambda row: ("," in row["why"] or row["why"] == "review", row["score"] or 0.0, row["call"])
    )
    flagged += [
        {
            "call": line.call_id or shown_name(line.file, line.sha256),
            "agent": "",
            "score": None,
            "grade": "",
            "why": f"{line.state}: {line.reason}",
        }
        for line in night.lines
        if line.state in ("failed", "missing")
    ]
    return flagged[:1000]


def summary_of(outcome: Outcome, alerts: Sequence[AlertLine]) -> str:
    """The night in Markdown: counts and reasons, and what is wrong in the call lists."""
    counts = outcome.night.counts
    lines = [f"# Night of {outcome.night.date}", "", "| | calls |", "|---|---:|"]
    lines += [f"| {name} | {counts[name]} |" for name in counts]
    reasons: dict[tuple[str, str], int] = {}
    for line in outcome.night.lines:
        if line.reason is not None:
            reasons[line.state, line.reason] = reasons.get((line.state, line.reason), 0) + 1
    if reasons:
        lines += ["", "| state | reason | calls |", "|---|---|---:|"]
        lines += [f"| {state} | {reason} | {count} |" for (state, reason), count in sorted(reasons.items())]
    if outcome.mistakes:
        lines += ["", "What is wrong in the inbox and its call lists:", ""]
        lines += [f"- {inert(mistake)}" for mistake in outcome.mistakes[:MOST_MISTAKES]]
        if len(outcome.mistakes) > MOST_MISTAKES:
            lines += [f"- and {len(outcome.mistakes) - MOST_MISTAKES} more; the run's log holds them all"]
    heard = {
        kind: sum(alert.kind == kind for alert in alerts) for kind in ("complaint", "do_not_call", "fatal")
    }
    lines += ["", "Alerts: " + ", ".join(f"{count} {kind}" for kind, count in heard.items()) + "."]
    lines += [f"This run worked on {outcome.worked} calls in {outcome.elapsed_s:.0f} s."]
    return "\n".join(lines) + "\n"


def inert(text: str) -> str:
    """Text of others as code, so that Markdown shows it as it is."""
    return "`" + text.replace("`", "'") + "`"


def prometheus(outcome: Outcome, alerts: Sequence[AlertLine]) -> str:
    """The night's figures in Prometheus' text form, for the node exporter's textfile collector."""
    counts = outcome.night.counts
    lines = [
        "# HELP callgauge_night_calls Calls of the latest night by state.",
        "# TYPE callgauge_night_calls gauge",
    ]
    lines += [f'callgauge_night_calls{{state="{state}"}} {count}' for state, count in counts.items()]
    lines += [
        "# HELP callgauge_night_alerts Alerts of the latest night by kind.",
        "# TYPE callgauge_night_alerts gauge",
    ]
    for kind in ("complaint", "do_not_call", "fatal"):
        lines.append(f'callgauge_night_alerts{{kind="{kind}"}} {sum(alert.kind == kind for alert in alerts)}')
    for name, told, value in (
        (
            "callgauge_run_ok",
            "Whether nothing failed, nothing is missing and no mistake of the inbox or its call lists is told.",
            int(outcome.ok),
        ),
        ("callgauge_run_worked_calls", "Calls that the latest run worked on.", outcome.worked),
        ("callgauge_run_failed_calls", "Calls that failed in the latest run.", outcome.failed_now),
        ("callgauge_run_seconds", "How long the latest run took.", round(outcome.elapsed_s, 3)),
        (
            "callgauge_run_end_timestamp_seconds",
            "When the latest run ended.",
            int(datetime.now(UTC).timestamp()),
        ),
    ):
        lines += [f"# HELP {name} {told}", f"# TYPE {name} gauge", f"{name} {value}"]
    return "\n".join(lines) + "\n"
