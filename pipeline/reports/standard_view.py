"""What the reports need to know of a standard: titles, sections, order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.reports.labels import Text, labels, same

if TYPE_CHECKING:
    from pipeline.standards.schema import Standard


@dataclass(frozen=True, slots=True)
class CriterionText:
    """One criterion as people read it."""

    id: str
    section: str
    article: str
    title_zh: str
    title_en: str
    weight: float = 0.0
    advisory: bool = False

    @property
    def title(self) -> Text:
        """The title in both languages."""
        return Text(self.title_zh, self.title_en)


@dataclass(frozen=True, slots=True)
class StandardView:
    """A standard as the reports show it. ``sections`` names those whose label isn't built in."""

    id: str
    version: str
    criteria: Sequence[CriterionText]
    title_zh: str = ""
    title_en: str = ""
    sections: Mapping[str, Text] = field(default_factory=dict)

    @property
    def title(self) -> Text:
        """The standard's name, with its version."""
        return Text(
            f"{self.title_zh or self.id} {self.version}", f"{self.title_en or self.id} {self.version}"
        )

    def criterion(self, criterion_id: str) -> CriterionText:
        """The text of a criterion; one that the standard doesn't hold is shown by its id."""
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        return CriterionText(criterion_id, criterion_id.partition(".")[0], "", criterion_id, criterion_id)

    def section(self, name: str) -> Text:
        """The name of a section."""
        if name in self.sections:
            return self.sections[name]
        return labels().texts["sections"].get(name) or same(name)


def view_of(standard: Standard) -> StandardView:
    """A standard as the reports show it."""
    return StandardView(
        id=standard.id,
        version=standard.version,
        criteria=tuple(
            CriterionText(
                criterion.id, criterion.section, criterion.article, criterion.title.zh, criterion.title.en,
                criterion.weight, criterion.advisory,
            )
            for criterion in standard.criteria
        ),
        title_zh=standard.title.zh,
        title_en=standard.title.en,
    )  # fmt: skip
