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
        "A 不瞒你说，我们是全国第一。",
        "A 难道我们不是全国最好的机构吗？",
        "A I don't promise that lightly, we're the best in the country.",
        "A They say all sorts, but we're the best in the country.",
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


@pytest.mark.parametrize(
    "line",
    [
        "A 我岂敢说自己是全国第一。",
        "A 您刚刚夸我们是全国最好的，过奖了。",
        "A 天底下没有百分之百的事。",
        "A Did anybody promise you we're the best in the country?",
        "A Another firm calls itself the best in the world.",
        "A It would be a lie to call us the best in the world.",
    ],
)
def test_what_may_be_denied_told_or_asked_is_a_doubt(line: str) -> None:
    found = absolute_claim.find(call("C 喂。", line), ())
    assert all(one.confidence < 0.6 for one in found)
