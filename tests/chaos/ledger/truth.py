"""What services say of themselves when all is quiet: every event they have told, and what they have now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Aggregate:
    version: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """One service. events: all it keeps, as JSON, in order. aggregates: what there is, by subject.

    digest: its checksum of each bucket that has aggregates.
    """

    head: int
    events: list[dict[str, Any]]
    aggregates: dict[str, Aggregate]
    digest: dict[int, str]


def truth_of(urls: Mapping[str, str], services: Iterable[str]) -> dict[str, Truth]:
    """By service. Nobody may be writing."""
    with httpx.Client(timeout=30, trust_env=False) as client:
        return {name: _ask(client, urls[name]) for name in services}


def _ask(client: httpx.Client, url: str) -> Truth:
    events, head = _events(client, url)
    return Truth(head, events, _aggregates(client, url), _digest(client, url))


def _events(client: httpx.Client, url: str) -> tuple[list[dict[str, Any]], int]:
    events: list[dict[str, Any]] = []
    while True:
        page = _get(client, f"{url}/events?limit={PAGE}&after={events[-1]['position'] if events else 0}")
        events += page["events"]
        if len(page["events"]) < PAGE:
            return events, page["head"]


def _aggregates(client: httpx.Client, url: str) -> dict[str, Aggregate]:
    found: dict[str, Aggregate] = {}
    target = f"/snapshot?limit={PAGE}"
    while True:
        page = _get(client, url + target)
        found |= {item["subject"]: Aggregate(item["aggregateversion"], item["data"]) for item in page["items"]}
        if page["next"] is None:
            return found
        target = f"/snapshot?limit={PAGE}&cursor={page['next']}"


def _digest(client: httpx.Client, url: str) -> dict[int, str]:
    digests = _get(client, f"{url}/digest")["digests"]
    return {int(bucket): each["sha256"] for bucket, each in digests.items()}


def _get(client: httpx.Client, url: str) -> Any:
    answer = client.get(url)
    answer.raise_for_status()
    return msgspec.json.decode(answer.content)
