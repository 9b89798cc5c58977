"""The server's tests call the application in-process, or over a real socket where that is the point."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.server.app import create_server
from gateway.server.settings import ExampleQuery, ServerSettings
from tests.unit.server.small_engine import SmallEngine


@pytest.fixture
def engine() -> SmallEngine:
    return SmallEngine()


@pytest.fixture
def settings() -> ServerSettings:
    return ServerSettings(explain=True, examples=(ExampleQuery("Greet", "query Greet { hello }", {"a": 1}),))


@pytest.fixture
async def client(engine: SmallEngine, settings: ServerSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application itself; no socket, no server."""
    transport = httpx.ASGITransport(create_server(engine, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client
