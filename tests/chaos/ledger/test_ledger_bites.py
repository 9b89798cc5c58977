"""The ledger finds what it is for: each fault, planted into books that agree, is found, and named for what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from zlib import crc32

import pytest

from mock_services.activity.load import Acknowledged
from tests.chaos.ledger.held import Held
from tests.chaos.ledger.ledger import BUCKETS, findings
from tests.chaos.ledger.shop_log import STATE
from tests.chaos.ledger.truth import Aggregate, Truth

Books = tuple[dict[str, Truth], Held, list[Acknowledged]]


def event(position: int, subject: str, version: int, type: str) -> dict[str, Any]:
    key = f"key-{subject}-{version}"
    values = {"position": position, "subject": subject, "aggregateversion": version}
    return values | {"type": type, "correlationid": key}


def acknowledged(service: str, event: dict[str, Any]) -> Acknowledged:
    return Acknowledged(event["correlationid"], service, "/x", event["position"], 0.0, 0.1, 1, 0.0)


def digest_of(aggregates: dict[str, Aggregate]) -> dict[int, str]:
    """One subject a bucket, as it happens to be here."""
    lines = {crc32(subject.encode()) % BUCKETS: f"{subject}:{each.version}\n" for subject, each in aggregates.items()}
    assert len(lines) == len(aggregates)
    return {bucket: hashlib.sha256(line.encode()).hexdigest() for bucket, line in lines.items()}


def books() -> Books:
    """A renamed customer, an order that was there before, one that was placed and shipped: everything agrees."""
    orders = [
        event(1, "o-2", 1, "order.placed.v1"),
        event(2, "o-2", 2, "order.confirmed.v1"),
        event(3, "o-2", 3, "order.shipped.v1"),
    ]
    customers = [event(1, "c-1", 2, "customer.renamed.v1")]
    states = {
        "orders": {
            "o-1": Aggregate(1, {"customer_id": "c-1", "status": "placed", "total_cents": 100}),
            "o-2": Aggregate(3, {"customer_id": "c-1", "status": "shipped", "total_cents": 250}),
        },
        "customers": {"c-1": Aggregate(2, {"name": "Ida"})},
    }
    truth = {
        name: Truth(len(events), events, states[name], digest_of(states[name]))
        for name, events in (("orders", orders), ("customers", customers))
    }
    held = Held(
        applied={
            ("orders", "o-1"): [(1, STATE)],
            ("orders", "o-2"): [(each["aggregateversion"], each["type"]) for each in orders],
            ("customers", "c-1"): [(1, STATE), (2, "customer.renamed.v1")],
        },
        customers={"c-1": "Ida"},
        orders={"o-1": ("c-1", "placed", 100), "o-2": ("c-1", "shipped", 250)},
        sums={("c-1", "placed"): (1, 100), ("c-1", "confirmed"): (0, 0), ("c-1", "shipped"): (1, 250)},
        versions={"orders": {"o-1": 1, "o-2": 3}, "customers": {"c-1": 2}},
    )
    commands = [acknowledged("orders", each) for each in orders] + [acknowledged("customers", customers[0])]
    return truth, held, commands


def kinds(books: Books) -> set[str]:
    return {finding.partition(":")[0] for finding in findings(*books)}


def test_books_that_agree_have_no_finding() -> None:
    assert findings(*books()) == []


def lose_an_event(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.applied["orders", "o-2"].pop()
    held.orders["o-2"] = ("c-1", "confirmed", 250)
    held.sums["c-1", "shipped"], held.sums["c-1", "confirmed"] = (0, 0), (1, 250)
    held.versions["orders"]["o-2"] = 2


def lose_an_event_and_go_on(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    """Nothing else shows it: the last event brings the row to where it belongs."""
    del held.applied["orders", "o-2"][1]


def lose_an_aggregate(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    del held.applied["orders", "o-1"]


def apply_twice(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.applied["orders", "o-2"].insert(1, held.applied["orders", "o-2"][0])


def add_twice(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.sums["c-1", "shipped"] = (2, 500)


def swap(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    told = held.applied["orders", "o-2"]
    told[0], told[1] = told[1], told[0]


def apply_as_something_else(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.applied["orders", "o-2"][2] = (3, "order.cancelled.v1")


def invent(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.applied["orders", "o-9"] = [(1, STATE)]


def keep_an_old_name(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.customers["c-1"] = "Noor"


def know_another_version(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.versions["orders"]["o-1"] = 2


def leave_a_letter(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    held.letters.append(("orders", "o-2", 3, "early"))


def not_told(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    commands.append(Acknowledged("nobody", "orders", "/x", 3, 0.0, 0.1, 1, 0.0))


def told_twice(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    truth["orders"].events[1]["correlationid"] = truth["orders"].events[0]["correlationid"]


def told_by_nobody(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    commands.pop(0)


def jump_in_the_feed(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    truth["orders"].events[2]["position"] = 4


def invert_the_feed(truth: dict[str, Truth], held: Held, commands: list[Acknowledged]) -> None:
    first, second = truth["orders"].events[:2]
    first["aggregateversion"], second["aggregateversion"] = 2, 1


PLANTED = [
    (lose_an_event, {"lost", "rows", "digest"}),
    (lose_an_event_and_go_on, {"lost"}),
    (lose_an_aggregate, {"lost"}),
    (apply_twice, {"doubled"}),
    (add_twice, {"rows"}),
    (swap, {"inverted", "lost"}),
    (apply_as_something_else, {"wrong"}),
    (invent, {"wrong"}),
    (keep_an_old_name, {"rows"}),
    (know_another_version, {"digest"}),
    (leave_a_letter, {"letter"}),
    (not_told, {"told"}),
    (told_twice, {"told"}),
    (told_by_nobody, {"told"}),
    (jump_in_the_feed, {"feed"}),
    (invert_the_feed, {"feed", "wrong"}),
]


@pytest.mark.parametrize(("plant", "found"), PLANTED, ids=[plant.__name__ for plant, _ in PLANTED])
def test_a_planted_fault_is_found(plant: Callable[..., None], found: set[str]) -> None:
    planted = deepcopy(books())
    plant(*planted)
    assert kinds(planted) == found
