"""GuardedHttpProtocol: uvicorn's HTTP/1.1 parser, with the bounds and refusals that it lacks.

What can be judged from a complete head is judged in the application. Here is what the application never sees, because
it happens before a head is complete, behind a body, or on the connection: heads and trailers without end, silence,
clients that do not read, bytes whose framing is in doubt. The rule for the last: what came whole before the doubt is
answered, the doubtful request gets one refusal at most, and nothing behind it is read.

And what a full gateway refuses is refused while it is read. A task of its own would wait for a turn of the event loop,
which is long just then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.server.errors import CODES, error_body
from gateway.server.exchange import BODY_IS_HERE

if TYPE_CHECKING:
    from gateway.server.app import GatewayApp

HEAD_TIMEOUT_S = 10.0
# A client must take this much of a waiting answer in each of these intervals, or it loses the connection. The interval
# is long because the kernel asks for more only when a third of its buffer, often a megabyte, has gone.
READ_INTERVAL_S = 30.0
READ_BYTES_PER_INTERVAL = 10_000
# How long the rest of an answer may take to leave a connection that is being closed.
CLOSE_TIMEOUT_S = 5.0
# Requests that wait on one connection for the answer before theirs. uvicorn queues any number, heads, bodies and all.
MAX_PIPELINED = 32


class GuardedHttpProtocol(HttpToolsProtocol):
    """One connection. The bound on bytes is uvicorn's setting of that meaning, `h11_max_incomplete_event_size`."""

    _in_head = False
    _in_body = False
    _deaf = False
    """What the client still sends is not looked at."""
    _progressed = False
    """The present read began a head or held a part of a body."""
    _overhead = 0
    """Bytes since there was progress that are neither a whole head nor a body: the parser keeps them."""
    _refusal: tuple[int, str] | None = None
    _previous: RequestResponseCycle | None = None
    _held: tuple[RequestResponseCycle, ASGI3Application] | None = None
    """Not started: the application will refuse it at once when it has come whole."""
    _head_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_awaiting_head()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._progressed = False
        super().data_received(data)
        if self._held is not None:
            self._start_held()
        if self._deaf or self.transport.is_closing():
            return
        if self._in_head or self._in_body:
            self._count_overhead(len(data))
        if self._in_head or self._is_idle():
            self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._progressed = True
        self._overhead = 0

    def on_headers_complete(self) -> None:
        upgrades = self.parser.should_upgrade()  # pyright: ignore[reportOptionalMemberAccess]  # set until the connection ends
        if upgrades and self._has_body():
            # llhttp takes all that follows an upgrade's head, its body too, for another protocol's.
            self._raise_refusal("This server does not upgrade connections; leave the header Upgrade out.")
        if len(self.pipeline) >= MAX_PIPELINED:
            self._raise_refusal("Too many requests wait on this connection.")
        self._previous = self.cycle
        super().on_headers_complete()
        self._in_head, self._in_body, self._overhead = False, True, 0
        # What comes from here on is a trailer, past what a proxy checked: it goes into a list that nobody reads.
        self.headers = []
        self._stop_awaiting_head()
        if upgrades:
            self.cycle.keep_alive = False
            self._deaf = True

    def on_body(self, body: bytes) -> None:
        self._progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()
        if self._held is not None:
            self._answer_held()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's way to refuse what its parser cannot read, or what a callback did not want."""
        status, message = self._refusal or (400, "The request is not valid HTTP/1.1.")
        self._refuse(status, message)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._abort_later()

    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unsent = self.transport.get_write_buffer_size()
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(READ_INTERVAL_S, self._check_that_client_reads)

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # A pipelined one, whose turn has come, begins as usual: it has waited already.
        if cycle is self.cycle and cycle.more_body and _answers_at_once(cycle, app):
            self._held = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def _start_held(self) -> None:
        """It has not come whole in one read."""
        if self._held is not None:
            (cycle, app), self._held = self._held, None
            if not cycle.disconnected:
                super()._start_asgi_task(cycle, app)

    def _answer_held(self) -> None:
        """It has come whole. If the gateway is still full, and the answer can be written, it is over when this ends."""
        if self._held is None or self.flow.write_paused or not _answers_at_once(*self._held):
            self._start_held()
            return
        (cycle, app), self._held = self._held, None
        cast("dict[str, Any]", cycle.scope)[BODY_IS_HERE] = True
        Context().run(_run_to_its_end, cycle.run_asgi(app))

    def _has_body(self) -> bool:
        return any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    def _raise_refusal(self, message: str) -> None:
        """From within one of the parser's callbacks: it stops, and uvicorn calls send_400_response."""
        self._refusal = 400, message
        raise ValueError(message)

    def _is_idle(self) -> bool:
        """No request is being answered: there was none yet (cycle is None, whatever its type says) or it is over."""
        return not self.cycle or self.cycle.response_complete

    def _count_overhead(self, received: int) -> None:
        # A read with progress may also hold the body of the request before: not counted, it is just one.
        self._overhead = 0 if self._progressed else self._overhead + received
        if self._overhead > (self.config.h11_max_incomplete_event_size or 0):
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
            self._close()

    def _check_that_client_reads(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent > self._unsent - READ_BYTES_PER_INTERVAL:
            self.transport.abort()
            return
        self._unsent = unsent
        self._write_timer = self.loop.call_later(READ_INTERVAL_S, self._check_that_client_reads)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _refuse(self, status: int, message: str) -> None:
        """Answer the request that is being read, if it is its turn, and end the connection after what is under way."""
        self._deaf = True
        self._stop_awaiting_head()
        if self._in_body:
            self._refuse_cycle(status, message)
        elif self._is_idle():
            self._write_refusal(status, message)
        else:
            self.cycle.keep_alive = False

    def _refuse_cycle(self, status: int, message: str) -> None:
        """The same for a request whose head is complete: the application has it, or it waits behind others."""
        cycle = self.cycle
        if self.pipeline and self.pipeline[0][0] is cycle and self._previous is not None:
            self.pipeline.popleft()
            self._previous.keep_alive = False
            return
        # From here on, uvicorn lets nothing out that the application still answers.
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self._close()
        else:
            self._write_refusal(status, message)

    def _write_refusal(self, status: int, message: str) -> None:
        body = error_body(message, CODES[status])
        lines = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            "content-type: application/json; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
        )
        self.transport.write("\r\n".join((*lines, "", "")).encode() + body)
        self._close()

    def _close(self) -> None:
        self.transport.close()
        self._abort_later()

    def _abort_later(self) -> None:
        """Closing waits until all is written; a client that does not read would keep that waiting for ever."""
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)


def _answers_at_once(cycle: RequestResponseCycle, app: ASGI3Application) -> bool:
    return cast("GatewayApp", app).answers_at_once(cast("dict[str, Any]", cycle.scope))


def _run_to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing. Raises RuntimeError when it does."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("an answer that was to be given at once waits")
