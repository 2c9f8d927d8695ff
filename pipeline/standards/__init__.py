"""The scoring engine, its rule grammar, and the standards themselves as YAML with examples beside them."""

from __future__ import annotations

from pipeline.standards.evidence import Evidence
from pipeline.standards.library import check_standard, list_standards, load_standard
from pipeline.standards.schema import Standard
from pipeline.standards.scoring import score

__all__ = ["Evidence", "Standard", "check_standard", "list_standards", "load_standard", "score"]
