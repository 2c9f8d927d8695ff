"""What the company is: names, products, jargon, hours and targets, from ``profile.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Department:
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    id: str
    names: tuple[str, ...] = ()
    department: str | None = None
    team: str | None = None
    supervisor: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    name: str
    aliases: tuple[str, ...] = ()
    benefits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Jargon:
    term: str
    plain: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    company: Company | None = None
    departments: tuple[Department, ...] = ()
    agents: tuple[Agent, ...] = ()
    products: tuple[Product, ...] = ()
    jargon: tuple[Jargon, ...] = ()
    line_reference_lufs: float | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


EMPTY = Profile()
