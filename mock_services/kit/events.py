"""What a service tells of its changes: its types of events, and the aggregates whose state can be read whole.

An event type is a name and a version, `order.placed.v1`. Its data is a type of the service, and a promise: the JSON
Schema in the service's folder `schemas`, which only ever grows. What would break it is a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from mock_services.kit.connection import Connection

SPECVERSION = "1.0"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class EventType:
    """name: `order.placed`. data: the type of what it carries. creates: whether the aggregate begins with it."""

    name: str
    data: Any
    creates: bool = False
    version: int = 1

    def __str__(self) -> str:
        return f"{self.name}.v{self.version}"

    @property
    def aggregate(self) -> str:
        return self.name.partition(".")[0]

    @property
    def schema_file(self) -> str:
        return f"{self}.json"

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what is sent today; the file holds what was promised."""
        return msgspec.json.schema(self.data)


@dataclass(frozen=True, slots=True)
class Stream:
    """A service's aggregates and their events.

    folder:     the service's own; its `schemas` holds the promises.
    table, key: rows of `table` with the same `key` are one aggregate.
    find:       the state of aggregates by key, as one event would carry it; those that do not exist are absent.
    """

    service: str
    folder: Path
    table: str
    key: str
    find: Callable[[Connection, list[str]], Mapping[str, Any]]
    events: tuple[EventType, ...]

    @property
    def source(self) -> str:
        """As in CloudEvents."""
        return f"/{self.service}"

    def schema_path(self, event: EventType) -> Path:
        return self.folder / "schemas" / event.schema_file


class CloudEvent(msgspec.Struct, frozen=True):
    """One event in the structured JSON form of CloudEvents 1.0; the last five attributes are extensions.

    subject:          the aggregate's id.
    dataschema:       where the service serves the schema of `data`.
    position:         its place among all events of the service, from 1, without gaps.
    aggregateversion: its place among the events of its aggregate, from 1, without gaps. What was there before the
                      feed began has version 1.
    correlationid:    the X-Request-Id of the request that caused it.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"]
    dataschema: str
    data: msgspec.Raw
    position: int
    aggregateversion: int
    correlationid: str | msgspec.UnsetType = msgspec.UNSET
    traceparent: str | msgspec.UnsetType = msgspec.UNSET
