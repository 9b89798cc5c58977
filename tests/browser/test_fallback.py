"""The plain explorer page in a real browser, with the rest of the world out of reach."""

from __future__ import annotations

import pytest

from gateway.server.explorer.page import FALLBACK
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.anyio


async def test_first_example_is_ready_to_run(open_page: OpenPage) -> None:
    async with open_page(FALLBACK) as window:
        page = window.page
        await page.get_by_role("button", name="Run").click()
        await page.get_by_text('"hello": "Hello, Ada!"').wait_for()
        assert (await page.get_by_role("status").inner_text()).startswith("HTTP 200, ")
        assert (window.foreign, window.complaints) == ([], [])


async def test_another_example_replaces_query_and_variables(open_page: OpenPage) -> None:
    async with open_page(FALLBACK) as window:
        page = window.page
        await page.get_by_role("button", name="Two products").click()
        assert await page.get_by_label("Variables").input_value() == ""
        await page.get_by_role("button", name="Run").click()
        await page.get_by_text("“Größe L”").wait_for()
        assert (window.foreign, window.complaints) == ([], [])


async def test_typed_query_runs_by_keyboard(open_page: OpenPage) -> None:
    async with open_page(FALLBACK) as window:
        page = window.page
        await page.get_by_label("Query").fill("query($n: String) { hello(name: $n) }")
        await page.get_by_label("Variables").fill('{"n": "<b>Eve</b>"}')
        await page.keyboard.press("Control+Enter")
        await page.get_by_text('"hello": "Hello, <b>Eve</b>!"').wait_for()
        assert await page.locator("#answer b").count() == 0


async def test_errors_are_shown_and_counted(open_page: OpenPage) -> None:
    async with open_page(FALLBACK) as window:
        page = window.page
        await page.get_by_label("Query").fill("{ nope nay }")
        await page.keyboard.press("Control+Enter")
        await page.get_by_text("Cannot query field 'nope'").wait_for()
        status = await page.get_by_role("status").inner_text()
        assert status.startswith("HTTP 400, ")
        assert status.endswith(", 2 errors")


async def test_broken_variables_are_told_before_anything_is_sent(open_page: OpenPage) -> None:
    async with open_page(FALLBACK) as window:
        page = window.page
        await page.get_by_label("Variables").fill("{")
        await page.get_by_role("button", name="Run").click()
        await page.get_by_text("The variables are not valid JSON").wait_for()
        assert window.complaints == []


async def test_schema_is_listed_and_leads_from_type_to_type(open_page: OpenPage) -> None:
    async with open_page(FALLBACK) as window:
        page = window.page
        await page.get_by_text("A greeting.").wait_for()
        product = page.locator("#type-Product")
        assert await product.get_attribute("open") is None
        await page.get_by_role("navigation").get_by_role("button", name="Product", exact=True).click()
        assert await product.get_attribute("open") == ""
        assert "size: Size" in await product.inner_text()


async def test_keyboard_users_can_leave_the_editors(open_page: OpenPage) -> None:
    """Tab indents, which would be a trap without a way out."""
    async with open_page(FALLBACK) as window:
        page = window.page
        query = page.get_by_label("Query")
        await query.fill("")
        await page.keyboard.press("Tab")
        assert await query.input_value() == "  "
        await page.keyboard.press("Escape")
        await page.keyboard.press("Tab")
        assert await page.get_by_label("Variables").evaluate("area => area === document.activeElement")
