"""What every call to an upstream has around it, whoever makes it: one time limit, one set of headers, one translation.

Used by the service client and by remote subgraphs, so that a fault looks the same from both.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import aiohttp
import httpx

from gateway.services.body import BodyTooLarge, UnreadableBody
from gateway.services.errors import (
    DeadlineExceeded,
    MalformedSourceResponse,
    SourceError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.http1 import BrokenOff, NotHttp
from gateway.services.request import RequestContext, kept_for_steps_s

_NOT_HTTP = (UnreadableBody, NotHttp, aiohttp.ClientResponseError, httpx.RemoteProtocolError, httpx.DecodingError)

LIBRARY_FAULTS = (aiohttp.ClientError, httpx.HTTPError, NotHttp, BodyTooLarge, UnreadableBody, OSError)
"""What a call can raise, besides our own errors, through a fault of the service or of the way to it. A TimeoutError is
an OSError too: where a time limit is around the call, it comes first."""


@dataclass(slots=True)
class Call:
    """One call, for a trace. Times are `time.perf_counter()` seconds; ended_s is None while it is under way."""

    service: str
    started_s: float
    ended_s: float | None = None


_TIMER_GRAIN_S = 0.001

call_log: ContextVar[list[Call] | None] = ContextVar("call_log", default=None)
"""Where calls are noted; None for nowhere. What a task starts inherits it, so a batch has the log of its first load."""


@asynccontextmanager
async def source_call(service: str, timeout_s: float, context: RequestContext) -> AsyncGenerator[asyncio.Timeout]:
    """Give the block min(timeout_s, what is left of the request) seconds; let only SourceErrors out of it.

    The limit is for all of it together: waiting for a connection, connecting, headers, a dripped body, decoding.
    Raises SourceTimeout, DeadlineExceeded when the request's own deadline came first, SourceUnreachable,
    MalformedSourceResponse, SourceResponseTooLarge. Cancellation passes through. Gives the limit that is in force.
    """
    left_s = context.remaining_s()
    if left_s <= 0:
        raise deadline_exceeded(service)  # not even sent: of a command cut off at once, nobody would know what it did
    call, log = None, call_log.get()
    if log is not None:
        call = Call(service, time.perf_counter())
        log.append(call)
    try:
        async with asyncio.timeout(min(timeout_s, left_s)) as limit:
            yield limit
    except TimeoutError as error:
        if left_s <= timeout_s:
            raise deadline_exceeded(service) from error
        raise SourceTimeout(service, f"Service '{service}' did not answer within {timeout_s:g} s.") from error
    except LIBRARY_FAULTS as error:
        raise translate_fault(service, error) from error
    finally:
        if call is not None:
            call.ended_s = time.perf_counter()


def deadline_exceeded(service: str) -> DeadlineExceeded:
    return DeadlineExceeded(service, f"The request's deadline passed before service '{service}' had answered.")


def outgoing_headers(context: RequestContext, timeout_s: float = math.inf) -> dict[str, str]:
    """Headers for every upstream: the client's allow-listed ones, then ours, which win.

    timeout_s: what is left of the call's own limit. `Braid-Deadline-Ms` tells the service for how many milliseconds its
    answer is of use at most: whole ones, and never none, which might be read as "without a limit". Where the request's
    time is what limits the call, the service is told of all of it, also of what the call leaves to the steps behind it:
    so what is told falls from step to step, whatever the shares.
    """
    left_s = context.fetching_s()
    if timeout_s < left_s - kept_for_steps_s.get() - _TIMER_GRAIN_S:
        left_s = timeout_s
    headers = {
        **context.headers,
        "x-request-id": context.request_id,
        "accept-encoding": "identity",
        "braid-deadline-ms": str(max(1, int(left_s * 1000))),
    }
    if context.traceparent is not None:
        headers["traceparent"] = context.traceparent
    return headers


def translate_fault(service: str, error: Exception) -> SourceError:
    """What one of LIBRARY_FAULTS means. Its own message, which may hold an address, is left out."""
    # httpx-aiohttp calls a refused connection a ConnectTimeout; the aiohttp error that it came from tells the truth.
    cause = error.__cause__
    fault = cause if isinstance(cause, aiohttp.ClientError) else error
    if isinstance(fault, BodyTooLarge):
        return SourceResponseTooLarge(service, f"The answer of service '{service}' is larger than allowed.")
    if isinstance(fault, _NOT_HTTP):
        return MalformedSourceResponse(service, f"Service '{service}' answered with something that is not valid HTTP.")
    if isinstance(fault, httpx.TimeoutException):
        return SourceTimeout(service, f"Service '{service}' did not answer in time.")
    message = f"Service '{service}' cannot be reached, or broke off its answer."
    began = fault.began if isinstance(fault, BrokenOff) else isinstance(fault, aiohttp.ClientPayloadError)
    return SourceUnreachable(service, message, answer_began=began)
