"""Reading a service's feed as one who keeps copies does, and what must be true of every feed."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any
from zlib import crc32

import httpx

Event = dict[str, Any]
Ask = dict[str, httpx.Client]


def events_after(client: httpx.Client, after: int = 0, limit: int = 100) -> list[Event]:
    """All of them, page by page. Every page must be full but the last."""
    events: list[Event] = []
    while True:
        answer = client.get("/events", params={"after": after, "limit": limit})
        assert answer.status_code == 200, answer.text
        page = answer.json()["events"]
        events += page
        if len(page) < limit:
            return events
        after = page[-1]["position"]


def head(client: httpx.Client) -> int:
    """The last position there is."""
    return client.get("/events", params={"limit": 1}).json()["head"]


def snapshot(client: httpx.Client, limit: int = 1000) -> tuple[int, dict[str, Event]]:
    """The first page's position, and every aggregate's item by subject."""
    page = client.get("/snapshot", params={"limit": limit}).json()
    position, items = page["position"], page["items"]
    while page["next"]:
        page = client.get("/snapshot", params={"limit": limit, "cursor": page["next"]}).json()
        items += page["items"]
    by_subject = {item["subject"]: item for item in items}
    assert len(by_subject) == len(items)
    return position, by_subject


def check_order(events: list[Event], after: int = 0) -> None:
    """Positions have no gaps, ids are not repeated, and each aggregate's versions follow each other."""
    assert [event["position"] for event in events] == list(range(after + 1, after + 1 + len(events)))
    assert len({event["id"] for event in events}) == len(events)
    versions: dict[str, int] = {}
    for event in events:
        subject, version = event["subject"], event["aggregateversion"]
        assert version == versions.get(subject, version - 1) + 1, event
        versions[subject] = version


def check_digest(client: httpx.Client) -> None:
    """The checksums are those of the snapshot, when nobody writes."""
    answer = client.get("/digest").json()
    position, items = snapshot(client)
    lines: dict[int, list[str]] = {}
    for subject in sorted(items):
        bucket = crc32(subject.encode()) % answer["buckets"]
        lines.setdefault(bucket, []).append(f"{subject}:{items[subject]['aggregateversion']}\n")
    assert answer["position"] == position
    assert answer["digests"] == {
        str(bucket): {"rows": len(each), "sha256": hashlib.sha256("".join(each).encode()).hexdigest()}
        for bucket, each in lines.items()
    }


def types_of(events: list[Event]) -> Counter[str]:
    return Counter(event["type"] for event in events)
