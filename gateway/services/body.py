"""Collect a response body, decoded, without ever holding more of it than is allowed.

The HTTP libraries decode a compressed chunk whole before anyone can count it, so that a few kilobytes can become
gigabytes. Here zlib is told how much it may give out, and a body that wants more is refused on the spot.
"""

from __future__ import annotations

import zlib

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
        self._room = max_bytes
        self._fed = False

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk. Raises BodyTooLarge, UnreadableBody."""
        self._fed = True
        if self._inflate is not None:
            try:
                # One byte more than there is room for is enough to see that it is too much. 0 would mean "no limit".
                chunk = self._inflate.decompress(chunk, self._room + 1)
            except zlib.error as error:
                raise UnreadableBody("broken compressed data") from error
        self._room -= len(chunk)
        if self._room < 0:
            raise BodyTooLarge
        self._body += chunk

    def finish(self) -> bytes:
        """The whole decoded body. Raises UnreadableBody when compressed data ends too early."""
        if self._inflate is not None and self._fed and not self._inflate.eof:
            raise UnreadableBody("compressed data ends too early")
        return bytes(self._body)
