"""Window: a page under test, and everything it tried that it must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, Page, Route


class Window:
    """One open page.

    foreign:    addresses it asked for that are not the server's; each was refused.
    complaints: errors in its console: exceptions, missing files, breaches of the content security policy.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.foreign: list[str] = []
        self.complaints: list[str] = []

    async def open(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await self.page.context.route("**/*", self._let_through)
        await self.page.goto(f"{self.url}/graphql", wait_until="networkidle")

    async def _let_through(self, route: Route) -> None:
        if route.request.url.startswith(f"{self.url}/"):
            await route.continue_()
        else:
            self.foreign.append(route.request.url)
            await route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)
