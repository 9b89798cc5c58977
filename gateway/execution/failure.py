"""Failure: what went wrong at a source, and which fields it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.execution.targets import DataPath

DOWNSTREAM_SERVICE_ERROR = "DOWNSTREAM_SERVICE_ERROR"
"""The code of an error that a subgraph reported without a code of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """Why fields are missing. service: name of the source. code: see docs/errors.md. message: safe to show."""

    service: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    """paths: the fields that are missing, in the gateway's data; a field may be one that the client does not see."""

    cause: Cause
    paths: Sequence[DataPath]
