"""Postal addresses, written and spoken. Those of the company, said by the agent, stay."""

from __future__ import annotations

from pipeline.privacy.addresses_en import english_addresses
from pipeline.privacy.addresses_zh import chinese_addresses
from pipeline.privacy.rules import Hit, pattern, rules
from pipeline.privacy.streams import Stream

COMPANY_CHARS = 6
"""How far into an address "our shop" may stand, where the address was grown over it."""


def find_addresses(stream: Stream) -> list[Hit]:
    """Postal addresses of a person in one side's speech."""
    hits: list[Hit] = []
    for language, found in (("zh", chinese_addresses(stream)), ("en", english_addresses(stream))):
        company = pattern(
            rules()["address"][language]["company" if stream.speaker == "agent" else "company_sure"]
        )
        hits += [
            hit
            for hit in found
            if stream.speaker == "customer"
            or not company.search(
                stream.before(hit.start, 30) + stream.text[hit.start : hit.start + COMPANY_CHARS]
            )
        ]
    return hits
