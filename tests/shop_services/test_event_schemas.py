"""Promised shapes of events: what services send today keeps them, and what would break them is found out."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import jsoncompat
import jsonschema_rs
import msgspec
import pytest

from mock_services.kit.events import EventType, Stream
from mock_services.kit.ports import PORTS
from mock_services.orders.model import Cents, Order, OrderItem, Status

CORPUS = Path(__file__).parent / "corpus"
"""One event's data for every type and version that has ever been sent."""

STREAMS: list[Stream] = [import_module(f"mock_services.{name}.app").STREAM for name in PORTS]
EVENTS = [(stream, event) for stream in STREAMS for event in stream.events]
FILES = sorted(path for stream in STREAMS for path in (stream.folder / "schemas").glob("*.json"))


def promised(stream: Stream, event: EventType) -> str:
    return stream.schema_path(event).read_text()


def keeps(old: str, new: dict[str, Any]) -> bool:
    """Whether all that is sent by `new` can be read by who expects `old`."""
    return jsoncompat.check_compat(old, json.dumps(new), "serializer")


@pytest.mark.parametrize(
    ("stream", "event"), EVENTS, ids=lambda value: str(value) if isinstance(value, EventType) else ""
)
def test_what_is_sent_today_is_what_was_promised(stream: Stream, event: EventType) -> None:
    """A change that this refuses is a new version of the event. One that it allows is written into the file."""
    assert keeps(promised(stream, event), event.schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_event_ever_sent_can_still_be_read(path: Path) -> None:
    """A promise is never changed so that it excludes what was sent under it."""
    sent = json.loads((CORPUS / path.name).read_text())
    jsonschema_rs.validate(json.loads(path.read_text()), sent)


def test_there_is_a_promise_and_an_example_for_every_version() -> None:
    assert {path.name for path in FILES} >= {event.schema_file for _, event in EVENTS}
    assert {path.name for path in FILES} == {path.name for path in CORPUS.glob("*.json")}


class _Base(msgspec.Struct):
    id: str
    customer_id: str
    placed_at: str
    currency: str
    total_cents: Cents
    items: Annotated[list[OrderItem], msgspec.Meta(min_length=1)]


class WithMore(Order):
    """A member more hurts nobody."""

    note: str | msgspec.UnsetType = msgspec.UNSET


class WithLess(msgspec.Struct):
    """A member that is gone."""

    id: str
    status: Status


class WithMaybe(_Base):
    """A member that may be absent now."""

    status: Status | msgspec.UnsetType = msgspec.UNSET


class WithAnotherStatus(_Base):
    """A value that nobody knows."""

    status: str


class WithoutItems(msgspec.Struct):
    """A rule inside that no longer holds: there may be no item."""

    id: str
    customer_id: str
    status: Status
    placed_at: str
    currency: str
    total_cents: Cents
    items: list[OrderItem]


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        (Order, True),
        (WithMore, True),
        (WithLess, False),
        (WithMaybe, False),
        (WithAnotherStatus, False),
        (WithoutItems, False),
    ],
)
def test_a_change_that_breaks_readers_is_found_out(changed: Any, allowed: bool) -> None:
    """Of an order as its event carries it."""
    stream = import_module("mock_services.orders.app").STREAM
    assert keeps(promised(stream, stream.events[0]), EventType("order.placed", changed).schema()) == allowed
