"""A small shop, its seven services as processes, on SQLite and on PostgreSQL, and a client of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from mock_services.homes import DirectoryHome, Home
from mock_services.kit.ports import PORTS
from tests.shop_services.postgresql import BACKENDS, administrator, temporary_home

SEED = 7
SIZES = Sizes(customers=300, products=200, orders=3000)


@pytest.fixture(scope="session")
def sizes() -> Sizes:
    """Of the shop."""
    return SIZES


@pytest.fixture(scope="session")
def pristine(sizes: Sizes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a generated shop that nothing has written to since."""
    directory = tmp_path_factory.mktemp("pristine")
    generate(directory, SEED, sizes)
    return directory


@pytest.fixture(scope="session")
def postgresql() -> str:
    """The URL of an administrator."""
    return administrator()


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """What the services store their data in: whatever uses it is run on each."""
    return request.param


@pytest.fixture(scope="session")
def running_estate(
    backend: str, sizes: Sizes, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Estate]:
    """All seven services over the shop, for tests that may write."""
    with ExitStack() as stack:
        if backend == "sqlite":
            home: Home = DirectoryHome(tmp_path_factory.mktemp("shop") / "data")
        else:
            home = stack.enter_context(temporary_home(request.getfixturevalue("postgresql")))
        generate(home, SEED, sizes)
        yield stack.enter_context(Estate(home))


@pytest.fixture
def estate(running_estate: Estate) -> Iterator[Estate]:
    """The services with all living, nothing counted and no chaos, before and after the test."""
    _calm(running_estate)
    yield running_estate
    _calm(running_estate)


def _calm(estate: Estate) -> None:
    for name in estate.services:
        estate.resume(name)
        if not estate.is_alive(name):
            estate.restart(name)
    estate.clear_chaos()
    estate.reset_calls()


@pytest.fixture(scope="session")
def clients() -> Iterator[dict[str, httpx.Client]]:
    """By service; told where the service is by the fixtures below."""
    made = {name: httpx.Client(timeout=10, trust_env=False) for name in PORTS}
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def ask(estate: Estate, clients: dict[str, httpx.Client]) -> dict[str, httpx.Client]:
    """A client of each service, by its name."""
    for name, client in clients.items():
        client.base_url = estate.url(name)
    return clients
