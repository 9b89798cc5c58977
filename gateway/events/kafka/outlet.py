"""KafkaOutlet: a service's events into a Kafka topic, a transaction for each batch.

The transactional id is the service's: whoever opens the outlet last is the one who writes, and the broker refuses the
one before. What was not committed when a relay was killed is never seen.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from gateway.events.brokers import KafkaBroker, source_name
from gateway.events.errors import EventsError, EventsUnavailable
from gateway.events.kafka.codes import FENCED
from gateway.events.kafka.partition import REQUEST_S, Partition, client_settings, headers_of
from gateway.events.kafka.source import HISTORY
from gateway.events.outlet import Parcel, RelayFenced, RelayStopped, Stamp, Tails, read_stamp

T = TypeVar("T")

TRANSACTION_S = 10.0
_FENCED = (
    FENCED,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
)
_TOO_LARGE = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE)
_TYPE = "application/cloudevents+json"


class KafkaOutlet:
    """Blocking calls run in a thread of its own."""

    def __init__(self, name: str, broker: KafkaBroker) -> None:
        self.name = name
        self.partitions = broker.partitions
        self._broker = broker
        self._topic = broker.topic(name)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kafka relay {name}")
        self._producer: Producer | None = None
        self._histories: list[str] = []
        self._failed: list[int] = []

    async def open(self) -> Tails:
        return await self._run(self._open)

    async def publish(self, parcels: Sequence[Parcel]) -> None:
        await self._run(lambda: self._publish(parcels))

    async def close(self) -> None:
        # What is under way is ended first, so that nothing is written when this has returned.
        await asyncio.to_thread(self._thread.shutdown)
        self._producer = None

    async def _run(self, call: Callable[[], T]) -> T:
        """In the thread, with Kafka's errors as ours."""

        def translated() -> T:
            try:
                return call()
            except KafkaException as error:
                raise self._translated(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, translated)

    def _open(self) -> Tails:
        self._check_topic()
        settings = client_settings(self._broker.bootstrap) | {
            "transactional.id": f"{self._topic}.relay",
            "transaction.timeout.ms": int(TRANSACTION_S * 1000),
            "linger.ms": 0,
        }
        self._producer = Producer(settings)
        # From here on no other relay can commit anything: what is read below is what there is.
        self._producer.init_transactions(TRANSACTION_S)
        found = [self._tail(number) for number in range(self.partitions)]
        self._histories = [history for history, _ in found]
        return [stamp for _, stamp in found]

    def _publish(self, parcels: Sequence[Parcel]) -> None:
        producer = self._producer
        if producer is None:
            raise self._unavailable()
        self._failed = []
        producer.begin_transaction()
        try:
            for parcel in parcels:
                producer.produce(
                    self._topic,
                    parcel.body(),
                    key=parcel.event.subject if parcel.event else None,
                    partition=parcel.partition,
                    headers=self._headers(parcel),
                    on_delivery=self._delivered,
                )
            producer.commit_transaction(TRANSACTION_S)
        except (KafkaException, BufferError) as error:
            # Whether it was committed is looked up: the next `open` ends what is open, and reads what there is.
            self._producer = None
            with suppress(KafkaException):
                producer.abort_transaction(1.0)
            if isinstance(error, BufferError):
                raise self._unavailable() from error
            raise

    def _headers(self, parcel: Parcel) -> list[tuple[str, str | bytes | None]]:
        headers = parcel.stamp.headers() | {HISTORY: self._histories[parcel.partition], "content-type": _TYPE}
        return list(headers.items())

    def _delivered(self, error: KafkaError | None, _message: object) -> None:
        if error is not None:
            self._failed.append(error.code())

    def _check_topic(self) -> None:
        """Make the topic when it is not there. Raises RelayStopped when it has another number of partitions."""
        there = self._count_partitions()
        if there == 0:
            # Its types are known in part only.
            admin: Any = AdminClient(dict(client_settings(self._broker.bootstrap)))
            made = admin.create_topics([NewTopic(self._topic, self.partitions)], request_timeout=REQUEST_S)
            try:
                made[self._topic].result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
            there = self._count_partitions()
        if there != self.partitions:
            message = (
                f"The broker's topic '{self._topic}' has {there} partitions, and {self.partitions} are configured."
            )
            raise RelayStopped(message) if there else self._unavailable()

    def _count_partitions(self) -> int:
        looking = Consumer(client_settings(self._broker.bootstrap) | {"group.id": f"braid-{uuid.uuid4().hex}"})
        try:
            topic = looking.list_topics(self._topic, timeout=REQUEST_S).topics.get(self._topic)
            return len(topic.partitions) if topic is not None and topic.error is None else 0
        finally:
            looking.close()

    def _tail(self, number: int) -> tuple[str, Stamp | None]:
        """The history of a partition, a new one when it is empty, and its last event's stamp."""
        name = source_name(self.name, number, self.partitions)
        partition = Partition(name, self._broker.bootstrap, self._topic, number)
        try:
            bounds = partition.bounds()
            last = partition.last(bounds, with_marks=True)
        finally:
            partition.close()
        if last is None:
            if bounds.first > 0:
                message = f"The broker no longer keeps the last event of '{name}': delete its topic '{self._topic}'."
                raise RelayStopped(message)
            return uuid.uuid4().hex, None
        headers = headers_of(last)
        stamp = read_stamp(headers)
        if stamp is None or not headers.get(HISTORY):
            message = f"The broker's topic '{self._topic}' ends with something that no relay has written: delete it."
            raise RelayStopped(message)
        return headers[HISTORY], stamp

    def _translated(self, error: KafkaException) -> EventsError | RelayStopped:
        codes = {error.args[0].code(), *self._failed}
        if codes.intersection(_FENCED):
            return RelayFenced(f"Another relay writes the events of '{self.name}'.")
        if codes.intersection(_TOO_LARGE):
            return RelayStopped(f"An event of '{self.name}' is larger than the broker takes.")
        return self._unavailable()

    def _unavailable(self) -> EventsUnavailable:
        return EventsUnavailable(self.name, f"The broker of '{self.name}' does not answer.")
