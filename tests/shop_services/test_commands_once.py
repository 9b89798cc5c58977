"""Idempotency-Key: a command that is sent again is answered as before, and is carried out once."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mock_services.estate import Estate
from tests.shop_services.feeds import Ask, events_after, head
from tests.shop_services.postgresql import execute

NEW_ORDER = {"customer_id": "c-000001", "items": [{"product_id": "p-00001", "quantity": 1}]}
KEY = "Idempotency-Key"


def new_key() -> dict[str, str]:
    return {KEY: secrets.token_hex(8)}


COMMANDS = [
    ("orders", "/orders", NEW_ORDER, 201),
    ("customers", "/customers", {"name": "Jo", "email": "jo@example.com", "country": "NO", "city": "Oslo"}, 201),
    ("customers", "/customers/c-000005/rename", {"name": "Somebody Else"}, 200),
    ("catalog", "/products/p-00005/price", {"amount_cents": 4711}, 200),
    ("support", "/tickets", {"customer_id": "c-000001", "subject": "Again"}, 201),
]


@pytest.mark.parametrize(("service", "path", "body", "status"), COMMANDS)
def test_a_command_sent_again_is_answered_as_before(
    ask: Ask, service: str, path: str, body: object, status: int
) -> None:
    """Status, body, Location and X-Position; only one event. However the members of the body are ordered."""
    key, before = new_key(), head(ask[service])
    first = ask[service].post(path, json=body, headers=key)
    again = ask[service].post(
        path, content=json.dumps(body, indent=3), headers=key | {"content-type": "application/json"}
    )
    assert (first.status_code, again.status_code) == (status, status)
    assert again.content == first.content
    for name in ("location", "x-position", "content-type"):
        assert again.headers.get(name) == first.headers.get(name)
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert len(events_after(ask[service], before)) == 1


def test_without_a_key_every_command_counts(ask: Ask) -> None:
    first, second = (ask["orders"].post("/orders", json=NEW_ORDER).json()["id"] for _ in range(2))
    assert first != second


def test_a_key_is_for_one_command(ask: Ask) -> None:
    """Another body, or another path, under the same key is refused, and has no effect."""
    key = new_key()
    id = ask["orders"].post("/orders", json=NEW_ORDER, headers=key).json()["id"]
    before = head(ask["orders"])
    others = [("/orders", NEW_ORDER | {"customer_id": "c-000002"}), (f"/orders/{id}/confirm", None)]
    for path, body in others:
        answer = ask["orders"].post(path, json=body, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert head(ask["orders"]) == before


def test_a_refusal_is_an_answer_too(ask: Ask) -> None:
    """It stays, though the command would be carried out by now; with another key it is."""
    id = ask["orders"].post("/orders", json=NEW_ORDER).json()["id"]
    key = new_key()
    refused = ask["orders"].post(f"/orders/{id}/ship", headers=key)
    ask["orders"].post(f"/orders/{id}/confirm")
    again = ask["orders"].post(f"/orders/{id}/ship", headers=key)
    assert (refused.status_code, again.status_code, again.content) == (409, 409, refused.content)
    assert again.headers["content-type"] == "application/problem+json"
    assert ask["orders"].post(f"/orders/{id}/ship", headers=new_key()).json()["status"] == "shipped"


def test_commands_with_one_key_at_once_have_one_effect(estate: Estate, ask: Ask) -> None:
    """Twenty connections; and a second process over the same database."""
    key, before = new_key(), head(ask["orders"])
    with Estate(estate.home, services=["orders"]) as other, ThreadPoolExecutor(20) as pool:
        urls = [estate.url("orders"), other.url("orders")] * 10

        def place(url: str) -> httpx.Response:
            return httpx.post(f"{url}/orders", json=NEW_ORDER, headers=key, timeout=30, trust_env=False)

        answers = list(pool.map(place, urls))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert [event["type"] for event in events_after(ask["orders"], before)] == ["order.placed.v1"]


def test_a_service_that_was_killed_still_knows_the_key(estate: Estate, ask: Ask) -> None:
    key = new_key()
    first = ask["orders"].post("/orders", json=NEW_ORDER, headers=key)
    estate.kill("orders")
    assert not estate.is_alive("orders")
    estate.restart("orders")
    assert ask["orders"].post("/orders", json=NEW_ORDER, headers=key).content == first.content


def test_a_key_is_forgotten_after_a_day(estate: Estate, ask: Ask) -> None:
    """With the next command; until then it holds."""
    old, new = new_key(), new_key()
    first = ask["orders"].post("/orders", json=NEW_ORDER, headers=old)
    execute(
        estate.home,
        "orders",
        f"UPDATE answers SET answered_at = '2020-01-01T00:00:00Z' WHERE idempotency_key = '{old[KEY]}'",
    )
    ask["orders"].post("/orders", json=NEW_ORDER, headers=new)
    assert ask["orders"].post("/orders", json=NEW_ORDER, headers=old).json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["", "a b", "ä".encode(), "x" * 129, "a/b"])
def test_a_key_in_another_form_is_refused(ask: Ask, key: str | bytes) -> None:
    answer = ask["orders"].post("/orders", json=NEW_ORDER, headers={KEY: key})
    assert (answer.status_code, answer.json()["errors"][0]["in"]) == (422, "header")
