"""What every error of the gateway has in common. Each family is defined in the package that raises it."""

from __future__ import annotations

import traceback
from pathlib import PurePath

_FRAMES_TOLD = 5


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


def origin(error: BaseException) -> str:
    """Where an unexpected exception came from, for logs: `local.py:80 fetch < loader.py:12 load`, innermost first.

    Its message, source lines and values stay out: they may hold what clients and services must keep secret.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_TOLD:]
    return " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
