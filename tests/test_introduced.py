"""What sets the slots of an opening right: each file's own examples, bare clauses, the roster, and what masking leaves."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from pipeline.analysis.acts_fit import calls_of
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.departments import parts as places
from pipeline.analysis.introduced import (
    asks_who,
    cut,
    is_denied,
    is_never,
    is_somebody_else,
    own_firm,
    read_introduced,
    says_own_name,
)  # fmt: skip
from pipeline.analysis.named import Place, most
from pipeline.analysis.opening import find, slots_of
from pipeline.analysis.ordinary import counted
from pipeline.analysis.own_words import gives_own
from pipeline.analysis.slots import Known, likeness_of, recognise, spot
from pipeline.analysis.text import fold
from pipeline.analysis.theirs import is_theirs, spans_of
from pipeline.privacy.masking import mask
from pipeline.privacy.own import own_names, words
from pipeline.profile import EMPTY, Agent, Company, Profile
from pipeline.types import CallRecord, Transcript, Turn

LANGUAGES = ("zh", "en")
ROSTER = Profile(
    company=Company(name="恒泰软件", aliases=("恒泰", "Hengtai")),
    agents=(
        Agent(id="1", names=("张伟",)), Agent(id="2", names=("方敏",)), Agent(id="3", names=("马国栋",)),
        Agent(id="4", names=("Will Grant",)), Agent(id="5", names=("May",)), Agent(id="6", names=("李明", "小李")),
    ),
)  # fmt: skip
RECORD = CallRecord(file="", call_id="")


def _transcript(language: str, *turns: str) -> Transcript:
    """Turns that begin with A: or C:."""
    sides = {"A": "agent", "C": "customer"}
    return Transcript(language, tuple(Turn(sides[t[0]], t[2:], None, None, 1.0) for t in turns))  # type: ignore[arg-type]


def _slots(language: str, *turns: str, profile: Profile = EMPTY) -> dict[str, str]:
    found = slots_of(Conversation.of(_transcript(language, *turns), profile=profile))
    return {kind: str(one.detail["value"]) for kind, one in found.items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slot", ["company", "department", "name"])
def test_never(language: str, slot: str) -> None:
    data = read_introduced(language)["never"][slot]
    for key, wanted in (("hits", True), ("misses", False)):
        for text in data[key]:
            start, end = text.index("<"), text.index(">") - 1
            plain = fold(text.replace("<", "").replace(">", ""))
            assert is_never(slot, plain, start, end, language) is wanted, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_cut(language: str) -> None:
    for one in read_introduced(language)["cut"]["examples"]:
        start, end = cut(one["text"], 0, len(one["text"]), language)
        assert one["text"][start:end] == one["company"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_named(language: str) -> None:
    for one in read_introduced(language)["named"]["examples"]:
        text = one["text"].replace("<", "").replace(">", "")
        place = Place(text, fold(text), one["text"].index("<"), one["text"].index(">") - 1)
        assert most(one.get("slot", "company"), place, language) == one["most"], one


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_firm(language: str) -> None:
    data = read_introduced(language)["own"]
    for one in data["hits"]:
        span = own_firm(one["text"], fold(one["text"]), language)
        assert span is not None and one["text"][slice(*span)] == one["company"], one
    for text in data["misses"]:
        assert own_firm(text, fold(text), language) is None, text


@pytest.mark.parametrize(
    ("language", "text", "sure"),
    [
        ("zh", "您好，我是蓝鹊保险的刘洋。", set()),
        ("zh", "您好，我是恒泰软件的刘洋。", {"company"}),
        ("zh", "您好，我是恒太软件的张伟。", {"company", "name"}),
        ("en", "Hello, it's Bert Moss from Kestrel Doors.", set()),
        ("en", "Hello, it's Will Grant from Hengtai.", {"company", "name"}),
    ],
)
def test_what_the_profile_does_not_know_is_a_doubt(language: str, text: str, sure: set[str]) -> None:
    conversation = Conversation.of(_transcript(language, f"A:{text}"), profile=ROSTER, record=RECORD)
    slots = {one.kind: one.confidence >= 0.6 for one in find(conversation, ()) if one.kind != "purpose"}
    assert slots == {"company": "company" in sure, "name": "name" in sure}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "我就是疏通管道的，便宜得很。"),
        ("zh", "我这边是卖鱼竿的。"),
        ("zh", "就在二楼，价钱好商量。"),
        ("en", "Well, I'm from down the lane, love."),
        ("en", "We're with the boys in the yard."),
    ],
)
def test_trade_and_place_are_no_firm(language: str, said: str) -> None:
    head = ("A:喂，您好。", "C:哪位啊？") if language == "zh" else ("A:Hello there.", "C:Who is it?")
    assert _slots(language, *head, f"A:{said}") == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_else(language: str) -> None:
    data = read_introduced(language)["other"]
    for key, wanted in (("hits", True), ("misses", False)):
        for text in data[key]:
            start = text.index("@")
            assert is_somebody_else(fold(text), start, start + 1, language) is wanted, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_asks_who(language: str) -> None:
    data = read_introduced(language)["asked"]
    assert [text for text in data["hits"] if not asks_who(fold(text), language)] == []
    assert [text for text in data["misses"] if asks_who(fold(text), language)] == []


def test_own_name_in_mixed_speech() -> None:
    data = read_introduced("zh")["own_name"]
    assert [t for t in data["hits"] if not says_own_name(fold(t.replace("@", "小方")), "小方", "zh")] == []
    assert [t for t in data["misses"] if says_own_name(fold(t.replace("@", "小方")), "小方", "zh")] == []


def test_own_name() -> None:
    data = read_introduced("en")["own_name"]
    assert [t for t in data["hits"] if not says_own_name(fold(t.replace("@", "amy")), "amy", "en")] == []
    assert [t for t in data["misses"] if says_own_name(fold(t.replace("@", "will")), "will", "en")] == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Morning, Kuehne, tenders desk, Greta here.", {"company": "Kuehne", "department": "tenders desk", "name": "Greta"}),
        ("Hello, this is Santander.", {"company": "Santander"}),
        ("Hi, it's Plusnet, the faults team.", {"company": "Plusnet", "department": "faults team"}),
        ("Hi, Nadine. Nadine Foss, Harper Media.", {"company": "Harper Media", "name": "Nadine Foss"}),
        ("Hello, I'm calling from Hart and Rowe, the surveyors.", {"company": "Hart and Rowe"}),
        ("Hello, I'm ringing for Hitachi, our company is Vale Tools, I'm Ted.", {"company": "Vale Tools", "name": "Ted"}),
        ("Hi, we're a family firm that cleans gutters.", {}),
        ("Hello, this is Mr Adair from Crest Tutors.", {"company": "Crest Tutors", "name": "Adair"}),
        ("Hello, Larch Tyres... sorry, Larch Brakes, we've moved. Gary here.", {"company": "Larch Brakes", "name": "Gary"}),
        ("Morning! Alder Vets here, I'm Tess.", {"company": "Alder Vets", "name": "Tess"}),
        ("Hi, Doris from the office gave me your number. I'm Odette, my firm is Cratewell.", {
            "company": "Cratewell", "name": "Odette"}),
        ("Hello, I'm the client success manager at Rowanly, my name's Ines.", {"company": "Rowanly", "name": "Ines"}),
        ("it's kit here from wells and daughters accountants just chasing your figures", {
            "company": "wells and daughters accountants", "name": "kit"}),
        ("Hi, um, it's, er, Sven, from, uh, Malmo Verktyg.", {"company": "Malmo Verktyg", "name": "Sven"}),
    ],
)  # fmt: skip
def test_english_openings(text: str, wanted: dict[str, str]) -> None:
    assert _slots("en", f"A:{text}") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我们帮过很多家长，您家孩子几年级？", {}),
        ("姐，首付二十万就能上车，看看吗？", {}),
        ("您好，我们公司是做代理记账的，我姓崔。", {"name": "崔"}),
        ("您好，我们是专业做环氧地坪的厂家。", {}),
        ("您好，我是小樊——", {"name": "小樊"}),
        ("您好，大华股份王蕾。", {"company": "大华股份", "name": "王蕾"}),
        ("您好，大金空调的经销商，徐州恒凉。", {"company": "徐州恒凉"}),
        ("免贵姓邹，邹海燕，和众人寿的。", {"company": "和众人寿", "name": "邹海燕"}),
        (
            "您好，市场部的郭翔，远山软件，想请您参加发布会。",
            {"company": "远山软件", "department": "市场部", "name": "郭翔"},
        ),
        ("您好，我是恒美装饰设计师林珊，效果图出来了。", {"company": "恒美装饰", "name": "林珊"}),
        ("你好，麻烦转一下采购部。", {}),
    ],
)
def test_mandarin_openings(text: str, wanted: dict[str, str]) -> None:
    assert _slots("zh", f"A:{text}") == wanted


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "您好，恒泰软件的，您现在方便吗？"), ("zh", "您好，恒泰软件的，我马上发您一张表。"),
        ("zh", "您好，恒泰软件的，我找一下李总。"), ("zh", "您好，恒泰软件的，请问是张伟先生吗？"),
        ("en", "Hello, Hengtai, will you have a minute?"), ("en", "Hello, Hengtai, may I have a minute?"),
        ("zh", "Hi，恒泰软件的，is this 小方？"),
        ("en", "Hello, Hengtai, is that Mr Grant?"), ("en", "hello, hengtai, i will be quick"),
    ],
)  # fmt: skip
def test_a_word_of_a_name_is_no_name(language: str, text: str) -> None:
    assert _slots(language, f"A:{text}", profile=ROSTER) == {"company": "恒泰软件"}


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("zh", "您好，恒泰软件的，我是小方。", "方敏"), ("zh", "您好，恒泰软件的，我姓马。", "马国栋"),
        ("zh", "您好，恒泰软件，张伟。", "张伟"), ("en", "Hello, it's Will from Hengtai.", "Will Grant"),
        ("zh", "Hi 您好，this is 小方 from 恒泰软件。", "方敏"), ("zh", "Hello，小马 here，恒泰软件的。", "马国栋"),
        ("en", "hello its a will grand from hengtai", "Will Grant"),
        ("en", "good morning this is we'll grunt from hengtai", "Will Grant"),
        ("en", "hello, may here from hengtai", "May"), ("en", "Hello, Will Grant, Hengtai.", "Will Grant"),
    ],
)  # fmt: skip
def test_a_name_in_a_frame(language: str, text: str, name: str) -> None:
    assert _slots(language, f"A:{text}", profile=ROSTER)["name"] == name


def test_a_bare_word_before_the_firm_is_asked_for_is_a_person() -> None:
    turns = ("C:Who's this?", "A:Adaeze.", "C:From where?", "A:From Larch Movers, madam.")
    assert _slots("en", *turns) == {"company": "Larch Movers", "name": "Adaeze"}


def test_the_profiles_company_wins_later() -> None:
    turns = ("A:您好，锦程的小刘。", "C:哪里？", "A:我们是恒泰软件。")
    assert _slots("zh", *turns, profile=ROSTER)["company"] == "恒泰软件"


@pytest.mark.parametrize(
    ("language", "turns"),
    [
        ("zh", ("A:您好，我叫Daniel Luo，启帆软件的。", "C:你好。")),
        ("zh", ("A:免贵姓邹，邹海燕，和众人寿的。", "C:什么事？")),
        ("zh", ("A:恒泰软件，张伟。", "C:哦张伟啊。")),
        ("en", ("A:Hi there, Plusnet, the faults team.", "C:Yes?")),
        ("en", ("A:Name's Ravinder. Connells.", "C:And?")),
        (
            "en",
            ("A:It's the Larkhill Clinic, Doctor Bose's secretary speaking, Maureen.", "C:Hello Maureen."),
        ),
    ],
)
def test_what_the_agent_says_of_himself_stays(language: str, turns: tuple[str, ...]) -> None:
    transcript = _transcript(language, *turns)
    masked, _ = mask(transcript, own=own_names(transcript, EMPTY, RECORD))
    assert [turn.text for turn in masked.turns] == [turn.text for turn in transcript.turns]


def test_what_the_customer_says_is_masked_beside() -> None:
    transcript = _transcript(
        "zh", "A:您好，我叫周晓燕，请问是何建军先生吗？", "C:我是何建军。", "A:谢谢何先生，再见。"
    )
    masked, _ = mask(transcript, own=own_names(transcript, EMPTY, RECORD))
    assert "周晓燕" in masked.turns[0].text and "何建军" not in "".join(turn.text for turn in masked.turns)
    assert masked.turns[2].text.startswith("谢谢")


@pytest.mark.parametrize(
    ("language", "turns"),
    [
        ("zh", ("A:您好，这里是蓝海物流。", "C:改个联系人，她叫韦美兰，手机幺三五零零二二九八七六。",
                "A:幺三五零零二二九八七六，韦美兰，好的。")),
        ("zh", ("A:您好，农商银行安全中心。", "C:嗯。", "A:您有一笔五千元的汇款，收款人叫韦小军，是您本人操作的吗？")),
        ("en", ("A:Hello, Larch Movers, how can I help?", "C:It's for my mum, Odette Crane.", "A:Odette Crane. Which day?")),
    ],
)  # fmt: skip
def test_a_name_read_back_or_of_a_third_person_is_not_the_agents(
    language: str, turns: tuple[str, ...]
) -> None:
    transcript = _transcript(language, *turns)
    assert "name" not in _slots(language, *turns)
    masked, _ = mask(transcript, own=own_names(transcript, EMPTY, RECORD))
    assert not any(name in turn.text for turn in masked.turns for name in ("韦", "Odette", "Crane"))


@pytest.mark.parametrize(
    ("language", "turns", "name"),
    [
        ("zh", ("A:您好。", "C:是小韦吗？", "A:对，我是小韦，蓝海物流的。"), "小韦"),
        ("en", ("A:Good morning.", "C:Is that Odette?", "A:It's Odette, yes, from Larch Movers."), "Odette"),
        ("en", ("A:Good morning.", "C:We're planning a move.", "A:Ann, Larch Movers, go ahead."), "Ann"),
    ],
)
def test_a_name_that_the_customer_guessed_is_given_all_the_same(
    language: str, turns: tuple[str, ...], name: str
) -> None:
    assert _slots(language, *turns)["name"] == name


def test_words_beside_names() -> None:
    introduces = words()["introduces"]
    told = re.compile(f"{introduces['zh']}|{introduces['en']}", re.IGNORECASE)
    assert all(map(told.search, introduces["hits"])) and not any(map(told.search, introduces["misses"]))
    for part, key in (("thanks", "head"), ("answer", "after")):
        data = words()[part]
        assert [text for text in data["hits"] if not re.match(data[key], text, re.IGNORECASE)] == []
        assert [text for text in data["misses"] if re.match(data[key], text, re.IGNORECASE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_theirs(language: str) -> None:
    """Each frame's examples: `<…>` is the other side's, and a miss holds nothing of it."""
    data = read_introduced(language)["theirs"]
    for text in data["hits"]:
        plain = fold(text.replace("<", "").replace(">", ""))
        end = text.index(">") - 1
        assert is_theirs(plain, end - 2, end, language), text
        assert not is_theirs(plain, end + 2, end + 6, language), text
    for text in data["misses"]:
        assert not spans_of(fold(text), language), text


def test_departments_by_place() -> None:
    data = read_introduced("en")["department"]
    for one in data["examples"]:
        hit = places()[one["way"]].search(one["text"])
        assert hit is not None, one
        assert {key: hit[key] for key in ("part", "company") if key in one} == {
            key: one[key] for key in ("part", "company") if key in one
        }
    for one in data["misses"]:
        assert places()[one["way"]].search(one["text"]) is None, one
    chinese = read_introduced("zh")["department"]
    assert all(places()["zh_lead"].search(one["text"]) for one in chinese["examples"])
    assert not any(places()["zh_lead"].search(one["text"]) for one in chinese["misses"])


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "hello am i through to accounts at pike and lowe i'm ringing about your vans", {}),
        ("en", "hi is this the owner of a grey volvo estate i'm ringing about your cover", {}),
        ("en", "hello is that missis hale it's noor from subscriptions at bell press", {
            "company": "bell press", "department": "subscriptions", "name": "noor"}),
        ("en", "You're through to Kelly at Fernlink, retentions.", {
            "company": "Fernlink", "department": "retentions", "name": "Kelly"}),
        ("zh", "您好，您是天盛物流的采购经理吗？", {}),
        ("zh", "您好，我们是外地的公司，跟您说个事。", {}),
        ("zh", "您好，我是百信的小王，有个活动，领导在会议中心开会呢。", {"company": "百信", "name": "小王"}),
    ],
)  # fmt: skip
def test_whose_name_it_is(language: str, text: str, wanted: dict[str, str]) -> None:
    assert _slots(language, f"A:{text}") == wanted


def test_a_department_that_no_list_knows_is_a_doubt() -> None:
    told = "hi it's noor from the harvest crowd at bell press ringing about your order"
    found = slots_of(Conversation.of(_transcript("en", f"A:{told}")))
    assert found["department"].confidence < 0.6


OWN = (
    ("en", "Hello, this is Emily from Blue Harbor, broadband sales.", True),
    ("en", "Good morning, Blue Harbor, James speaking.", True),
    ("en", "Hello this is Blue Harbor, I'm calling to offer you business fiber.", True),
    ("en", "Hi, is this Blue Harbor?", False),
    ("en", "I'm calling Blue Harbor because my line is down.", False),
    ("en", "Are you calling from Blue Harbor?", False),
    ("en", "I'm with Blue Harbor already.", False),
    ("en", "I'd like to speak to Emily Carter at Blue Harbor.", False),
    ("zh", "您好，我是蓝海集团宽带销售部的小李。", True),
    ("zh", "喂您好，蓝海集团，请问有什么可以帮您？", True),
    ("zh", "您好，这边蓝海集团客服部给您来电。", True),
    ("zh", "您好，是蓝海集团吗？", False),
    ("zh", "您好，我找一下蓝海集团宽带销售部。", False),
    ("zh", "我是蓝海集团的老客户。", False),
    ("zh", "蓝海集团的人昨天给我打过电话。", False),
)


@pytest.mark.parametrize(("language", "text", "own"), OWN)
def test_a_firm_is_given_as_ones_own_or_only_spoken_of(language: str, text: str, own: bool) -> None:
    firm = "Blue Harbor" if language == "en" else "蓝海集团"
    at = text.index(firm)
    assert gives_own("company", text, at, at + len(firm), language) is own


def test_a_common_word_is_no_short_name() -> None:
    known = [Known("泰和保险", "泰和保险", ("Taihe", "Taihe Insurance"))]
    assert recognise("the", known) is None
    assert likeness_of("bath", "Beth") < 0.84
    assert recognise("Taihe Insurance", known) == ("泰和保险", "alias", 1.0)
    assert recognise("Tahe Insurence", known) is not None


@pytest.mark.parametrize(
    ("firm", "word"), [("Alianz", "always"), ("Foresight", "forget"), ("Hallo", "hello"), ("Zenith", "tenth")]
)
def test_an_ordinary_word_is_no_misheard_firm(firm: str, word: str) -> None:
    assert recognise(word, [Known(firm, firm)]) is None
    spelt = firm.replace("n", "nn").replace("l", "ll").replace("s", "ss")
    assert recognise(spelt, [Known(firm, firm)]) is not None


@pytest.mark.parametrize(
    ("known", "talk", "misheard"),
    [
        ("care team", "what care time would you like", "I'm with the caire team"),
        ("pupil team", "people at home like it", "Joan of the poopil team"),
        ("rates desk", "that rate is due soon", "Ann on the raites desk"),
    ],
)
def test_ordinary_words_with_a_names_rough_sound_are_no_misheard_name(known, talk, misheard):
    names = [Known(known, known)]
    assert spot(_sentence(talk), names) is None
    assert spot(_sentence(misheard), names).value == known


def _sentence(text: str) -> Sentence:
    return Conversation.of(Transcript("en", (Turn("agent", text, None, None, 1.0),))).sentences[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_denied_firm_is_no_introduction(language: str) -> None:
    examples = read_introduced(language)["denied"]
    profile = Profile(company=Company(name="泰和保险", aliases=["Aldgate Mutual"]))
    name = "泰和保险" if language == "zh" else "Aldgate Mutual"
    for text, named in [
        *((one, False) for one in examples["hits"]),
        *((one, True) for one in examples["misses"]),
    ]:
        said = text.replace("@", name)
        at = fold(said).index(fold(name))
        assert is_denied(fold(said), at, at + len(name), language) is not named, text
    denial = {"zh": f"您好，我不是{name}的。", "en": f"Hello, I'm not from {name}."}[language]
    for text, heard in (
        (denial, 0),
        (denial + {"zh": f"我是{name}的。", "en": f" I'm from {name}."}[language], 1),
    ):
        turns = (Turn("agent", text, None, None, 1.0), Turn("customer", "好。", None, None, 1.0))
        found = find(Conversation.of(Transcript(language, turns), profile=profile), ())
        assert sum(one.kind == "company" for one in found) == heard, text


@pytest.mark.parametrize(
    ("text", "company", "name", "sure"),
    [
        ("Hello this is Copper Kettle Catering we did your neighbour's wedding", "Copper Kettle Catering", "", True),
        ("hi this is silver birch dental calling about your check up", "silver birch dental", "", True),
        ("Hi this is Larkspur Tree Surgeons we trim hedges", "Larkspur Tree Surgeons", "Larkspur", False),
        ("Hi this is Sandra Beacon Homes calling about the flat", "Beacon Homes", "Sandra", True),
        ("Good morning Nadia Brandt here from Hale Motors", "Hale Motors", "Nadia Brandt", True),
        ("Hi I'm Tom with Harrow Storage I wanted to ask how you're handling deliveries", "Harrow Storage", "Tom", True),
    ],
)  # fmt: skip
def test_a_firm_s_first_word_is_nobody_s_name(text: str, company: str, name: str, sure: bool) -> None:
    turns = (Turn("agent", text, None, None, 1.0), Turn("customer", "Oh okay.", None, None, 1.0))
    found = {one.kind: one for one in find(Conversation.of(Transcript("en", turns), profile=EMPTY), ())}
    assert found["company"].quote == company
    assert (found["name"].quote if "name" in found else "") == name
    assert not name or (found["name"].confidence >= 0.6) is sure
    assert "department" not in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_words_are_those_of_the_calls_as_shipped(language: str) -> None:
    kept = (resources.files("pipeline.lexicons") / language / "_ordinary.txt").read_text(encoding="utf-8")
    assert kept.split() == counted((call for _author, call in calls_of(language)), language)


@pytest.mark.parametrize(
    ("language", "text", "slot", "sure"),
    [
        ("en", "Good morning. Vehicle leasing. Is the van yours?", "company", []),
        ("en", "Hello, Pest services.", "company", []),
        ("en", "Morning, Mortgage advice. Do you rent?", "company", []),
        ("en", "Hello, I'm calling from Tolland Vehicle Leasing. Is the van yours?", "company", ["Tolland Vehicle Leasing"]),
        ("en", "Hi. It's Forty-Nine Ninety-Five. All in.", "name", []),
        ("zh", "您好，我是设备租赁的，您工地上缺吊车吗？", "company", []),
        ("zh", "您好，养老护理的。", "company", []),
        ("zh", "您好，现在装全屋净水送滤芯，随时能装，您看要不要来一台？", "company", []),
        ("zh", "您好，我是鼎力设备租赁的，您工地上缺吊车吗？", "company", ["鼎力设备租赁"]),
        ("zh", "您好，我是移动的，您套餐到期了。", "company", ["移动"]),
    ],
)  # fmt: skip
def test_a_trade_or_an_amount_is_no_name_for_sure(
    language: str, text: str, slot: str, sure: list[str]
) -> None:
    transcript = Transcript(language, (Turn("agent", text, None, None, 1.0),))
    found = find(Conversation.of(transcript), ())
    assert [one.quote for one in found if one.kind == slot and one.confidence >= 0.6] == sure
