"""Partition: one partition of a Kafka topic, read by blocking calls in the thread of whoever uses it.

The relay writes in transactions, and only what was committed is seen. A transaction's end takes an offset itself: so
offsets have gaps, and the last offset of the partition is never an event's.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from gateway.events.errors import EventsPruned, EventsRewritten, EventsUnavailable
from gateway.events.kafka.codes import AUTO_OFFSET_RESET, PARTITION_EOF, UNKNOWN_PARTITION, UNKNOWN_TOPIC
from gateway.events.outlet import is_mark

REQUEST_S = 5.0
SLICE_S = 0.25
"""How long a call into the client may block: it cannot be woken."""
GATHER_S = 0.05
"""How long the next of several messages may take."""
_OUT_OF_RANGE = (AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)
_ABSENT = (KafkaError.UNKNOWN_TOPIC_OR_PART, UNKNOWN_TOPIC, UNKNOWN_PARTITION)

_silent = logging.getLogger("gateway.events.kafka")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


def client_settings(bootstrap: str) -> dict[str, Any]:
    """What every client is made with."""
    return {
        "bootstrap.servers": bootstrap,
        "client.id": "braid",
        "logger": _silent,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "socket.timeout.ms": int(REQUEST_S * 1000),
    }


@dataclass(frozen=True, slots=True)
class Bounds:
    """first: the first offset that is kept, or would be. end: behind the last one."""

    first: int
    end: int

    def is_read(self, number: int) -> bool:
        """Whether there is no event behind this position: at most the end of a transaction."""
        return number >= self.end - 1


class Partition:
    """Close it."""

    def __init__(self, name: str, bootstrap: str, topic: str, partition: int) -> None:
        """name: for errors."""
        self.name = name
        self.next: int | None = None
        """The offset that comes next; None when it must be placed first."""
        self._behind = 0
        self._with_marks = False
        self._at = (topic, partition)
        self._consumer = Consumer(
            client_settings(bootstrap)
            | {
                # Kafka wants one; nothing is ever stored under it.
                "group.id": f"braid-{uuid.uuid4().hex}",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 100,
            }
        )

    def bounds(self, history: str = "") -> Bounds:
        """Raises EventsUnavailable; EventsRewritten when the reader knows a history, and there is no topic."""
        try:
            found = self._consumer.get_watermark_offsets(TopicPartition(*self._at), timeout=REQUEST_S)
        except KafkaException as error:
            if _code(error) in _ABSENT:
                raise self._absent(history) from error
            raise self.unavailable() from error
        if not found:
            raise self.unavailable()
        return Bounds(*found)

    def known(self) -> Bounds:
        """As of the last answer of the broker."""
        found = self._consumer.get_watermark_offsets(TopicPartition(*self._at), cached=True)
        return Bounds(*found) if found else Bounds(0, 0)

    def place(self, number: int, history: str) -> Bounds:
        """Have `number` come next. Raises EventsUnavailable, EventsRewritten, EventsPruned."""
        self.next = None
        bounds = self.check(number, history)
        try:
            self._consumer.assign([TopicPartition(*self._at, number)])
        except KafkaException as error:
            raise self.unavailable() from error
        self.next = self._behind = number
        return bounds

    def is_at(self, number: int) -> bool:
        """Whether what comes next is what lies behind this position."""
        return self.next is not None and self._behind <= number <= self.next

    def check(self, number: int, history: str) -> Bounds:
        """The bounds, when what is behind this position can be had."""
        bounds = self.bounds(history)
        if number > bounds.end:
            raise EventsRewritten(self.name, f"The events of '{self.name}' at the broker have begun anew.")
        if number < bounds.first:
            raise EventsPruned(self.name, f"The broker no longer keeps the events of '{self.name}' at {number}.")
        return bounds

    def take(self, limit: int, deadline: float, is_over: Callable[[], bool] = lambda: False) -> list[Message]:
        """Up to `limit` messages, as soon as there are some; none when there are none at the deadline.

        Before that, `next` moves over what is no message. is_over: asked now and then whether to end early.
        deadline: by time.monotonic.
        """
        while True:
            left = deadline - time.monotonic()
            messages = self._consume(1, max(min(left, SLICE_S), 0.0))
            if messages:
                return messages + self._gather(limit - 1)
            if left <= 0 or is_over():
                return []

    def _gather(self, limit: int) -> list[Message]:
        """What is on its way behind a message, so that a batch is not torn."""
        messages: list[Message] = []
        while len(messages) < limit and self.next is not None and not self.known().is_read(self.next):
            more = self._consume(limit - len(messages), 0.0) or self._consume(1, GATHER_S)
            if not more:
                break
            messages += more
        return messages

    def _consume(self, limit: int, timeout_s: float) -> list[Message]:
        return [message for message in self._consumer.consume(limit, timeout_s) if self._is_message(message)]

    def last(self, bounds: Bounds, *, with_marks: bool = False) -> Message | None:
        """The last message; with_marks: or mark. Afterwards the partition must be placed."""
        self._with_marks = with_marks
        try:
            return self._last(bounds)
        finally:
            self._with_marks = False

    def _last(self, bounds: Bounds) -> Message | None:
        reach = 8
        while bounds.end > bounds.first:
            first = max(bounds.end - reach, bounds.first)
            self.place(first, "")
            found: Message | None = None
            deadline = time.monotonic() + REQUEST_S
            while self.next is not None and self.next < bounds.end and time.monotonic() < deadline:
                for message in self.take(1000, time.monotonic() + SLICE_S):
                    found = message
            at, self.next = self.next, None
            if at is None or at < bounds.end:
                raise self.unavailable()
            if found is not None or first == bounds.first:
                return found
            reach *= 8
        return None

    def close(self) -> None:
        self._consumer.close()

    def unavailable(self) -> EventsUnavailable:
        return EventsUnavailable(self.name, f"The broker of '{self.name}' does not answer.")

    def _absent(self, history: str) -> EventsRewritten | EventsUnavailable:
        if history:
            return EventsRewritten(self.name, f"The events of '{self.name}' at the broker were deleted.")
        return EventsUnavailable(self.name, f"The broker has no events of '{self.name}' yet: is braid relay running?")

    def _is_message(self, message: Message) -> bool:
        """`next` is moved behind it. Raises when it tells of a fault."""
        error, offset = message.error(), message.offset()
        if error is None:
            self.next = (offset or 0) + 1
            if not message.value() and is_mark(headers_of(message), message.value()) and not self._with_marks:
                return False
            self._behind = self.next
            return True
        if error.code() == PARTITION_EOF:
            self.next = offset
            return False
        number, self.next = self.next or 0, None
        if error.code() in _OUT_OF_RANGE:
            self.check(number, "")
        if error.code() in _ABSENT:
            raise self._absent("")
        raise self.unavailable()


def headers_of(message: Message) -> dict[str, str]:
    """By name; what is no text is left out."""
    found: dict[str, str] = {}
    for name, value in message.headers() or []:
        if isinstance(value, bytes):
            found[name] = value.decode(errors="replace")
    return found


def _code(error: KafkaException) -> int:
    return error.args[0].code()
