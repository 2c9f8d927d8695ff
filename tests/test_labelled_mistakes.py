"""Labelled calls with mistakes: every one is told with its line, and nothing is judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.analysis.ablation import read_folder
from pipeline.commands.evaluate import evaluate
from pipeline.errors import ConfigError

GOOD = "=== q-1 | outcome: call_back\nA: [courtesy 您好]。\nC: [objection:no_time:benefit 我在开车]。\n"


def told(folder: Path, text: str | bytes, name: str = "my.zh.txt") -> list[str]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        read_folder(folder)
    return list(caught.value.mistakes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=== a\nA: [pitchh 免费]\n", "my.zh.txt:2 → [pitchh is no kind of finding; did you mean pitch?"),
        (
            "=== a\nC: [hard_sell:urgency:mild 今天必须定]\n",
            "my.zh.txt:2 → [hard_sell is what the agent does, and this line is",
        ),
        (
            "=== a\nA: [refusal 不用了]\n",
            "my.zh.txt:2 → [refusal is what the customer does, and this line is",
        ),
        ("=== a\nA: [pitchh:x 免费]\n", "my.zh.txt:2 → [pitchh is no kind of finding"),
        ("=== a\nC: [objection:prise:benefit 贵]\n", "my.zh.txt:2 → [objection: kind is one of price"),
        (
            "=== a\nC: [objection 贵]\n",
            "needs 2 details (kind, handling); written as [objection:kind:handling",
        ),
        ("=== a\nC: [customer_question:yes 贵吗]\n", "answered is one of answered, unanswered, not 'yes'"),
        ("=== a\nA: [pitch:x 免费]\n", "[pitch:x takes no details"),
        ("=== a | outcome: sold\nA: 您好\n", "my.zh.txt:1 → outcome: one of interested"),
        ("=== a | lang: fr\nA: 您好\n", "my.zh.txt:1 → lang: zh or en is accepted, not 'fr'"),
        ("=== | outcome: interested\nA: 您好\n", "my.zh.txt:1 → a call needs a name"),
        ("A: 您好\n", "my.zh.txt:1 → a call begins with a header such as === zh-07"),
        ("\n# only a remark\n", "my.zh.txt: file → holds no call; a call begins with a header"),
        (GOOD + GOOD, "my.zh.txt: q-1 → stands in my.zh.txt already; each call once"),
        (GOOD.encode("gbk"), "my.zh.txt: file → not UTF-8 (byte "),
    ],
)
def test_each_mistake_is_told_with_its_line(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (mistake,) = told(tmp_path, text)
    assert mistake.startswith(expected) or expected in mistake


def test_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no header", encoding="utf-8")
    mistakes = told(tmp_path, "=== x\nA: [pitchh 免费]\nB: 喂\nC: [rude 滚\n")
    assert [line.split(" → ")[0] for line in mistakes] == [
        "a.txt:1", "my.zh.txt:2", "my.zh.txt:3", "my.zh.txt:4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("x.en.txt", "=== a\nA: OK, 您好您好\n", "en"),
        ("x.zh.txt", "=== a\nA: OK hello there\n", "zh"),
        ("x.txt", "=== a | lang: zh\nA: OK hello there\n", "zh"),
        ("x.zh.txt", "\ufeff=== a | lang: en\nA: 您好\n", "en"),
        ("x.txt", "=== a\nA: hello there\n", "en"),
    ],
)
def test_the_language_is_stated_or_told_by_the_script(
    tmp_path: Path, name: str, text: str, language: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (call,) = read_folder(tmp_path)
    assert call.transcript.language == language


@pytest.mark.parametrize("text", [b"A: hello\n", GOOD.encode("gbk"), b""])
def test_the_command_says_what_is_wrong_with_a_folder_of_texts(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "calls.txt").write_bytes(text)
    done = CliRunner().invoke(evaluate, [str(tmp_path)])
    assert isinstance(done.exception, ConfigError) and done.exception.mistakes[0].startswith("calls.txt")
