"""NatsSource: the events of one JetStream stream, as `braid relay` stores them.

A position is the stream's sequence, its history the time at which the stream was made. Sequences have no gaps, for the
relay is the only one who writes, and nobody deletes single messages: where one is missing it is not known what was in
it, and the reader is told that it is no longer kept.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError

from gateway.events.errors import EventsMalformed, EventsPruned, EventsRewritten, EventsUnavailable
from gateway.events.event import Event
from gateway.events.nats.connection import NatsConnection, unavailable
from gateway.events.nats.consumer import Consumer
from gateway.events.outlet import is_mark
from gateway.events.source import EventBatch, Position

DELIVERY_S = 5.0
"""Within which what is in the stream must have come."""
_GATHER_S = 0.05
"""What is on its way is waited for, so that a batch is not torn."""

_event = msgspec.json.Decoder(Event)


@dataclass(frozen=True, slots=True)
class _Stream:
    """What the broker says of the stream. first: sequence of the first message that is kept, or would be."""

    history: str
    first: int
    last: int


class NatsSource:
    """One partition of a service's events. Of use to one reader at a time."""

    def __init__(self, name: str, connection: NatsConnection, stream: str) -> None:
        """connection: is shared, and not closed by this source."""
        self.name = name
        self._connection = connection
        self._stream = stream
        self._consumer: Consumer | None = None
        self._history = ""

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        deadline = asyncio.get_running_loop().time() + wait_s
        try:
            with unavailable(self.name):
                batch = await self._read(after, limit, deadline)
                while not batch.events and batch.position.number > after.number:
                    after = batch.position
                    batch = await self._read(after, limit, deadline)
                return batch
        except EventsUnavailable:
            await self._drop()
            raise

    async def head(self) -> Position:
        with unavailable(self.name):
            stream = await self._look("")
        return Position(stream.history, stream.last)

    async def close(self) -> None:
        await self._drop()

    async def _read(self, after: Position, limit: int, deadline: float) -> EventBatch:
        is_new = await self._place(after)
        while True:
            consumer = await self._next(limit, deadline)
            if not consumer.waiting:
                stream = await self._check(after)
                if stream.last == after.number and not consumer.is_over:
                    return EventBatch([], Position(stream.history, after.number), stream.last)
                await consumer.wait(1, asyncio.get_running_loop().time() + DELIVERY_S)
                if not consumer.waiting and (is_new or not consumer.is_over):
                    raise EventsUnavailable(self.name, f"The broker does not deliver the events of '{self.name}'.")
            pending = consumer.pending
            left = consumer.waiting
            taken = consumer.take(limit)
            if taken:
                return await self._batch(after, taken, pending + left - len(taken))
            if is_new:
                message = f"The broker no longer keeps the event of '{self.name}' behind {after.number}."
                raise EventsPruned(self.name, message)
            # It may be the consumer only that has missed something: another one tells.
            await self._drop()
            is_new = await self._place(after)

    async def _next(self, limit: int, deadline: float) -> Consumer:
        """The consumer, after what is there or comes until the deadline has come."""
        consumer = self._consumer
        assert consumer is not None
        await consumer.ask(limit)
        await consumer.wait(1, deadline)
        if 0 < consumer.waiting < limit and consumer.pending:
            rest = min(limit, consumer.waiting + consumer.pending)
            await consumer.wait(rest, asyncio.get_running_loop().time() + _GATHER_S)
        return consumer

    async def _place(self, after: Position) -> bool:
        """Have a consumer that comes to `after` next; true when it had to be made."""
        consumer = self._consumer
        is_right = consumer is not None and not consumer.is_over and consumer.next == after.number + 1
        if is_right and after.history in ("", self._history):
            return False
        await self._drop()
        self._history = (await self._check(after)).history
        consumer = Consumer((await self._connection.link()), self._stream, after.number + 1)
        self._consumer = consumer
        await consumer.open()
        return True

    async def _check(self, after: Position) -> _Stream:
        """The stream, when events behind `after` can be had of it. Raises EventsRewritten, EventsPruned."""
        stream = await self._look(after.history)
        if after.history not in ("", stream.history) or after.number > stream.last:
            raise EventsRewritten(self.name, f"The events of '{self.name}' at the broker have begun anew.")
        if after.number + 1 < stream.first:
            message = f"The broker no longer keeps the events of '{self.name}' up to {stream.first - 1}."
            raise EventsPruned(self.name, message)
        return stream

    async def _look(self, history: str) -> _Stream:
        """history: that the reader knows of, so that a stream which is not there must have been deleted."""
        link = await self._connection.link()
        try:
            info = await link.stream_info(self._stream)
        except NotFoundError as error:
            if history:
                raise EventsRewritten(self.name, f"The events of '{self.name}' at the broker were deleted.") from error
            message = f"The broker has no events of '{self.name}' yet: is braid relay running?"
            raise EventsUnavailable(self.name, message) from error
        made = info.created.isoformat() if info.created else ""
        return _Stream(made, info.state.first_seq, info.state.last_seq)

    async def _batch(self, after: Position, messages: list[Msg], behind: int) -> EventBatch:
        """behind: how many there are in the stream behind these. Raises EventsMalformed when the first is no event."""
        events: list[Event] = []
        number = after.number
        for message in messages:
            # Messages are not looked into further than they have to be: a mark is empty.
            if message.data or not is_mark(message.headers or {}, message.data):
                try:
                    events.append(_event.decode(message.data))
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    await self._drop()
                    if number == after.number:
                        text = f"The broker has something at {number + 1} that is no event of '{self.name}': {error}."
                        raise EventsMalformed(self.name, text) from error
                    break
            number += 1
        return EventBatch(events, Position(self._history, number), after.number + len(messages) + behind)

    async def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.close()
