"""Fixtures for every test."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Braid runs on asyncio only: aiodataloader and aiohttp are bound to it."""
    return "asyncio"
