"""Storing: messages sent to be stored one after the other, without waiting for each answer.

nats-py's `publish_async` never tells of a refusal (2.16): its future stays open.
"""

from __future__ import annotations

import asyncio
from itertools import count

import msgspec
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from gateway.events.nats.connection import Link


class Refusal(msgspec.Struct):
    """Why the broker has not stored a message. code: as of HTTP; err_code: NATS's own."""

    code: int = 0
    err_code: int = 0
    description: str = ""


class Answer(msgspec.Struct):
    """Where a message is stored. duplicate: it was there already."""

    seq: int = 0
    duplicate: bool = False
    error: Refusal | None = None


_NOBODY = Answer(error=Refusal(code=503, description="no stream takes it"))
_LOST = Answer(error=Refusal(code=503, description="the connection broke"))
_answer = msgspec.json.Decoder(Answer)


class Storing:
    """Over one link."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._inbox: Subscription | None = None
        self._open: dict[str, asyncio.Future[Answer]] = {}
        self._numbers = count()
        link.when_lost(self._lose)

    async def send(self, subject: str, payload: bytes, headers: dict[str, str]) -> asyncio.Future[Answer]:
        """Messages keep the order in which they were sent. A link that is lost answers like a broker that fails."""
        if self._inbox is None:
            self._inbox = await self.link.receive(self._receive, "*")
        number = str(next(self._numbers))
        future = self._open[number] = asyncio.get_running_loop().create_future()
        await self.link.publish(subject, payload, self._inbox.subject[:-1] + number, headers)
        return future

    async def _receive(self, message: Msg) -> None:
        future = self._open.pop(message.subject.rpartition(".")[2], None)
        if future is None or future.done():
            return
        try:
            future.set_result(_answer.decode(message.data) if message.data else _NOBODY)
        except msgspec.DecodeError:
            future.set_result(_NOBODY)

    def _lose(self) -> None:
        lost, self._open = self._open, {}
        for future in lost.values():
            if not future.done():
                future.set_result(_LOST)
