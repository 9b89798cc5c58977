"""What a gateway shows of itself: health, the explorer, the schema with its descriptions, the example queries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    is_introspection_type,
    is_specified_scalar_type,
)

from mock_services.estate import Estate
from tests.shop.gateway_process import REPOSITORY, GatewayProcess

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

EXAMPLE_CALLS = {
    "1-orders-with-customers": {"orders": {"GET /orders": 1}, "customers": {"GET /customers": 1}},
    "2-order-detail": {
        "orders": {"GET /orders": 1},
        "customers": {"GET /customers": 1},
        "catalog": {"GET /products": 1},
        "payments": {"GET /charges": 1},
    },
    "3-customer-dashboard": {
        "customers": {"GET /customers": 1},
        "orders": {"GET /orders": 1},
        "support": {"GET /tickets": 1},
        "payments": {"GET /billing": 1},
    },
    "4-product-page": {
        "catalog": {"GET /products": 1},
        "inventory": {"GET /stock": 1},
        "reviews": {"POST /graphql": 1},
        "customers": {"GET /customers": 1},
    },
    "5-order-search": {"inventory": {"GET /stock": 1}},
    "6-order-search-with-facets": {},
    "7-revenue-report": {},
    "8-customer-summary": {"orders": {"GET /orders": 1}, "customers": {"GET /customers": 1}},
}


def example_files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((REPOSITORY / "examples").glob("*.graphql"))}


@pytest.fixture(scope="module")
def schema(gateway: GatewayProcess) -> GraphQLSchema:
    """As a client builds it from the introspection query."""
    return build_client_schema(gateway.ask(get_introspection_query(input_value_deprecation=True)).whole())


def test_it_is_alive_and_ready(gateway: GatewayProcess, estate: Estate) -> None:
    """Without asking a service; ready also while one is down, which costs its own fields only."""
    assert (gateway.get("/health").status_code, gateway.get("/health").json()["status"]) == (200, "ok")
    estate.kill("support")
    ready = gateway.get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert estate.calls() == {}


def test_a_browser_gets_the_explorer(gateway: GatewayProcess) -> None:
    """With everything it loads coming from the gateway itself; whoever asks for JSON gets none of it."""
    page = gateway.get("/graphql", accept=BROWSER)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<title>" in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    refused = gateway.get("/graphql", accept="application/json")
    assert (refused.status_code, refused.headers["content-type"].split(";")[0]) == (400, "application/json")


def test_the_schema_is_that_of_all_services(schema: GraphQLSchema) -> None:
    """One Customer, with fields of five services, and nothing of federation's own."""
    customer = schema.get_type("Customer")
    assert isinstance(customer, GraphQLObjectType)
    assert {"name", "recentOrders", "openTickets", "billing", "reviews"} <= set(customer.fields)
    assert {name for name in schema.type_map if name.startswith(("_", "join__", "link__"))} == {
        name for name in schema.type_map if name.startswith("__")
    }
    assert schema.query_type is not None
    assert {"_entities", "_service"}.isdisjoint(schema.query_type.fields)


def test_introspection_calls_no_service(gateway: GatewayProcess, estate: Estate) -> None:
    gateway.ask(get_introspection_query()).whole()
    assert estate.calls() == {}


def test_every_type_and_field_has_a_description(schema: GraphQLSchema) -> None:
    """What it is, in the words of whoever owns it."""
    missing: list[str] = []
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        described = {name: kind}
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            described |= {f"{name}.{field}": value for field, value in kind.fields.items()}
        missing += [place for place, element in described.items() if not element.description]
    assert missing == []


def test_every_example_has_its_calls_listed_here() -> None:
    """A new example is a new promise."""
    assert list(example_files()) == list(EXAMPLE_CALLS)


@pytest.mark.parametrize("name", EXAMPLE_CALLS)
def test_an_example_is_answered_in_few_calls(name: str, reading_gateway: GatewayProcess, estate: Estate) -> None:
    """Each service once, and there is something to see."""
    path = example_files()[name]
    variables = path.with_suffix(".json")
    given = json.loads(variables.read_text()) if variables.is_file() else {}
    answer = reading_gateway.ask(path.read_text(), **given).whole()
    assert estate.calls() == EXAMPLE_CALLS[name]
    ((_, shown),) = answer.items()
    assert shown
    assert "null" not in json.dumps(shown)
    assert "[]" not in json.dumps(shown)


def test_the_explorer_offers_the_examples(gateway: GatewayProcess) -> None:
    """Those of the configured folder, whole, by their first comment."""
    offered = gateway.get("/explorer/settings.json").json()["examples"]
    texts = [path.read_text() for path in example_files().values()]
    assert [example["query"].strip() for example in offered] == [text.strip() for text in texts]
    titles = [example["title"] for example in offered]
    assert titles == [text.splitlines()[0].removeprefix("# ") for text in texts]
