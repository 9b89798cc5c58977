"""Events: where all that is read of services comes from, as it is configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gateway.events.brokers import Broker, BrokerMissing, KafkaBroker, NatsBroker, source_name
from gateway.events.client import FeedClient
from gateway.events.feed import FeedSource
from gateway.events.source import EventSource
from gateway.events.state import FeedState

if TYPE_CHECKING:
    from gateway.events.nats.connection import NatsConnection


def open_events(urls: Mapping[str, str], broker: Broker | None = None) -> Events:
    """Nothing is connected yet. urls: of services, by the name of their stream. broker: None for services' own feeds.

    Raises BrokerMissing when the broker's package is not installed.
    """
    if isinstance(broker, NatsBroker):
        return NatsEvents(urls, broker)
    return KafkaEvents(urls, broker) if isinstance(broker, KafkaBroker) else Events(urls)


class Events:
    """Sources of streams, and the state behind them; here the services' own."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls

    def sources(self, stream: str) -> Sequence[EventSource]:
        """New readers, one for each partition; who asked closes them. A checkpoint is kept for each by its name."""
        return [FeedSource(FeedClient(stream, self._urls[stream]))]

    def state(self, stream: str) -> FeedState:
        """Always the service's own; who asked closes it."""
        return FeedState(FeedClient(stream, self._urls[stream]))

    async def close(self) -> None:
        """To be called when all that was given is closed; calling it again does nothing."""


class NatsEvents(Events):
    """Every source uses the same connection."""

    def __init__(self, urls: Mapping[str, str], broker: NatsBroker) -> None:
        super().__init__(urls)
        self._broker = broker
        self._connection = open_nats(broker)

    def sources(self, stream: str) -> Sequence[EventSource]:
        from gateway.events.nats.source import NatsSource

        broker = self._broker
        return [
            NatsSource(source_name(stream, number, broker.partitions), self._connection, broker.stream(stream, number))
            for number in range(broker.partitions)
        ]

    async def close(self) -> None:
        await self._connection.close()


class KafkaEvents(Events):
    """Every source is a client of its own, as Kafka's are."""

    def __init__(self, urls: Mapping[str, str], broker: KafkaBroker) -> None:
        super().__init__(urls)
        self._broker = broker
        check_kafka()

    def sources(self, stream: str) -> Sequence[EventSource]:
        from gateway.events.kafka.source import KafkaSource

        return [KafkaSource(stream, self._broker, number) for number in range(self._broker.partitions)]


def open_nats(broker: NatsBroker) -> NatsConnection:
    """A connection that is made when it is used. Raises BrokerMissing."""
    _need("nats", "NATS", "nats")
    from gateway.events.nats.connection import NatsConnection

    return NatsConnection(broker.url)


def check_kafka() -> None:
    """Raises BrokerMissing."""
    _need("confluent_kafka", "Kafka", "kafka")


def _need(package: str, what: str, extra: str) -> None:
    if find_spec(package) is None:
        message = f"Events from {what} need a package that is not installed: pip install 'braid-gateway[{extra}]'"
        raise BrokerMissing(message)
