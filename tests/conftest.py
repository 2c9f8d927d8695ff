"""Fixtures that several test modules share: a real browser, and pages in it that are watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from models import registry

# Tests have caches of their own; without this each would join the models anew, half a gigabyte a time.
os.environ.setdefault("CALLGAUGE_MODELS", str(registry.models_dir()))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; a module that wants it is skipped where there is none. It ends with the module, since its loop would be
    in the way of other tests' own."""
    named = os.environ.get("CALLGAUGE_CHROMIUM")
    path = named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        pytest.skip("no Chromium here: install one or name it in CALLGAUGE_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages whose errors fail the test, and so do requests to elsewhere than ``home``; ``expected``: what an error
    in the console may say."""
    contexts: list[Any] = []
    trouble: list[str] = []

    def make(*, home: str = "file:", expected: Sequence[str] = (), **options: Any) -> Any:
        given = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **options}
        context = browser.new_context(**given)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))

        def console(said: Any) -> None:
            if said.type == "error" and not any(part in said.text for part in expected):
                trouble.append(said.text)

        def request(asked: Any) -> None:
            if not asked.url.startswith((home, "data:")):
                trouble.append(asked.url)

        page.on("console", console)
        page.on("request", request)
        return page

    yield make
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The coaching app, served over a store of its own with a few calls."""
    from review_command import serving

    with serving(tmp_path_factory.mktemp("served")) as here:
        yield here


@pytest.fixture
def enter(open_page: Callable[..., Any], address: str) -> Callable[..., Any]:
    """Signs somebody in to the coaching app, in a browser of their own; refusals are expected, other errors are not."""
    from review_calls import PASSWORD

    def sign_in(name: str, **options: Any) -> Any:
        page = open_page(home=address, expected=("403", "404", "409", "422"), **options)
        page.goto(address)
        page.fill("#username", name)
        page.fill("#password", PASSWORD)
        page.click(".sign-in button")
        page.wait_for_selector("h1")
        return page

    return sign_in
