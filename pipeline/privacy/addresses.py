"""Postal addresses, written and spoken. Those of the company, said by the agent, stay."""

from __future__ import annotations

from pipeline.privacy.addresses_en import english_addresses
from pipeline.privacy.addresses_zh import chinese_addresses
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import Stream

COMPANY_CHARS = 6
"""How far into an address "our shop" may stand, where the address was grown over it."""


def find_addresses(stream: Stream) -> list[Hit]:
    """Postal addresses of a person in one side's speech."""
    hits: list[Hit] = []
    for language, found in (("zh", chinese_addresses(stream)), ("en", english_addresses(stream))):
        hits += [hit for hit in found if not _of_company(stream, hit, language)]
    return hits


def _of_company(stream: Stream, hit: Hit, language: str) -> bool:
    """Whether the agent says where the company is: "our shop is in", or the answer to "where are you"."""
    if stream.speaker == "customer":
        return False
    agent = stream.speaker == "agent"
    near = stream.before(hit.start, 30) + stream.text[hit.start : hit.start + COMPANY_CHARS]
    index, _ = stream.turn_at(hit.start)
    asked = agent and index > 0 and stream.turns[index - 1].text
    said = form(f"address.{language}.{'company' if agent else 'company_sure'}").search(near)
    return bool(said or (asked and form(f"address.{language}.asks_company").search(asked)))
