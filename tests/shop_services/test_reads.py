"""Reading by key, by page and by owner: the same rules in every REST service."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

Ask = dict[str, httpx.Client]


@dataclass(frozen=True)
class Resource:
    """A REST resource: where it is, how it is asked for by key, and which member is the key."""

    service: str
    path: str
    ids_param: str
    key: str
    has_pages: bool = True


RESOURCES = [
    Resource("customers", "/customers", "ids", "id"),
    Resource("catalog", "/products", "ids", "id"),
    Resource("orders", "/orders", "ids", "id"),
    Resource("inventory", "/stock", "product_ids", "product_id"),
    Resource("payments", "/charges", "ids", "id"),
    Resource("payments", "/billing", "customer_ids", "customer_id", has_pages=False),
    Resource("support", "/tickets", "ids", "id"),
]
PAGED = [resource for resource in RESOURCES if resource.has_pages]


@dataclass(frozen=True)
class Lists:
    """Lists that hang off another service's key."""

    service: str
    path: str
    owners_param: str
    owner: str


LISTS = [
    Lists("orders", "/orders", "customer_ids", "customer_id"),
    Lists("payments", "/charges", "order_ids", "order_id"),
    Lists("support", "/tickets", "customer_ids", "customer_id"),
]


def name_of(case: Resource | Lists) -> str:
    return case.path


def get(ask: Ask, case: Resource | Lists, below: str = "", **params: Any) -> Any:
    response = ask[case.service].get(case.path + below, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def some_keys(ask: Ask, resource: Resource, count: int = 3) -> list[str]:
    if not resource.has_pages:
        return [f"c-{number:06d}" for number in range(1, count + 1)]
    return [item[resource.key] for item in get(ask, resource, limit=count)["items"]]


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_batch_keeps_the_order_of_asking_without_duplicates(ask: Ask, resource: Resource) -> None:
    """`items` and `missing` name each id once, in the order in which it was first asked for."""
    first, second, third = some_keys(ask, resource)
    wanted = ["nobody-2", third, first, "nobody-1", third, second, "nobody-2"]
    answer = get(ask, resource, **{resource.ids_param: ",".join(wanted)})
    assert [item[resource.key] for item in answer["items"]] == [third, first, second]
    assert answer["missing"] == ["nobody-2", "nobody-1"]


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_batch_answers_the_same_items_as_one_by_one(ask: Ask, resource: Resource) -> None:
    keys = some_keys(ask, resource)
    batch = get(ask, resource, **{resource.ids_param: ",".join(keys)})
    assert batch["items"] == [get(ask, resource, f"/{key}") for key in keys]


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_batch_of_200_is_answered_and_of_201_refused(ask: Ask, resource: Resource) -> None:
    """The limit counts distinct ids: duplicates beyond it do no harm."""
    ids = [f"x-{number}" for number in range(201)]
    answer = get(ask, resource, **{resource.ids_param: ",".join(ids[:200] + ids[:50])})
    assert len(answer["missing"]) == 200
    refused = ask[resource.service].get(resource.path, params={resource.ids_param: ",".join(ids)})
    assert refused.status_code == 422
    assert refused.json()["code"] == "TOO_MANY_IDS"
    assert refused.json()["errors"][0]["name"] == resource.ids_param


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_one_that_does_not_exist_is_a_404_problem(ask: Ask, resource: Resource) -> None:
    response = ask[resource.service].get(f"{resource.path}/nobody")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "NOT_FOUND"


def all_pages(ask: Ask, resource: Resource | Lists, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    page = get(ask, resource, **params)
    items += page["items"]
    while page["next"] is not None:
        page = get(ask, resource, cursor=page["next"], **params)
        items += page["items"]
    return items


@pytest.mark.parametrize("resource", PAGED, ids=name_of)
def test_pages_have_no_gap_and_no_duplicate(ask: Ask, resource: Resource) -> None:
    """Small and large pages give the same items in the same order; the last page has no `next`."""
    large, small = all_pages(ask, resource, limit=200), all_pages(ask, resource, limit=37)
    assert small == large
    keys = [item[resource.key] for item in large]
    assert len(set(keys)) == len(keys) >= 150


@pytest.mark.parametrize("limit", [1, 20, 200])
@pytest.mark.parametrize("resource", PAGED, ids=name_of)
def test_a_page_has_as_many_items_as_asked_for(ask: Ask, resource: Resource, limit: int) -> None:
    page = get(ask, resource, limit=limit)
    assert len(page["items"]) == min(limit, len(all_pages(ask, resource, limit=200)))
    assert "total" not in page


def test_a_page_that_ends_the_list_exactly_has_no_next(ask: Ask) -> None:
    """Rather than a cursor to an empty page."""
    for resource in (RESOURCES[0], RESOURCES[2]):
        count = len(all_pages(ask, resource, limit=200))
        divisor = next(size for size in range(200, 0, -1) if count % size == 0)
        cursor, pages = None, 0
        while pages == 0 or cursor is not None:
            page = get(ask, resource, limit=divisor, **({"cursor": cursor} if cursor else {}))
            cursor, pages = page["next"], pages + 1
        assert pages == count // divisor


@pytest.mark.parametrize(
    ("service", "path", "filters"),
    [
        ("customers", "/customers", {"country": "DE"}),
        ("catalog", "/products", {"category": "books"}),
        ("orders", "/orders", {"status": "cancelled"}),
        ("payments", "/charges", {"status": "failed"}),
        ("support", "/tickets", {"status": "closed"}),
    ],
)
def test_filters_give_just_what_they_name(ask: Ask, service: str, path: str, filters: dict[str, str]) -> None:
    resource = Resource(service, path, "ids", "id")
    ((member, wanted),) = filters.items()
    everything = all_pages(ask, resource, limit=200)
    expected = [item for item in everything if item[member] == wanted]
    assert 0 < len(expected) < len(everything)
    assert all_pages(ask, resource, limit=11, **filters) == expected


@pytest.mark.parametrize(
    ("service", "path", "time"),
    [("orders", "/orders", "placed_at"), ("payments", "/charges", "created_at"), ("support", "/tickets", "created_at")],
)
def test_lists_of_happenings_are_newest_first(ask: Ask, service: str, path: str, time: str) -> None:
    items = all_pages(ask, Resource(service, path, "ids", "id"), limit=200)
    assert items == sorted(items, key=lambda item: (item[time], item["id"]), reverse=True)


@pytest.mark.parametrize("lists", LISTS, ids=name_of)
def test_lists_by_owner_equal_each_owners_own_list(ask: Ask, lists: Lists) -> None:
    """Each owner's list is the first page of what the owner filter gives; its `next` goes on there without gap."""
    items = get(ask, lists, limit=200)["items"]
    owners = list(dict.fromkeys(item[lists.owner] for item in items))[:150]
    answer = get(ask, lists, limit=1, **{lists.owners_param: ",".join(owners)})
    assert list(answer["lists"]) == owners
    assert any(each["next"] for each in answer["lists"].values())
    for owner, each in answer["lists"].items():
        expected = all_pages(ask, lists, limit=200, **{lists.owner: owner})
        assert each["items"] == expected[:1]
        assert (each["next"] is None) == (len(expected) <= 1)
        if each["next"]:
            rest = get(ask, lists, limit=200, cursor=each["next"], **{lists.owner: owner})["items"]
            assert each["items"] + rest == expected[:201]


@pytest.mark.parametrize("lists", LISTS, ids=name_of)
def test_owners_without_rows_and_unknown_owners_have_empty_lists(ask: Ask, lists: Lists) -> None:
    known = get(ask, lists, limit=1)["items"][0][lists.owner]
    answer = get(ask, lists, **{lists.owners_param: f"nobody,{known},nobody,no-one"})
    assert list(answer["lists"]) == ["nobody", known, "no-one"]
    assert answer["lists"]["nobody"] == answer["lists"]["no-one"] == {"items": [], "next": None}
    assert answer["lists"][known]["items"]


def test_lists_by_owner_can_be_filtered_and_counted(ask: Ask) -> None:
    """`status` holds within each list; `with_total` counts all of each list under that filter."""
    tickets = LISTS[2]
    open_tickets = all_pages(ask, tickets, limit=200, status="open")
    owners = list(dict.fromkeys(ticket["customer_id"] for ticket in open_tickets))[:20]
    answer = get(ask, tickets, customer_ids=",".join([*owners, "nobody"]), status="open", limit=1, with_total="true")
    for owner in owners:
        mine = [ticket for ticket in open_tickets if ticket["customer_id"] == owner]
        assert answer["lists"][owner]["items"] == mine[:1]
        assert answer["lists"][owner]["total"] == len(mine)
    assert answer["lists"]["nobody"]["total"] == 0


@pytest.mark.parametrize("filters", [{}, {"status": "delivered"}, {"customer_id": "c-000010"}])
def test_total_counts_all_pages_under_the_same_filters(ask: Ask, filters: dict[str, str]) -> None:
    orders = RESOURCES[2]
    page = get(ask, orders, limit=1, with_total="true", **filters)
    assert page["total"] == len(all_pages(ask, orders, limit=200, **filters))


def all_accounts(ask: Ask, customers: list[str]) -> list[dict[str, Any]]:
    """Their billing. Who has just been registered by another test has an account a moment later."""
    deadline = time.monotonic() + 10
    while (answer := get(ask, RESOURCES[5], customer_ids=",".join(customers)))["missing"]:
        assert time.monotonic() < deadline, answer["missing"]
        time.sleep(0.05)
    return answer["items"]


def test_billing_is_the_sum_of_the_charges(ask: Ask) -> None:
    """For every customer: by status, by count, and the newest successful payment."""
    charges = all_pages(ask, Resource("payments", "/charges", "ids", "id"), limit=200)
    customers = [item["id"] for item in all_pages(ask, RESOURCES[0], limit=200)]
    summaries: list[dict[str, Any]] = []
    for start in range(0, len(customers), 200):
        summaries += all_accounts(ask, customers[start : start + 200])
    for summary in summaries:
        mine = [charge for charge in charges if charge["customer_id"] == summary["customer_id"]]
        cents = {
            status: sum(c["amount_cents"] for c in mine if c["status"] == status)
            for status in ("succeeded", "pending", "refunded")
        }
        assert summary == {
            "customer_id": summary["customer_id"],
            "currency": "EUR",
            "total_paid_cents": cents["succeeded"],
            "outstanding_cents": cents["pending"],
            "refunded_cents": cents["refunded"],
            "last_payment_at": max((c["paid_at"] for c in mine if c["status"] == "succeeded"), default=None),
            "charge_count": len(mine),
        }
    assert any(summary["charge_count"] == 0 for summary in summaries)
    assert any(summary["outstanding_cents"] for summary in summaries)
