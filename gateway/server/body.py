"""Reading a request's body from an untrusted client: bounded in bytes and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

from gateway.server.errors import ClientDisconnected, HttpError

# What a refused client may still send before its connection is closed: most then read the answer, not a broken pipe.
LINGER_BYTES = 1_000_000
LINGER_S = 1.0


def has_body(headers: Mapping[str, str]) -> bool:
    """Whether a body follows the head. An HTTP/1.1 request has one only when it says so (RFC 9112 section 6.3)."""
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


async def read_body(receive: Receive, headers: Mapping[str, str], max_bytes: int, timeout_s: float | None) -> bytes:
    """The whole body. Raises HttpError 413 before more than `max_bytes` and one network read are held, or 408.

    timeout_s: None when it has come already, and `receive` does not wait.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > max_bytes:
        raise _too_large(max_bytes)
    if timeout_s is None:
        return await _collect(receive, max_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            return await _collect(receive, max_bytes)
    except TimeoutError:
        raise HttpError(408, f"The request body did not arrive within {timeout_s:g} s.") from None


async def discard_body(receive: Receive) -> None:
    """Take in what is left of a body, for a moment, so that closing does not destroy an answer on its way.

    A connection closed while the client still sends is reset, and a reset takes unread answers with it.
    """
    try:
        async with asyncio.timeout(LINGER_S):
            left = LINGER_BYTES
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return


async def _collect(receive: Receive, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        if not message.get("more_body"):
            return b"".join(chunks) + chunk if chunks else chunk
        chunks.append(chunk)


def _too_large(max_bytes: int) -> HttpError:
    return HttpError(413, f"The request body is larger than {max_bytes:,} bytes.")
