"""RequestError: the client's document or variables are at fault. Nothing was executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.errors import BraidError

GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
OPERATION_TOO_LARGE = "OPERATION_TOO_LARGE"
OPERATION_TOO_EXPENSIVE = "OPERATION_TOO_EXPENSIVE"
MUTATION_NOT_ALLOWED = "MUTATION_NOT_ALLOWED"
SUBSCRIPTION_NOT_SUPPORTED = "SUBSCRIPTION_NOT_SUPPORTED"

_LONGEST_MESSAGE = 500


class RequestError(BraidError):
    """The request cannot be executed.

    errors: GraphQL error objects as JSON, at least one, each with `message` and `extensions.code`; all that were found.
    code:   the code of the first one; the server derives the HTTP status from it.
    """

    code = GRAPHQL_VALIDATION_FAILED

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        self.errors: list[dict[str, Any]] = [{**error, "message": _shortened(error["message"])} for error in errors]
        super().__init__(self.errors[0]["message"], code=errors[0]["extensions"]["code"])

    @classmethod
    def single(cls, code: str, message: str) -> RequestError:
        """A request error that has just one cause and no position in the document."""
        return cls([{"message": message, "extensions": {"code": code}}])


def _shortened(message: str) -> str:
    """Head and tail of a message that quotes what the client sent, which may be a megabyte."""
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[: _LONGEST_MESSAGE // 2]} [...] {message[-_LONGEST_MESSAGE // 2 :]}"
