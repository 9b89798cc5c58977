"""A field is renamed in the graph while clients ask: none of their requests fails."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest
import yaml

from gateway.federation.compose import SubgraphSchema, compose
from gateway.subgraphs import LocalSubgraph
from schema import catalog, customers
from tests.shop.conftest import MakeGateway
from tests.shop.gateway_process import REPOSITORY

pytestmark = pytest.mark.anyio

CLIENTS = 20
QUERY = "{ customers(first: 5) { id name } products(first: 5) { id name } }"


def supergraph(*, city: bool) -> str:
    """Customers and products, with or without the customers' city."""
    schemas = {
        name: LocalSubgraph(name, module.schema).subgraph_sdl()
        for name, module in (("catalog", catalog), ("customers", customers))
    }
    if not city:
        before, field, after = schemas["customers"].partition("  city: String\n")
        assert field
        schemas["customers"] = before.rpartition('  """')[0].rpartition('  """')[0] + after
    return compose([SubgraphSchema(name, sdl) for name, sdl in schemas.items()]).supergraph_sdl


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shop's configuration over a supergraph file beside it, which is looked at often."""
    settings = yaml.safe_load((REPOSITORY / "braid.yaml").read_text())
    settings.pop("demo")
    settings["server"]["examples"] = str(REPOSITORY / "examples")
    settings["subgraphs"] = {name: settings["subgraphs"][name] for name in ("catalog", "customers")}
    settings |= {"supergraph": "shop.graphql", "python_path": str(REPOSITORY), "reload": {"watch_s": 0.05}}
    (tmp_path / "shop.graphql").write_text(supergraph(city=True))
    (tmp_path / "braid.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path / "braid.yaml"


async def test_a_one_field_change_under_load_fails_no_request(make_gateway: MakeGateway, config: Path) -> None:
    """Twenty clients ask all the time; the file is replaced, replaced by garbage, and put right again."""
    asked, stop = 0, asyncio.Event()
    with make_gateway(config=config) as gateway:
        async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=20) as http:

            async def post(query: str) -> httpx.Response:
                return await http.post("/graphql", json={"query": query})

            async def client() -> None:
                nonlocal asked
                while not stop.is_set():
                    answer = (await post(QUERY)).json()
                    assert "errors" not in answer, answer
                    assert len(answer["data"]["customers"]) == len(answer["data"]["products"]) == 5
                    asked += 1

            async def until_reloaded(outcome: str, times: int) -> None:
                line = f'braid_reloads_total{{outcome="{outcome}"}} {times}.0'
                async with asyncio.timeout(20):
                    while line not in (await http.get("/metrics")).text:  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.05)

            async with asyncio.TaskGroup() as clients:
                for _ in range(CLIENTS):
                    clients.create_task(client())
                assert (await post("{ customers(first: 1) { city } }")).json()["data"]["customers"]
                replace(config, supergraph(city=False))
                await until_reloaded("swapped", 1)
                refused = (await post("{ customers(first: 1) { city } }")).json()
                assert refused["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
                replace(config, "type Query { garbage }")
                await until_reloaded("refused", 1)
                replace(config, supergraph(city=True))
                await until_reloaded("swapped", 2)
                assert (await post("{ customers(first: 1) { city } }")).json()["data"]["customers"]
                stop.set()
    assert asked > CLIENTS
    assert "reload refused" in gateway.log()


def replace(config: Path, text: str) -> None:
    """Put another supergraph in place, whole, as a deployment does."""
    beside = config.with_name("next.graphql")
    beside.write_text(text)
    shutil.move(beside, config.with_name("shop.graphql"))
