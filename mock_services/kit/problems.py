"""Problem: a refusal that the client can read (RFC 9457), with a stable code and the places that are at fault."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

# As RFC 9110 has them; Python has followed since 3.13 only.
_RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place of a request that is wrong. `where` is query, path or body; printed as `in`."""

    where: str = msgspec.field(name="in")
    message: str
    name: str | None = None


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer outside 2xx. errors: the places at fault, where that can be said."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: tuple[Fault, ...] = ()


class Problem(Exception):
    """Raised by handlers and the kit alike, answered as problem JSON. `code` is stable, `detail` is for people."""

    def __init__(self, status: int, code: str, detail: str, errors: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)

    def response(self) -> Response:
        """The problem as an answer."""
        document = ProblemDocument(
            title=_RENAMED.get(self.status) or HTTPStatus(self.status).phrase,
            status=self.status,
            code=self.code,
            detail=self.detail,
            errors=self.errors,
        )
        return Response(msgspec.json.encode(document), self.status, media_type=MEDIA_TYPE)


def not_found(what: str, key: str) -> Problem:
    """404: no such thing under that key."""
    return Problem(404, "NOT_FOUND", f"there is no {what} {key}")
