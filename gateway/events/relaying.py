"""Relaying: a relay for each of several services, into one broker."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from gateway.events.brokers import Broker, NatsBroker
from gateway.events.client import FeedClient
from gateway.events.feed import FeedSource
from gateway.events.opening import check_kafka, open_nats
from gateway.events.outlet import Outlet
from gateway.events.relay import Relay, Relayed


async def relay_all(urls: Mapping[str, str], broker: Broker, report: Callable[[Relayed], None]) -> None:
    """Until it is cancelled, or no relay can go on. One that cannot leaves the others alone.

    urls: of services, by the name of their stream. report: is told what happens, in this loop. Raises BrokerMissing.
    """
    run = uuid.uuid4().hex
    async with AsyncExitStack() as closing:
        relays: list[Relay] = []
        for outlet in _open(list(urls), broker, run, closing):
            feed = FeedSource(FeedClient(outlet.name, urls[outlet.name]))
            closing.push_async_callback(feed.close)
            closing.push_async_callback(outlet.close)
            relays.append(Relay(feed, outlet, run, report))
        async with asyncio.TaskGroup() as tasks:
            for relay in relays:
                tasks.create_task(relay.run())


def _open(names: list[str], broker: Broker, run: str, closing: AsyncExitStack) -> list[Outlet]:
    if isinstance(broker, NatsBroker):
        connection = open_nats(broker)
        closing.push_async_callback(connection.close)
        from gateway.events.nats.outlet import NatsOutlet

        return [NatsOutlet(name, connection, broker, run) for name in names]
    check_kafka()
    from gateway.events.kafka.outlet import KafkaOutlet

    return [KafkaOutlet(name, broker) for name in names]
