"""Who is named in a call list's free notes."""

from __future__ import annotations

import pytest

from pipeline.standards.notes_people import names_a_person

AGENTS = ("Tomas Berg", "冯雨")


@pytest.mark.parametrize(
    "notes",
    [
        "袁小姐想先试听",
        "意向一般，宋经理月底回复",
        "联系人：韩雪梅",
        "[姓名]女士要合同",
        "Left details with Mrs Quill",
        "Hannah Brook wants a survey, Tuesday",
        "冯雨致电，魏先生有兴趣",
    ],
)
def test_a_person_in_the_notes(notes: str) -> None:
    assert names_a_person(notes, AGENTS)


@pytest.mark.parametrize(
    "notes",
    [
        "",
        "安装师傅周六上门",
        "要和老板商量",
        "下周二上午再打",
        "冯雨致电，无意向",
        "Tomas Berg rang, no answer",
        "Will Call Back Monday",
        "Premium Plus sold",
    ],
)
def test_nobody_in_the_notes(notes: str) -> None:
    assert not names_a_person(notes, AGENTS)
