"""jieba's tables are what the package itself would make of its dictionary, and nobody else can lay others in their place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.jieba_words import cut, frequencies, parts_of_speech, tagged

SAID = "您好，我是华信传媒的客户经理李明，请问您是王总吗？咱们这个VIP套餐今天打八折，便宜得很呐。"


@pytest.fixture(scope="module")
def packages_own(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]  # jieba has no types
    """A tokenizer that the package filled itself, with its table of parts of speech."""
    import jieba
    import jieba.posseg

    own = jieba.Tokenizer()
    own.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    own.initialize()
    return own, jieba.posseg.POSTokenizer(own)


def test_tables_are_the_packages(packages_own) -> None:  # type: ignore[no-untyped-def]
    own, tagger = packages_own
    assert frequencies() == own.FREQ
    assert parts_of_speech() == tagger.word_tag_tab
    assert cut(SAID) == list(own.cut(SAID))
    assert cut(SAID, unknown=False) == list(own.cut(SAID, HMM=False))
    assert tagged(SAID) == [(word.word, word.flag) for word in tagger.cut(SAID)]


def test_the_tables_share_their_words() -> None:
    kept = {id(word) for word in frequencies()}
    assert sum(id(word) in kept for word in parts_of_speech()) == len(parts_of_speech()) > 100_000


def test_a_table_in_the_common_temporary_folder_is_neither_read_nor_written(tmp_path: Path) -> None:
    planted = tmp_path / "jieba.cache"
    planted.write_bytes(b"not marshalled")
    code = "from models.jieba_words import tagged; print(tagged('我们便宜')[0][0])"
    ran = subprocess.run(
        [sys.executable, "-c", code], env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": "."},
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert ran.stdout.strip() == "我们"
    assert planted.read_bytes() == b"not marshalled"
    assert [each.name for each in tmp_path.iterdir()] == ["jieba.cache"]
