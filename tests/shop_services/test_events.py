"""Every change is told once, in order, in the form of CloudEvents; what is refused or changes nothing is not told."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import httpx
import jsonschema_rs
import pytest

from mock_services.kit.events import EventType, Stream
from mock_services.kit.ports import PORTS
from tests.shop_services.feeds import Ask, check_digest, check_order, events_after, head, snapshot

NEW_CUSTOMER = {"name": "Ada Holm", "email": "ada@example.com", "country": "NO", "city": "Bergen"}
NEW_ORDER = {"customer_id": "c-000001", "items": [{"product_id": "p-00001", "quantity": 2}]}
REVIEW = """mutation { addReview(input: {productId: "p-00001", authorId: "c-000001", rating: 4, title: "Good"})
    { id rating title } }"""


def stream_of(service: str) -> Stream:
    return import_module(f"mock_services.{service}.app").STREAM


def send(client: httpx.Client, path: str, body: Any = None, **headers: str) -> Any:
    """Give a command that is carried out. The answer's body."""
    response = client.post(path, json=body, headers=headers)
    assert response.status_code in (200, 201), response.text
    return response.json()


def a_confirmed_order(ask: Ask) -> str:
    order = send(ask["orders"], "/orders", NEW_ORDER)
    return send(ask["orders"], f"/orders/{order['id']}/confirm")["id"]


def a_warehouse(ask: Ask, product: str) -> str:
    return ask["inventory"].get(f"/stock/{product}").json()["warehouses"][0]["code"]


def change_price(ask: Ask, product: str) -> tuple[str, Any]:
    cents = ask["catalog"].get(f"/products/{product}").json()["price"]["amount_cents"]
    changed = send(ask["catalog"], f"/products/{product}/price", {"amount_cents": cents + 100})
    previous = changed["price"] | {"amount_cents": cents}
    return product, {"id": product, "price": changed["price"], "previous_price": previous}


def register(ask: Ask) -> tuple[str, Any]:
    customer = send(ask["customers"], "/customers", NEW_CUSTOMER)
    return customer["id"], NEW_CUSTOMER | {
        "id": customer["id"],
        "segment": "consumer",
        "tier": "standard",
        "created_at": customer["created_at"],
    }


def rename(ask: Ask) -> tuple[str, Any]:
    send(ask["customers"], "/customers/c-000008/rename", {"name": "Eva Ny"})
    send(ask["customers"], "/customers/c-000008/rename", {"name": "Eva Berg"})
    return "c-000008", {"id": "c-000008", "name": "Eva Berg"}


def erase(ask: Ask) -> tuple[str, Any]:
    id, _ = register(ask)
    send(ask["customers"], f"/customers/{id}/erase")
    return id, {"id": id}


def place(ask: Ask) -> tuple[str, Any]:
    order = send(ask["orders"], "/orders", NEW_ORDER)
    return order["id"], ask["orders"].get(f"/orders/{order['id']}").json()


def move(verb: str, status: str, confirmed: bool) -> Any:
    def run(ask: Ask) -> tuple[str, Any]:
        id = a_confirmed_order(ask) if confirmed else send(ask["orders"], "/orders", NEW_ORDER)["id"]
        send(ask["orders"], f"/orders/{id}/{verb}")
        return id, {"id": id, "customer_id": "c-000001", "status": status}

    return run


def adjust(ask: Ask) -> tuple[str, Any]:
    warehouse = a_warehouse(ask, "p-00009")
    stock = send(ask["inventory"], "/stock/p-00009/adjust", {"warehouse": warehouse, "change": 5})
    return "p-00009", {"product_id": "p-00009", "warehouse": warehouse, "change": 5, "stock": stock}


def open_ticket(ask: Ask) -> tuple[str, Any]:
    ticket = send(ask["support"], "/tickets", {"customer_id": "c-000001", "subject": "Where is it?"})
    return ticket["id"], ticket


def close_ticket(ask: Ask) -> tuple[str, Any]:
    id, _ = open_ticket(ask)
    closed = send(ask["support"], f"/tickets/{id}/close")
    return id, {"id": id, "customer_id": "c-000001", "closed_at": closed["closed_at"]}


def add_review(ask: Ask) -> tuple[str, Any]:
    review = send(ask["reviews"], "/graphql", {"query": REVIEW})["data"]["addReview"]
    (told,) = events_after(ask["reviews"], head(ask["reviews"]) - 1)
    of = {"product_id": "p-00001", "author_id": "c-000001", "body": "", "created_at": told["data"]["created_at"]}
    return review["id"], review | of


COMMANDS = {
    "customer.registered.v1": ("customers", register),
    "customer.renamed.v1": ("customers", rename),
    "customer.erased.v1": ("customers", erase),
    "product.price_changed.v1": ("catalog", lambda ask: change_price(ask, "p-00011")),
    "order.placed.v1": ("orders", place),
    "order.confirmed.v1": ("orders", move("confirm", "confirmed", confirmed=False)),
    "order.shipped.v1": ("orders", move("ship", "shipped", confirmed=True)),
    "order.cancelled.v1": ("orders", move("cancel", "cancelled", confirmed=True)),
    "stock.adjusted.v1": ("inventory", adjust),
    "ticket.opened.v1": ("support", open_ticket),
    "ticket.closed.v1": ("support", close_ticket),
    "review.added.v1": ("reviews", add_review),
}


def test_every_event_type_has_a_command_here() -> None:
    assert {str(event) for service in PORTS for event in stream_of(service).events} == set(COMMANDS)


@pytest.mark.parametrize("type", COMMANDS)
def test_a_command_is_told(ask: Ask, type: str) -> None:
    """The last event after it has its type, its aggregate and its data; everything before it is told too."""
    service, command = COMMANDS[type]
    before = head(ask[service])
    subject, data = command(ask)
    told = events_after(ask[service], before)
    check_order(told, before)
    event = told[-1]
    assert (event["type"], event["subject"], event["data"]) == (type, subject, data)


@pytest.mark.parametrize("type", COMMANDS)
def test_an_event_is_a_cloud_event_and_its_data_is_as_promised(ask: Ask, type: str) -> None:
    """By the schema that the event names, served by the service that sent it."""
    service, command = COMMANDS[type]
    command(ask)
    event = events_after(ask[service], head(ask[service]) - 1)[0]
    assert (event["specversion"], event["source"], event["datacontenttype"]) == (
        "1.0",
        f"/{service}",
        "application/json",
    )
    jsonschema_rs.validate({"type": "string", "format": "date-time"}, event["time"], validate_formats=True)
    answer = ask[service].get(event["dataschema"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    jsonschema_rs.validate(answer.json(), event["data"])


def test_an_event_names_the_request_that_caused_it(ask: Ask) -> None:
    """Of a REST service and of the GraphQL service. Without such headers the attributes are absent."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    caused = {"x-request-id": "req-1", "traceparent": trace}
    for service, path, body in (("orders", "/orders", NEW_ORDER), ("reviews", "/graphql", {"query": REVIEW})):
        before = head(ask[service])
        send(ask[service], path, body, **caused)
        send(ask[service], path, body)
        first, second = events_after(ask[service], before)
        assert (first["correlationid"], first["traceparent"]) == ("req-1", trace)
        assert not {"correlationid", "traceparent"} & second.keys()


def test_the_answer_to_a_command_says_where_its_event_is(ask: Ask) -> None:
    response = ask["orders"].post("/orders", json=NEW_ORDER)
    (event,) = events_after(ask["orders"], head(ask["orders"]) - 1)
    assert response.headers["x-position"] == f"orders:{event['position']}"
    assert event["subject"] == response.json()["id"]
    review = ask["reviews"].post("/graphql", json={"query": REVIEW})
    assert review.headers["x-position"] == f"reviews:{head(ask['reviews'])}"
    assert "x-position" not in ask["reviews"].post("/graphql", json={"query": "{ __typename }"}).headers


def test_versions_count_from_the_birth_or_from_what_was_there(ask: Ask) -> None:
    """A new order begins at 1; one that the feed has not told of has version 1, so its first event is number 2."""
    before = head(ask["orders"])
    new = a_confirmed_order(ask)
    (old,) = ask["orders"].get("/orders?status=placed&limit=2").json()["items"][1:]
    assert snapshot(ask["orders"])[1][old["id"]]["aggregateversion"] == 1
    send(ask["orders"], f"/orders/{old['id']}/confirm")
    told = [(event["subject"], event["aggregateversion"]) for event in events_after(ask["orders"], before)]
    assert told == [(new, 1), (new, 2), (old["id"], 2)]


NOTHING = [
    ("an empty order", "orders", "/orders", {"customer_id": "c-000001", "items": []}, 422, "ORDER_EMPTY"),
    ("an unknown customer's order", "orders", "/orders", NEW_ORDER | {"customer_id": "x"}, 422, "UNKNOWN_CUSTOMER"),
    ("shipping before confirmation", "orders", "/orders/{placed}/ship", None, 409, "ORDER_NOT_SHIPPABLE"),
    ("shipping a cancelled order", "orders", "/orders/{cancelled}/ship", None, 409, "ORDER_NOT_SHIPPABLE"),
    ("confirming a shipped order", "orders", "/orders/{shipped}/confirm", None, 409, "ORDER_NOT_CONFIRMABLE"),
    ("cancelling a shipped order", "orders", "/orders/{shipped}/cancel", None, 409, "ORDER_NOT_CANCELLABLE"),
    ("confirming no order", "orders", "/orders/nobody/confirm", None, 404, "NOT_FOUND"),
    ("shipping twice", "orders", "/orders/{shipped}/ship", None, 200, None),
    ("cancelling twice", "orders", "/orders/{cancelled}/cancel", None, 200, None),
    ("a name of nobody", "customers", "/customers/nobody/rename", {"name": "X"}, 404, "NOT_FOUND"),
    ("an empty name", "customers", "/customers/c-000003/rename", {"name": ""}, 422, "INVALID_BODY"),
    ("erasing nobody", "customers", "/customers/nobody/erase", None, 404, "NOT_FOUND"),
    ("a negative price", "catalog", "/products/p-00001/price", {"amount_cents": -1}, 422, "INVALID_BODY"),
    ("a price of nothing", "catalog", "/products/nothing/price", {"amount_cents": 1}, 404, "NOT_FOUND"),
    ("too much stock gone", "inventory", "/stock/p-00001/adjust", {"change": -99_999}, 409, "STOCK_TOO_LOW"),
    ("no stock gone", "inventory", "/stock/p-00001/adjust", {"change": 0}, 200, None),
    (
        "stock elsewhere",
        "inventory",
        "/stock/p-00001/adjust",
        {"change": 1, "warehouse": "XXX"},
        422,
        "UNKNOWN_WAREHOUSE",
    ),
    ("a ticket of nothing", "support", "/tickets", {"customer_id": "c-000001", "subject": ""}, 422, "INVALID_BODY"),
]


@pytest.mark.parametrize(("service", "path", "body", "status", "code"), [row[1:] for row in NOTHING], ids=lambda _: "")
def test_what_changes_nothing_is_not_told(
    ask: Ask, service: str, path: str, body: Any, status: int, code: str | None
) -> None:
    """Refusals, and commands whose effect is there already."""
    orders = {}
    for wanted in ("placed", "shipped", "cancelled"):
        if f"{{{wanted}}}" in path:
            orders[wanted] = ask["orders"].get(f"/orders?status={wanted}&limit=1").json()["items"][0]["id"]
    if service == "inventory":
        body = {"warehouse": a_warehouse(ask, "p-00001")} | body
    before = head(ask[service])
    response = ask[service].post(path.format_map(orders), json=body)
    assert (response.status_code, response.json().get("code")) == (status, code)
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
    assert head(ask[service]) == before


def test_the_same_name_and_the_same_price_are_no_change(ask: Ask) -> None:
    name = ask["customers"].get("/customers/c-000003").json()["name"]
    cents = ask["catalog"].get("/products/p-00003").json()["price"]["amount_cents"]
    before = head(ask["customers"]), head(ask["catalog"])
    send(ask["customers"], "/customers/c-000003/rename", {"name": name})
    send(ask["catalog"], "/products/p-00003/price", {"amount_cents": cents})
    assert (head(ask["customers"]), head(ask["catalog"])) == before


def test_the_events_after_a_snapshot_lead_to_the_next_snapshot(ask: Ask) -> None:
    """Of orders: what is placed joins, what is confirmed, shipped or cancelled moves. Checksums agree, too."""
    position, copy = snapshot(ask["orders"], limit=700)
    shipped = a_confirmed_order(ask)
    send(ask["orders"], f"/orders/{shipped}/ship")
    send(ask["orders"], f"/orders/{a_confirmed_order(ask)}/cancel")
    for event in events_after(ask["orders"], position):
        subject, version = event["subject"], event["aggregateversion"]
        data = copy[subject]["data"] | event["data"] if subject in copy else event["data"]
        copy[subject] = {"subject": subject, "aggregateversion": version, "data": data}
    assert copy == snapshot(ask["orders"])[1]
    check_digest(ask["orders"])


@pytest.mark.parametrize("service", PORTS)
def test_what_was_seeded_is_in_the_snapshot_and_the_digest(ask: Ask, service: str) -> None:
    """Every aggregate that there is, at version 1 unless it changed; as the service answers it otherwise."""
    stream = stream_of(service)
    _, items = snapshot(ask[service], limit=1000)
    assert len(items) >= 200
    changed = {event["subject"] for event in events_after(ask[service])}
    assert all(item["aggregateversion"] == 1 for subject, item in items.items() if subject not in changed)
    assert any(item["aggregateversion"] == 1 for item in items.values())
    if service not in ("reviews", "inventory"):
        path = {"catalog": "products", "support": "tickets", "payments": "charges"}.get(service, service)
        batch = ask[service].get(f"/{path}", params={"ids": ",".join(list(items)[:200])}).json()["items"]
        assert batch == [items[each[stream.key]]["data"] for each in batch]
        assert len(batch) == 200
    check_digest(ask[service])


def test_a_bucket_lists_the_versions_that_its_checksum_is_made_of(ask: Ask) -> None:
    digests = ask["orders"].get("/digest").json()["digests"]
    _, items = snapshot(ask["orders"])
    seen = 0
    for bucket in list(digests)[:5]:
        rows = ask["orders"].get(f"/digest?bucket={bucket}").json()["rows"]
        assert len(rows) == digests[bucket]["rows"]
        for row in rows:
            assert row["aggregateversion"] == items[row["subject"]]["aggregateversion"]
        seen += len(rows)
    assert seen > 0


def test_who_is_erased_is_gone_from_everywhere(ask: Ask) -> None:
    """From the answers, from earlier events, from stored answers to commands. The number is not given again."""
    key = {"idempotency-key": "register-erased"}
    new = NEW_CUSTOMER | {"name": "Zoe Unforgettable", "email": "zoe@unforgettable.example", "city": "Zoetown"}
    before = head(ask["customers"])
    customer = send(ask["customers"], "/customers", new, **key)
    path = f"/customers/{customer['id']}"
    send(ask["customers"], f"{path}/rename", {"name": "Zoe Renamed"}, **{"idempotency-key": "rename-erased"})
    first = send(ask["customers"], f"{path}/erase")
    assert send(ask["customers"], f"{path}/erase") == first
    assert ask["customers"].get(path).status_code == 404
    assert ask["customers"].get(f"/customers?ids={customer['id']}").json()["missing"] == [customer["id"]]
    assert customer["id"] not in snapshot(ask["customers"])[1]
    told = events_after(ask["customers"], before)
    assert [event["type"] for event in told] == [
        "customer.registered.v1",
        "customer.renamed.v1",
        "customer.erased.v1",
    ]
    assert "Zoe" not in json.dumps(told)
    assert told[0]["data"]["name"] == told[1]["data"]["name"] == "[erased]"
    again = ask["customers"].post("/customers", json=new, headers=key)
    assert (again.status_code, again.json()["code"]) == (410, "ERASED")
    assert send(ask["customers"], "/customers", NEW_CUSTOMER)["id"] > customer["id"]


def test_schemas_are_served_by_name_and_nothing_else_is(ask: Ask) -> None:
    for name in ("order.placed.v2.json", "order.placed.v1", "..%2Fapp.py", "stock.adjusted.v1.json"):
        assert ask["orders"].get(f"/schemas/{name}").status_code == 404


def test_the_names_of_event_types_say_their_version() -> None:
    assert str(EventType("order.placed", dict, version=2)) == "order.placed.v2"
