"""Appliers: handlers with everything found out that can be, once for each type of event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from gateway.events import Aggregate, Event
from gateway.projections.projection import Change, Handling, Projection, UnknownVersion
from gateway.projections.transaction import Transaction

Decode = Callable[[msgspec.Raw], Any]


class Applier:
    """Calls one handler. Raises whatever it raises, and msgspec.DecodeError or ValidationError for bad data."""

    __slots__ = ("_decode", "_handler", "_stream", "_type", "is_end")

    def __init__(self, stream: str, handling: Handling) -> None:
        self.is_end = handling.is_end
        self._stream = stream
        self._type = handling.type
        self._handler = handling.handler
        self._decode = _decoding(handling)

    def event(self, event: Event, tx: Transaction) -> None:
        data = self._decode(event.data)
        change = Change(self._stream, self._type, event.subject, event.aggregateversion, event.time, data)
        self._handler(change, tx)

    def state(self, state: Aggregate, tx: Transaction) -> None:
        data = self._decode(state.data)
        self._handler(Change(self._stream, None, state.subject, state.aggregateversion, None, data), tx)

    def gone(self, subject: str, version: int, tx: Transaction) -> None:
        """An aggregate is not there any more, though no event said so."""
        self._handler(Change(self._stream, None, subject, version, None, None), tx)


class UnknownApplier(Applier):
    """For an event that must not be let be."""

    __slots__ = ("_message",)

    def __init__(self, error: UnknownVersion) -> None:
        self.is_end = False
        self._message = error.message

    def event(self, event: Event, tx: Transaction) -> None:
        raise UnknownVersion(self._message)


class Appliers:
    """Those of one projection."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._events: dict[tuple[str, str], Applier | None] = {}
        self._states = {stream: self._made(stream, projection.state_of(stream)) for stream in projection.streams}
        self._ends = {stream: self._made(stream, projection.end_of(stream)) for stream in projection.streams}

    def event(self, stream: str, type: str) -> Applier | None:
        """None when this type is let be."""
        key = stream, type
        try:
            return self._events[key]
        except KeyError:
            applier = self._events[key] = self._find(stream, type)
            return applier

    def state(self, stream: str) -> Applier | None:
        return self._states[stream]

    def end(self, stream: str) -> Applier | None:
        return self._ends[stream]

    def _find(self, stream: str, type: str) -> Applier | None:
        try:
            return self._made(stream, self._projection.event(stream, type))
        except UnknownVersion as error:
            return UnknownApplier(error)

    def _made(self, stream: str, handling: Handling | None) -> Applier | None:
        return None if handling is None else Applier(stream, handling)


def _decoding(handling: Handling) -> Decode:
    if handling.data is None:
        return _nothing
    decode = msgspec.json.Decoder(handling.data).decode
    if not handling.upcasts:
        return decode

    def upcast(raw: msgspec.Raw) -> Any:
        data = decode(raw)
        for step in handling.upcasts:
            data = step(data)
        return data

    return upcast


def _nothing(raw: msgspec.Raw) -> None:
    return None
