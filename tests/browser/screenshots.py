"""Take the pictures of docs/images: `python -m tests.browser.screenshots`.

It starts the shop and a gateway on free ports, asks the examples as a visitor would, and needs Chromium and a built
GraphiQL. A picture is taken of what the page shows, so it is taken again whenever the explorer changes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from mock_services.estate import Estate
from mock_services.generator import generate
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.test_graphiql import NAMING_MS
from tests.browser.window import Window
from tests.shop.gateway_process import REPOSITORY, GatewayProcess

IMAGES = REPOSITORY / "docs" / "images"
SIZE = {"width": 1440, "height": 860}
CORNER = (1430, 850)
SETTLED_MS = 1500


async def take(url: str, estate: Estate, folder: Path) -> None:
    """Write explorer.png, trace.png, and trace-dark.png, in which a service is down."""
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        async with opened(browser, url, "light") as page:
            await run(page, "Orders")
            await page.screenshot(path=folder / "explorer.png")
            await show_trace(page, "ProductPage")
            await page.get_by_role("button", name="inventory product").click()
            await page.mouse.move(*CORNER)
            await page.screenshot(path=folder / "trace.png")
        estate.kill("support")
        async with opened(browser, url, "dark") as page:
            await show_trace(page, "CustomerDashboard")
            await page.screenshot(path=folder / "trace-dark.png")
        await browser.close()


@asynccontextmanager
async def opened(browser: Browser, url: str, scheme: str) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport=SIZE, color_scheme=scheme)
    window = Window(await context.new_page(), url)
    await window.open()
    yield window.page
    await context.close()


async def show_trace(page: Page, tab: str) -> None:
    """Twice: the second answer has its plan from the cache and warm connections."""
    await page.get_by_label("Show Plan and Timing").click()
    await run(page, tab)
    await run(page, tab)
    await page.mouse.move(*CORNER)


async def run(page: Page, tab: str) -> None:
    await page.get_by_role("tab", name=tab).click()
    await page.wait_for_timeout(NAMING_MS)
    await page.get_by_label("Execute query").click()
    await page.wait_for_timeout(SETTLED_MS)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        shop = Path(scratch) / "shop"
        generate(shop)
        with Estate(shop) as estate, GatewayProcess(estate.urls(), Path(scratch) / "log") as gateway:
            asyncio.run(take(gateway.url, estate, folder))


if __name__ == "__main__":
    main()
