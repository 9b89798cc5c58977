"""A small shop, its seven services as processes, and a client of each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from mock_services.kit.ports import PORTS

SEED = 7
SIZES = Sizes(customers=300, products=200, orders=3000)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a generated shop that nothing has written to since."""
    directory = tmp_path_factory.mktemp("pristine")
    generate(directory, SEED, SIZES)
    return directory


@pytest.fixture(scope="session")
def running_estate(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """All seven services over a copy, for tests that may write."""
    directory = tmp_path_factory.mktemp("shop") / "data"
    shutil.copytree(pristine, directory)
    with Estate(directory) as estate:
        yield estate


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
