"""The dashboard that the clients ask, which needs all seven services, and the judgement of an answer to it.

Each client asks for a customer of its own and for that customer's neighbour, whom no other client asks for: so every
service is asked for several things at once, and whatever belongs to another client is seen to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

DASHBOARD = """
query Dashboard($mine: ID!, $neighbour: ID!) {
  mine: customer(id: $mine) { ...Board }
  neighbour: customer(id: $neighbour) { ...Board }
  ordersConnection(customerId: $mine, first: 1) { nodes { id placedAt } }
}
fragment Board on Customer {
  email
  recentOrders(first: 1) { id total items { quantity product { sku stock { available } averageRating } } }
  openTickets { id subject }
  billing { totalPaid outstanding }
  reviews(first: 1) { id title }
}
"""

ROOT_OWNERS = {"mine": "customers", "neighbour": "customers", "ordersConnection": "orders"}
FIELD_OWNERS = {
    "recentOrders": "orders",
    "sku": "catalog",
    "stock": "inventory",
    "billing": "payments",
    "openTickets": "support",
    "reviews": "reviews",
    "averageRating": "reviews",
}
"""Fields that are fetched for themselves; all others come with what they are in."""

Place = tuple[str | int, ...]


@dataclass(slots=True)
class Judgement:
    """What is to be said of one answer.

    lost:    places of the victim that are null, each with one error.
    codes:   of these errors.
    missing: healthy places that are null. crossed: places with a value that is not this client's.
    blamed:  errors that are not as they should be, and places of the victim that are null without one.
    """

    lost: set[Place] = field(default_factory=set[Place])
    codes: Counter[str] = field(default_factory=Counter[str])
    missing: list[Place] = field(default_factory=list[Place])
    crossed: list[Place] = field(default_factory=list[Place])
    blamed: list[str] = field(default_factory=list[str])


def judge(expected: Any, answer: Any, victim: str) -> Judgement:
    """expected: the undisturbed data. answer: the whole body, decoded. victim: the service that is disturbed."""
    judgement = Judgement()
    data = answer.get("data")
    if isinstance(data, dict):
        _compare(expected, data, (), (ROOT_OWNERS, victim), judgement)
    else:
        judgement.missing.append(())
    _judge_errors(answer.get("errors", []), victim, judgement)
    return judgement


def places_of(service: str, expected: Any) -> set[Place]:
    """The outermost places that are null when the service answers nothing."""
    everything_lost = Judgement()
    _compare(expected, _without(expected, service, ROOT_OWNERS), (), (ROOT_OWNERS, service), everything_lost)
    assert not everything_lost.missing
    assert not everything_lost.crossed
    return everything_lost.lost


def _compare(expected: Any, found: Any, path: Place, owners: tuple[dict[str, str], str], judgement: Judgement) -> None:
    """owners: of the fields of `expected`, and the victim."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        by_name, victim = owners
        for name, value in expected.items():
            place = (*path, name)
            if found[name] is None and value is not None and by_name.get(name) == victim:
                judgement.lost.add(place)
            else:
                _compare(value, found[name], place, (FIELD_OWNERS, victim), judgement)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, value in enumerate(expected):
            _compare(value, found[index], (*path, index), owners, judgement)
    elif found is None and expected is not None:
        judgement.missing.append(path)
    elif found != expected:
        judgement.crossed.append(path)


def _judge_errors(errors: list[Any], victim: str, judgement: Judgement) -> None:
    """Each lost place has one error, that error names the victim, and there are no others."""
    told: Counter[Place] = Counter()
    for error in errors:
        path = tuple(error.get("path") or ())
        told[path] += 1
        extensions = error.get("extensions", {})
        judgement.codes[extensions.get("code", "none")] += 1
        if path not in judgement.lost or extensions.get("service") != victim:
            judgement.blamed.append(f"{extensions} at {path}")
    for path in judgement.lost:
        if told[path] != 1:
            judgement.blamed.append(f"{told[path]} errors at {path}")


def _without(expected: Any, service: str, owners: dict[str, str]) -> Any:
    if isinstance(expected, list):
        return [_without(item, service, owners) for item in expected]
    if not isinstance(expected, dict):
        return expected
    return {
        name: None if owners.get(name) == service else _without(value, service, FIELD_OWNERS)
        for name, value in expected.items()
    }
