"""Every case again, the way a supergraph file is served: subgraphs behind real sockets, at the URLs that the file says.

The supergraph is read from a file, everything else is left at its defaults: limits, deadlines, rates, policies. The
fakes are as strict as in process.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import build_app
from gateway.settings import Settings
from tests.federation.cases import CASES
from tests.federation.scenarios import SCENARIOS
from tests.federation.test_simple_entity_call import MUSEUM
from tests.federation.test_unsatisfiable import COPIES, LEDGER
from tests.support.checks import expected_data
from tests.support.fakes import FakeSubgraph, Faults
from tests.support.gateway import supergraph_of
from tests.support.http_subgraphs import PLAIN, Body, Manner, serve_fakes, with_urls
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio


class Served:
    """A gateway over a scenario's fakes, all of them reached over HTTP."""

    def __init__(self, scenario: Scenario, fakes: Mapping[str, FakeSubgraph], client: httpx.AsyncClient) -> None:
        self.scenario = scenario
        self.fakes = fakes
        self.client = client

    async def ask(self, case: Case, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The answer to a case's question. What the fakes noted is of this question only."""
        world = self.scenario.start()
        for name, fake in self.fakes.items():
            fake.reset(world, case.faults.get(name) or Faults(), lambda: 0)
        body = {"query": case.query, "variables": dict(case.variables), "operationName": case.operation}
        response = await self.client.post("/graphql", content=json.dumps(body), headers=headers or JSON)
        for fake in self.fakes.values():
            assert fake.violations == [], case.name
        return response


JSON = {"content-type": "application/json"}


@asynccontextmanager
async def served(scenario: Scenario, folder: Path, manner: Manner = PLAIN) -> AsyncGenerator[Served]:
    """The scenario's supergraph, served from a file in the folder with nothing configured."""
    fakes = scenario.fakes(scenario.start())
    async with serve_fakes(fakes, manner) as urls:
        file = folder / "supergraph.graphql"
        file.write_text(with_urls(supergraph_of(scenario).sdl, urls))
        app = build_app(Settings(supergraph=file))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
        ):
            # httpx would accept anything; what clients leave out is left out.
            del client.headers["accept"]
            yield Served(scenario, fakes, client)


def _plain(cases: Any) -> list[Case]:
    """Those whose faults a server can have without being slow or gone."""
    return [case for case in cases if not any(f.hang or f.delay_s or f.raises for f in case.faults.values())]


@pytest.mark.parametrize("name", sorted(CASES))
async def test_cases_over_http(name: str, tmp_path: Path) -> None:
    """200 with {data, errors}: the data of the case, errors where it expects some."""
    async with served(SCENARIOS[name], tmp_path) as gateway:
        for case in _plain(CASES[name]):
            response = await gateway.ask(case)
            answer = response.json()
            assert response.status_code == 200, case.name
            assert response.headers["content-type"].startswith("application/json")
            assert {"data"} <= answer.keys() <= {"data", "errors", "extensions"}
            assert answer["data"] == expected_data(gateway.scenario, case), case.name
            assert bool(answer.get("errors")) == bool(case.errors), case.name


# -- the manners of servers ------------------------------------------------------------------------------------------

MUSEUM_CASES = [
    Case(name="data", query="{ works { title artist { born id name } } }"),
    Case(
        name="an error beside data",
        query="{ works { title artist { id born } } }",
        faults={"people": Faults(field_errors={"Artist:a1.born": "no"})},
        data={
            "works": [
                {"title": "Blue Door", "artist": {"id": "a1", "born": None}},
                {"title": "Work:w2.title", "artist": {"id": "a2", "born": None}},
                {"title": "Work:w3.title", "artist": None},
            ]
        },
        errors=[(None, ["works", 0, "artist", "born"])],
    ),
    Case(
        name="an error in place of data",
        query="{ newest { title } }",
        faults={"collection": Faults(field_errors={"Work.title": "no"})},
        data=None,
        errors=[(None, ["newest", "title"])],
    ),
    Case(
        name="no entity",
        query="{ newest { artist { id born } } }",
        faults={"people": Faults(null_entities={"Artist:a2"})},
        data={"newest": {"artist": {"id": "a2", "born": None}}},
    ),
]


def _talkative(body: Body) -> Body:
    return {"took": 3, **body, "extensions": {"tracing": [1, {"a": None}]}, "warnings": ["old"], "hasNext": False}


def _with_null_members(body: Body) -> Body:
    errors = [{"path": None, "locations": None, "extensions": None, **error} for error in body.get("errors", [])]
    return {"errors": errors or None, "data": body["data"], "extensions": None}


def _with_empty_errors(body: Body) -> Body:
    return {"errors": [], **body}


def _without_null_data(body: Body) -> Body:
    return {key: value for key, value in body.items() if key != "data" or value is not None}


MANNERS = [
    Manner("graphql media type", media_type="application/graphql-response+json"),
    Manner("errors with 400", failed_status=400),
    Manner("errors with 500", failed_status=500),
    Manner(
        "errors with 500 in the graphql media type", failed_status=500, media_type="application/graphql-response+json"
    ),
    Manner("errors with 503", failed_status=503),
    Manner("text", media_type="text/plain"),
    Manner("talkative", dress=_talkative),
    Manner("null members", dress=_with_null_members),
    Manner("empty errors", dress=_with_empty_errors),
    Manner("no null data", dress=_without_null_data),
    Manner("created", status=201),
]


@pytest.mark.parametrize("manner", MANNERS, ids=str)
async def test_whatever_the_manner_the_answer_is_the_same(manner: Manner, tmp_path: Path) -> None:
    """Also for the fortieth time: a server that reports errors in its own words is not left alone as a broken one."""
    async with served(MUSEUM, tmp_path, manner) as gateway:
        for case, _ in itertools.product(MUSEUM_CASES, range(10)):
            answer = (await gateway.ask(case)).json()
            assert answer["data"] == expected_data(MUSEUM, case), case.name
            found = [error.get("path") for error in answer.get("errors", [])]
            assert found == [path for _, path in case.errors], case.name


# -- values ----------------------------------------------------------------------------------------------------------

NUMBERS = Scenario(
    name="numbers",
    subgraphs={
        "counts": FEDERATION_2
        + """
        scalar Any
        type Query { counts: [Count!]! echo(value: Any): Any }
        type Count @key(fields: "id") { id: Any! much: Any float: Float }
        """,
        "more": FEDERATION_2 + 'scalar Any type Count @key(fields: "id") { id: Any! twin: String note: Any }',
    },
    api="""
    scalar Any
    type Query { counts: [Count!]! echo(value: Any): Any }
    type Count { id: Any! much: Any float: Float twin: String note: Any }
    """,
    world=World(
        {
            "Count": {
                "c1": {"id": 2**64 + 1, "much": 10**40, "float": 1e300, "note": {"deep": [1, None, {"a": -(2**70)}]}},
                "c2": {"id": 7, "much": -(2**63), "float": 5e-324, "note": 'é\u2028 🐟 "\\ \u0000'},
                "c3": {"id": "7", "much": 1.5, "float": 0.1, "note": None},
            }
        },
        query={"counts": ["c1", "c2", "c3"], "echo": lambda world, arguments: arguments.get("value")},
    ),
)
BIG: list[Any] = [10**30, -(2**64), 2**53 + 1, 1.25, True, None, "x", {"n": [2**65]}, [], {}]


async def test_values_arrive_as_they_were_sent(tmp_path: Path) -> None:
    """Numbers of any size in data, in keys, in variables; text of any kind; objects of custom scalars."""
    async with served(NUMBERS, tmp_path) as gateway:
        case = Case(name="values", query="{ counts { id much float twin note } }")
        assert (await gateway.ask(case)).json() == {"data": expected_data(NUMBERS, case)}
        for value in BIG:
            case = Case(name="echo", query="query($v: Any) { echo(value: $v) }", variables={"v": value})
            answer = (await gateway.ask(case)).json()
            assert answer == {"data": {"echo": value}}
            assert type(answer["data"]["echo"]) is type(value)


# -- answers without data --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "query"),
    [
        (LEDGER, "{ entry { amount } }"),
        (LEDGER, "{ entry { __typename } }"),
        (LEDGER, "{ bill { note } }"),
        (COPIES, "{ node { id } }"),
    ],
    ids=str,
)
async def test_what_cannot_be_had_is_null_with_an_error(scenario: Scenario, query: str, tmp_path: Path) -> None:
    """200 with null data and one error that says which field; nobody is asked."""
    async with served(scenario, tmp_path) as gateway:
        response = await gateway.ask(Case(name="refused", query=query))
        answer = response.json()
        assert (response.status_code, answer["data"], len(answer["errors"])) == (200, None, 1)
        assert all(fake.requests == [] for fake in gateway.fakes.values())


async def test_a_document_that_is_not_valid_has_errors_and_no_data(tmp_path: Path) -> None:
    """As GraphQL over HTTP has it for clients that take any JSON."""
    async with served(MUSEUM, tmp_path) as gateway:
        answer = (await gateway.ask(Case(name="invalid", query="{ works { nothing } }"))).json()
        assert "data" not in answer
        assert [error["message"] for error in answer["errors"]]


async def test_introspection_over_http(tmp_path: Path) -> None:
    """Of a supergraph from a file the API schema can be seen, and not its machinery."""
    async with served(MUSEUM, tmp_path) as gateway:
        case = Case(name="introspection", query="{ __schema { types { name } queryType { name } } __typename }")
        answer = (await gateway.ask(case)).json()
        names = {found["name"] for found in answer["data"]["__schema"]["types"]}
        assert {"Query", "Work", "Artist", "String"} <= names
        assert not any(name.startswith(("join__", "link__", "_")) for name in names if not name.startswith("__"))


@pytest.mark.parametrize(
    "headers", [JSON, JSON | {"accept": "*/*"}, {"content-type": "application/json; charset=utf-8"}]
)
async def test_headers_that_clients_send(headers: dict[str, str], tmp_path: Path) -> None:
    """Without an accept header the answer is plain JSON."""
    async with served(MUSEUM, tmp_path) as gateway:
        response = await gateway.ask(Case(name="headers", query="{ newest { id } }"), headers)
        assert response.json() == {"data": {"newest": {"id": "w2"}}}
        assert response.headers["content-type"].startswith("application/json")
