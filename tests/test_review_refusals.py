"""Why something is refused is said in the reader's language, on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from review_calls import PASSWORD, fill
from starlette.testclient import TestClient
from test_review_coaching import Page
from test_review_judging import HARD_SELL
from test_review_rights import field

from pipeline.review import saying
from pipeline.review.app import create_app
from pipeline.store import Store, open_store

CHINESE = re.compile("[\u4e00-\u9fff]")
ACTS = "/calls/call-a1/acts"
PLAN = {"agent_id": "A01", "criterion": HARD_SELL, "goal": "x"}
ROUND = {"name": "x", "calls": "call-a1", "people": "coach1\nfree", "criteria": HARD_SELL}
WRONG: tuple[tuple[str, str, dict[str, str], str, str], ...] = (
    ("root", ACTS, {"act": "comment", "text": " "}, "内容：必填", "Text: is needed"),
    ("root", ACTS, {"act": "comment", "text": "x", "at_s": "soon"}, "对应秒数：接受数字", "At second: a number is accepted"),
    ("root", ACTS, {"act": "comment", "text": "x", "at_s": "-1"}, "对应秒数：不能小于", "At second: no less than"),
    ("root", ACTS, {"act": "note", "text": "x", "due": "soon"}, "截止日期：接受日期", "Due: a day such as"),
    ("root", ACTS, {"act": "note", "text": "x", "due": "1492-01-01"}, "1970-01-01 至", "Due: a day from 1970-01-01"),
    ("root", ACTS, {"act": "note", "text": "x" * 4001}, "内容：最多 4000 个", "Text: at most 4000"),
    ("root", ACTS, {"act": "comment", "text": "a\x00b"}, "内容：不接受空字符", "Text: a text without the character NUL"),
    ("root", ACTS, {"act": "dance"}, "act：请选择所列的一项", "act: one of those that are offered"),
    ("root", ACTS, {"act": "verdict", "target": "none", "verdict": "pass", "reason": "x", "rev": "0"},
     "none：这通电话所用标准没有这一项", "none: no criterion of this call"),
    ("root", ACTS, {"act": "state", "state": "done"}, "缺少所看到的复核版本", "rev is missing"),
    ("coach1", ACTS, {"act": "appeal", "target": HARD_SELL, "reason": "x"}, "您的角色不能这样做", "the role coach may not"),
    ("root", "/plans", {**PLAN, "goal": ""}, "目标：必填", "Goal: is needed"),
    ("root", "/plans", {**PLAN, "criterion": "none"}, "标准中没有这一项", "no criterion of the standard"),
    ("root", "/plans", {**PLAN, "call_id": "call-b1"}, "不是 A01 的通话", "call-b1: no call of A01"),
    ("root", "/views", {"name": " ", "query": ""}, "名称：接受 1 到 60 个字符", "name: 1 to 60 characters"),
    ("root", "/assign", {"to": "nobody", "query": "", "call:call-a1": "1"}, "没有这个名字的复核人", "nobody who reviews"),
    ("root", "/calibration", {**ROUND, "people": "free"}, "参与者：至少 2 个", "Judges: at least 2"),
    ("root", "/calibration", {**ROUND, "calls": "none"}, "none：没有这通电话", "none: no such call, or it has no score"),
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("refusals")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        yield opened


@pytest.fixture(scope="module")
def people(store: Store) -> dict[str, Page]:
    return {name: Page(store, name) for name in ("root", "coach1")}


def told(page: str) -> tuple[str, str]:
    """What an error's page says, in Chinese and in English."""
    alert = re.search(r'role="alert">(.*?)</p>', page)[1]
    both = (re.search(rf'<span class="{name}"[^>]*>(.*?)</span>', alert)[1] for name in ("zh", "en"))
    return tuple(both)  # type: ignore[return-value]


@pytest.mark.parametrize(("who", "path", "form", "zh", "en"), WRONG)
def test_a_form_s_mistake(
    people: dict[str, Page], who: str, path: str, form: dict[str, str], zh: str, en: str
):
    answer = people[who].client.post(path, data={"csrf_token": f"{people[who].token}.1", **form})
    assert answer.status_code in (403, 422)
    chinese, english = told(answer.text)
    assert zh in chinese
    assert en in english
    assert CHINESE.search(english) is None


@pytest.mark.parametrize(
    ("path", "zh"),
    [
        ("/queue?since=soon", "soon：接受日期"),
        ("/queue?least=200", "200：接受 0 到 100 的数字"),
        ("/queue?state=half", "half：接受 open, done, any"),
        ("/queue?before=none", "none：接受通话编号"),
        ("/audit?before=x", "x：接受行号"),
        ("/scorecards?period=May", "May：接受年、月或日"),
        ("/scorecards?period=1492", "1492：接受 1970 年至 2199 年"),
        ("/no/such/page", "没有这个页面"),
        ("/plans/99", "没有这个页面"),
        ("/rules/proposal.yaml", "没有规则"),
    ],
)
def test_what_an_address_asks_for(people: dict[str, Page], path: str, zh: str) -> None:
    answer = people["root"].client.get(path)
    assert answer.status_code in (404, 422)
    chinese, english = told(answer.text)
    assert zh in chinese
    assert CHINESE.search(english) is None


@pytest.mark.parametrize("path", ["/logout", ACTS, "/account", "/plans"])
def test_a_form_whose_session_has_ended_is_answered_by_a_page(store: Store, path: str) -> None:
    """A second click on "Sign out" used to show a line of JSON, and a judgement after two hours nothing at all."""
    client = TestClient(create_app(store), follow_redirects=False)
    token = field(client.get("/login").text, "csrf_token")
    client.post("/login", data={"username": "free", "password": PASSWORD, "csrf_token": token})
    token = field(client.get("/queue").text, "csrf_token")
    client.post("/logout", data={"csrf_token": token})
    answer = client.post(path, data={"csrf_token": token, "act": "comment", "text": "x"})
    assert answer.status_code == 401
    assert "请重新登录" in told(answer.text)[0]
    assert re.findall(r'href="(/[^"]*)"', answer.text)[-1] == "/"  # on to the page for signing in
    for path in re.findall(r'(?:href|src)="(/assets/[^"]+)"', answer.text):
        assert client.get(path).status_code == 200, path


def test_every_reason_is_said_in_both_languages() -> None:
    texts = saying._texts()
    for key, text in texts.items():
        assert CHINESE.search(text.zh.replace("{kinds}", "种")), key
        assert CHINESE.search(text.en) is None, key
        names = [{name for _, name, _, _ in Formatter().parse(each) if name} for each in (text.zh, text.en)]
        assert names[0] <= names[1], key
    code = "".join(path.read_text(encoding="utf-8") for path in Path(saying.__file__).parent.glob("*.py"))
    used = set(re.findall(r'(?:Error|Refusal|say|__init__|_unreadable)\((?:\d+, |\w+, )?"(\w+)"', code))
    own = {key for key in texts if not key.startswith(("field_", "wrong_"))}
    assert own <= used
    assert {f"wrong_{name}" for name in saying._BY_TYPE.values()} <= set(texts)


def test_a_form_that_names_what_is_not_to_be_seen_says_which_field(people: dict[str, Page]) -> None:
    """The same of an agent of another team as of none: nobody is told which."""
    coach = people["coach1"]
    for agent in ("B01", "nobody"):
        page = coach.post("/plans", **{**PLAN, "agent_id": agent}, status=404)
        assert told(page) == (f"{agent}：没有这位坐席", f"{agent}: no such agent")
