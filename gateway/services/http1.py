"""One HTTP/1.1 connection to a service: a request goes out, its answer comes back, as cheaply as Python can.

httptools parses; the event loop calls us with bytes, and one future wakes the caller when the answer is whole. So a
call costs no task, no lock and no object per header: the seven calls of the public workload take about 0.8 ms of CPU
less than by aiohttp (docs/performance.md).

An answer that is short and not compressed, as nearly all are, is collected here. Any other is handed on in pieces as
they come, with reading paused until somebody takes them, so that its reader decides how much is held.

A connection is given up rather than kept in doubt. It may be used again only when its answer was complete, framed by a
length, and nothing followed it; when the request was taken whole; and when neither side said that it would close.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import httptools

from gateway.services.body import SMALL_BYTES

MAX_HEAD_BYTES = 64 * 1024
"""Of a head, and of all else that is not body: trailers, chunk sizes, answers before the answer."""
_FRAMING_PER_BODY = 8
"""A body in chunks of one byte comes with five bytes of framing for each."""


class NotHttp(Exception):
    """What the service answered is not valid HTTP/1.1."""


class BrokenOff(ConnectionError):
    """The connection ended before the answer did. began: whether its head had come."""

    def __init__(self, *, began: bool) -> None:
        super().__init__("the connection ended before the answer")
        self.began = began


class Headers(Mapping[str, str]):
    """An answer's headers as they came; names in any case, of repeated ones the first. Decoded when looked at."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs

    def __getitem__(self, name: str) -> str:
        value = self.find(name.lower().encode("latin-1", "replace"))
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    def find(self, name: bytes) -> bytes | None:
        """The value of a name in lower case."""
        for known, value in self._pairs:
            if len(known) == len(name) and known.lower() == name:
                return value
        return None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower().decode("latin-1") for name, _ in self._pairs))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Http1Connection(asyncio.Protocol):
    """One connection, used by one caller at a time.

    is_closed: nothing more can be sent over it. surplus: it has brought something that nobody asked for.
    place: where it leads to. idle_since_s: event-loop time at which it was last given back. Both for the pool.

    Iterating gives the answer's body in pieces as they come off the wire; raises as `ask`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._pairs: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._held = self._body = self._received = 0
        self._asked = self._has_head = self._is_complete = self._paused = self._streams = self._keeps = False
        self.status = 0
        self.is_closed = self.surplus = False
        self.place = ""
        self.idle_since_s = 0.0

    # -- for callers -------------------------------------------------------------------------------------------------

    async def ask(self, request: bytes) -> Headers:
        """Send a request, and wait until its answer is whole, or for its head when it is long or compressed.

        Then `whole` has its body, or iterating gives it. Raises BrokenOff, NotHttp, OSError.
        """
        if self.is_closed:
            raise BrokenOff(began=False)
        self._pairs, self._chunks = [], []
        self._held = self._body = self._received = 0
        self._has_head = self._is_complete = self._streams = False
        self._asked = True
        self._transport.write(request)
        await self._wait()
        if self._error is not None and not self._chunks:
            raise self._error
        return Headers(self._pairs)

    @property
    def whole(self) -> bytes | None:
        """The body, when all of it is here as it is."""
        if not self._is_complete or self._streams:
            return None
        chunks = self._chunks
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def __aiter__(self) -> Http1Connection:
        self._streams = True
        return self

    async def __anext__(self) -> bytes:
        while not self._chunks:
            if self._is_complete:
                raise StopAsyncIteration
            if self._error is not None:
                raise self._error
            if self._paused:
                self._paused = False
                self._transport.resume_reading()
            await self._wait()
        chunk = self._chunks.pop(0)
        self._held -= len(chunk)
        return chunk

    def finish(self) -> bool:
        """The caller is done; whether another one may have the connection. If not, it is closed."""
        whole, self._asked = self._is_complete and self._error is None, False
        if whole and self._keeps and not self.surplus and not self.is_closed and not self._transport.is_closing():
            self._chunks = []
            if self._transport.get_write_buffer_size() == 0:
                return True
        self.abort()
        return False

    def is_clean(self) -> bool:
        """Whether an idle connection is open, with nothing on it, as far as anyone can tell."""
        if self.is_closed or self.surplus or self._transport.is_closing():
            return False
        if self._number < 0 or not _is_readable(self._poll, self._number):
            return True
        # Readable is also what the other end has closed; and under TLS, a record that holds no answer.
        if not self._is_tls and _peek(self._number):
            self.surplus = True
        return False

    def abort(self) -> None:
        """Close at once."""
        self.is_closed = True
        self._transport.abort()

    async def _wait(self) -> None:
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None

    # -- for the event loop ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        self._number: int = sock.fileno() if sock is not None else -1
        self._is_tls = transport.get_extra_info("sslcontext") is not None
        self._poll: Any = None
        if self._number >= 0 and hasattr(select, "poll"):  # not on Windows
            self._poll = select.poll()
            self._poll.register(self._number, select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if not self._asked or self._is_complete:
            self.surplus = True  # an answer too many: whoever asked next would be given it
            if not self._asked:
                self.abort()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._is_complete:
                self._fail(NotHttp(type(error).__name__))
                return
            self.surplus = True  # behind an answer that said it was the last: that one is whole
        if not self._is_complete and self._received - self._body > MAX_HEAD_BYTES + _FRAMING_PER_BODY * self._body:
            self._fail(NotHttp("more framing than answer"))
            return
        if self._held > SMALL_BYTES:
            self._streams = True
        if self._is_complete or self._streams:
            self._wake()
        if self._held > SMALL_BYTES and not self._is_complete and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> None:
        """The service has closed its side: for an answer without a length, that is its end."""
        if self._asked and self._has_head and not self._is_complete and self._ends_with_connection():
            self._is_complete, self._keeps = True, False
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        if self._asked and not self._is_complete:
            self._fail(BrokenOff(began=self._has_head))

    def _ends_with_connection(self) -> bool:
        headers = Headers(self._pairs)
        coding = headers.find(b"transfer-encoding")
        return headers.find(b"content-length") is None and (coding is None or b"chunked" not in coding.lower())

    def _is_encoded(self) -> bool:
        encoding = Headers(self._pairs).find(b"content-encoding")
        return encoding is not None and encoding != b"identity"

    def _fail(self, error: Exception) -> None:
        if self._error is None:
            self._error = error
        self.abort()
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # -- for the parser ----------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._is_complete:
            self.surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # else a trailer
            self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200 and not self._is_complete:
            self.status, self._has_head = status, True
            self._keeps = self._parser.should_keep_alive()
            self._streams = self._is_encoded()

    def on_body(self, body: bytes) -> None:
        if not self._is_complete:
            self._chunks.append(body)
            self._held += len(body)
            self._body += len(body)

    def on_message_complete(self) -> None:
        if self._has_head:
            self._is_complete = True
        else:
            self._pairs = []  # 100 Continue and its like: the answer is still to come


def _is_readable(poll: Any, number: int) -> bool:
    if poll is None:
        return bool(select.select([number], [], [], 0)[0])
    return bool(poll.poll(0))


def _peek(number: int) -> bytes:
    """The first byte that waits in a socket that is readable; nothing when its other end was closed."""
    with socket.socket(fileno=os.dup(number)) as own:
        try:
            own.setblocking(False)
            return own.recv(1, socket.MSG_PEEK)
        except OSError:
            return b""
