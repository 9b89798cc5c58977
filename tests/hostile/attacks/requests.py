"""Attacks by HTTP: bodies that are no JSON, headers, methods and addresses. Broken framing is tests/hostile/raw_cases."""

# ruff: noqa: E501 - one case, one line: what is sent can be compared with what it tries
from __future__ import annotations

import gzip
import json
import zlib

from tests.hostile.attacks.attack import PATH, Attack, body, request

QUERY = b'{"query": "{ __typename }"}'
_MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query": "{ __typename }"}\r\n'
    b'--x\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}\r\n--x--\r\n'
)

_BODIES = (
    body("empty body", "nothing", b""),
    body("null", "JSON that is no object", b"null"),
    body("a string", "JSON that is no object", b'"x"'),
    body("a number", "JSON that is no object", b"7"),
    body("true", "JSON that is no object", b"true"),
    body("no JSON", "text", b"query { __typename }"),
    body("half a JSON", "cut off", QUERY[:-5]),
    body("JSON and more", "a second value behind the first", QUERY + QUERY),
    body("a batch of one", "an array", b"[" + QUERY + b"]"),
    body("a batch of 10,000", "10,000 requests for the price of one", b"[" + b",".join([QUERY] * 10_000) + b"]"),
    body("deep JSON", "100,000 brackets, for a stack", b"[" * 100_000),
    body("deep objects", "50,000 braces, for a stack", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    body("keys without end", "60,000 members", json.dumps({f"k{i}": i for i in range(60_000)}).encode()),
    body("10 MB literal", "ten times what is read", b'{"query": "{ order(id: \\"' + b"x" * 10_000_000 + b'\\") { id } }"}'),
    body("compressed", "gzip", gzip.compress(QUERY), {"content-encoding": "gzip"}),
    body("gzip bomb", "100 MB in 100 kB", gzip.compress(b" " * 100_000_000, 9), {"content-encoding": "gzip"}),
    body("gzip unannounced", "bytes that are no text", gzip.compress(QUERY)),
    body("deflate", "another compression", zlib.compress(QUERY), {"content-encoding": "deflate"}),
    body("compressed twice", "a list of encodings", gzip.compress(QUERY), {"content-encoding": "gzip, gzip, br"}),
    body("not UTF-8", "bytes that are no text", b'{"query": "{ \xff\xfe }"}'),
    body("overlong UTF-8", "a slash in two bytes", b'{"query": "\xc0\xaf"}'),
    body("UTF-16", "another encoding", QUERY.decode().encode("utf-16")),
    body("UTF-16 announced", "another encoding, honestly", QUERY.decode().encode("utf-16"),
         {"content-type": "application/json; charset=utf-16"}),
    body("UTF-7 announced", "an encoding that hides", QUERY, {"content-type": "application/json; charset=utf-7"}),
    body("multipart", "a file upload, which a foreign page may send", _MULTIPART, {"content-type": "multipart/form-data; boundary=x"}),
    body("form", "a form, which a foreign page may send", b"query=%7B__typename%7D", {"content-type": "application/x-www-form-urlencoded"}),
    body("plain text", "a body that a foreign page may send", QUERY, {"content-type": "text/plain"}),
    body("GraphQL as a body", "an old media type", b"{ __typename }", {"content-type": "application/graphql"}),
    body("no type", "a body of no type", QUERY, {"content-type": ""}),
    body("a type without end", "4,000 parameters", QUERY, {"content-type": "application/json" + ";a=b" * 2000}),
)  # fmt: skip

_ADDRESSES = (
    request("query in URL and body", "two queries, one checked", "POST", PATH + "?query=mutation%7Bx%7D", {"content-type": "application/json"}, QUERY),
    request("GET of nothing", "no query", "GET", PATH),
    request("GET of a mutation", "a command by a link",
            "GET", PATH + "?query=mutation%7BcancelOrder(id%3A%22o-0000001%22)%7Bid%7D%7D"),
    request("GET with a body", "a body where none is read", "GET", PATH, {"content-type": "application/json"}, QUERY),
    request("GET of one name twice", "two queries, one checked", "GET", PATH + "?query=%7Ba%7D&query=%7Bb%7D"),
    request("GET of 3,000 parameters", "a search for each", "GET", PATH + "?" + "&".join("a=" for _ in range(2500))),
    request("GET of half an escape", "a percent sign alone", "GET", PATH + "?query=%7B%zz%"),
    request("GET not in UTF-8", "bytes that are no text", "GET", PATH + "?query=%ff%fe"),
    request("long path", "8 kB in a log line and in the answer", "GET", "/" + "x" * 8000),
    request("long URL", "20 kB", "GET", PATH + "?query=" + "x" * 20_000),
    request("GET of bad variables", "variables that are no JSON", "GET", PATH + "?query=%7B__typename%7D&variables=%7B"),
    request("path upwards", "a file of the machine", "GET", "/graphql/../../../../etc/passwd"),
    request("path upwards, escaped", "a file of the machine", "GET", "/graphql/..%2f..%2f..%2f..%2fetc%2fpasswd"),
    request("page upwards", "a file beside the page's", "GET", "/graphql/explorer/..%2f..%2f..%2fapp.py"),
    request("path variants", "a second door", "POST", "//graphql/;x=1", {"content-type": "application/json"}, QUERY),
    request("path with NUL", "an end of text for C", "GET", "/graphql%00.html"),
    request("metrics with a body", "a body where none is read", "POST", "/metrics", {"content-type": "application/json"}, QUERY),
)  # fmt: skip

_HEADERS = (
    *(request(f"method {method}", "a method that is not served", method, PATH) for method in
      ("HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND")),
    request("accept without end", "a list to sort", "POST", PATH,
            {"content-type": "application/json", "accept": ",".join(f"a/b{i};q=0.{i}" for i in range(900))}, QUERY),
    request("accept nothing", "an answer of no type", "POST", PATH, {"content-type": "application/json", "accept": "image/png"}, QUERY),
    request("accept nonsense", "numbers that are none", "POST", PATH,
            {"content-type": "application/json", "accept": "*/*;q=nan,application/json;q=1e999,;;,=,/"}, QUERY),
    request("request id for the log", "a line of its own in the log", "POST", PATH,
            {"content-type": "application/json", "x-request-id": '"}\\n{"event": "forged"}' + "x" * 4000}, QUERY),
    request("trace context of nonsense", "a trace that there is not", "POST", PATH,
            {"content-type": "application/json", "traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-ff", "tracestate": "=" * 4000}, QUERY),
    request("timeouts of nonsense", "no time, all time", "POST", PATH,
            {"content-type": "application/json", "braid-timeout-ms": "-1e999", "braid-deadline-ms": "NaN"}, QUERY),
    request("150 headers", "a list to copy", "POST", PATH,
            {"content-type": "application/json", **{f"x-{i}": "y" * 50 for i in range(90)}}, QUERY),
    request("cookie of 30 kB", "more than a head may hold", "POST", PATH,
            {"content-type": "application/json", "cookie": "x" * 30_000}, QUERY),
    request("others' headers", "another address, method and host", "POST", PATH,
            {"content-type": "application/json", "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "evil",
             "x-http-method-override": "DELETE", "x-original-url": "/metrics"}, QUERY),
    request("another's page", "a request from a foreign page", "POST", PATH,
            {"content-type": "application/json", "origin": "https://evil.example", "sec-fetch-site": "cross-site"}, QUERY),
    request("upgrade", "a web socket", "GET", PATH,
            {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "x" * 24}),
)  # fmt: skip

REQUESTS: tuple[Attack, ...] = (*_BODIES, *_ADDRESSES, *_HEADERS)
