"""Each fault of POST /_chaos is what it is called, in every service, and is counted when it strikes."""

from __future__ import annotations

import json
import time
import zlib
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.kit.chaos import FAULTS
from mock_services.kit.faults import ANSWERS
from mock_services.kit.ports import PORTS
from mock_services.kit.rewriting import REWRITINGS

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")

Ask = dict[str, httpx.Client]

PRODUCTS = ["p-00003", "p-00001", "p-00002"]
CUSTOMERS = ["c-000003", "c-000001", "c-000002"]
ENTITIES = {
    "query": "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Product { id } } }",
    "variables": {"of": [{"__typename": "Product", "id": id} for id in PRODUCTS]},
}
BATCHES: dict[str, tuple[str, str]] = {
    "customers": ("/customers", "ids"),
    "catalog": ("/products", "ids"),
    "orders": ("/orders", "customer_ids"),
    "inventory": ("/stock", "product_ids"),
    "payments": ("/billing", "customer_ids"),
    "support": ("/tickets", "customer_ids"),
}
"""Path and parameter of one batch of each REST service."""


def keys_of(service: str) -> list[str]:
    return CUSTOMERS if BATCHES.get(service, ("", ""))[1] == "customer_ids" or service == "customers" else PRODUCTS


def batch(client: httpx.Client, service: str) -> httpx.Response:
    """Three things by key."""
    if service == "reviews":
        return client.post("/graphql", json=ENTITIES)
    path, parameter = BATCHES[service]
    return client.get(path, params={parameter: ",".join(keys_of(service))})


def answered_keys(service: str, response: httpx.Response) -> list[str]:
    """The keys of a batch's entries, in the order of the bytes."""

    def members_once_each(members: list[tuple[str, Any]]) -> Any:
        return dict(members) | {"": [name for name, _ in members]}

    answer = json.loads(response.content, object_pairs_hook=members_once_each)
    if service == "reviews":
        return [entity["id"] for entity in answer["data"]["_entities"]]
    if "lists" in answer:
        return answer["lists"][""]
    return [item.get("product_id") or item.get("customer_id") or item["id"] for item in answer["items"]]


@pytest.mark.parametrize("service", PORTS)
def test_every_fault_strikes_every_service_and_is_counted(service: str, estate: Estate, ask: Ask) -> None:
    """Once, because it was asked for once; the next request is answered as before."""
    whole = batch(ask[service], service)
    assert whole.status_code == 200
    for fault in FAULTS:
        before = estate.strikes(service).get(fault, 0)
        estate.chaos(service, fault=fault, times=1, pause_ms=1, size_bytes=100_000)
        struck = batch(ask[service], service)
        assert estate.strikes(service)[fault] == before + 1
        if fault in (*ANSWERS, *REWRITINGS):
            assert (struck.status_code, struck.content) != (200, whole.content), fault
        else:
            assert struck.content == whole.content, fault
        assert batch(ask[service], service).content == whole.content
        (in_force,) = ask[service].get("/_chaos").json()["in_force"]
        assert (in_force["fault"], in_force["struck"]) == (fault, 1)


@pytest.mark.parametrize("service", PORTS)
@pytest.mark.parametrize(
    ("fault", "expected"), [("missing_item", [1, 2]), ("reordered_items", [2, 1, 0]), ("duplicated_item", [0, 0, 1, 2])]
)
def test_batches_lose_exchange_and_repeat_entries(
    service: str, fault: str, expected: list[int], estate: Estate, ask: Ask
) -> None:
    """expected: indexes of the keys that were asked for, as they are answered."""
    assert answered_keys(service, batch(ask[service], service)) == keys_of(service)
    estate.chaos(service, fault=fault)
    assert answered_keys(service, batch(ask[service], service)) == [keys_of(service)[index] for index in expected]


def test_entities_are_struck_under_aliases_too(estate: Estate, ask: Ask) -> None:
    """As a gateway asks that puts two fetches into one request."""
    wanted = "_entities(representations: $of) { ... on Product { id } }"
    body = ENTITIES | {"query": f"query ($of: [_Any!]!) {{ _0: {wanted} _1: {wanted} }}"}
    estate.chaos("reviews", fault="reordered_items")
    data = ask["reviews"].post("/graphql", json=body).json()["data"]
    assert [[entity["id"] for entity in data[alias]] for alias in ("_0", "_1")] == [PRODUCTS[::-1]] * 2


def test_what_holds_no_batch_is_not_rewritten_and_no_strike(estate: Estate, ask: Ask) -> None:
    """A page, one row, a batch of one that is turned round, a refusal."""
    before = estate.strikes("orders")
    for path in ("/orders?limit=3", "/orders/o-0000001", "/orders?ids=o-0000001", "/orders?limit=0"):
        whole = ask["orders"].get(path).content
        estate.chaos("orders", fault="reordered_items")
        assert ask["orders"].get(path).content == whole
    assert estate.strikes("orders") == before


def test_a_slow_answer_is_late_and_whole(estate: Estate, ask: Ask) -> None:
    whole = batch(ask["catalog"], "catalog").content
    estate.chaos("catalog", fault="slow", pause_ms=300)
    started = time.monotonic()
    assert batch(ask["catalog"], "catalog").content == whole
    assert time.monotonic() - started >= 0.3


def test_a_dripped_body_comes_byte_by_byte(estate: Estate, ask: Ask) -> None:
    """Its head at once. Cleared, the rest comes at once too."""
    estate.chaos("catalog", fault="drip", pause_ms=50)
    started = time.monotonic()
    with ask["catalog"].stream("GET", "/products/p-00001") as response:
        body = response.iter_raw()
        assert response.headers["content-length"].isdecimal()
        first = next(body) + next(body) + next(body)
        assert len(first) == 3
        assert time.monotonic() - started >= 0.15
        estate.clear_chaos()
        assert json.loads(first + b"".join(body))["id"] == "p-00001"


def test_a_drip_ends_when_nobody_reads_it(estate: Estate, ask: Ask) -> None:
    estate.chaos("catalog", fault="drip", pause_ms=1000)
    with pytest.raises(httpx.ReadTimeout):
        ask["catalog"].get("/products/p-00001", timeout=0.2)
    deadline = time.monotonic() + 5
    while estate.call_counts("catalog")["in_flight"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_service_stops_at_once_though_it_drips(estate: Estate) -> None:
    """The rest is sent."""
    with Estate(estate.home, services=["catalog"]) as ending:
        ending.chaos("catalog", fault="drip", pause_ms=60_000)
        with httpx.stream("GET", f"{ending.url('catalog')}/products/p-00001", trust_env=False) as dripping:
            assert ending.stop() == {"catalog": 0}
            assert json.loads(dripping.read())["id"] == "p-00001"


def test_a_huge_answer_is_streamed_without_a_length_and_not_held(estate: Estate, ask: Ask) -> None:
    """Whoever hangs up early is not sent the rest: 1 GB does not pass in this time."""
    estate.chaos("orders", fault="huge", size_bytes=1_000_000_000)
    received = 0
    with ask["orders"].stream("GET", "/orders") as response:
        assert "content-length" not in response.headers
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > 1_000_000:
                break
    deadline = time.monotonic() + 5
    while estate.call_counts("orders")["in_flight"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    estate.chaos("orders", fault="huge", size_bytes=100_000)
    assert len(ask["orders"].get("/orders").json()["items"]) == 100_000


def test_a_gzip_bomb_is_a_thousand_times_as_large_as_it_looks(estate: Estate, ask: Ask) -> None:
    estate.chaos("orders", fault="gzip_bomb", size_bytes=20_000_000)
    with ask["orders"].stream("GET", "/orders") as response:
        packed = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert len(packed) < 200_000
    assert len(json.loads(zlib.decompress(packed, 31))["items"]) == 20_000_000


def test_other_answers_are_what_they_are_called(estate: Estate, ask: Ask) -> None:
    def struck(fault: str) -> httpx.Response:
        estate.chaos("orders", fault=fault, seed=5)
        return ask["orders"].get("/orders")

    assert struck("error").status_code == 500
    assert "<!doctype html>" in struck("html").text
    assert struck("html").headers["content-type"].startswith("text/html")
    assert struck("null").json() is None
    assert (struck("redirect").status_code, struck("redirect").headers["location"]) == (302, "/healthz")
    assert struck("garbage").content == struck("garbage").content
    with pytest.raises(ValueError, match="decode"):
        struck("garbage").json()
    with pytest.raises(RecursionError):
        json.loads(struck("deep_json").content)


def test_a_fault_strikes_at_its_probability_the_same_each_time(estate: Estate, ask: Ask) -> None:
    def outcomes(seed: int) -> list[int]:
        estate.chaos("catalog", fault="error", probability=0.3, seed=seed)
        return [ask["catalog"].get("/products/p-00001").status_code for _ in range(60)]

    first = outcomes(seed=1)
    assert set(first) == {200, 500}
    assert 8 <= first.count(500) <= 28
    assert outcomes(seed=1) == first
    assert outcomes(seed=2) != first


def test_a_fault_can_be_meant_for_a_number_of_requests(estate: Estate, ask: Ask) -> None:
    estate.chaos("catalog", fault="error", times=3)
    statuses = [ask["catalog"].get("/products/p-00001").status_code for _ in range(5)]
    assert statuses == [500] * 3 + [200] * 2


def test_a_fault_can_be_meant_for_one_route(estate: Estate, ask: Ask) -> None:
    estate.chaos("catalog", fault="error", route="GET /products")
    assert ask["catalog"].get("/products").status_code == 500
    assert ask["catalog"].get("/products/p-00001").status_code == 200
