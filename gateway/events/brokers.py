"""Which broker carries events, when services' own feeds do not; and what is kept where in it.

Each partition of a service's events is one sequence: a JetStream stream, or a partition of a Kafka topic. All events of
one subject are in the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from gateway.errors import BraidError


class BrokerMissing(BraidError):
    """Events are to be read from a broker, and the package that does it is not installed."""

    code = "BROKER_MISSING"


@dataclass(frozen=True, slots=True)
class NatsBroker:
    """NATS with JetStream. prefix: first part of the names of streams and subjects."""

    url: str
    prefix: str = "braid"
    partitions: int = 1

    def stream(self, service: str, partition: int) -> str:
        """The stream's name. It tells the number of partitions: with another number, events lie elsewhere."""
        part = "" if self.partitions == 1 else f"-{partition}-of-{self.partitions}"
        return f"{self.prefix}-{service}{part}"

    def subject(self, service: str, partition: int) -> str:
        """The NATS subject whose messages the stream keeps."""
        part = "" if self.partitions == 1 else f".{self.partitions}.{partition}"
        return f"{self.prefix}.{service}{part}"


@dataclass(frozen=True, slots=True)
class KafkaBroker:
    """bootstrap: `host:port, ...`. prefix: first part of the topics' names."""

    bootstrap: str
    prefix: str = "braid"
    partitions: int = 1

    def topic(self, service: str) -> str:
        """The topic of a service's events."""
        return f"{self.prefix}.{service}"


Broker = NatsBroker | KafkaBroker


def partition_of(subject: str, partitions: int) -> int:
    """Where events about this subject are."""
    return crc32(subject.encode()) % partitions


def source_name(service: str, partition: int, partitions: int) -> str:
    """`orders`, or `orders/3` where there are several: what a checkpoint is kept for."""
    return service if partitions == 1 else f"{service}/{partition}"
