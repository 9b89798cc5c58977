"""Consumer: messages of one JetStream stream from a sequence on, in order.

It lives in the broker's memory, and only while it is used: where a reader is, is the reader's own affair. Messages that
were asked for come by themselves as soon as they are stored; so a reader that waits is a single hop away from them.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from gateway.events.nats.connection import Link

IDLE_S = 60.0
"""The broker forgets a consumer that nobody has asked for this long."""
ASKING_S = 30.0
_HARMLESS = ("100", "404", "408")
"""Of a request for messages: still there; there is none; its time is over. Anything else ends the consumer."""


class Consumer:
    """Made by `open_consumer`. next: the sequence that is to come next."""

    def __init__(self, link: Link, stream: str, first: int) -> None:
        self.next = first
        self._link = link
        self._stream = stream
        self._name = ""
        self._subscription: Subscription | None = None
        self._messages: deque[Msg] = deque()
        self._woken = asyncio.Event()
        self._owed = 0
        self._owed_until = 0.0
        self._is_over = False
        link.when_lost(self._woken.set)

    @property
    def is_over(self) -> bool:
        """Nothing will come any more."""
        return self._is_over or self._link.is_lost

    @property
    def waiting(self) -> int:
        """How many messages are here."""
        return len(self._messages)

    @property
    def pending(self) -> int:
        """How many lay in the stream behind the last message here, when that was sent."""
        return self._messages[-1].metadata.num_pending if self._messages else 0

    async def open(self) -> None:
        """Raises what NATS raises."""
        self._subscription = await self._link.receive(self._receive)
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self.next,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=IDLE_S,
            mem_storage=True,
            num_replicas=1,
        )
        self._name = await self._link.add_consumer(self._stream, config)

    async def ask(self, count: int) -> None:
        """See to it that messages are on their way, or come once there are some."""
        now = asyncio.get_running_loop().time()
        if self._subscription is None or self._messages or (self._owed > 0 and now < self._owed_until):
            return
        self._owed, self._owed_until = count, now + ASKING_S
        request = json.dumps({"batch": count, "expires": int((ASKING_S + 1) * 1e9)}).encode()
        next_of = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        await self._link.publish(next_of, request, reply=self._subscription.subject)

    async def wait(self, count: int, deadline: float) -> None:
        """Until `count` messages are here, or it is over, or the deadline has come."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while len(self._messages) < count and not self.is_over:
                    self._woken.clear()
                    await self._woken.wait()

    def take(self, limit: int) -> list[Msg]:
        """Up to `limit` messages that follow each other; fewer when one is missing behind them."""
        taken: list[Msg] = []
        while self._messages and len(taken) < limit and self._messages[0].metadata.sequence.stream == self.next:
            taken.append(self._messages.popleft())
            self.next += 1
        return taken

    async def close(self) -> None:
        """The broker forgets the consumer itself; it is told so that it need not wait."""
        self._is_over = True
        self._link.forget(self._woken.set)
        if self._subscription is None or self._link.is_lost:
            return
        with suppress(nats.errors.Error, OSError):
            await self._subscription.unsubscribe()
            delete = f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._name}"
            await self._link.publish(delete, b"")

    async def _receive(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
            self._owed -= 1
            self._messages.append(message)
        elif status not in _HARMLESS:
            self._is_over = True
        elif status != "100":
            self._owed = 0
        self._woken.set()
