"""GraphQL over HTTP: methods, statuses, media types, headers, errors. A table of our own, beside the public audit's."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.server.app import create_server
from gateway.server.media_types import GRAPHQL_RESPONSE, JSON
from gateway.server.settings import ServerSettings
from tests.unit.server.small_engine import SmallEngine

pytestmark = pytest.mark.anyio

HELLO = {"query": "{ hello }"}


async def post(client: httpx.AsyncClient, body: Any, accept: str | None = None) -> httpx.Response:
    """POST `body` as JSON; the Accept header is absent when None."""
    headers = {"content-type": "application/json"}
    request = client.build_request("POST", "/graphql", content=json.dumps(body), headers=headers)
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    return await client.send(request)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [(None, JSON), ("*/*", JSON), (JSON, JSON), (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE)],
)
async def test_post_is_answered_in_the_media_type_asked_for(
    client: httpx.AsyncClient, accept: str | None, media_type: str
) -> None:
    answer = await post(client, HELLO, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.json() == {"data": {"hello": "Hello, world!"}}


async def test_get_is_answered(client: httpx.AsyncClient) -> None:
    params = {"query": "query H($n: String) { hello(name: $n) }", "variables": '{"n":"Größe"}'}
    answer = await client.get("/graphql", params=params)
    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "Hello, Größe!"}})


# What is wrong, the body, then the status under JSON and under the specification's own type.
REFUSALS: list[tuple[str, Any, int, int, str]] = [
    ("document does not parse", {"query": "{"}, 200, 400, "GRAPHQL_PARSE_FAILED"),
    ("document is empty", {"query": ""}, 200, 400, "GRAPHQL_PARSE_FAILED"),
    ("document is not valid", {"query": "{ nope }"}, 200, 400, "GRAPHQL_VALIDATION_FAILED"),
    ("variable is missing", {"query": "query($a: String!) { hello(name: $a) }"}, 200, 400, "BAD_USER_INPUT"),
    ("no such operation", {"query": "{ hello }", "operationName": "X"}, 200, 400, "OPERATION_RESOLUTION_FAILURE"),
    ("no document", {"qeury": "{ hello }"}, 400, 400, "BAD_REQUEST"),
    ("document is a number", {"query": 1}, 400, 400, "BAD_REQUEST"),
    ("variables are a list", {"query": "{ hello }", "variables": []}, 400, 400, "BAD_REQUEST"),
    ("operation name is a number", {"query": "{ hello }", "operationName": 1}, 400, 400, "BAD_REQUEST"),
    ("extensions are a text", {"query": "{ hello }", "extensions": "x"}, 400, 400, "BAD_REQUEST"),
    ("body is null", None, 400, 400, "BAD_REQUEST"),
    ("body is a batch", [HELLO], 400, 400, "BAD_REQUEST"),
    ("we fail", {"query": "{ boom }"}, 500, 500, "INTERNAL_SERVER_ERROR"),
]


@pytest.mark.parametrize(
    ("body", "json_status", "status", "code"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS]
)
async def test_refusals_have_the_status_their_media_type_prescribes(
    client: httpx.AsyncClient, body: Any, json_status: int, status: int, code: str
) -> None:
    """JSON clients see 200 for whatever was well-formed HTTP; the specification's type tells by status."""
    for accept, expected in ((JSON, json_status), (GRAPHQL_RESPONSE, status)):
        answer = await post(client, body, accept)
        assert answer.status_code == expected
        assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
        assert "data" not in answer.json()
        assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_errors_of_fields_leave_the_status_200(client: httpx.AsyncClient, engine: SmallEngine) -> None:
    """A partial answer is a normal answer, whatever the media type."""
    engine.release.set()

    def fail(_info: Any) -> None:
        raise ValueError("shown by the small engine")

    engine._roots = lambda: {"wait": fail}  # type: ignore[method-assign]
    for accept in (JSON, GRAPHQL_RESPONSE):
        answer = await post(client, {"query": "{ wait }"}, accept)
        assert (answer.status_code, answer.json()["data"]) == (200, {"wait": None})


async def test_mutation_by_get_is_refused_and_not_executed(client: httpx.AsyncClient, engine: SmallEngine) -> None:
    for accept in (JSON, GRAPHQL_RESPONSE):
        answer = await client.get("/graphql", params={"query": "mutation { touch }"}, headers={"accept": accept})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.json()["errors"][0]["extensions"]["code"] == "MUTATION_NOT_ALLOWED"
    assert engine.touched == 0
    assert (await post(client, {"query": "mutation { touch }"})).json() == {"data": {"touch": 1}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql", params=HELLO)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ],
)
async def test_other_content_types_are_refused(
    client: httpx.AsyncClient, engine: SmallEngine, content_type: str | None
) -> None:
    """Among them all that a page of another origin can send without a preflight: CSRF ends here."""
    headers = {} if content_type is None else {"content-type": content_type}
    answer = await client.post("/graphql", content=json.dumps({"query": "mutation { touch }"}), headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert engine.seen == []


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "whatever"])
async def test_compressed_bodies_are_refused(client: httpx.AsyncClient, encoding: str) -> None:
    answer = await client.post("/graphql", json=HELLO, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    assert (await client.post("/graphql", json=HELLO, headers={"content-encoding": "identity"})).status_code == 200


async def test_unacceptable_media_types_are_refused(client: httpx.AsyncClient) -> None:
    answer = await post(client, HELLO, "text/html, image/png")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_get_with_a_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.request("GET", "/graphql", params=HELLO, content=b"{}")
    assert answer.status_code == 400


async def test_engine_gets_the_request_the_headers_and_the_id(client: httpx.AsyncClient, engine: SmallEngine) -> None:
    headers = [("X-Request-Id", "abc-1"), ("Authorization", "Bearer t"), ("X-Many", "1"), ("X-Many", "2")]
    body = {**HELLO, "extensions": {"a": 1}}
    answer = await client.post("/graphql", json=body, headers=headers)
    request, seen, request_id = engine.seen[0]
    assert (request.document, request.extensions, request.queries_only) == ("{ hello }", {"a": 1}, False)
    assert (seen["authorization"], seen["x-many"], request_id) == ("Bearer t", "1, 2", "abc-1")
    assert answer.json()["extensions"] == {"echo": {"a": 1}}


@pytest.mark.parametrize("sane", ["7f3c", "0b1e7d1c-6c9b-4f6e-9d1c-aa", "Root=1-67891233-abcdef", "a" * 128])
async def test_sane_request_id_is_kept(client: httpx.AsyncClient, sane: str) -> None:
    answer = await client.post("/graphql", json=HELLO, headers={"x-request-id": sane})
    assert answer.headers["x-request-id"] == sane


@pytest.mark.parametrize("odd", ["", "a b", 'a"b', "a\tb", "é".encode().decode("latin-1"), "a" * 129, "<script>"])
async def test_odd_request_id_is_replaced(client: httpx.AsyncClient, odd: str) -> None:
    answers = [await client.post("/graphql", json=HELLO, headers={"x-request-id": odd.encode("latin-1")}) for _ in "12"]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(len(request_id) == 32 for request_id in ids)


@pytest.mark.parametrize("path", ["/graphql", "/health", "/nowhere", "/explorer/settings.json"])
async def test_every_answer_carries_the_request_id(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers={"x-request-id": "r1"})).headers["x-request-id"] == "r1"


async def test_unexpected_failure_is_hidden_from_the_client_and_logged_once(client: httpx.AsyncClient) -> None:
    """The log has what is needed to find it, and no local variable of any frame."""
    body = {
        "query": "query($password: String) { hello(name: $password) boom }",
        "variables": {"password": "opensesame"},
    }
    with capture_logs() as logs:
        answer = await client.post("/graphql", json=body, headers={"x-request-id": "r1"})
    assert answer.status_code == 500
    assert answer.json() == {
        "errors": [
            {
                "message": "The gateway failed to answer this request.",
                "extensions": {"code": "INTERNAL_SERVER_ERROR"},
            }
        ]
    }
    [entry] = logs
    assert (entry["log_level"], entry["request_id"], entry["error"]) == ("error", "r1", "SecretBug")
    assert "small_engine.py" in entry["origin"]
    assert "opensesame" not in str(logs)


async def test_answer_that_cannot_be_encoded_is_a_failure_of_ours(
    client: httpx.AsyncClient, engine: SmallEngine
) -> None:
    engine._roots = lambda: {"hello": lambda _info, name: "\ud800"}  # type: ignore[method-assign]
    with capture_logs() as logs:
        answer = await client.post("/graphql", json=HELLO)
    assert (answer.status_code, len(logs)) == (500, 1)


async def test_cancellation_from_outside_passes_through(client: httpx.AsyncClient, engine: SmallEngine) -> None:
    """A caller's own deadline around the application works as around any coroutine."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.post("/graphql", json={"query": "{ wait }"})
    assert engine.cancelled.is_set()


async def test_unknown_path_is_a_graphql_error_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")


async def test_access_log_has_one_line_per_request_and_nothing_of_its_content(engine: SmallEngine) -> None:
    for access_log, expected in ((True, 1), (False, 0)):
        app = create_server(engine, ServerSettings(access_log=access_log))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            with capture_logs() as logs:
                await client.get("/graphql", params={"query": "{ hello }", "variables": '{"s":"canary"}'})
        assert len(logs) == expected
        assert "canary" not in str(logs)


async def test_access_line_tells_method_path_status_and_duration(engine: SmallEngine) -> None:
    app = create_server(engine, ServerSettings(access_log=True))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        with capture_logs() as logs:
            await client.delete("/graphql", headers={"x-request-id": "r1"})
    [line] = logs
    assert line["duration_ms"] >= 0
    assert {name: line[name] for name in ("event", "request_id", "method", "path", "status")} == {
        "event": "request",
        "request_id": "r1",
        "method": "DELETE",
        "path": "/graphql",
        "status": 405,
    }


async def test_another_path_may_be_chosen(engine: SmallEngine) -> None:
    app = create_server(engine, ServerSettings(path="/api/v1"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        assert (await client.post("/api/v1", json=HELLO)).json() == {"data": {"hello": "Hello, world!"}}
        assert (await client.post("/graphql", json=HELLO)).status_code == 400
        assert (await client.get("/graphql")).status_code == 404
        assert (await client.get("/api/explorer/settings.json")).status_code == 200


async def test_path_is_found_behind_a_proxys_prefix(engine: SmallEngine) -> None:
    """ASGI servers put the prefix they were told (root_path) before every path."""
    transport = httpx.ASGITransport(create_server(engine), root_path="/gw")
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        assert (await client.post("/gw/graphql", json=HELLO)).status_code == 200
        assert (await client.get("/gw/health")).status_code == 200


async def test_pages_of_other_origins_are_let_in_only_when_named(engine: SmallEngine) -> None:
    ask = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    for origins, allowed in (((), None), (("https://other.example",), None), (("https://shop.example",),) * 2):
        app = create_server(engine, ServerSettings(cors_origins=origins))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            preflight = await client.options("/graphql", headers=ask)
            refused = await client.post("/graphql", content=b"{", headers={"origin": ask["origin"]})
        expected = allowed[0] if allowed else None
        assert preflight.headers.get("access-control-allow-origin") == expected
        # Also errors can be read by the page, or its developer is left in the dark.
        assert refused.headers.get("access-control-allow-origin") == expected
