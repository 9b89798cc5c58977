"""KafkaSource: the events of one partition of a Kafka topic, as `braid relay` writes them.

A position is the offset behind the last event read. A Kafka topic has no name for its history that any client could
ask for; so the relay writes one beside every event, and the reader compares. Numbers have gaps (partition.py), and the
lag is reckoned in them: it is 0 when all is read, and before that somewhat more than there are events.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec
from confluent_kafka import Message

from gateway.events.brokers import KafkaBroker, source_name
from gateway.events.errors import EventsMalformed, EventsRewritten, EventsUnavailable
from gateway.events.event import Event
from gateway.events.kafka.partition import Partition, headers_of
from gateway.events.source import EventBatch, Position

T = TypeVar("T")

HISTORY = "Braid-History"
DELIVERY_S = 5.0
"""Within which what is in the partition must have come."""

_event = msgspec.json.Decoder(Event)


class KafkaSource:
    """One partition of a service's events, read in a thread of its own. Of use to one reader at a time."""

    def __init__(self, service: str, broker: KafkaBroker, partition: int) -> None:
        self.name = source_name(service, partition, broker.partitions)
        self._broker = broker
        self._at = (broker.topic(service), partition)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kafka {self.name}")
        self._partition: Partition | None = None
        self._is_closed = False

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        deadline = time.monotonic() + wait_s
        return await self._run(lambda is_over: self._read(after, limit, deadline, is_over))

    async def head(self) -> Position:
        return await self._run(lambda _: self._head())

    async def close(self) -> None:
        if not self._is_closed:
            await self._run(lambda _: self._drop())
            self._is_closed = True
            self._thread.shutdown()

    async def _run(self, call: Callable[[Callable[[], bool]], T]) -> T:
        """In the thread. When this is cancelled the call is told, and ends a moment later."""
        over = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call, over.is_set)
        finally:
            over.set()

    def _read(self, after: Position, limit: int, deadline: float, is_over: Callable[[], bool]) -> EventBatch:
        try:
            partition = self._open()
            if not partition.is_at(after.number):
                is_read = partition.place(after.number, after.history).is_read(after.number)
                deadline = deadline if is_read else max(deadline, time.monotonic() + DELIVERY_S)
            messages = partition.take(limit, deadline, is_over)
            if not messages and not self._is_read(partition, after):
                messages = partition.take(limit, time.monotonic() + DELIVERY_S, is_over)
                if not messages and not self._is_read(partition, after):
                    raise partition.unavailable()
            if messages:
                return self._batch(after, messages, partition)
            number = max(partition.next or 0, after.number)
            return EventBatch([], Position(after.history, number), number)
        except EventsUnavailable:
            self._drop()
            raise

    def _is_read(self, partition: Partition, after: Position) -> bool:
        """Asks the broker whether there is nothing behind this position."""
        bounds = partition.check(after.number, after.history)
        return bounds.is_read(max(partition.next or 0, after.number))

    def _batch(self, after: Position, messages: list[Message], partition: Partition) -> EventBatch:
        """Up to the first that is no event. Raises EventsMalformed when there is nothing before it."""
        events: list[Event] = []
        history, number = after.history, after.number
        for message in messages:
            told = headers_of(message).get(HISTORY, "")
            if told and history and told != history:
                partition.next = None
                raise EventsRewritten(self.name, f"The events of '{self.name}' at the broker have begun anew.")
            try:
                event = _event.decode(message.value() or b"")
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                partition.next = None
                if not events:
                    text = f"The broker has something at {message.offset()} that is no event of '{self.name}': {error}."
                    raise EventsMalformed(self.name, text) from error
                break
            events.append(event)
            history, number = told or history, (message.offset() or 0) + 1
        return EventBatch(events, Position(history, number), self._end(partition, number))

    def _end(self, partition: Partition, number: int) -> int:
        """The head, as far as it is known without asking: that of the last answer."""
        bounds = partition.known()
        return number if bounds.is_read(number) else bounds.end

    def _head(self) -> Position:
        try:
            partition = self._open()
            bounds = partition.bounds()
            message = partition.last(bounds)
        except EventsUnavailable:
            self._drop()
            raise
        if message is None:
            return Position("", bounds.end)
        return Position(headers_of(message).get(HISTORY, ""), (message.offset() or 0) + 1)

    def _open(self) -> Partition:
        if self._partition is None:
            self._partition = Partition(self.name, self._broker.bootstrap, *self._at)
        return self._partition

    def _drop(self) -> None:
        partition, self._partition = self._partition, None
        if partition is not None:
            partition.close()
