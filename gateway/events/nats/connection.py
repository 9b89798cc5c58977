"""NatsConnection: one connection to NATS for everybody in this process, made when it is needed and anew after it broke.

The client's own reconnecting is switched off: it would keep what was sent meanwhile and send it later, and a reader who
waits would not learn that its consumer is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig, StreamInfo

from gateway.events.errors import EventsUnavailable

T = TypeVar("T")

CONNECT_S = 2
REQUEST_S = 5.0
_PING_S = 5
"""After two of these without an answer the connection counts as broken."""


class Link:
    """A connection that was made. `is_lost` stays true once it broke. Methods raise what NATS raises."""

    def __init__(self) -> None:
        # The client's types are known in part only.
        self._client: Any = Client()
        self._listeners: set[Callable[[], None]] = set()
        self._was_lost = False
        self.jetstream = JetStreamContext(self._client, timeout=REQUEST_S)

    @property
    def is_lost(self) -> bool:
        return self._was_lost or not self._client.is_connected

    async def connect(self, url: str) -> None:
        connecting = self._client.connect(
            url,
            error_cb=_let_be,
            closed_cb=self._lose,
            disconnected_cb=self._lose,
            allow_reconnect=False,
            # As far as this client is concerned, trying to connect is reconnecting.
            max_reconnect_attempts=1,
            reconnect_time_wait=0.05,
            connect_timeout=CONNECT_S,
            ping_interval=_PING_S,
        )
        await _careful(connecting)

    async def receive(self, listener: Callable[[Msg], Awaitable[None]], below: str = "") -> Subscription:
        """Messages to an inbox of its own, the subscription's subject, or to those below it: `*`."""
        inbox = self._client.new_inbox() + (f".{below}" if below else "")
        return await self._client.subscribe(inbox, cb=listener)

    async def publish(
        self, subject: str, payload: bytes, reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        await self._client.publish(subject, payload, reply=reply, headers=headers)

    async def headers_of(self, stream: str, sequence: int) -> dict[str, str]:
        """Of the message with this sequence. Raises NotFoundError."""
        jetstream: Any = self.jetstream
        return (await _careful(jetstream.get_msg(stream, seq=sequence))).headers or {}

    async def stream_info(self, stream: str) -> StreamInfo:
        """Raises NotFoundError."""
        return await _careful(self.jetstream.stream_info(stream))

    async def add_stream(self, config: StreamConfig) -> None:
        jetstream: Any = self.jetstream
        await _careful(jetstream.add_stream(config))

    async def add_consumer(self, stream: str, config: ConsumerConfig) -> str:
        """The consumer's name."""
        jetstream: Any = self.jetstream
        return (await _careful(jetstream.add_consumer(stream, config))).name

    def when_lost(self, listener: Callable[[], None]) -> None:
        """Call it when the connection breaks."""
        self._listeners.add(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        self._listeners.discard(listener)

    async def close(self) -> None:
        with suppress(nats.errors.Error, OSError):
            await self._client.close()

    async def _lose(self) -> None:
        self._was_lost = True
        for listener in list(self._listeners):
            listener()


class NatsConnection:
    """Gives the one link there is."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._link: Link | None = None
        self._connecting = asyncio.Lock()

    async def link(self) -> Link:
        """Raises what NATS raises; see `unavailable`."""
        async with self._connecting:
            if self._link is None or self._link.is_lost:
                await self._close()
                made = Link()
                try:
                    async with asyncio.timeout(CONNECT_S * 2):
                        await made.connect(self._url)
                except BaseException:
                    await made.close()
                    raise
                self._link = made
            return self._link

    async def close(self) -> None:
        """Close it; calling it again does nothing."""
        async with self._connecting:
            await self._close()

    async def _close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()


async def _let_be(error: Exception) -> None:
    """What is wrong shows where something is asked of the connection."""


async def _careful(answer: Awaitable[T]) -> T:
    """Python 3.11's asyncio.wait_for, which nats-py uses, loses a cancellation that comes together with the answer."""
    answered = await answer
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    return answered


@contextmanager
def unavailable(name: str) -> Generator[None]:
    """Whatever NATS raises becomes EventsUnavailable."""
    try:
        yield
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise EventsUnavailable(name, f"The broker with events of '{name}' does not answer.") from error
