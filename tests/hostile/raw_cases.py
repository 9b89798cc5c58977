"""Raw HTTP/1 requests that an attacker, a broken client or a confused proxy might send, and what has to come of them.

Each case is bytes in, statuses out. `SMUGGLED` is the second request that must never be answered or executed where its
bytes are, by any reading, part of the first one or behind a doubt about where that one ends (RFC 9112 sections 6 and
11.2). Where the standard leaves a choice, the case holds the stricter one.
"""

from __future__ import annotations

from dataclasses import dataclass

HOST = b"Host: gateway\r\n"
JSON = b"Content-Type: application/json\r\n"

_TOUCH = b'{"query":"mutation{touch}"}'
SMUGGLED = b"POST /graphql HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: %d\r\n\r\n" % len(_TOUCH) + _TOUCH
HEALTH = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"

_HELLO = b'{"query":"{hello}"}'
_POST = b"POST /graphql HTTP/1.1\r\n" + HOST + JSON
CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n"
_LENGTH = b"Content-Length: %d\r\n" % len(_HELLO)
ONE_CHUNK = b"%x\r\n" % len(_HELLO) + _HELLO + b"\r\n"
END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class RawCase:
    """name: what is wrong, or right, with it. sent: parts, each arriving in a read of its own.

    statuses: of all answers that come, in order. closes: the server closes at once, without waiting for more.
    """

    name: str
    sent: tuple[bytes, ...]
    statuses: tuple[int, ...]
    closes: bool = True


def _case(name: str, *sent: bytes, answer: int | tuple[int, ...], closes: bool = True) -> RawCase:
    return RawCase(name, sent, answer if isinstance(answer, tuple) else (answer,), closes)


HONEST = (
    _case("length", _POST + _LENGTH + b"\r\n" + _HELLO, answer=200, closes=False),
    _case("chunked", CHUNKED + b"\r\n" + ONE_CHUNK + END, answer=200, closes=False),
    _case("three at once", HEALTH + _POST + _LENGTH + b"\r\n" + _HELLO + HEALTH, answer=(200, 200, 200), closes=False),
    _case("a byte at a time", *(bytes([byte]) for byte in HEALTH), answer=200, closes=False),
    _case("empty lines before", b"\r\n\r\n" + HEALTH, answer=200, closes=False),
    _case("absolute target", b"GET http://gateway/health HTTP/1.1\r\n" + HOST + b"\r\n", answer=200, closes=False),
    _case("HTTP/1.0", b"GET /health HTTP/1.0\r\n\r\n", answer=200),
    _case("close", b"GET /health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", answer=200),
    _case("chunk extension", CHUNKED + b"\r\n" + b"13;a=b\r\n" + _HELLO + b"\r\n" + END, answer=200, closes=False),
)
"""What must go on working."""

FRAMING = (
    _case("length and chunked", CHUNKED + b"Content-Length: 5\r\n\r\n" + END + SMUGGLED, answer=400),
    _case(
        "chunked and length",
        _POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END + SMUGGLED,
        answer=400,
    ),
    _case("two lengths", _POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("one length twice", _POST + _LENGTH + _LENGTH + b"\r\n" + _HELLO + SMUGGLED, answer=400),
    _case("lengths in a list", _POST + b"Content-Length: 2, 2\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("length with a plus", _POST + b"Content-Length: +2\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("negative length", _POST + b"Content-Length: -2\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("hexadecimal length", _POST + b"Content-Length: 0x2\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("length in letters", _POST + b"Content-Length: two\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("empty length", _POST + b"Content-Length:\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("length over 64 bits", _POST + b"Content-Length: 18446744073709551618\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("length with a space inside", _POST + b"Content-Length: 2 7\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("unknown coding", _POST + b"Transfer-Encoding: x\r\n\r\n" + SMUGGLED, answer=400),
    _case("identity", _POST + b"Transfer-Encoding: identity\r\n\r\n" + SMUGGLED, answer=400),
    _case("chunked is not last", _POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + END + SMUGGLED, answer=400),
    _case(
        "chunked after another",
        _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + ONE_CHUNK + END + SMUGGLED,
        answer=400,
    ),
    _case("chunked twice", CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n" + ONE_CHUNK + END + SMUGGLED, answer=400),
    _case("chunked, then unknown", CHUNKED + b"Transfer-Encoding: x\r\n\r\n" + END + SMUGGLED, answer=400),
    _case(
        "vertical tab before chunked", _POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END + SMUGGLED, answer=400
    ),
    _case("chunked in quotes", _POST + b'Transfer-Encoding: "chunked"\r\n\r\n' + END + SMUGGLED, answer=400),
    _case(
        "chunked in HTTP/1.0",
        CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n" + ONE_CHUNK + END + SMUGGLED,
        answer=400,
    ),
    _case(
        "GET with a body", b"GET /health HTTP/1.1\r\n" + HOST + b"Content-Length: 500\r\n\r\n" + SMUGGLED, answer=400
    ),
    _case(
        "body where none belongs",
        b"POST /health HTTP/1.1\r\n" + HOST + b"Content-Length: 500\r\n\r\n" + SMUGGLED,
        answer=400,
    ),
)
"""Doubts about where the body ends, in the head."""

CHUNKS = (
    _case("chunk size in letters", CHUNKED + b"\r\nzz\r\n{}\r\n" + END + SMUGGLED, answer=400),
    _case("chunk size with 0x", CHUNKED + b"\r\n0x2\r\n{}\r\n" + END + SMUGGLED, answer=400),
    _case("chunk size with a plus", CHUNKED + b"\r\n+2\r\n{}\r\n" + END + SMUGGLED, answer=400),
    _case("negative chunk size", CHUNKED + b"\r\n-2\r\n{}\r\n" + END + SMUGGLED, answer=400),
    _case("chunk size over 64 bits", CHUNKED + b"\r\n10000000000000002\r\n{}\r\n" + END + SMUGGLED, answer=400),
    _case("space before the chunk size", CHUNKED + b"\r\n 2\r\n{}\r\n" + END + SMUGGLED, answer=400),
    _case("chunk longer than it says", CHUNKED + b"\r\n1\r\n{}\r\n" + END + SMUGGLED, answer=400),
    _case("chunk size ends in a bare LF", CHUNKED + b"\r\n13\n" + _HELLO + b"\r\n" + END + SMUGGLED, answer=400),
    _case("chunk ends in a bare LF", CHUNKED + b"\r\n13\r\n" + _HELLO + b"\n" + END + SMUGGLED, answer=400),
    _case("chunk extension with a bare LF", CHUNKED + b"\r\n13;\n" + _HELLO + b"\r\n" + END + SMUGGLED, answer=400),
    _case("broken chunk in a later read", CHUNKED + b"\r\n" + ONE_CHUNK, b"zz\r\n" + END + SMUGGLED, answer=400),
    _case(
        "broken chunk after a refusal",
        CHUNKED.replace(b"json", b"text") + b"\r\n",
        b"zz\r\n" + END + SMUGGLED,
        answer=415,
    ),
)
"""The same doubts, in chunks."""

HEADS = (
    _case("no Host", b"GET /health HTTP/1.1\r\n\r\n", answer=400, closes=False),
    _case("two Hosts", b"GET /health HTTP/1.1\r\n" + HOST + b"Host: other\r\n\r\n", answer=400, closes=False),
    _case("one Host twice", b"GET /health HTTP/1.1\r\n" + HOST + HOST + b"\r\n", answer=400, closes=False),
    _case("two Hosts in one", b"GET /health HTTP/1.1\r\nHost: gateway, other\r\n\r\n", answer=400, closes=False),
    _case("empty Host", b"GET /health HTTP/1.1\r\nHost:\r\n\r\n", answer=400, closes=False),
    _case("Host with a path", b"GET /health HTTP/1.1\r\nHost: gateway/x\r\n\r\n", answer=400, closes=False),
    _case("Host with a user", b"GET /health HTTP/1.1\r\nHost: a@gateway\r\n\r\n", answer=400, closes=False),
    _case("two Hosts in HTTP/1.0", b"GET /health HTTP/1.0\r\n" + HOST + HOST + b"\r\n", answer=400),
    _case("space before the colon", b"GET /health HTTP/1.1\r\nHost : gateway\r\n\r\n" + SMUGGLED, answer=400),
    _case("space before the first header", b"GET /health HTTP/1.1\r\n Host: gateway\r\n\r\n" + SMUGGLED, answer=400),
    _case("folded header", b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: b\r\n c\r\n\r\n" + SMUGGLED, answer=400),
    _case("folded length", _POST + b"Content-Length:\r\n 2\r\n\r\n{}" + SMUGGLED, answer=400),
    _case("header without a colon", b"GET /health HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n" + SMUGGLED, answer=400),
    _case("header without a name", b"GET /health HTTP/1.1\r\n" + HOST + b": x\r\n\r\n" + SMUGGLED, answer=400),
    _case("NUL in a header", b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: b\x00c\r\n\r\n" + SMUGGLED, answer=400),
    _case("CR in a header", b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: b\rX-B: c\r\n\r\n" + SMUGGLED, answer=400),
    _case("bare LF in the head", b"GET /health HTTP/1.1\nHost: gateway\n\n" + SMUGGLED, answer=400),
    _case("bare LF after a header", b"GET /health HTTP/1.1\r\nHost: gateway\nX-A: b\r\n\r\n" + SMUGGLED, answer=400),
    _case("bare CR after the request line", b"GET /health HTTP/1.1\rHost: gateway\r\n\r\n" + SMUGGLED, answer=400),
    _case("length in a broken name", _POST + b"Content-Length\x0b: 2\r\n\r\n{}" + SMUGGLED, answer=400),
)
"""Heads that proxies and servers read differently."""

LINES = (
    _case("nonsense", b"NONSENSE\r\n\r\n" + SMUGGLED, answer=400),
    _case("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SMUGGLED, answer=400),
    _case("HTTP/0.9", b"GET /health\r\n\r\n" + SMUGGLED, answer=400),
    _case("HTTP/9.9", b"GET /health HTTP/9.9\r\n" + HOST + b"\r\n" + SMUGGLED, answer=400),
    _case("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED, answer=400),
    _case("lower-case HTTP", b"GET /health http/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, answer=400),
    _case("no target", b"GET  HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, answer=400),
    _case("space in the target", b"GET /hea lth HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, answer=400),
    _case("target is not ASCII", b"GET /\xc3\xa4 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, answer=400),
    _case("target without a slash", b"GET health HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, answer=400),
    _case("tunnel", b"CONNECT gateway:80 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, answer=400),
    _case("asterisk", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", answer=404, closes=False),
    _case("upgrade to h2c", HEALTH[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", SMUGGLED, answer=200),
    _case(
        "upgrade to WebSocket",
        HEALTH[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + SMUGGLED,
        answer=200,
    ),
    _case(
        "upgrade with a body",
        _POST + _LENGTH + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + _HELLO,
        SMUGGLED,
        answer=400,
    ),
    _case("a request after close", HEALTH[:-2] + b"Connection: close\r\n\r\n" + SMUGGLED, answer=200),
    _case("nonsense after a request", HEALTH + b"NONSENSE\r\n\r\n" + SMUGGLED, answer=200),
    _case("broken body after a request", HEALTH + CHUNKED + b"\r\nzz\r\n" + SMUGGLED, answer=200),
)
"""Request lines, upgrades, and what stands behind a request."""

TRAILERS = (
    _case("trailer", CHUNKED + b"\r\n" + ONE_CHUNK + b"0\r\nX-A: b\r\n\r\n", answer=200, closes=False),
    _case("Host in the trailer", CHUNKED + b"\r\n" + ONE_CHUNK + b"0\r\nHost: other\r\n\r\n", answer=200, closes=False),
    _case(
        "length in the trailer",
        CHUNKED + b"\r\n" + ONE_CHUNK + b"0\r\nContent-Length: 500\r\n\r\n" + SMUGGLED,
        answer=400,
    ),
    _case(
        "type in the trailer", CHUNKED.replace(JSON, b"") + b"\r\n" + ONE_CHUNK + b"0\r\n" + JSON + b"\r\n", answer=415
    ),
    _case("trailer without end", CHUNKED + b"\r\n" + ONE_CHUNK + b"0\r\nX-A: ", *[b"x" * 8000] * 3, answer=431),
)
"""Headers behind the body: they are not the request's."""

LIMITS = (
    _case("long target", b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", answer=414, closes=False),
    _case(
        "large header",
        b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: " + b"x" * 17_000 + b"\r\n\r\n",
        answer=431,
        closes=False,
    ),
    _case("header without end", b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: ", *[b"x" * 8_000] * 3, answer=431),
    _case("target without end", b"GET /", *[b"x" * 8_000] * 3, answer=431),
    _case(
        "5,000 headers", b"GET /health HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 5_000 + b"\r\n", answer=431, closes=False
    ),
    _case("large body announced", _POST + b"Content-Length: 1000001\r\n\r\n", answer=413),
    _case("compressed body", _POST + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", answer=415),
)
"""Too much of something."""

RAW_CASES = (*HONEST, *FRAMING, *CHUNKS, *HEADS, *LINES, *TRAILERS, *LIMITS)
