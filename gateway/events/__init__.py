"""Events of services: their envelope, and where they come from.

A source gives the events of one stream in order, from any position on. What is done with them, and how often when that
fails, is decided above (retries, dead letters, checkpoints): brokers differ too much in it.
"""

from gateway.events.brokers import Broker, BrokerMissing, KafkaBroker, NatsBroker
from gateway.events.client import FeedClient
from gateway.events.errors import (
    EventsError,
    EventsMalformed,
    EventsPruned,
    EventsRewritten,
    EventsUnavailable,
)
from gateway.events.event import Event
from gateway.events.feed import FeedSource
from gateway.events.memory import MemoryLog, MemorySource
from gateway.events.opening import Events, open_events
from gateway.events.source import START, EventBatch, EventSource, Position
from gateway.events.state import Aggregate, Digest, FeedState, SnapshotPage

__all__ = [
    "START",
    "Aggregate",
    "Broker",
    "BrokerMissing",
    "Digest",
    "Event",
    "EventBatch",
    "EventSource",
    "Events",
    "EventsError",
    "EventsMalformed",
    "EventsPruned",
    "EventsRewritten",
    "EventsUnavailable",
    "FeedClient",
    "FeedSource",
    "FeedState",
    "KafkaBroker",
    "MemoryLog",
    "MemorySource",
    "NatsBroker",
    "Position",
    "SnapshotPage",
    "open_events",
]
