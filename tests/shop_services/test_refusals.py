"""Bad input is refused with a problem that says what is wrong and where."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

Ask = dict[str, httpx.Client]
ORDER = {"customer_id": "c-000001", "items": [{"product_id": "p-00001", "quantity": 1}]}

QUERIES: list[tuple[str, str, str, str, str]] = [
    ("customers", "/customers?limit=0", "INVALID_PARAMETER", "limit", "from 1 to 200"),
    ("customers", "/customers?limit=201", "INVALID_PARAMETER", "limit", "from 1 to 200"),
    ("customers", "/customers?limit=ten", "INVALID_PARAMETER", "limit", "whole number"),
    ("customers", "/customers?limit=", "INVALID_PARAMETER", "limit", "whole number"),
    ("customers", "/customers?limit=%D9%A3", "INVALID_PARAMETER", "limit", "whole number"),
    ("customers", "/customers?limit=5&limit=6", "INVALID_PARAMETER", "limit", "once"),
    ("customers", "/customers?country=germany", "INVALID_PARAMETER", "country", "two capital letters"),
    ("customers", "/customers?ids=", "INVALID_PARAMETER", "ids", "number 1"),
    ("customers", "/customers?ids=c-000001,,c-000002", "INVALID_PARAMETER", "ids", "number 2"),
    ("customers", "/customers?ids=c-000001,b%20d", "INVALID_PARAMETER", "ids", "number 2"),
    ("customers", "/customers?ids=" + "x" * 65, "INVALID_PARAMETER", "ids", "1 to 64"),
    ("customers", "/customers?ids=c-000001&limit=5", "INVALID_PARAMETER", "limit", "together with ids"),
    ("customers", "/customers?page=2", "UNKNOWN_PARAMETER", "page", "country"),
    ("customers", "/customers?cursor=abc", "INVALID_CURSOR", "cursor", "not a cursor"),
    ("customers", "/customers?cursor=", "INVALID_CURSOR", "cursor", "not a cursor"),
    ("customers", "/customers/c%20x", "INVALID_PARAMETER", "id", "1 to 64"),
    ("customers", "/customers/c-000001?fields=name", "UNKNOWN_PARAMETER", "fields", "none"),
    ("catalog", "/products?category=cars", "INVALID_PARAMETER", "category", "books"),
    ("orders", "/orders?status=lost", "INVALID_PARAMETER", "status", "placed"),
    ("orders", "/orders?with_total=yes", "INVALID_PARAMETER", "with_total", "true or false"),
    ("orders", "/orders?customer_ids=c-000001&cursor=x", "INVALID_PARAMETER", "cursor", "together with customer_ids"),
    ("orders", "/orders?customer_ids=c-000001&ids=o-0000001", "INVALID_PARAMETER", "customer_ids", "together with ids"),
    ("inventory", "/stock?ids=p-00001", "UNKNOWN_PARAMETER", "ids", "product_ids"),
    ("payments", "/billing", "INVALID_PARAMETER", "customer_ids", "required"),
    ("support", "/tickets?status=OPEN", "INVALID_PARAMETER", "status", "open"),
]


@pytest.mark.parametrize(("service", "target", "code", "name", "says"), QUERIES, ids=lambda value: str(value)[:40])
def test_a_wrong_parameter_is_named(ask: Ask, service: str, target: str, code: str, name: str, says: str) -> None:
    response = ask[service].get(target)
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert (problem["status"], problem["code"], problem["type"]) == (422, code, "about:blank")
    (fault,) = problem["errors"]
    assert fault["name"] == name
    assert fault["in"] == ("path" if "/c%20x" in target else "query")
    assert says in fault["message"]
    assert name in problem["detail"]


def test_all_wrong_parameters_are_named_at_once(ask: Ask) -> None:
    problem = ask["orders"].get("/orders?limit=0&status=lost&with_total=maybe").json()
    assert [fault["name"] for fault in problem["errors"]] == ["limit", "status", "with_total"]


def test_a_cursor_of_another_list_is_refused(ask: Ask) -> None:
    """Also one that was shortened or carries something more."""
    cursor = ask["orders"].get("/orders?limit=1").json()["next"]
    assert ask["orders"].get("/orders", params={"cursor": cursor}).status_code == 200
    assert ask["support"].get("/tickets", params={"cursor": cursor}).json()["code"] == "INVALID_CURSOR"
    for forged in (cursor[:-2], cursor + "AA", cursor + "="):
        assert ask["orders"].get("/orders", params={"cursor": forged}).json()["code"] == "INVALID_CURSOR"


BODIES: list[tuple[Any, int, str, str | None]] = [
    (b"{", 400, "MALFORMED_JSON", None),
    (b'{"customer_id": "\xff"}', 400, "MALFORMED_JSON", None),
    (b"[]", 422, "INVALID_BODY", "$"),
    ({}, 422, "INVALID_BODY", "$"),
    (ORDER | {"gift": True}, 422, "INVALID_BODY", "$"),
    (ORDER | {"customer_id": "c 1"}, 422, "INVALID_BODY", "$.customer_id"),
    (ORDER | {"items": [{"product_id": "p-00001", "quantity": 0}]}, 422, "INVALID_BODY", "$.items[0].quantity"),
    (ORDER | {"items": [{"product_id": "p-00001", "quantity": "2"}]}, 422, "INVALID_BODY", "$.items[0].quantity"),
    (ORDER | {"items": [ORDER["items"][0]] * 101}, 422, "INVALID_BODY", "$.items"),  # type: ignore[index]
    (ORDER | {"items": []}, 422, "ORDER_EMPTY", "$.items"),
    (ORDER | {"customer_id": "c-999999"}, 422, "UNKNOWN_CUSTOMER", "$.customer_id"),
    (
        ORDER | {"items": [{"product_id": "p-00001", "quantity": 1}, {"product_id": "p-99999", "quantity": 1}]},
        422,
        "UNKNOWN_PRODUCT",
        "$.items[1].product_id",
    ),
]


@pytest.mark.parametrize(("body", "status", "code", "place"), BODIES, ids=lambda value: str(value)[:40])
def test_a_wrong_body_is_refused_and_changes_nothing(
    ask: Ask, body: Any, status: int, code: str, place: str | None
) -> None:
    before = ask["orders"].get("/orders?limit=1&with_total=true").json()
    sent = (
        {"content": body, "headers": {"Content-Type": "application/json"}}
        if isinstance(body, bytes)
        else {"json": body}
    )
    response = ask["orders"].post("/orders", **sent)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert [fault["name"] for fault in response.json()["errors"]] == ([place] if place else [])
    assert ask["orders"].get("/orders?limit=1&with_total=true").json() == before


def test_a_body_of_another_type_is_a_415(ask: Ask) -> None:
    response = ask["orders"].post("/orders", content=b"customer_id=1", headers={"Content-Type": "text/plain"})
    assert (response.status_code, response.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_beyond_64_kib_is_a_413(ask: Ask) -> None:
    response = ask["support"].post("/tickets", json={"customer_id": "c-000001", "subject": "x", "body": "x" * 70_000})
    assert (response.status_code, response.json()["code"]) == (413, "BODY_TOO_LARGE")


def test_a_wrong_method_is_a_405_with_all_that_are_allowed(ask: Ask) -> None:
    response = ask["orders"].delete("/orders")
    assert (response.status_code, response.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


@pytest.mark.parametrize("path", ["/", "/customer", "/customers/", "/customers/c-000001/orders"])
def test_an_unknown_path_is_a_404_problem(ask: Ask, path: str) -> None:
    response = ask["customers"].get(path)
    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
