"""Collect a response body, decoded, without ever holding more of it than is allowed.

The HTTP libraries decode a compressed chunk whole before anyone can count it, so that a few kilobytes can become
gigabytes. Here zlib is told how much it may give out, and a body that wants more is refused on the spot.

Of one service's bodies one at a time may be large: twenty that come at once, each as long as allowed, are 160 MB.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterable

SMALL_BYTES = 64 * 1024
"""A longer body is large."""

_EITHER_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BodyTooLarge(Exception):
    """The decoded body is longer than `max_bytes`."""


class UnreadableBody(Exception):
    """The body is not in the encoding that its header names, or that encoding is not known here."""


class BodyReader:
    """Fed with the chunks of one body as they come off the wire; gives the decoded whole.

    encoding:  value of the Content-Encoding header: "", "identity", "gzip" or "deflate". Anything else, also two
               encodings on top of each other, raises UnreadableBody.
    max_bytes: how long the decoded body may be.
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise UnreadableBody(f"content encoding {encoding!r}")
        self._inflate = None if encoding in ("", "identity") else zlib.decompressobj(_EITHER_GZIP_OR_ZLIB)
        self._body = bytearray()
        self._max_bytes = max_bytes
        self._unread = b""
        self._fed = False

    def feed(self, chunk: bytes, up_to: int | None = None) -> bool:
        """Take the next chunk. Raises BodyTooLarge, UnreadableBody.

        up_to: how long the decoded body may become for now. False: it would be longer; what is left of the chunk is
               kept as it came, and taken with the next one.
        """
        self._fed = True
        limit = self._max_bytes if up_to is None else min(up_to, self._max_bytes)
        room = max(0, limit - len(self._body))
        wire = self._unread + chunk if self._unread else chunk
        if self._inflate is not None:
            try:
                # One byte more than there is room for is enough to see that it is too much. 0 would mean "no limit".
                wire = self._inflate.decompress(wire, room + 1)
            except zlib.error as error:
                raise UnreadableBody("broken compressed data") from error
        if len(wire) <= room:
            self._unread = b""
            self._body += wire
            return True
        if limit == self._max_bytes:
            chunk = wire = b""  # The error holds this frame, and whoever holds the error would hold all of these, too.
            raise BodyTooLarge
        if self._inflate is None:
            self._unread = wire
        else:
            self._unread = self._inflate.unconsumed_tail
            self._body += wire
        return False

    def discard(self) -> None:
        """Hold nothing any more, whoever still holds this reader."""
        self._body, self._unread = bytearray(), b""

    def finish(self) -> bytes:
        """The whole decoded body. Raises UnreadableBody when compressed data ends too early."""
        if self._inflate is not None and self._fed and not self._inflate.eof:
            raise UnreadableBody("compressed data ends too early")
        return bytes(self._body)


class BodyReading:
    """Reads the bodies that one service answers: small ones side by side, large ones one after the other.

    A large one waits within the time limit of its call, with reading paused: what is on its way stays at the service.
    """

    def __init__(self, small_bytes: int = SMALL_BYTES) -> None:
        self._small_bytes = small_bytes
        self._turn = asyncio.Lock()

    async def read(self, chunks: AsyncIterable[bytes], encoding: str, max_bytes: int) -> bytes:
        """The whole decoded body; see BodyReader. Raises BodyTooLarge, UnreadableBody, and what reading raises."""
        reader, has_turn, chunk = BodyReader(encoding, max_bytes), False, b""
        try:
            async for chunk in chunks:
                if not reader.feed(chunk, None if has_turn else self._small_bytes):
                    await self._turn.acquire()
                    has_turn = True
                    reader.feed(b"")
            return reader.finish()
        except BaseException:
            # Errors keep frames, and frames this reader, until garbage is collected: 100 MB within a second, measured.
            reader.discard()
            chunk = b""
            raise
        finally:
            if has_turn:
                self._turn.release()
