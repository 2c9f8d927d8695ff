"""``callgauge ledger`` and what a night tells: the contract's fields, alerts, figures; no words of any call."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from factories import make_finding
from night_fakes import judged, run_night, write_wav

from pipeline.cli import cli
from pipeline.nightly.closing import close_night, prometheus
from pipeline.nightly.tickets import Ticket
from pipeline.nightly.webhook import tell
from pipeline.store import Store, open_store
from pipeline.store.alerting import suppressed_since, suppressions
from pipeline.store.keep import Judged

NIGHT, NEXT = date(2025, 3, 4), date(2025, 3, 5)
COMPLAINT = "我要投诉你们公司"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    for number in range(4):
        write_wav(folder / f"c{number}.wav", number)
    rows = [f"c{n}.wav,C-{n},A0{n},K{n % 2},2025-03-0{n + 1}T10:00:00+08:00,outbound" for n in range(4)]
    header = "file,call_id,agent_id,customer_id,started_at,direction"
    (folder / "calls.csv").write_text(
        "\n".join([header, *rows, "never.wav,C-9,A01,K9,,"]) + "\n", encoding="utf-8"
    )
    return folder


def upset(ticket: Ticket) -> Judged:
    """The first call: a complaint, a request not to be called, a veto."""
    made = judged(ticket, findings=())
    if ticket.record.call_id != "C-0":
        return made
    findings = (
        make_finding(
            "complaint",
            id="f1",
            speaker="customer",
            quote=COMPLAINT,
            confidence=0.9,
            criterion=None,
            detail={},
        ),
        make_finding(
            "do_not_call",
            id="f2",
            speaker="customer",
            quote="别再打了",
            confidence=0.8,
            criterion=None,
            detail={},
        ),
        make_finding(
            "complaint", id="f3", speaker="agent", quote="投诉", confidence=0.9, criterion=None, detail={}
        ),
    )
    score = replace(made.score, fatal=("voice.courtesy",), percent=0.0)
    return replace(made, findings=findings, score=score)


def told(store: Store, *args: str) -> str:
    result = CliRunner().invoke(cli, [*args, "--store", store.place.text], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_ledger_as_json(store: Store, inbox: Path) -> None:
    write_wav(inbox / "twin.wav", 1)
    run_night(store, inbox, on=NIGHT, fail=lambda t: "not_audio" if t.record.call_id == "C-3" else None)
    data = json.loads(told(store, "ledger", "--json"))
    assert data["schema"] == "callgauge/ledger/1"
    assert data["date"] == "2025-03-04"
    assert (data["received"], data["scored"], data["excluded"], data["failed"], data["pending"]) == (
        5,
        3,
        1,
        1,
        0,
    )
    assert data["missing"] == 1
    assert data["received"] == data["scored"] + data["excluded"] + data["failed"] + data["pending"]
    calls = {call["file"]: call for call in data["calls"]}
    assert {"file", "call_id", "sha256", "state", "reason", "percent"} <= set(calls["c0.wav"])
    assert (calls["c0.wav"]["state"], calls["c0.wav"]["reason"], calls["c0.wav"]["percent"]) == (
        "scored",
        None,
        80.0,
    )
    assert calls["c3.wav"]["reason"]["code"] == "not_audio"
    assert set(calls["c3.wav"]["reason"]) == {"code", "zh", "en"}
    assert calls["twin.wav"]["reason"]["code"] == "duplicate"
    assert (calls["never.wav"]["state"], calls["never.wav"]["sha256"]) == ("missing", None)


def test_a_number_in_a_files_name_is_not_shown(store: Store, inbox: Path) -> None:
    write_wav(inbox / "13912345678.wav", 7)
    run_night(store, inbox, on=NIGHT)
    shown = told(store, "ledger") + told(store, "ledger", "--json")
    assert "13912345678" not in shown
    assert any(call["file"].startswith("#-") for call in json.loads(told(store, "ledger", "--json"))["calls"])


def test_any_night_and_the_latest(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=NIGHT)
    write_wav(inbox / "later.wav", 9)
    run_night(store, inbox, on=NEXT)
    assert json.loads(told(store, "ledger", "--json"))["date"] == "2025-03-05"
    assert json.loads(told(store, "ledger", "--json", "--date", "2025-03-04"))["received"] == 4
    assert json.loads(told(store, "ledger", "--json", "--date", "2024-01-01"))["received"] == 0
    assert "1 received = 1 scored" in told(store, "ledger")


def test_a_wrong_date_or_store_gives_status_2(tmp_path: Path) -> None:
    from pipeline.errors import ConfigError

    runner = CliRunner()
    absent = f"sqlite:///{tmp_path / 'none.db'}"
    for args in (["ledger", "--store", absent], ["ledger", "--date", "yesterday", "--store", absent]):
        assert isinstance(runner.invoke(cli, args).exception, ConfigError)


def test_alerts_name_the_call_and_the_second_and_no_word(store: Store, inbox: Path) -> None:
    outcome = run_night(store, inbox, on=NIGHT, make=upset)
    written = close_night(store, outcome)
    folder = store.place.files / "nights" / "2025-03-04"
    text = (folder / "alerts.json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert data["counts"] == {"complaint": 1, "do_not_call": 1, "fatal": 1}
    assert [alert["kind"] for alert in data["alerts"]] == ["complaint", "do_not_call", "fatal"]
    assert {alert["call_id"] for alert in data["alerts"]} == {"C-0"}
    assert data["alerts"][0]["start_s"] == 21.5
    everything = (
        text + written.summary + json.dumps(written.flagged, ensure_ascii=False) + prometheus(outcome, [])
    )
    assert COMPLAINT not in everything
    assert "别再打了" not in everything
    assert [row["call"] for row in written.flagged if "complaint" in row["why"]] == ["C-0"]
    assert json.loads(told(store, "store", "alerts"))["counts"]["complaint"] == 1


def test_a_corrected_score_takes_its_alerts_back(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=NIGHT, make=upset)
    text = (inbox / "calls.csv").read_text(encoding="utf-8")
    (inbox / "calls.csv").write_text(text.replace("A00,K0", "A07,K7"), encoding="utf-8")
    run_night(store, inbox, on=NEXT)
    assert json.loads(told(store, "store", "alerts", "--date", "2025-03-04"))["alerts"] == []
    with store.reading() as session:  # only a person lifts a request; whose it is was corrected
        assert [line.customer_id for line in suppressions(session)] == ["K7"]


def test_the_suppression_list(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=NIGHT, make=upset)
    lines = told(store, "store", "suppressions").strip().splitlines()
    assert lines[0] == "customer_id,call_id,asked_at,start_s,confidence,doubtful"
    assert lines[1].startswith("K0,C-0,2025-03-01T02:00:00+00:00,")
    with store.reading() as session:
        assert set(suppressed_since(session, ["K0", "K1"], before=NEXT)) == {"K0"}
        assert suppressed_since(session, ["K0"], before=NIGHT) == {}


def test_who_asked_is_known_to_later_nights(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=NIGHT, make=upset)
    write_wav(inbox / "again.wav", 50)
    text = (inbox / "calls.csv").read_text(encoding="utf-8")
    (inbox / "calls.csv").write_text(
        text + "again.wav,C-8,A01,K0,2025-03-05T10:00:00+08:00,outbound\n", encoding="utf-8"
    )
    seen: list[Ticket] = []
    run_night(store, inbox, on=NEXT, make=lambda ticket: (seen.append(ticket), judged(ticket))[1])
    assert [ticket.suppressed_since is not None for ticket in seen] == [True]


def test_figures_for_prometheus(store: Store, inbox: Path) -> None:
    outcome = run_night(store, inbox, on=NIGHT)
    close_night(store, outcome)
    text = (store.place.files / "callgauge.prom").read_text(encoding="utf-8")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['callgauge_night_calls{state="scored"}'] == "4"
    assert values['callgauge_night_calls{state="missing"}'] == "1"
    assert values["callgauge_run_ok"] == "0"  # one call is missing


class Hooked(HTTPServer):
    """A webhook on loopback that answers with the given statuses, one a post."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.statuses = list(statuses)
        self.got: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_port}/alerts?token=s3cret"


class _Hook(BaseHTTPRequestHandler):
    server: Hooked

    def do_POST(self) -> None:
        self.server.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.statuses.pop(0))
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def hook() -> Iterator[Callable[..., Hooked]]:
    made: list[tuple[Hooked, threading.Thread]] = []

    def start(*statuses: int) -> Hooked:
        server = Hooked(*statuses)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        made.append((server, thread))
        return server

    yield start
    for server, thread in made:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_webhook_is_told_of_the_night(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch, hook: Callable[..., Hooked]
) -> None:
    server = hook(204)
    monkeypatch.setenv("CALLGAUGE_WEBHOOK", server.url)
    close_night(store, run_night(store, inbox, on=NIGHT, make=upset))
    assert [json.loads(body)["counts"]["complaint"] for body in server.got] == [1]
    assert COMPLAINT.encode() not in server.got[0]


@pytest.mark.parametrize(
    ("statuses", "told", "posts"),
    [((503, 429, 200), True, 3), ((500, 502, 503), False, 3), ((404, 200), False, 1), ((307, 200), False, 1)],
)
def test_what_may_heal_is_told_again_and_failing_is_told(
    statuses: tuple[int, ...], told: bool, posts: int, hook: Callable[..., Hooked],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server = hook(*statuses)
    assert tell(server.url, {"alerts": []}, delays_s=(0.01, 0.01)) is told
    assert len(server.got) == posts
    assert ("the webhook could not be told" in caplog.text) is not told
    assert "s3cret" not in caplog.text


def test_a_webhook_that_is_not_there_harms_no_night(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/alerts"
    monkeypatch.setenv("CALLGAUGE_WEBHOOK", nobody)
    monkeypatch.setattr("pipeline.nightly.webhook.DELAYS_S", ())
    outcome = run_night(store, inbox, on=NIGHT)
    close_night(store, outcome)
    assert "the webhook could not be told" in caplog.text
    assert (store.place.files / "nights" / NIGHT.isoformat() / "alerts.json").exists()
    assert tell("file:///etc/passwd", {}) is False
