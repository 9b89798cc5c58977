"""The OpenAPI documents tell the truth: about routes, parameters, bounds and the shape of every answer."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import httpx
import msgspec
import pytest

from mock_services.kit.operations import Operation
from mock_services.kit.ports import PORTS
from mock_services.kit.service import Service

Ask = dict[str, httpx.Client]
REST = [name for name in PORTS if name != "reviews"]


def operations_of(name: str) -> tuple[Operation, ...]:
    return import_module(f"mock_services.{name}.app").OPERATIONS


@pytest.mark.parametrize("name", PORTS)
def test_the_document_names_all_routes_and_no_other(ask: Ask, name: str) -> None:
    """An undocumented method of a documented path is a 405."""
    document = ask[name].get("/openapi.json").json()
    service: Service = import_module(f"mock_services.{name}.app").SERVICE
    assert document == msgspec.json.decode(msgspec.json.encode(service.document))
    assert document["openapi"] == "3.1.0"
    for template, methods in document["paths"].items():
        path = template.replace("{id}", "x").replace("{product_id}", "x").replace("{customer_id}", "x")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            documented = method.lower() in methods
            assert (ask[name].request(method, path).status_code != 405) == documented, (method, template)


def some_queries(operation: Operation) -> list[dict[str, str]]:
    """For each form, one query that finds something."""
    owners = {"customer_ids": "c-000001,c-000002", "order_ids": "o-0000001", "product_ids": "p-00001,nobody"}
    return [{form.when: owners.get(form.when, "nobody")} if form.when else {} for form in operation.forms]


@pytest.mark.parametrize("name", REST)
def test_answers_have_the_documented_shape(ask: Ask, name: str) -> None:
    """Decoded strictly as the types from which the document's schemas are made; `extra` members are told apart."""
    checked = 0
    for operation in operations_of(name):
        if operation.method != "GET" or operation.path_params:
            continue
        for form, query in zip(operation.forms, some_queries(operation), strict=True):
            content = ask[name].get(operation.path, params=query).content
            decoded = msgspec.json.decode(content, type=form.answers)
            assert msgspec.json.decode(msgspec.json.encode(decoded)) == msgspec.json.decode(content)
            checked += 1
    assert checked >= 2


def parameters(document: dict[str, Any], path: str, method: str = "get") -> dict[str, Any]:
    return {each["name"]: each for each in document["paths"][path][method]["parameters"]}


def test_parameters_are_documented_with_their_bounds(ask: Ask) -> None:
    document = ask["orders"].get("/openapi.json").json()
    params = parameters(document, "/orders")
    assert list(params) == ["ids", "customer_ids", "limit", "status", "with_total", "cursor", "customer_id"]
    assert (params["limit"]["schema"]["minimum"], params["limit"]["schema"]["maximum"]) == (1, 200)
    assert params["ids"]["schema"]["maxItems"] == 200
    assert (params["ids"]["style"], params["ids"]["explode"]) == ("form", False)
    assert "shipped" in params["status"]["schema"]["enum"]
    assert not any(param["required"] for param in params.values())
    billing = ask["payments"].get("/openapi.json").json()
    assert parameters(billing, "/billing")["customer_ids"]["required"]
    assert parameters(billing, "/billing/{customer_id}")["customer_id"]["in"] == "path"


def test_problems_are_documented_with_their_statuses(ask: Ask) -> None:
    document = ask["orders"].get("/openapi.json").json()
    assert set(document["paths"]["/orders"]["post"]["responses"]) == {"201", "400", "413", "415", "422", "default"}
    assert set(document["paths"]["/orders/{id}/cancel"]["post"]["responses"]) == {"200", "404", "409", "422", "default"}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert "application/problem+json" in operation["responses"]["422"]["content"]
