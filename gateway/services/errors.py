"""SourceError: a backend is at fault. The fields it should have filled become null; everything else is answered."""

from __future__ import annotations

from gateway.errors import BraidError


class SourceError(BraidError):
    """A source failed to answer. `service` is its configured name; its address never appears in the message."""

    code = "SUBREQUEST_FAILED"

    def __init__(self, service: str, message: str) -> None:
        super().__init__(message)
        self.service = service


class SourceTimeout(SourceError):
    """The source did not answer within the time it was given."""

    code = "SUBREQUEST_TIMEOUT"


class DeadlineExceeded(SourceError):
    """The whole request's deadline passed before this source had answered."""

    code = "DEADLINE_EXCEEDED"


class SourceUnreachable(SourceError):
    """No connection could be made, or it broke before the answer was complete. `answer_began` tells which."""

    code = "SUBREQUEST_CONNECTION_ERROR"

    def __init__(self, service: str, message: str, *, answer_began: bool = False) -> None:
        super().__init__(service, message)
        self.answer_began = answer_began


class SourceHttpError(SourceError):
    """The source answered with a status outside 2xx. `status` is that status.

    retry_after_s: the source wants to be left alone for so long; None when it does not say.
    """

    code = "SUBREQUEST_HTTP_ERROR"

    def __init__(self, service: str, message: str, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(service, message)
        self.status = status
        self.retry_after_s = retry_after_s


class MalformedSourceResponse(SourceError):
    """The source answered something other than it promised: not JSON, wrong shape, a key twice or not at all."""

    code = "SUBREQUEST_MALFORMED_RESPONSE"


class SourceResponseTooLarge(SourceError):
    """The decoded body is larger than the service's `max_response_bytes`."""

    code = "SUBREQUEST_RESPONSE_TOO_LARGE"


class ServiceBusy(SourceError):
    """As many calls to the source are under way as may be, and as many wait as may wait. It was not called."""

    code = "SERVICE_BUSY"


class CircuitOpen(SourceError):
    """The source has failed so often that it is left alone for a while. It was not called."""

    code = "CIRCUIT_OPEN"
