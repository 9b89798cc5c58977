"""An eighth service is one schema module, one resolver module and three lines of configuration.

docs/adding-a-service.md is performed literally: a copy of the application (`schema/`, `resolvers/`, `examples/`,
`braid.yaml`) gets the page's two modules and its three lines. The service is a process of its own that knows nothing of
the gateway.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mock_services.estate import Estate
from tests.shop.conftest import MakeGateway
from tests.shop.gateway_process import REPOSITORY, GatewayProcess
from tests.shop.rest_shop import RestShop

SERVICE = Path(__file__).parent / "loyalty_service.py"

PAGE = REPOSITORY / "docs" / "adding-a-service.md"


def blocks(language: str) -> list[str]:
    """The page's blocks of code in this language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def loyalty() -> Iterator[httpx.Client]:
    """The eighth service, running: a client of it."""
    process = subprocess.Popen([sys.executable, str(SERVICE)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, httpx.Client(base_url=process.stdout.readline().strip(), trust_env=False) as client:
        yield client
        process.kill()


@pytest.fixture(scope="module")
def application(loyalty: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the application with an eighth service."""
    folder = tmp_path_factory.mktemp("application")
    for name in ("schema", "resolvers", "examples"):
        shutil.copytree(REPOSITORY / name, folder / name)
    resolvers, schema = blocks("python")
    (folder / "resolvers" / "loyalty.py").write_text(resolvers)
    (folder / "schema" / "loyalty.py").write_text(schema)
    before, heading, after = (REPOSITORY / "braid.yaml").read_text().partition("subgraphs:\n")
    (configuration,) = blocks("yaml")
    assert len(configuration.splitlines()) == 3
    lines = configuration.replace("http://127.0.0.1:7108", str(loyalty.base_url))
    (folder / "braid.yaml").write_text(before + heading + lines + after)
    return folder


@pytest.fixture(scope="module")
def eight(make_gateway: MakeGateway, application: Path) -> Iterator[GatewayProcess]:
    """A gateway over eight services."""
    with make_gateway(config=application / "braid.yaml") as serving:
        yield serving


def calls(loyalty: httpx.Client) -> int:
    return loyalty.get("/_calls").json()["routes"].get("GET /accounts", 0)


def test_a_query_joins_the_eighth_service(
    eight: GatewayProcess, estate: Estate, loyalty: httpx.Client, shop: RestShop
) -> None:
    """Points beside names and orders: one call each, for twenty customers, found and missing."""
    before = calls(loyalty)
    (query,) = blocks("graphql")
    answer = eight.ask(query).whole()
    assert estate.calls() == {"customers": {"GET /customers": 1}, "orders": {"GET /orders": 1}}
    assert calls(loyalty) - before == 1
    assert [customer["name"] for customer in answer["customers"]] == [row["name"] for row in shop.customers(20)]
    for customer in answer["customers"]:
        number = int(customer["id"][2:])
        assert customer["points"] == (number * 10 if number % 2 == 0 else None)


def test_the_eighth_service_is_asked_beside_the_others(
    eight: GatewayProcess, estate: Estate, loyalty: httpx.Client
) -> None:
    """`customer(id:)` gives its key to the new subgraph as to the old ones, without a word of configuration."""
    before = calls(loyalty)
    estate.chaos("customers", hang=True)
    answer = eight.ask('{ customer(id: "c-000046") { name points } }')
    assert calls(loyalty) - before == 1
    assert answer.data == {"customer": None}
    estate.clear_chaos()
    whole = eight.ask('{ customer(id: "c-000046") { name points } }').whole()
    assert whole["customer"]["points"] == 460


def test_the_others_join_what_the_eighth_service_finds(eight: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """Its own root field leads to customers, whose names and orders are with their owners."""
    found = eight.ask("{ mostLoyal(first: 2) { id name points recentOrders { id } } }").whole()["mostLoyal"]
    assert estate.calls() == {"customers": {"GET /customers": 1}, "orders": {"GET /orders": 1}}
    assert [(customer["id"], customer["points"]) for customer in found] == [("c-002000", 20000), ("c-001998", 19980)]
    assert [customer["name"] for customer in found] == [shop.customer(id)["name"] for id in ("c-002000", "c-001998")]
