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
    """No connection could be made, or it broke before the answer was complete."""

    code = "SUBREQUEST_CONNECTION_ERROR"


class SourceHttpError(SourceError):
    """The source answered with a status outside 2xx. `status` is that status."""

    code = "SUBREQUEST_HTTP_ERROR"

    def __init__(self, service: str, message: str, status: int) -> None:
        super().__init__(service, message)
        self.status = status


class MalformedSourceResponse(SourceError):
    """The source answered something other than it promised: not JSON, wrong shape, a key twice or not at all."""

    code = "SUBREQUEST_MALFORMED_RESPONSE"


class SourceResponseTooLarge(SourceError):
    """The decoded body is larger than the service's `max_response_bytes`."""

    code = "SUBREQUEST_RESPONSE_TOO_LARGE"
