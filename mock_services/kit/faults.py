"""Answers that no service should give: what chaos sends in place of the service's own.

Each is well-formed HTTP; faults below HTTP are made by `mock_services.faults`.
"""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from starlette.responses import Response, StreamingResponse

from mock_services.kit.problems import Problem

JSON = "application/json"
CHUNK_BYTES = 65_536
# Deeper than any recursive decoder goes, in a body that nobody would call large.
DEPTH = 20_000
GARBAGE_BYTES = 2_000

_LEFT, _RIGHT = b'{"items":"', b'"}'
_GZIP = 16 + zlib.MAX_WBITS

Answering = Callable[[int, random.Random], Response]
"""Makes an answer. size_bytes: of the body, for those that are large. draws: for those that are random."""


def _plain(content: bytes, media_type: str = JSON, status: int = 200, location: str | None = None) -> Answering:
    headers = {} if location is None else {"location": location}
    return lambda _, __: Response(content, status, headers, media_type)


def _garbage(_: int, draws: random.Random) -> Response:
    return Response(draws.randbytes(GARBAGE_BYTES), media_type=JSON)


def _huge(size_bytes: int, _: random.Random) -> Response:
    """Valid JSON, streamed without a length, so that only counting tells how much it is."""
    return StreamingResponse(_long_body(size_bytes), media_type=JSON)


async def _long_body(size_bytes: int) -> AsyncIterator[bytes]:
    yield _LEFT
    chunk = b"x" * CHUNK_BYTES
    for sent in range(0, size_bytes, CHUNK_BYTES):
        yield chunk[: size_bytes - sent]
        # When the client has gone, sending waits for nothing any more, and the server must get a turn to say so.
        await asyncio.sleep(0)
    yield _RIGHT


def _gzip_bomb(size_bytes: int, _: random.Random) -> Response:
    return Response(_bomb(size_bytes), headers={"content-encoding": "gzip"}, media_type=JSON)


@lru_cache(maxsize=2)
def _bomb(size_bytes: int) -> bytes:
    """A thousandth of size_bytes, which decompressed are valid JSON. Takes 0.4 s for 300 MB, the first time."""
    packing = zlib.compressobj(1, wbits=_GZIP)
    chunk = b"x" * CHUNK_BYTES
    packed = [packing.compress(_LEFT)]
    packed += [packing.compress(chunk[: size_bytes - done]) for done in range(0, size_bytes, CHUNK_BYTES)]
    packed += [packing.compress(_RIGHT), packing.flush()]
    return b"".join(packed)


def prepare(fault: str, size_bytes: int) -> None:
    """Do now what would hold up the first answer."""
    if fault == "gzip_bomb":
        _bomb(size_bytes)


_HTML = b"<!doctype html><title>Sign in</title><p>Welcome to the hotel's network. <a href='/'>Sign in</a> to go on."

ANSWERS: Mapping[str, Answering] = MappingProxyType(
    {
        "error": lambda _, __: Problem(500, "CHAOS", "failed as asked for by POST /_chaos").response(),
        "html": _plain(_HTML, "text/html"),
        "garbage": _garbage,
        "deep_json": _plain(b'{"items":' + b"[" * DEPTH + b"]" * DEPTH + b"}"),
        "null": _plain(b"null"),
        "redirect": _plain(b"", status=302, location="/healthz"),
        "huge": _huge,
        "gzip_bomb": _gzip_bomb,
    }
)
