"""All requests that carry or provoke secrets, and the process that they are sent to."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.secrets.canaries import canary, dsn, password, token
from tests.secrets.upstream import MODES, Upstream
from tests.shop.gateway_process import REPOSITORY, GatewayProcess

GRAPH = Path(__file__).parent / "graph"

CONFIG = """
server:
  explorer: false
  introspection: false
  access_log: true
  forward_headers: [authorization, x-api-key, cookie, x-mode]
execution: {{share_queries: {sharing}}}
telemetry: {{otlp_endpoint: "{url}/v1/traces", sample_ratio: 1.0}}
rate_limits:
  redis_url: "redis://:${{REDIS_PASSWORD}}@127.0.0.1:9/0"
  header: x-api-key
  classes: {{default: {{requests: 100000/minute, cost: 10000000/minute}}}}
python_path: {graph}
service_defaults: {{breaker: {{enabled: false}}}}
subgraphs:
  secretive: {{url: "{url}/${{URL_TOKEN}}", schema: secretive}}
  notes: {{url: "{url}/{path}/graphql?key={path}"}}
"""

HEADERS = {
    "authorization": token("authorization"),
    "cookie": f"session={canary('cookie')}",
    "x-api-key": canary("apiKey"),
    "user-agent": canary("userAgent"),
    "referer": f"https://shop.test/reset?token={canary('referer')}",
    "x-forwarded-for": canary("forwardedFor"),
    "proxy-authorization": f"Basic {canary('basic')}",
}

THINGS = 'query ($ids: [ID!]! = ["a"]) { things(ids: $ids) { name note } best }'
LOGIN = "query ($login: Login!) { login(login: $login) }"


@dataclass(frozen=True, slots=True)
class Told:
    """answers: whole responses, heads included. metrics: their text. written: all that the process put out."""

    answers: list[str]
    metrics: str
    written: str


class LeakyGateway(GatewayProcess):
    """A gateway over the upstream, with secrets in its configuration and environment. Both outputs are kept."""

    def __init__(self, folder: Path, upstream: Upstream, *, loud: bool = False, sharing: bool = False) -> None:
        config = folder / "braid.yaml"
        path = canary("configUrl")
        sharing_text = str(sharing).lower()
        config.write_text(CONFIG.format(url=upstream.url, graph=GRAPH, path=path, sharing=sharing_text))
        environment = {
            "SHOP_DSN": dsn("environment"),
            "URL_TOKEN": canary("configUrl"),
            "REDIS_PASSWORD": canary("redisUrl"),
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={canary('otlpToken')}",
            "PYTHONPATH": str(REPOSITORY),
        }
        super().__init__({}, folder / "stderr", environment, config)
        self._stdout = folder / "stdout"
        if loud:
            self._command[1:3] = ["-m", "tests.secrets.loud"]
        # GatewayProcess throws standard output away; here it is searched.
        self._command = ["/bin/sh", "-c", 'exec "$@" > "$0"', str(self._stdout), *self._command]

    def written(self) -> str:
        return self._stdout.read_text() + self.log()


@asynccontextmanager
async def leaky_gateway(folder: Path, upstream: Upstream, **options: bool) -> AsyncGenerator[LeakyGateway]:
    gateway = LeakyGateway(folder, upstream, **options)
    try:
        await asyncio.to_thread(gateway.start)
        yield gateway
    finally:
        gateway.kill()


def operations() -> list[dict[str, Any]]:
    """Bodies of POST requests that are answered, in part or not, or refused."""
    login = {"user": canary("nestedVariable"), "password": password("variable")}
    return [
        {"query": LOGIN, "variables": {"login": login}},
        {"query": LOGIN, "variables": {"login": {"user": 7, "password": password("badVariable")}}},
        {"query": LOGIN, "variables": {"login": login | {canary("badVariable"): 1}}},
        {"query": LOGIN, "variables": {"login": password("badVariable")}},
        {"query": LOGIN, "variables": [password("badVariable")]},
        {"query": THINGS, "variables": {"ids": [canary("variable")], "more": dsn("variable")}},
        {"query": "query ($k: String!) { batch(key: $k) }", "variables": {"k": dsn("variable")}},
        {"query": f'{{ best(token: "{canary("literal")}") }}'},
        {"query": f'{{ login(login: {{user: "u", password: "{canary("literal")}"}}) }}'},
        {"query": f'{{ things(ids: "{canary("literal")}", no: "{canary("badLiteral")}") {{ id }} }}'},
        {"query": f'{{ login(login: "{canary("badLiteral")}") }}'},
        {"query": f'{{ best(token: 7, token: """{canary("badLiteral")}""") }}'},
        {"query": f'{{ best(token "{canary("brokenLiteral")}" }}'},
        {"query": f'{{ best(token: "{canary("brokenLiteral")}'},
        {"query": "{ best }", "extensions": {"persistedQuery": {"sha256Hash": canary("variable")}}},
        *({"query": f"{{ {name} }}"} for name in FAILING),
        {"query": "mutation ($to: String!) { rename(id: 1, to: $to) }", "variables": {"to": password("variable")}},
    ]


FAILING = (*("chain", "group", "number", "colour", "day", "listed", "returned", "deep", "problem", "meantForClients"),)


async def plant(gateway: LeakyGateway) -> list[str]:
    """Send everything; the answers, heads included."""
    answers: list[str] = []
    async with aiohttp.ClientSession(headers=HEADERS, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def send(method: str, path: str, **request: Any) -> None:
            async with session.request(method, gateway.url + path, **request) as response:
                answers.append(f"{response.status} {response.reason} {response.headers} {await response.text()}")

        for body in operations():
            for accept in ("application/json", "application/graphql-response+json"):
                await send("POST", "/graphql", json=body, headers={"accept": accept})
        for mode in MODES:
            for body in ({"query": THINGS}, {"query": "{ problem }"}, operations()[-1]):
                await asyncio.gather(*(send("POST", "/graphql", json=body, headers={"x-mode": mode}) for _ in range(2)))
        literal = quote('{ best(token: "%s") }' % canary("getQuery"))  # noqa: UP031  # braces and quotes enough
        await send("GET", f"/graphql?query={literal}&token={canary('urlQuery')}")
        await send("GET", f"/graphql?variables={canary('getQuery')}&query={{best}}")
        for path in (f"/reset/{canary('urlPath')}?token={canary('urlQuery')}", f"/graphql/{canary('urlPath')}"):
            for method in ("GET", "POST", "DELETE"):
                await send(method, path, data=canary("body") if method == "POST" else None)
        await send("PUT", f"/graphql?t={canary('urlQuery')}", data=canary("body"))
        await send("POST", "/graphql", data=canary("body"), headers={"content-type": "application/json"})
        await send("POST", "/graphql", data=canary("body"), headers={"content-type": f"text/{canary('contentType')}"})
        await send("POST", "/graphql", json={"query": 7, canary("body"): dsn("body")})
        await send("GET", "/ready")
        await send("GET", "/health")
    answers.append(await _malformed(gateway))
    return answers


async def _malformed(gateway: LeakyGateway) -> str:
    """What is answered to bytes that are no HTTP."""
    host, port = gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /{canary('urlPath')} HTTP/1.1\r\nhost: a\r\n{canary('trailer')}\r\n: x\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    await writer.wait_closed()
    return answer.decode("latin-1")


def environment() -> dict[str, str]:
    """Ours without the gateway's, for commands that are run once."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BRAID_")}


def json_lines(written: str) -> list[dict[str, Any]]:
    """The log entries among what was written."""
    return [json.loads(line) for line in written.splitlines() if line.startswith("{")]
