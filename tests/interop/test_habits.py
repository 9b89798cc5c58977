"""What real servers do that fakes do not, and that clients of the graph must not notice.

Each habit is first shown at the server itself, so that a test here cannot pass because a server has lost it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.federation.compose import SubgraphSchema, compose
from tests.interop.conftest import PATIENT, Servers, configured, get, needs, post
from tests.interop.festival import APOLLO, ARIADNE, NAMES, STRAWBERRY, YOGA
from tests.shop.gateway_process import GatewayProcess

ONE_OF_EACH = "{ acts { name changeover rating } tickets { holder } }"


@needs(APOLLO)
def test_csrf_prevention_is_no_obstacle(gateway: GatewayProcess, servers: Servers) -> None:
    """Apollo Server refuses what a browser may send without asking first: GET, and bodies that are called text."""
    url = servers[APOLLO].url
    refused = [
        get(url, params={"query": "{ tickets { id } }"}),
        post(url, content='{"query": "{ tickets { id } }"}', headers={"content-type": "text/plain"}),
    ]
    assert [answer.status_code for answer in refused] == [400, 400]
    assert "CSRF" in refused[0].text
    assert len(gateway.ask("{ tickets { id } }").whole()["tickets"]) >= 3


@needs(ARIADNE, APOLLO, YOGA)
def test_a_clients_get_becomes_posts(gateway: GatewayProcess, servers: Servers) -> None:
    """How clients ask is between them and the gateway."""
    answer = get(f"{gateway.url}/graphql", params={"query": ONE_OF_EACH})
    assert (answer.status_code, "errors" in answer.json()) == (200, True)  # One rating fails, as always.
    asked = {name: {request.method for request in server.asked()} for name, server in servers.items()}
    assert asked == {name: {"POST"} for name in NAMES}


@needs(ARIADNE)
def test_compression_is_understood_whether_wanted_or_not(gateway: GatewayProcess, servers: Servers) -> None:
    """Strawberry's server compresses for whoever asks; Ariadne's stands behind something that always does."""
    body = {"query": "{ __typename }"}
    encodings = {
        name: [
            post(servers[name].url, json=body, headers={"accept-encoding": accepted}).headers.get("content-encoding")
            for accepted in ("gzip", "identity")
        ]
        for name in (STRAWBERRY, ARIADNE)
    }
    assert encodings == {STRAWBERRY: ["gzip", None], ARIADNE: ["gzip", "gzip"]}
    assert gateway.ask("{ stages { name } acts { id } }").whole()["stages"] == [{"name": "Barn"}, {"name": "Meadow"}]


@needs(APOLLO, YOGA)
def test_extensions_of_servers_stay_inside(gateway: GatewayProcess, servers: Servers) -> None:
    """Tracing, cost, caching: what servers add to their answers is not the graph's."""
    for name in (APOLLO, YOGA):
        own = post(servers[name].url, json={"query": "{ __typename }"}).json()
        assert own["extensions"] == {"region": "hunter2"}
    answer = gateway.ask("{ tickets { id } latestReviews { stars } }")
    answer.whole()
    assert "extensions" not in answer.text
    assert "hunter2" not in answer.text


@needs(YOGA)
def test_masked_errors_keep_their_place(gateway: GatewayProcess, servers: Servers) -> None:
    """yoga says "Unexpected error." of everything; where it was is what it does tell."""
    own = post(
        servers[YOGA].url,
        json={
            "query": "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Act { rating } } }",
            "variables": {"r": [{"__typename": "Act", "id": "a3"}]},
        },
    ).json()
    assert own["errors"][0]["message"] == "Unexpected error."
    (error,) = gateway.ask('{ act(id: "a3") { it: rating } }').errors
    assert error["path"] == ["act", "it"]


@needs(APOLLO)
def test_nothing_is_asked_incrementally(gateway: GatewayProcess, servers: Servers) -> None:
    """No server here can @defer, so the graph does not offer it: a client that asks is told, and nobody is called."""
    answer = gateway.ask("{ acts { id ... @defer { name } } }")
    assert answer.data is None
    assert answer.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "@defer" in answer.errors[0]["message"]
    assert not servers[STRAWBERRY].asked()


# An entity of each server, to which a field is added that the server does not know.
ENTITIES = {STRAWBERRY: "Act", ARIADNE: "Stage", APOLLO: "Ticket", YOGA: "Act"}


@pytest.fixture(scope="module")
def outdated(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Braid over a supergraph in which each server has a field that it has taken away since."""
    folder = tmp_path_factory.mktemp("outdated")
    schemas: list[SubgraphSchema] = []
    for name, server in servers.items():
        sdl = post(server.url, json={"query": "{ _service { sdl } }"}).json()["data"]["_service"]["sdl"]
        key = '@key(fields: "id")'
        schemas.append(SubgraphSchema(name, f"{sdl}\nextend type {ENTITIES[name]} {key} {{ gone_{name}: Int }}"))
    file = folder / "supergraph.graphql"
    file.write_text(compose(schemas).supergraph_sdl)
    with GatewayProcess({}, folder / "log", PATIENT, configured(servers, folder, file)) as gateway:
        yield gateway


# How each says so: by a status that depends on what the client accepts, or always by 200.
REFUSING = [
    pytest.param(STRAWBERRY, 200, "{ acts { id gone_acts } others: stages { name } }", id=STRAWBERRY),
    pytest.param(ARIADNE, 400, "{ stages { id gone_stages } others: acts { name } }", id=ARIADNE),
    pytest.param(APOLLO, 400, "{ tickets { id gone_tickets } others: acts { name } }", id=APOLLO, marks=needs(APOLLO)),
    pytest.param(YOGA, 400, "{ others: acts { name gone_reviews } }", id=YOGA, marks=needs(YOGA)),
]


@needs(ARIADNE)
@pytest.mark.parametrize(("name", "status", "query"), REFUSING)
def test_a_field_that_is_gone_costs_no_other_servers_fields(
    outdated: GatewayProcess, servers: Servers, name: str, status: int, query: str
) -> None:
    """A server that no longer knows a field refuses the whole request, by 200 or 400, with a code or without."""
    accepting = {"accept": "application/graphql-response+json, application/json;q=0.9"}
    assert post(servers[name].url, json={"query": "{ nothing }"}, headers=accepting).status_code == status
    answer = outdated.ask(query)
    assert answer.status == 200
    assert {error["extensions"]["service"] for error in answer.errors} == {name}
    assert "gone" not in answer.text.replace('"gone_reviews"', "")
    assert answer.data["others"][0]["name"] in ("Lanterns", "Barn")
    lost = [value for field, value in answer.data.items() if field != "others"] or [answer.data["others"][0]]
    assert lost in ([None], [{"name": "Lanterns", "gone_reviews": None}])
