"""jieba's two tables share their words."""

from __future__ import annotations

import jieba

from pipeline.analysis.tokens import _jieba


def test_the_tables_share_their_words() -> None:
    table = _jieba().word_tag_tab
    kept = {id(word) for word in jieba.dt.FREQ}
    assert sum(id(word) in kept for word in table) == len(table) > 100_000
