"""Exchange: one HTTP request and its answer, with what every answer carries."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from secrets import token_hex

from starlette.types import Message, Receive, Scope, Send

from gateway.server.body import discard_body, has_body
from gateway.server.errors import HttpError, error_body
from gateway.server.media_types import JSON
from gateway.server.settings import ServerSettings

# What others' tracing makes: hex, UUIDs, ULIDs, base64. Nothing that could forge a log line.
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")

# A name or an address with a port, or neither. Not a user, a path or a second host (RFC 9112 section 3.2).
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+;=-]+)(:[0-9]*)?")
_VERSIONS = ("1.1", "1.0")

BODY_IS_HERE = "braid.body_is_here"
"""Key of a scope whose request has come whole."""

# Answers depend on Accept, are never guessed to be something else by a browser, and are not kept by caches.
_ANSWER_HEADERS = (
    (b"vary", b"accept"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


class Exchange:
    """One request on its way through the server.

    headers:    names in lower case, repeated ones joined by ", ".
    request_id: the client's when it sent a sane one, else a new one; answered back as `X-Request-Id`.
    media_type: of the answer, as negotiated; JSON until then.
    status:     of the answer; 0 until it has begun.
    body_is_here:    all of the body has come: `receive` gives it without waiting.
    body_is_awaited: the client may still be sending a body that nobody has read.
    """

    __slots__ = (
        "_send",
        "body_is_awaited",
        "body_is_here",
        "headers",
        "media_type",
        "receive",
        "request_id",
        "scope",
        "started_at",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self._send = send
        self.headers = _join_headers(scope["headers"])
        sent = self.headers.get("x-request-id", "")
        self.request_id = sent if _SANE_REQUEST_ID.fullmatch(sent) else token_hex(16)
        self.started_at = time.perf_counter()
        self.media_type = JSON
        self.status = 0
        self.body_is_here = BODY_IS_HERE in scope
        self.body_is_awaited = not self.body_is_here and has_body(self.headers)

    async def send(self, message: Message) -> None:
        """The application's `send`: notes the status and adds the request id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
        await self._send(message)

    async def answer(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Send a whole answer of `media_type`. The request's body has been read, or there is none."""
        await self.send(self._start(status, body, headers))
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, error: HttpError) -> None:
        """Answer with a GraphQL error. The connection is closed after it when the body was not read."""
        body = error_body(error.message, error.code)
        if not self.body_is_awaited:
            await self.answer(error.status, body, error.headers)
            return
        await self.send(self._start(error.status, body, (*error.headers, (b"connection", b"close"))))
        await self.send({"type": "http.response.body", "body": body, "more_body": True})
        await discard_body(self.receive)
        await self.send({"type": "http.response.body", "body": b""})

    def _start(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Message:
        pairs = [
            (b"content-type", f"{self.media_type}; charset=utf-8".encode()),
            (b"content-length", str(len(body)).encode()),
            *_ANSWER_HEADERS,
            *headers,
        ]
        return {"type": "http.response.start", "status": status, "headers": pairs}


def check_head(scope: Scope, headers: dict[str, str], settings: ServerSettings) -> None:
    """Bounds on what precedes the body, one Host, a body framed in the one way that has no two readings.

    Raises HttpError 414, 431 or 400.
    """
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > settings.max_url_bytes:
        raise HttpError(414, f"The URL is longer than {settings.max_url_bytes:,} bytes; send the query by POST.")
    # Four more for each: `: ` and the line's end.
    if sum([len(name) + len(value) + 4 for name, value in scope["headers"]]) > settings.max_head_bytes:
        raise HttpError(431, f"The request's headers are larger than {settings.max_head_bytes:,} bytes.")
    version = scope["http_version"]
    host = headers.get("host", "")
    # Two hosts arrive joined by a comma, which no host has in it. Proxies differ in which of two they believe.
    if not _is_host(host) and (host or version == "1.1"):
        raise HttpError(400, "The request must have exactly one Host header, with nothing but a host and a port in it.")
    if version not in _VERSIONS:
        raise HttpError(400, "The request is not HTTP/1.1 or HTTP/1.0.")
    if "transfer-encoding" in headers and (headers["transfer-encoding"].lower() != "chunked" or version == "1.0"):
        # RFC 9112 section 6.1: no coding but chunked, once, and none in HTTP/1.0, where others look at the length.
        raise HttpError(400, "A request's Transfer-Encoding can only be chunked, in HTTP/1.1.")


@lru_cache(maxsize=64)  # 0.1 us instead of 0.5, and hosts repeat
def _is_host(text: str) -> bool:
    return _HOST.fullmatch(text) is not None


def _join_headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
