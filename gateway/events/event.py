"""Event: one thing that a service tells, in the structured JSON form of CloudEvents 1.0."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec

T = TypeVar("T")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes of CloudEvents that Braid knows, with its extensions; others are let be.

    id:               told apart by it, and `source`, from every other event.
    type:             what happened, with the version of `data`'s shape: `order.placed.v1`.
    subject:          the key: events of one subject are read in their order.
    time:             when it happened, by the service's clock; always with an offset.
    data:             JSON as it came. It is decoded by who knows its type, so that bad data harms no other event.
    position:         its place in the service's feed, from 1, without gaps.
    aggregateversion: its place among the events of its subject, from 1, without gaps.
    correlationid:    the X-Request-Id of the request that caused it; traceparent: its trace.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    data: msgspec.Raw
    position: int
    aggregateversion: int
    dataschema: str | None = None
    correlationid: str | None = None
    traceparent: str | None = None

    def decode(self, kind: type[T]) -> T:
        """`data` as a `kind`. Raises msgspec.ValidationError or DecodeError when it is something else."""
        return msgspec.json.decode(self.data, type=kind)
