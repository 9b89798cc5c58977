"""NatsOutlet: a service's events into JetStream, one stream for each partition.

Each event names the sequence it must get. So of two relays only one gets an event in, and a relay that was paused and
wakes up can neither repeat nor overtake anything. `Nats-Msg-Id` is set too, for others who look at the streams.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress

import nats.errors
from nats.js.api import StorageType, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError

from gateway.events.brokers import NatsBroker
from gateway.events.errors import EventsUnavailable
from gateway.events.nats.connection import Link, NatsConnection, unavailable
from gateway.events.nats.storing import Answer, Storing
from gateway.events.outlet import Parcel, RelayFenced, RelayStopped, Stamp, Tails, read_stamp

PUBLISH_S = 10.0
_WRONG_SEQUENCE = 10071
_TYPE = "application/cloudevents+json"


class NatsOutlet:
    """connection: is shared, and not closed by this outlet. relay: who this is, as stamps say."""

    def __init__(self, name: str, connection: NatsConnection, broker: NatsBroker, relay: str) -> None:
        self.name = name
        self.partitions = broker.partitions
        self._connection = connection
        self._broker = broker
        self._relay = relay
        self._sequences: list[int] = []
        self._storing: Storing | None = None

    async def open(self) -> Tails:
        with unavailable(self.name):
            link = await self._connection.link()
            found = [await self._tail(link, partition) for partition in range(self.partitions)]
        self._sequences = [sequence for sequence, _ in found]
        return [stamp for _, stamp in found]

    async def publish(self, parcels: Sequence[Parcel]) -> None:
        with unavailable(self.name):
            link = await self._connection.link()
            if self._storing is None or self._storing.link is not link:
                self._storing = Storing(link)
            async with asyncio.timeout(PUBLISH_S):
                answers = await self._send(self._storing, parcels)
        expected = list(self._sequences)
        for parcel, answer in zip(parcels, answers, strict=True):
            expected[parcel.partition] += 1
            await self._check(parcel, answer, expected[parcel.partition])
        self._sequences = expected

    async def close(self) -> None:
        """There is nothing of its own."""

    async def _send(self, storing: Storing, parcels: Sequence[Parcel]) -> list[Answer]:
        """One after the other, without waiting for the answers in between."""
        futures: list[asyncio.Future[Answer]] = []
        sequences = list(self._sequences)
        for parcel in parcels:
            partition, stamp = parcel.partition, parcel.stamp
            headers = stamp.headers() | {
                "Nats-Msg-Id": _id_of(parcel),
                "Nats-Expected-Last-Sequence": str(sequences[partition]),
                "Nats-Expected-Stream": self._broker.stream(self.name, partition),
                "Content-Type": _TYPE,
            }
            sequences[partition] += 1
            subject = self._broker.subject(self.name, partition)
            try:
                futures.append(await storing.send(subject, parcel.body(), headers))
            except nats.errors.MaxPayloadError as error:
                message = f"The event of '{self.name}' at {stamp.position} is larger than the broker takes."
                raise RelayStopped(message) from error
        return await asyncio.gather(*futures)

    async def _check(self, parcel: Parcel, answer: Answer, expected: int) -> None:
        """Raises unless the event has got the sequence that was meant for it."""
        refusal = answer.error
        if refusal is None and not answer.duplicate and answer.seq == expected:
            return
        is_taken = refusal is None or refusal.err_code == _WRONG_SEQUENCE
        if is_taken and not await self._is_mine(parcel.partition):
            raise RelayFenced(f"Another relay writes the events of '{self.name}'.")
        if refusal is not None and not is_taken and refusal.code < 500:
            raise RelayStopped(f"The broker does not take the events of '{self.name}': {refusal.description}.")
        raise EventsUnavailable(self.name, f"The broker of '{self.name}' did not store an event.")

    async def _is_mine(self, partition: int) -> bool:
        """Whether the stream's last event is of this relay: sent over a connection that broke, it arrived after all."""
        with unavailable(self.name):
            _, stamp = await self._tail(await self._connection.link(), partition)
        return stamp is not None and stamp.relay == self._relay

    async def _tail(self, link: Link, partition: int) -> tuple[int, Stamp | None]:
        """The stream's last sequence, and its event's stamp. The stream is made when it is not there."""
        stream, subject = self._broker.stream(self.name, partition), self._broker.subject(self.name, partition)
        try:
            state = (await link.stream_info(stream)).state
        except NotFoundError:
            with suppress(BadRequestError):
                await link.add_stream(StreamConfig(name=stream, subjects=[subject], storage=StorageType.FILE))
            state = (await link.stream_info(stream)).state
        if state.last_seq == 0:
            return 0, None
        try:
            stamp = read_stamp(await link.headers_of(stream, state.last_seq))
        except NotFoundError as error:
            message = f"The broker no longer keeps the last event of '{self.name}': delete its stream '{stream}'."
            raise RelayStopped(message) from error
        if stamp is None:
            message = f"The broker's stream '{stream}' ends with something that no relay has written: delete it."
            raise RelayStopped(message)
        return state.last_seq, stamp


def _id_of(parcel: Parcel) -> str:
    stamp = parcel.stamp
    return f"{stamp.feed}:{stamp.position}" if parcel.event else f"{stamp.feed}:{stamp.position}:{uuid.uuid4().hex}"
