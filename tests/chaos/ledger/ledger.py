"""The ledger: what was acknowledged, what was told, what was applied, and whether they agree.

What must be applied is reckoned anew from what the services say, by other code than the projection's. Every finding is
a line of text that begins with its kind, by which tests tell them apart.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any
from zlib import crc32

from mock_services.activity.load import Acknowledged
from tests.chaos.ledger.held import Held
from tests.chaos.ledger.shop_log import STATE
from tests.chaos.ledger.truth import Truth

BUCKETS = 1024


def findings(truth: Mapping[str, Truth], held: Held, acknowledged: Iterable[Acknowledged]) -> list[str]:
    """All that is wrong. truth: of `customers` and `orders` at least."""
    wrong = [*_told(truth, acknowledged), *_rows(truth, held)]
    for name in ("customers", "orders"):
        wrong += [*_feed(name, truth[name]), *_applied(name, truth[name], held), *_digest(name, truth[name], held)]
    return wrong + [f"letter: {stream} {subject} {version} {state}" for stream, subject, version, state in held.letters]


def _told(truth: Mapping[str, Truth], acknowledged: Iterable[Acknowledged]) -> Iterator[str]:
    """Each acknowledged command is told by one event, and nothing else is told."""
    told = Counter((name, event["correlationid"]) for name, each in truth.items() for event in each.events)
    for command in acknowledged:
        times = told.pop((command.service, command.key), 0)
        if times != 1:
            yield f"told: {times} times, {command.service} {command.path}, acknowledged at {command.position}"
    for (service, key), times in told.items():
        yield f"told: by no acknowledged command, {service} {key}, {times} times"


def _feed(name: str, truth: Truth) -> Iterator[str]:
    """Positions have no gaps, and an aggregate's versions follow each other."""
    if [event["position"] for event in truth.events] != list(range(1, truth.head + 1)):
        yield f"feed: positions of {name} are not 1 to {truth.head}"
    last: dict[str, int] = {}
    for event in truth.events:
        subject, version = event["subject"], event["aggregateversion"]
        if version != last.get(subject, version - 1) + 1:
            yield f"feed: {name} {subject} has version {version} after {last[subject]}"
        last[subject] = version


def _applied(name: str, truth: Truth, held: Held) -> Iterator[str]:
    """Each version was applied once, in its order, and as what it is."""
    types = {(event["subject"], event["aggregateversion"]): event["type"] for event in truth.events}
    for subject, aggregate in truth.aggregates.items():
        told = held.applied.get((name, subject), [])
        versions = [version for version, _ in told]
        if not versions:
            yield f"lost: {name} {subject} is not there"
            continue
        if versions[-1] != aggregate.version:
            yield f"lost: {name} {subject} ends with version {versions[-1]}, not {aggregate.version}"
        for before, after in pairwise(versions):
            if after == before:
                yield f"doubled: {name} {subject} version {after}"
            elif after < before:
                yield f"inverted: {name} {subject} version {after} after {before}"
            elif after > before + 1:
                yield f"lost: {name} {subject} versions between {before} and {after}"
        for version, type in told:
            if type not in (STATE, types.get((subject, version))):
                yield f"wrong: {name} {subject} version {version} as {type}"
    for stream, subject in held.applied:
        if stream == name and subject not in truth.aggregates:
            yield f"wrong: {name} {subject} does not exist"


def _rows(truth: Mapping[str, Truth], held: Held) -> Iterator[str]:
    """The projection's rows are those of a plain fold of what there is."""
    orders = {id: each.data for id, each in truth["orders"].aggregates.items()}
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for order in orders.values():
        count, cents = sums.get((order["customer_id"], order["status"]), (0, 0))
        sums[order["customer_id"], order["status"]] = (count + 1, cents + order["total_cents"])
    expected = {id: (order["customer_id"], order["status"], order["total_cents"]) for id, order in orders.items()}
    names = {id: each.data["name"] for id, each in truth["customers"].aggregates.items()}
    yield from _differing("orders", expected, held.orders)
    yield from _differing("customers", names, held.customers)
    yield from _differing("sums", sums, {key: value for key, value in held.sums.items() if value != (0, 0)})


def _differing(table: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> Iterator[str]:
    for key in expected.keys() | found.keys():
        if expected.get(key) != found.get(key):
            yield f"rows: {table} has {key} as {found.get(key)}, not {expected.get(key)}"


def _digest(name: str, truth: Truth, held: Held) -> Iterator[str]:
    """The versions that the projection knows give the service's checksums."""
    lines: dict[int, list[str]] = {}
    for subject, version in sorted(held.versions.get(name, {}).items()):
        lines.setdefault(crc32(subject.encode()) % BUCKETS, []).append(f"{subject}:{version}\n")
    mine = {bucket: hashlib.sha256("".join(each).encode()).hexdigest() for bucket, each in lines.items()}
    if mine != truth.digest:
        yield f"digest: {name} differs in {len(mine.items() ^ truth.digest.items())} checksums of buckets"
