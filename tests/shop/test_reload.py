"""The graph changes while clients ask, by its file or by a service's own schema: none of their requests fails."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from aiohttp import web

from gateway.federation.compose import SubgraphSchema, compose
from gateway.subgraphs import LocalSubgraph
from schema import catalog, customers
from tests.shop.conftest import MakeGateway
from tests.shop.gateway_process import REPOSITORY, GatewayProcess
from tests.unit.small_gateway import serving

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


class Shelf:
    """A GraphQL service that says its schema itself. sdl: what it says now."""

    BEFORE = 'type Query { book: Book } type Book @key(fields: "id") { id: ID! title: String }'
    AFTER = BEFORE.replace("title: String", "title: String pages: Int")

    def __init__(self) -> None:
        self.sdl = self.BEFORE

    async def answer(self, request: web.Request) -> web.Response:
        query = (await request.json())["query"]
        if "_service" in query:
            return web.json_response({"data": {"_service": {"sdl": self.sdl}}})
        return web.json_response({"data": {"book": {"id": "1", "title": "Emma", "pages": 474}}})


async def test_a_services_own_change_under_load_fails_no_request(tmp_path: Path) -> None:
    """A field comes at the service, and clients can ask for it once the gateway has seen it. Nonsense is refused."""
    shelf, asked, stop = Shelf(), 0, asyncio.Event()
    async with serving(shelf.answer) as url:
        config = tmp_path / "braid.yaml"
        settings = {
            "reload": {"subgraphs_s": 0.1},
            # The service shares its process with the clients, and a busy machine is not what this is about.
            "execution": {"deadline_s": 30},
            "subgraphs": {"books": {"url": url, "timeout_s": 20}},
        }
        config.write_text(yaml.safe_dump(settings))
        gateway = GatewayProcess({}, tmp_path / "log", None, config)
        await asyncio.to_thread(gateway.start)
        try:
            async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=20) as http:

                async def ask(query: str) -> dict[str, object]:
                    return (await http.post("/graphql", json={"query": query})).json()

                async def client() -> None:
                    nonlocal asked
                    while not stop.is_set():
                        assert await ask("{ book { title } }") == {"data": {"book": {"title": "Emma"}}}
                        asked += 1

                async def until_told(line: str) -> None:
                    async with asyncio.timeout(20):
                        while f"\n{line}\n" not in (await http.get("/metrics")).text:  # noqa: ASYNC110 - see above
                            await asyncio.sleep(0.05)

                def services() -> dict[str, object]:
                    command = [sys.executable, "-m", "gateway.cli", "services", "--json", "--config", str(config)]
                    run = subprocess.run([*command, "--gateway", gateway.url], capture_output=True, cwd=REPOSITORY)
                    return json.loads(run.stdout)["gateway"]["graph"]

                async with asyncio.TaskGroup() as clients:
                    for _ in range(CLIENTS):
                        clients.create_task(client())
                    assert "errors" in await ask("{ book { pages } }")
                    shelf.sdl = Shelf.AFTER
                    await until_told('braid_reloads_total{outcome="swapped"} 1.0')
                    before = asked
                    assert await ask("{ book { pages } }") == {"data": {"book": {"pages": 474}}}
                    shelf.sdl = "type Query { book: Nothing }"
                    await until_told("braid_reload_refused 1.0")
                    checks = {check["name"]: check for check in (await http.get("/ready")).json()["checks"]}
                    assert not checks["reload"]["ok"]
                    assert await ask("{ book { pages } }") == {"data": {"book": {"pages": 474}}}
                    told = await asyncio.to_thread(services)
                    assert (told["swaps"], told["refused"]) == (1, True)
                    shelf.sdl = Shelf.AFTER
                    await until_told("braid_reload_refused 0.0")
                    assert (await asyncio.to_thread(services))["refused"] is False
                    stop.set()
        finally:
            gateway.kill()
    assert asked > before > CLIENTS
    assert "reload refused" in gateway.log()
