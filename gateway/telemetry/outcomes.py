"""How a call to a source can end, in words that cannot hold anything of the call itself."""

from __future__ import annotations

import asyncio

from gateway.errors import BraidError
from gateway.execution.failure import DOWNSTREAM_SERVICE_ERROR
from gateway.operation.errors import GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED
from gateway.services.errors import (
    CircuitOpen,
    DeadlineExceeded,
    MalformedSourceResponse,
    ServiceBusy,
    SourceError,
    SourceHttpError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.request import RequestContext

SOURCE_CODES = frozenset(
    (
        *(kind.code for kind in (SourceError, SourceTimeout, DeadlineExceeded, SourceUnreachable, SourceHttpError)),
        MalformedSourceResponse.code,
        SourceResponseTooLarge.code,
        ServiceBusy.code,
        CircuitOpen.code,
        DOWNSTREAM_SERVICE_ERROR,
        BraidError.code,
        # A subgraph that does not take what the plan asks of it has changed since it was composed.
        GRAPHQL_PARSE_FAILED,
        GRAPHQL_VALIDATION_FAILED,
    )
)
"""What an operator wants to know of. Any other code is a service's own."""

OK = "OK"
ERRORS = "ERRORS"
"""Of a fetch: it was answered, with errors in the answer."""
CANCELLED = "CANCELLED"


def outcome_of(error: BaseException, context: RequestContext) -> str:
    """A code of ours that says how a source failed. A fetch that is cut off at the deadline is cancelled."""
    if isinstance(error, SourceError):
        return error.code if error.code in SOURCE_CODES else ERRORS
    if isinstance(error, asyncio.CancelledError):
        return DeadlineExceeded.code if context.remaining_s() <= 0 else CANCELLED
    return BraidError.code
