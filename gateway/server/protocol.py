"""GuardedHttpProtocol: uvicorn's HTTP/1.1 parser with the bounds it lacks on a request that has not fully begun.

httptools keeps a header of any length (60 MB were taken), and uvicorn waits for a request's head for ever. Neither can
be mended in the application, which sees a request only when its head is complete; the exact limits on complete heads
and those on bodies are the application's.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.server.errors import CODES, error_body

HEAD_TIMEOUT_S = 10.0


class GuardedHttpProtocol(HttpToolsProtocol):
    """One connection. The bound on bytes is uvicorn's setting of that meaning, `h11_max_incomplete_event_size`."""

    _in_head = False
    _head_began_in_this_read = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_awaiting_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_began_in_this_read = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._count_head_bytes(len(data))
        if self._in_head or self._is_idle():
            self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._head_began_in_this_read = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_awaiting_head()
        super().on_headers_complete()

    def _is_idle(self) -> bool:
        """No request is being answered: there was none yet (cycle is None, whatever its type says) or it is over."""
        return not self.cycle or self.cycle.response_complete

    def _count_head_bytes(self, received: int) -> None:
        # The read in which a head began may also hold the body of the request before: not counted, it is just one.
        if not self._head_began_in_this_read:
            self._head_bytes += received
        if self._head_bytes > (self.config.h11_max_incomplete_event_size or 0):
            self._refuse(431, "The request's headers are too large.")

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._end_waiting)

    def _stop_awaiting_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end_waiting(self) -> None:
        self._head_timer = None
        if not self._is_idle():
            self._await_head()  # The request before is still being answered.
        elif self._in_head:
            self._refuse(408, f"The request's head did not arrive within {HEAD_TIMEOUT_S:g} s.")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        """Answer, unless an earlier request's answer is under way, and close."""
        if self._is_idle():
            body = error_body(message, CODES[status])
            lines = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
                "content-type: application/json; charset=utf-8",
                f"content-length: {len(body)}",
                "connection: close",
            )
            self.transport.write("\r\n".join((*lines, "", "")).encode() + body)
        self.transport.close()
