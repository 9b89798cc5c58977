"""One caller's connection through a FaultProxy, and what each fault does to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING

import httptools

if TYPE_CHECKING:
    from mock_services.faults.proxy import FaultProxy, ProxyFault

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

PIECE_BYTES = 65_536
NOT_HTTP = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\x00\x00\x01\xfc\x0a\x14"
# An answer that never ends, and so is never complete, is passed on from here.
MAX_COLLECTED_BYTES = 4_000_000

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """Copies both ways until one side ends, or a fault does."""

    def __init__(self, proxy: FaultProxy, caller: Streams, service: Streams) -> None:
        self._proxy = proxy
        self._from_caller, self._to_caller = caller
        self._from_service, self._to_service = service
        self._fault: ProxyFault | None = None
        self._answered = True
        self._half_closed = False

    async def run(self) -> None:
        """Returns when it is over; both sides are closed then."""
        both = [asyncio.ensure_future(self._pass_requests()), asyncio.ensure_future(self._pass_answers())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            self._to_service.transport.abort()
            self._to_caller.close()

    def reset(self) -> None:
        """Close the caller's side with a TCP reset instead of an end: a lingering time of 0 says so."""
        caller = self._to_caller.get_extra_info("socket")
        with contextlib.suppress(OSError):
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._to_caller.transport.abort()

    @property
    def _name(self) -> str | None:
        return self._fault and self._fault.fault

    async def _pass_requests(self) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await self._from_caller.read(PIECE_BYTES):
                if self._half_closed:
                    continue
                if self._answered:
                    self._answered = False
                    self._fault = self._proxy.draw()
                match self._name:
                    case "reset":
                        return self.reset()
                    case "not_http":
                        self._to_caller.write(NOT_HTTP)
                        return None
                    case "black_hole":
                        pass
                    case _:
                        self._to_service.write(piece)
                        await self._to_service.drain()
        return None

    async def _pass_answers(self) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await self._from_service.read(PIECE_BYTES):
                begins, self._answered = not self._answered, True
                await self._pass_answer(piece, begins)

    async def _pass_answer(self, piece: bytes, begins: bool) -> None:
        """begins: whether the piece is an answer's first."""
        fault = self._fault
        match self._name:
            case "drip":
                for index in range(len(piece)):
                    await self._send(piece[index : index + 1])
                    await self._proxy.pause(fault)
            case "half_close":
                await self._send(piece[: len(piece) // 2])
                self._to_caller.write_eof()
                self._half_closed = True
                # The caller's end of the connection is read as ever: _pass_requests sees when it closes.
                await asyncio.Event().wait()
            case "extra_response":
                whole = await self._collect(piece)
                await self._send(whole + whole)
            case "late_response":
                whole = await self._collect(piece)
                await self._send(whole)
                await self._proxy.pause(fault)
                await self._send(whole)
            case "latency" if begins:
                await self._proxy.pause(fault)
                await self._send(piece)
            case _:
                await self._send(piece)

    async def _send(self, data: bytes) -> None:
        self._to_caller.write(data)
        await self._to_caller.drain()

    async def _collect(self, piece: bytes) -> bytes:
        """The whole answer that begins with this piece."""
        whole = bytearray()
        complete = _Completeness()
        while piece:
            whole += piece
            complete.feed(piece)
            if complete.reached or len(whole) > MAX_COLLECTED_BYTES:
                break
            piece = await self._from_service.read(PIECE_BYTES)
        return bytes(whole)


class _Completeness:
    """Whether the pieces fed so far are a whole HTTP response."""

    def __init__(self) -> None:
        self.reached = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, piece: bytes) -> None:
        self._parser.feed_data(piece)

    def on_message_complete(self) -> None:
        self.reached = True
