"""Absolute claims are ours, of our own, and not denied."""

from __future__ import annotations

import pytest
from dialogue_sets import call

from pipeline.analysis import absolute_claim


@pytest.mark.parametrize(
    "line",
    [
        "A 我们是全国最好的机构。",
        "A 我们的价格是全市最低的。",
        "A We're the best in the country.",
        "A I can't promise you the moon but we're the best in the country.",
        "A 别的我不敢说，我们的师资是全国最好的。",
    ],
)
def test_a_claim_is_found(line: str) -> None:
    assert [f.kind for f in absolute_claim.find(call("C 喂。", line), ())] == ["absolute_claim"]


@pytest.mark.parametrize(
    "line",
    [
        "A 您家最大的房间有多大？",
        "A 这份国家级的补贴文件网上有。",
        "A 顶级配置我们没有。",
        "A We're not the cheapest on the market.",
        "A I'd never tell you we're the best in the country.",
        "A 同行都说自己是行业第一。",
        "A 没有哪家是百分之百有效的。",
    ],
)
def test_what_is_the_customers_a_documents_or_denied_is_none(line: str) -> None:
    assert absolute_claim.find(call("C 喂。", line), ()) == []
