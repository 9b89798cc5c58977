"""GraphiQL as built, in a real browser, with the rest of the world out of reach."""

from __future__ import annotations

import pytest

from gateway.server.explorer.page import BUILT
from tests.browser.conftest import OpenPage
from tests.browser.window import Window

needs_build = pytest.mark.skipif(
    not (BUILT / "index.html").is_file(), reason="GraphiQL is not built: python -m gateway.server.explorer.build"
)
pytestmark = [pytest.mark.anyio, needs_build]


# GraphiQL learns an operation's name 100 ms after its text has changed; nobody is faster with the mouse.
NAMING_MS = 400


async def run_and_read(window: Window, expected: str) -> None:
    """Run the current tab and wait for `expected` in the answer. Monaco writes spaces as U+00A0."""
    await window.page.wait_for_timeout(NAMING_MS)
    await window.page.get_by_label("Execute query").click()
    await window.page.wait_for_function(
        """expected => [...document.querySelectorAll('.graphiql-response .view-lines')]
            .some(lines => lines.innerText.replaceAll('\\u00a0', ' ').includes(expected))""",
        arg=expected,
    )


async def test_examples_are_tabs_ready_to_run(open_page: OpenPage) -> None:
    async with open_page(BUILT) as window:
        await run_and_read(window, '"hello": "Hello, Ada!"')
        await window.page.get_by_role("tab", name="Two").click()
        await run_and_read(window, '"name": "Sofa — “Größe L”"')
        text = await window.page.locator(".graphiql-query-editor .view-lines").inner_text()
        assert text.replace("\u00a0", " ").count("#") == 1
        assert (window.foreign, window.complaints) == ([], [])


async def test_typed_query_is_completed_checked_and_run(open_page: OpenPage) -> None:
    """The editor knows the schema: its workers run under the page's policy."""
    async with open_page(BUILT) as window:
        page = window.page
        await page.get_by_role("tab", name="Two").click()
        await page.locator(".graphiql-query-editor .view-lines").click()
        await page.keyboard.press("Control+A")
        await page.keyboard.type("{ hel")
        await page.locator(".suggest-widget").get_by_text("hello").first.wait_for()
        await page.keyboard.press("Enter")
        await page.keyboard.insert_text('(name: "Eve")')
        await run_and_read(window, '"hello": "Hello, Eve!"')
        assert (window.foreign, window.complaints) == ([], [])


async def test_visitor_finds_their_own_tabs_again(open_page: OpenPage) -> None:
    async with open_page(BUILT) as window:
        page = window.page
        await page.get_by_role("tab", name="Greet").wait_for()
        await page.get_by_label("New tab").click()
        await page.wait_for_function("() => JSON.parse(localStorage['graphiql:tabState'] ?? '{}').tabs?.length === 3")
        await page.reload()
        await page.get_by_role("tab", name="Greet").wait_for()
        assert await page.get_by_role("tab").count() == 3


async def test_schema_is_documented(open_page: OpenPage) -> None:
    async with open_page(BUILT) as window:
        await window.page.get_by_label("Show Documentation Explorer").click()
        await window.page.get_by_text("Query", exact=True).first.click()
        await window.page.get_by_text("A greeting.").wait_for()
        assert (window.foreign, window.complaints) == ([], [])


async def test_policy_stops_what_would_be_loaded_from_elsewhere(open_page: OpenPage) -> None:
    """The two lists that other tests find empty do fill when there is something to tell."""
    async with open_page(BUILT) as window:
        await window.page.evaluate("fetch('https://example.com/x').catch(() => {})")
        await window.page.evaluate("open('https://example.com/y')")
        await window.page.wait_for_timeout(300)
        assert any("Content Security Policy" in complaint for complaint in window.complaints)
        assert window.foreign == ["https://example.com/y"]
