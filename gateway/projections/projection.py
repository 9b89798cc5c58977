"""Projection: a read model, declared: what it keeps, whose events it follows, and what each of them does.

    tables = MetaData()
    order_views = Table("order_views", tables, Column("id", Text, primary_key=True), ...)

    projection = Projection("orders", version=1, tables=tables, streams=("customers", "orders"))

    @projection.state("orders", OrderData)
    @projection.on("orders", "order.placed.v1", OrderData)
    def placed(change: Change[OrderData], tx: Transaction) -> None:
        tx.put(order_views, {"id": change.subject, ...})

Handlers are pure: they see the change and the projection's own tables, nothing else, so that the same events always
give the same rows, whoever is up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import MetaData

from gateway.errors import BraidError
from gateway.projections.search import SearchTable
from gateway.projections.transaction import Transaction

T = TypeVar("T")
OldT = TypeVar("OldT")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What a handler gets: an event, or the state of an aggregate as a snapshot told it.

    stream:  the service that told it.
    type:    of the event, as its handler was declared for; None for a state.
    subject: the aggregate's id. version: its place among the events of the aggregate, from 1.
    time:    when it happened, by the service's clock; None for a state.
    data:    decoded, and brought to the handler's version.
    """

    stream: str
    type: str | None
    subject: str
    version: int
    time: datetime | None
    data: T


Handler = Callable[[Change[Any], Transaction], None]
HandlerT = TypeVar("HandlerT", bound=Handler)


@dataclass(frozen=True, slots=True)
class Handling:
    """How one type of event, or a stream's states, are handled.

    type:    as the handler was declared for. data: what to decode to; None for nothing.
    upcasts: then to be called, one after the other.
    is_end:  the aggregate does not exist any more after it.
    """

    handler: Handler
    type: str | None
    data: Any
    upcasts: Sequence[Callable[[Any], Any]] = ()
    is_end: bool = False


class ProjectionError(BraidError):
    """A projection is declared wrongly; the message says where."""

    code = "INVALID_PROJECTION"


class UnknownVersion(BraidError):
    """An event whose name is handled in other versions only: to let it be would be to lose it."""

    code = "UNKNOWN_EVENT_VERSION"


class Projection:
    """One read model. Declared once, at import; never changed afterwards.

    name:    in the configuration, the metrics and the store.
    version: of the tables and handlers. Another one needs a generation of its own, built beside the one that serves.
    tables:  what it keeps. Every table needs a primary key.
    streams: the services whose events it follows, in the order in which a build reads their snapshots.
    search:  its tables for full text.
    """

    def __init__(
        self,
        name: str,
        *,
        version: int,
        tables: MetaData,
        streams: Sequence[str],
        search: Sequence[SearchTable] = (),
    ) -> None:
        self.name = name
        self.version = version
        self.tables = tables
        self.streams = tuple(streams)
        self.search = tuple(search)
        self._states: dict[str, Handling] = {}
        self._events: dict[tuple[str, str], Handling] = {}
        self._upcasts: dict[tuple[str, str], tuple[str, Any, Callable[[Any], Any]]] = {}
        self._ends: dict[str, Handling] = {}

    def state(self, stream: str, data: type[Any]) -> Callable[[HandlerT], HandlerT]:
        """The decorated function is told each aggregate of the stream's snapshot."""

        def declare(handler: HandlerT) -> HandlerT:
            self._check(stream, stream in self._states, "states")
            self._states[stream] = Handling(handler, None, data)
            return handler

        return declare

    def on(self, stream: str, type: str, data: type[Any]) -> Callable[[HandlerT], HandlerT]:
        """The decorated function is told each event of this type, `order.placed.v1`."""

        def declare(handler: HandlerT) -> HandlerT:
            self._check(stream, (stream, type) in self._events, type)
            self._events[stream, type] = Handling(handler, type, data)
            return handler

        return declare

    def upcast(
        self, stream: str, old: str, data: type[OldT], new: str
    ) -> Callable[[Callable[[OldT], T]], Callable[[OldT], T]]:
        """The decorated function makes the data of event type `new` of that of `old`, which needs no handler then."""

        def declare(function: Callable[[OldT], T]) -> Callable[[OldT], T]:
            self._check(stream, (stream, old) in self._upcasts, old)
            self._upcasts[stream, old] = (new, data, function)
            return function

        return declare

    def gone(self, stream: str, *types: str) -> Callable[[HandlerT], HandlerT]:
        """The decorated function is told of each aggregate of the stream that does not exist any more.

        By an event of one of these types, whose data is not looked at, or because the service says so when a
        generation is verified. Nothing that came before it matters then: such an event waits for no other, and what
        is set aside of the aggregate is forgotten with it.
        """

        def declare(handler: HandlerT) -> HandlerT:
            self._check(stream, stream in self._ends, "what is gone")
            for type in types:
                self._check(stream, (stream, type) in self._events, type)
                self._events[stream, type] = Handling(handler, type, None, is_end=True)
            self._ends[stream] = Handling(handler, None, None, is_end=True)
            return handler

        return declare

    def state_of(self, stream: str) -> Handling | None:
        """How an aggregate of this stream's snapshot is handled; None when nothing is kept of it."""
        return self._states.get(stream)

    def end_of(self, stream: str) -> Handling | None:
        """How an aggregate of this stream that is gone is handled."""
        return self._ends.get(stream)

    def event(self, stream: str, type: str) -> Handling | None:
        """How this type of event is handled; None when it is let be. Raises UnknownVersion."""
        found = self._events.get((stream, type))
        if found is not None:
            return found
        steps, data, newer = self._upcasting(stream, type)
        if steps:
            handling = self._events[stream, newer]
            return Handling(handling.handler, handling.type, data, (*steps, *handling.upcasts))
        name = _name(type)
        known = [key for key in (*self._events, *self._upcasts) if key[0] == stream and _name(key[1]) == name]
        if known:
            raise UnknownVersion(f"projection '{self.name}' handles other versions of '{type}' of '{stream}' only")
        return None

    def _upcasting(self, stream: str, type: str) -> tuple[list[Callable[[Any], Any]], Any, str]:
        """The upcasts from this type to one that is handled, what to decode to, and that type; none without any."""
        steps: list[Callable[[Any], Any]] = []
        data: Any = None
        while (stream, type) in self._upcasts and (stream, type) not in self._events:
            if len(steps) == len(self._upcasts):
                raise ProjectionError(f"projection '{self.name}' upcasts '{type}' of '{stream}' in a circle")
            newer, old_data, function = self._upcasts[stream, type]
            data = old_data if not steps else data
            steps.append(function)
            type = newer
        if steps and (stream, type) not in self._events:
            raise ProjectionError(f"projection '{self.name}' has no handler for '{type}' of '{stream}'")
        return steps, data, type

    def _check(self, stream: str, is_taken: bool, what: str) -> None:
        if stream not in self.streams:
            message = f"projection '{self.name}' does not follow '{stream}'; its streams are {', '.join(self.streams)}"
            raise ProjectionError(message)
        if is_taken:
            raise ProjectionError(f"projection '{self.name}' has two handlers for {what} of '{stream}'")


def _name(type: str) -> str:
    """Of an event's type without its version: `order.placed` of `order.placed.v1`."""
    name, dot, version = type.rpartition(".v")
    return name if dot and version.isdecimal() else type
