"""What clients may learn of the errors that a remote subgraph puts into its answer.

Such an error may say anything: servers in debug mode send stack traces, drivers put connection strings into messages,
frameworks echo the query with its literals. So clients learn that there was one, where, and at which service. What the
service meant for them it marks by a code, and the operator lists the codes that it may be believed with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast

from gateway.errors import BraidError
from gateway.services.errors import MalformedSourceResponse
from gateway.subgraphs.subgraph import JsonObject

ALL = "*"

_TELLING = frozenset(("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", BraidError.code))
"""Codes that are kept though their message is not: everybody's. The first two say that the subgraph has changed since
it was composed."""


def errors_for_clients(service: str, errors: Sequence[JsonObject], shown: Collection[str]) -> Sequence[JsonObject]:
    """The errors with nothing but message, path and code; the latter two only in the right form.

    shown: codes whose errors keep their message; ALL for every error.

    Raises MalformedSourceResponse when one has no message.
    """
    return [dict(_members(service, error, shown)) for error in errors]


def _members(service: str, error: JsonObject, shown: Collection[str]) -> Iterator[tuple[str, Any]]:
    message, code = error.get("message"), _code(error)
    if not isinstance(message, str):
        raise MalformedSourceResponse(service, f"Service '{service}' answered an error without a message.")
    is_shown = ALL in shown or code in shown
    yield "message", message if is_shown else f"Service '{service}' reported an error."
    if _is_path(error.get("path")):
        yield "path", error["path"]
    if code is not None and (is_shown or code in _TELLING):
        yield "extensions", {"code": code}


def _code(error: JsonObject) -> str | None:
    extensions = error.get("extensions")
    code = cast("JsonObject", extensions).get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else None


def _is_path(value: Any) -> bool:
    return isinstance(value, list) and all(type(step) in (str, int) for step in cast("list[Any]", value))
