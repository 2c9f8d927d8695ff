"""How the API tells why not."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Told(BaseModel):
    """Why not."""

    detail: Any


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Told} for status in (401, 403, 404, 408, 413, 422)
}
"""What any route may answer beside its own; more is said where it can be."""
