"""The API holds what its OpenAPI says, whatever is sent to it: schemathesis against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from review_calls import fill
from review_server import serving, token_of

from pipeline.review.app import create_app
from pipeline.store import open_store

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
from schemathesis.specs.openapi import checks as openapi  # noqa: E402 - only where it is installed

pytestmark = pytest.mark.schema
CHECKS = [
    schemathesis.checks.not_a_server_error, openapi.status_code_conformance, openapi.content_type_conformance,
    openapi.response_schema_conformance,
]  # fmt: skip
EXAMPLES = 15
"""Requests to each operation."""


@dataclass(frozen=True)
class Served:
    address: str
    token: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("schema")
    with open_store(str(folder / "s.db")) as store:
        fill(store, folder)
        token = token_of(store, "root")
        with serving(store) as port:
            yield Served(f"http://127.0.0.1:{port}", token)


@pytest.fixture(scope="module")
def described(served: Served) -> Any:
    headers = {"authorization": f"Bearer {served.token}"}
    return schemathesis.openapi.from_url(f"{served.address}/api/openapi.json", headers=headers)


def operations() -> list[tuple[str, str]]:
    """Every method and path of the API; describing it needs no store."""
    paths = create_app(None).openapi()["paths"]  # type: ignore[arg-type]
    return [(method, path) for path, own in paths.items() for method in own]


@pytest.mark.parametrize(("method", "path"), operations())
def test_it_is_as_it_says(described: Any, served: Served, method: str, path: str) -> None:
    asked = described[path][method.upper()].as_strategy()

    @given(case=asked)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        case.call_and_validate(headers={"authorization": f"Bearer {served.token}"}, checks=CHECKS, timeout=30)

    holds()


def test_everything_that_the_app_can_do_is_described(described):
    paths = described.raw_schema["paths"]
    assert {
        "/api/v1/me", "/api/v1/calls", "/api/v1/search", "/api/v1/trends", "/api/v1/heard", "/api/v1/rules",
        "/api/v1/calibration", "/api/v1/audit", "/api/v1/people",
    } <= paths.keys()  # fmt: skip
    for path, operations in paths.items():
        for method, about in operations.items():
            assert about.get("description") or about.get("summary"), (method, path)
            assert {"401", "403"} <= about["responses"].keys(), (method, path)
