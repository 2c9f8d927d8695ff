"""The customer's questions, and whether each was answered within the agent's next two turns (article 4.2).

What counts as an answer depends on what was asked: a price wants a figure, a yes-or-no question a yes, no or the
matter itself, "who are you" a name, "where did you get my number" a source. An open promise to find out counts too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    content,
    found_at,
    hits,
    kinds_at,
    likeness,
    match,
    of_turn,
    shared,
    size,
)
from pipeline.analysis.rules import Match
from pipeline.types import Finding

_FIGURE = re.compile(
    r"\d|[一二三四五六七八九十百千万两半几零]+(?:块|元|毛|万|千|百|点|个|年|月|天|次|折|成|分|厘|小时|周|岁|节|平|号|楼|%|倍)"
    r"|免费|不要钱|不收|不用钱|全免|包含在|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|free|nothing|zero|no (?:fee|charge|cost)"
    r"|couple|few|once|twice|depends|a day|a week|a month|a year|weekly|monthly|right away|today|tomorrow)\b"
    r"|看(?:您|你|具体|情况)|取决于|不一定|根据|马上|当天|当场|随时|立刻|终身|没有(?:手续费|费用)"
)
_DEFERRED = re.compile(
    r"(?:帮|给|替|为)(?:您|你).{0,6}(?:查|核实|确认|问|算|了解)|(?:查|核实|确认|问|了解|测算)(?:一下|清楚|完|好|了).{0,12}(?:回复|回|告诉|答复|联系|给您|给你|打给|再)"
    r"|(?:稍后|回头|晚点|一会儿|待会|明天|之后).{0,10}(?:回复|告诉|答复|回您|发您|发给|给您准|联系您)|让.{1,8}(?:联系|回复|跟您(?:讲|说)|测算|答复)"
    r"|\b(?:i'?ll|i will|let me|i can|i'?d (?:need|have) to|i need to)\b.{0,24}\b(?:check|find out|look (?:that|it|into)|get back|confirm|ask|email|send|call you)"
    r"|\bget back to you\b|\bcheck with\b"
)
_YES_NO = re.compile(
    r"(?:^|[,，。.!？?\s])(?:对|是|有|没有|没|不|可以|能|会|行|好|嗯|当然|肯定|放心|支持|包|需要|不用|都|一般|免费|正规|安全|真的|哪能|绝对|确实|就|都能|送)"
    r"|\b(?:yes|yeah|yep|no|nope|sure|certainly|absolutely|of course|definitely|not|never|you can|it (?:is|does|will|has|would)|we (?:do|are|have|can|will)"
    r"|they (?:do|are|will)|there (?:is|are|isn't|aren't)|you (?:do|will|would|won't|don't|can't|get)|i am|i'm|both|either|depends|right|correct|exactly|just|only)\b"
)
_SOURCE_ASKED = re.compile(
    r"(?:怎么|哪里|哪儿|从哪|谁).{0,8}(?:知道|有|拿|弄|搞|得到|给).{0,4}(?:我|我的)?.{0,4}(?:电话|号码|信息|联系方式|手机)|(?:电话|号码).{0,4}(?:哪来|哪里来|怎么来|谁给|怎么知道)"
    r"|(?:get|got|find|have|give).{0,16}(?:number|details|name|information)"
)
_SOURCE = re.compile(
    r"系统|平台|留过|登记|填过|填写|留下|预留|朋友|介绍|推荐|官网|咨询过|资料|名单|公开|随机|号码库|数据|来过|办过|客户|注册|报过|活动|展会|后台|网上|企查|天眼|黄页|之前|上次|合作|拨"
    r"|\b(?:you (?:filled|left|signed|registered|downloaded|requested|asked|entered|gave|visited|contacted|inquired|called)|list|referr|recommend|friend"
    r"|database|records?|system|website|online|public|directory|form|linkedin|survey|random|customer|member|partner|provided|county|event)"
)
_WHO_ASKED = re.compile(
    r"(?:哪家|哪个|什么)(?:公司|单位|机构|银行|平台)|(?:你|您)(?:们)?(?:是|叫|找)(?:谁|哪|什么)|哪位|哪里(?:的|打)|who(?:'s| is| are| am| did)\b|what company|whose"
)
_WHO = re.compile(
    r"我(?:是|叫|姓|们是|这边|这里)|这(?:里|边)是|(?:公司|集团|银行|传媒|科技|教育|保险|中心|旗下)|\b(?:i'm|i am|my name|this is|it's|we're|we are|here|from|with|at|calling)\b"
)
_WHERE_ASKED = re.compile(r"在哪|哪里|哪儿|什么地方|地址|\bwhere\b")
_WHERE = re.compile(
    r"在|路|街|区|市|省|楼|号|旁|附近|对面|站|广场|大厦|县|镇|线上|网上|\b(?:on|at|in|near|next to|street|road|avenue|online|downtown|based|across|by|from|over)\b"
)
_LOAD = re.compile(r"[\u3400-\u9fff]{3,}|(?:\w+\W+){3,}")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each question of the customer, one a sentence; ``detail``: ``answered`` (bool)."""
    pitched = set(kinds_at(prior, "pitch")) | set(kinds_at(prior, "pitch_after_refusal"))
    hostile = set(kinds_at(prior, "do_not_call")) | set(kinds_at(prior, "complaint"))
    found: list[Finding] = []
    for sentence in conversation.by("customer"):
        if sentence.turn in hostile or _is_confusion(sentence):
            continue
        asked = hits("customer_question", sentence)
        if not asked or (sentence.speaker == "unknown" and not _customer_like(sentence, asked[0])):
            continue
        answered = any(
            _answers(sentence, told, later in pitched)
            for later in after(conversation, sentence.turn, "agent", 2)
            for told in [of_turn(conversation, later)]
        ) or _answered_at_once(conversation, sentence)
        found.append(found_at(conversation, "customer_question", sentence, asked[0], {"answered": answered}))
    return found


def _is_confusion(sentence: Sentence) -> bool:
    return bool(match("confusion", sentence.language, sentence.folded))


def _customer_like(sentence: Sentence, hit: Match) -> bool:
    """Of unknown speakers only questions that an agent would not ask."""
    return hit.rule in ("price", "how_much", "indirect") and not hits("needs_question", sentence)


def _answered_at_once(conversation: Conversation, sentence: Sentence) -> bool:
    """In a turn where the question is followed by the customer's own way out, nothing is owed."""
    rest = [s for s in of_turn(conversation, sentence.turn) if s.index > sentence.index]
    return any(re.search(r"^(?:算了|没事|哦,?我知道了)|never ?mind|forget it", s.folded) for s in rest)


def _answers(question: Sentence, told: tuple[Sentence, ...], pitched: bool) -> bool:
    """Whether one turn of the agent answers; the kind of question decides what is looked for."""
    asked = question.folded
    statements = [s.folded for s in told if not _asks_back(s)]
    text = " ".join(statements)
    if _DEFERRED.search(" ".join(s.folded for s in told)):
        return True
    if not text:
        return False
    kind = _kind(question)
    if kind == "source":
        return bool(_SOURCE.search(text))
    if kind == "who":
        return bool(_WHO.search(text))
    if kind == "where":
        return bool(_WHERE.search(text)) and (not pitched or _touches(asked, text))
    if kind == "figure":
        return bool(_FIGURE.search(text))
    if kind == "yes_no":
        opens = bool(_YES_NO.search(text)) and (not pitched or _opens_with_answer(text))
        return opens or _touches(asked, text)
    return _touches(asked, text) or (not pitched and bool(_LOAD.search(text)) and size(text) >= 4)


def _kind(question: Sentence) -> str:
    asked = question.folded
    if _SOURCE_ASKED.search(asked):
        return "source"
    if _WHO_ASKED.search(asked):
        return "who"
    for hit in hits("customer_question", question):
        kind = str(hit.detail.get("asks", "open"))
        if kind == "open" and _WHERE_ASKED.search(asked):
            return "where"
        if kind == "open" and re.search(
            r"什么时候|几[点号]|多久|多长时间|\bwhen\b|how (?:long|soon)|what time", asked
        ):
            return "figure_or_open"
        return kind
    return "open"


def _asks_back(sentence: Sentence) -> bool:
    return sentence.folded.rstrip().endswith("?") or bool(hits("needs_question", sentence))


def _opens_with_answer(text: str) -> bool:
    hit = _YES_NO.search(text)
    return hit is not None and hit.start() <= 6


def _touches(asked: str, text: str) -> bool:
    """Shared content words, or the like meaning (encoder), between question and answer."""
    if content(asked) & content(text) or shared(asked, text) > 0:
        return True
    return likeness(asked, text) >= 0.3
