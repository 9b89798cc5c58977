"""A headless browser that can reach nothing but the server under test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.server.app import create_server
from gateway.server.engine import Engine
from gateway.server.settings import ExampleQuery, ServerSettings
from tests.browser.traced_engine import EXAMPLE, TracedEngine
from tests.browser.window import Window
from tests.unit.server.small_engine import SmallEngine
from tests.unit.server.sockets import served

if TYPE_CHECKING:
    from playwright.async_api import Browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Without a sandbox, for containers run as root; without the browser's own calls home.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")

EXAMPLES = (
    ExampleQuery("Greet by name", "query Greet($name: String) {\n  hello(name: $name)\n}\n", {"name": "Ada"}),
    ExampleQuery(
        "Two products",
        "# Two of them\nquery Two {\n  products(first: 2) {\n    id\n    name\n    price\n    size\n  }\n}\n",
    ),
)

OpenPage = Callable[[Path], AbstractAsyncContextManager[Window]]
OpenTraced = Callable[[Path, TracedEngine], AbstractAsyncContextManager[Window]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed: `make browser` does")
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH (Debian: apt install chromium)")
    async with playwright.async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture
def open_page(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens the explorer of this folder over the small engine. Whatever it asks of others is refused and noted."""

    def open_page(folder: Path) -> AbstractAsyncContextManager[Window]:
        monkeypatch.setattr("gateway.server.explorer.page.BUILT", folder)
        return opened(browser, SmallEngine(), ServerSettings(examples=EXAMPLES))

    return open_page


@pytest.fixture
def open_traced(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> OpenTraced:
    """The same over a pipeline that gives traces."""

    def open_traced(folder: Path, engine: TracedEngine) -> AbstractAsyncContextManager[Window]:
        monkeypatch.setattr("gateway.server.explorer.page.BUILT", folder)
        return opened(browser, engine, ServerSettings(explain=True, examples=(EXAMPLE,)))

    return open_traced


@asynccontextmanager
async def opened(browser: Browser, engine: Engine, settings: ServerSettings) -> AsyncIterator[Window]:
    async with served(create_server(engine, settings)) as url:
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(15_000)
        window = Window(await context.new_page(), url)
        await window.open()
        yield window
        await context.close()
