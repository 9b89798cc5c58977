"""What every error of the gateway has in common. Each family is defined in the package that raises it."""

from __future__ import annotations


class BraidError(Exception):
    """An error with a stable code.

    message: one or more sentences that are safe to show to a client: no address, no secret, no traceback.
    code:    stable, upper case; clients and tests may rely on it. Listed in docs/errors.md.
    """

    code: str = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
