"""HttpError: the HTTP request is at fault, before any GraphQL was read from it. Answered as a GraphQL error."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import BraidError
from gateway.response.response import GraphQLResponse

CODES = {
    400: "BAD_REQUEST",
    403: "CROSS_SITE_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    408: "REQUEST_TIMEOUT",
    413: "PAYLOAD_TOO_LARGE",
    414: "URI_TOO_LONG",
    415: "UNSUPPORTED_MEDIA_TYPE",
    431: "HEADERS_TOO_LARGE",
    429: "RATE_LIMITED",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


class HttpError(BraidError):
    """The request cannot be answered with this status's usual meaning; the code follows from the status unless given.

    status:  one of CODES; another one with its code given.
    headers: sent along, as ASGI pairs; `Allow` for 405.
    """

    def __init__(
        self, status: int, message: str, *, headers: Sequence[tuple[bytes, bytes]] = (), code: str | None = None
    ) -> None:
        super().__init__(message, code=code or CODES[status])
        self.status = status
        self.headers = tuple(headers)


class ClientDisconnected(Exception):
    """The client has gone; nobody is left to answer."""


def error_body(message: str, code: str) -> bytes:
    """A GraphQL response with just this error, as JSON."""
    error = {"message": message, "extensions": {"code": code}}
    return GraphQLResponse(errors=[error], executed=False).encode()
