"""Authorization from configuration to HTTP: who gets in, what is told, what keeps a gateway from serving."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from gateway.app import build_app, open_gateway, open_to_serve
from gateway.cli.check import _authorization_findings  # pyright: ignore[reportPrivateUsage]
from gateway.federation.errors import SchemaError
from gateway.settings import Settings
from tests.unit.authorization.issuing import AUDIENCE, ISSUER, jwk, key_set, rsa_key, token
from tests.unit.small_gateway import module

pytestmark = pytest.mark.anyio

GRAPH = """
import asyncio
import strawberry
from gateway.subgraphs import SubgraphSchema

@strawberry.federation.type
class Query:
    @strawberry.field
    def open(self) -> str:
        return "open"

    @strawberry.federation.field(authenticated=True)
    async def me(self, info: strawberry.Info) -> str | None:
        await asyncio.sleep(0.01)
        return info.context.claims["sub"]

    @strawberry.federation.field(requires_scopes=[["read"]])
    def secret(self) -> str | None:
        return "secret"

    @strawberry.federation.field(policy=[["kin"]])
    def family(self) -> str | None:
        return "family"

    @strawberry.field
    def who(self, info: strawberry.Info) -> str:
        return str((info.context.claims or {}).get("sub"))

schema = SubgraphSchema(query=Query)
"""
JWT = {"algorithms": ["RS256"], "issuers": [ISSUER], "audiences": [AUDIENCE]}
RESPONSE = {"accept": "application/graphql-response+json"}


@pytest.fixture
def graph(modules: Path) -> str:
    return module(modules, "guarded", GRAPH)


@pytest.fixture
def keys(tmp_path: Path) -> str:
    path = tmp_path / "keys.json"
    path.write_bytes(key_set(jwk(rsa_key())))
    return str(path)


@asynccontextmanager
async def served(schema: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(Settings(subgraphs={"guarded": {"schema": schema}}, **settings))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client,
    ):
        yield client


async def asked(client: httpx.AsyncClient, query: str, bearer: str = "", **headers: str) -> httpx.Response:
    sent = {**RESPONSE, **headers} | ({"authorization": f"Bearer {bearer}"} if bearer else {})
    return await client.post("/graphql", json={"query": query}, headers=sent)


async def test_a_token_opens_what_it_is_for(graph: str, keys: str):
    async with served(graph, authorization={"jwt": {**JWT, "jwks": keys}}) as client:
        query = "{ open me secret who }"
        anonymous = await asked(client, query)
        signed_in = await asked(client, query, token())
        reader = await asked(client, query, token(scope="other read"))
    assert anonymous.status_code == 200
    assert anonymous.json()["data"] == {"open": "open", "me": None, "secret": None, "who": "None"}
    assert signed_in.json()["data"] == {"open": "open", "me": "ada", "secret": None, "who": "ada"}
    assert reader.json() == {"data": {"open": "open", "me": "ada", "secret": "secret", "who": "ada"}}


@pytest.mark.parametrize(
    ("bearer", "code"),
    [
        (token(exp=int(time.time()) - 60), "TOKEN_EXPIRED"),
        (token(aud="else"), "TOKEN_INVALID"),
        (token(rsa_key("stranger's")), "TOKEN_INVALID"),
        ("nonsense", "TOKEN_INVALID"),
    ],
    ids=["expired", "audience", "key", "nonsense"],
)
async def test_a_bad_token_is_refused_and_in_no_answer_log_or_metric(graph: str, keys: str, bearer: str, code: str):
    with capture_logs() as logs:
        async with served(graph, authorization={"jwt": {**JWT, "jwks": keys}}) as client:
            refused = await asked(client, "{ open }", bearer)
            metrics = (await client.get("/metrics")).text
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    (error,) = refused.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert "data" not in refused.json()
    assert f'braid_tokens_total{{outcome="{code}"}} 1.0' in metrics
    told = refused.text + str(refused.headers) + metrics + str(logs)
    assert not [part for part in bearer.split(".") if part in told]


async def test_a_refused_operation_is_403_and_runs_nothing(graph: str, keys: str):
    section = {"jwt": {**JWT, "jwks": keys}, "reject_unauthorized": True}
    async with served(graph, authorization=section) as client:
        refused = await asked(client, "{ open secret }", token())
        plain = await asked(client, "{ open secret }", token(), accept="application/json")
        allowed = await asked(client, "{ open secret }", token(scope="read"))
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["path"] == ["secret"]
    assert "data" not in refused.json()
    assert plain.status_code == 200
    assert allowed.json() == {"data": {"open": "open", "secret": "secret"}}


async def test_keys_that_cannot_be_had_stop_only_who_has_a_token(graph: str):
    """The issuer hangs. Somebody with a token waits and is told so; everybody else is answered meanwhile."""
    reached = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        reached.set()
        await asyncio.sleep(30)
        return web.Response()

    app = web.Application()
    app.router.add_get("/keys", hang)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
    try:
        async with served(graph, authorization={"jwt": {**JWT, "jwks": url, "jwks_timeout_s": 1.0}}) as client:
            waiting = asyncio.ensure_future(asked(client, "{ open }", token()))
            await reached.wait()
            assert (await asked(client, "{ open }")).json() == {"data": {"open": "open"}}
            assert not waiting.done()
            late = await waiting
    finally:
        await runner.cleanup()
    assert (late.status_code, late.json()["errors"][0]["extensions"]["code"]) == (503, "TOKEN_KEYS_UNAVAILABLE")
    assert "retry-after" in late.headers
    assert "127.0.0.1" not in late.text


async def test_forty_people_at_once_get_their_own_answers(graph: str, keys: str):
    """The same query at the same moment, shared where it may be: nobody's name is in another's answer."""
    section = {"jwt": {**JWT, "jwks": keys}}
    async with served(graph, authorization=section, execution={"share_queries": True}) as client:
        people = [f"person-{number}" for number in range(40)]
        bearers = [token(sub=name, scope="read" if number % 2 else "") for number, name in enumerate(people)]
        answers = await asyncio.gather(*(asked(client, "{ me secret who }", bearer) for bearer in bearers * 2))
    for number, answer in enumerate(answers):
        name = people[number % 40]
        expected = {"me": name, "secret": "secret" if number % 2 else None, "who": name}
        assert answer.json()["data"] == expected


async def test_the_operator_s_function_decides_policies(graph: str, modules: Path):
    (modules / "rights.py").write_text(
        "def decide(policies, claims, headers):\n    return policies if headers.get('x-kin') else []\n"
    )
    async with served(graph, authorization={"policies": "rights:decide"}) as client:
        assert (await asked(client, "{ family }", **{"x-kin": "1"})).json()["data"] == {"family": "family"}
        assert (await asked(client, "{ family }")).json()["data"] == {"family": None}


# -- what keeps a gateway from serving ---------------------------------------------------------------------------------


def settings(schema: str, **others: Any) -> Settings:
    return Settings(subgraphs={"guarded": {"schema": schema}}, **others)


async def test_a_graph_with_rules_is_not_served_without_the_section(graph: str):
    with pytest.raises(SchemaError) as refused:
        await open_to_serve(settings(graph))
    (problem,) = refused.value.problems
    assert problem.code == "AUTHORIZATION_NOT_CONFIGURED"
    assert "@authenticated, @requiresScopes, @policy" in problem.message
    await (await open_to_serve(settings(graph, authorization={}))).close()


async def test_check_says_what_is_missing(graph: str):
    gateway = await open_gateway(settings(graph))
    found = {}
    for name, section in (("none", None), ("empty", {}), ("policies", {"policies": "a:b"})):
        chosen = settings(graph, authorization=section)
        found[name] = [(f.level, f.code) for f in _authorization_findings(gateway.pipeline.supergraph, chosen)]
    await gateway.close()
    assert found == {
        "none": [("error", "AUTHORIZATION_NOT_CONFIGURED")],
        "empty": [("warning", "AUTHORIZATION_INCOMPLETE")] * 2,
        "policies": [("warning", "AUTHORIZATION_INCOMPLETE")],
    }


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"policies": "nowhere:decide"}, "cannot import 'nowhere'"),
        ({"policies": "json:nothing"}, "has no attribute 'nothing'"),
        ({"policies": "json.decoder:NaN"}, "is no function"),
        ({"jwt": {**JWT, "jwks": "/nowhere.json"}}, "jwks: the file cannot be read"),
        ({"jwt": {**JWT, "jwks": "pyproject.toml"}}, "the file holds no key set"),
        ({"jwt": {**JWT, "algorithms": ["HS256"], "secret_file": "/nowhere"}}, "secret_file: the file cannot be read"),
        ({"jwt": {**JWT, "algorithms": ["HS256"], "secret_variable": "SHORT"}}, "at least 32 bytes, and has 5"),
        ({"jwt": {**JWT, "algorithms": ["HS256", "HS512"], "secret_variable": "LONG"}}, "at least 64 bytes"),
        ({"jwt": {**JWT, "algorithms": ["HS256"], "secret_variable": "NOT_SET"}}, "and has 0"),
    ],
)
async def test_what_cannot_be_used_is_named(
    graph: str, monkeypatch: pytest.MonkeyPatch, section: dict[str, Any], says: str
):
    monkeypatch.setenv("SHORT", "s3cr3")
    monkeypatch.setenv("LONG", "s3cr3" * 8)
    with pytest.raises(SchemaError) as refused:
        await open_gateway(settings(graph, authorization=section))
    (problem,) = refused.value.problems
    assert (problem.code, says in problem.message) == ("INVALID_AUTHORIZATION", True), problem.message
    assert "s3cr3" not in problem.message


@pytest.mark.parametrize(
    "section",
    [
        {"jwt": JWT},
        {"jwt": {**JWT, "jwks": "a", "secret_file": "b"}},
        {"jwt": {**JWT, "algorithms": ["HS256"], "jwks": "a"}},
        {"jwt": {**JWT, "algorithms": ["RS256", "HS256"], "secret_file": "b"}},
        {"jwt": {**JWT, "algorithms": ["none"], "jwks": "a"}},
        {"jwt": {**JWT, "algorithms": [], "jwks": "a"}},
        {"jwt": {**JWT, "issuers": [], "jwks": "a"}},
        {"jwt": {**JWT, "audiences": [""], "jwks": "a"}},
        {"jwt": {**JWT, "jwks": "http://issuer.test/keys"}},
        {"jwt": {**JWT, "jwks": "https://user:pw@issuer.test/keys"}},
        {"jwt": {**JWT, "jwks": "file:///keys"}},
        {"policies": "no_function"},
        {"reject_unauthorized": True, "dry_run": True},
    ],
    ids=json.dumps,
)
def test_settings_that_would_be_unsafe_or_unclear_are_refused(section: dict[str, Any]):
    with pytest.raises(ValueError, match="authorization"):
        Settings(supergraph="x", authorization=section)
