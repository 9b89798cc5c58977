"""RecordingSubgraph: passes fetches on and remembers them, for `braid show fetches`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.services.errors import SourceError
from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import JsonObject, Subgraph, SubgraphRequest, SubgraphResponse


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """One fetch. started_ms counts from the first fetch of all; failure is a SourceError's code and message."""

    subgraph: str
    started_ms: float
    duration_ms: float
    document: str
    variables: JsonObject
    data: JsonObject | None = None
    errors: Sequence[JsonObject] = ()
    failure: str | None = None


class FetchLog:
    """The fetches of one request, in the order in which they ended."""

    def __init__(self) -> None:
        self.records: list[FetchRecord] = []
        self._began: float | None = None

    def start(self) -> float:
        """Milliseconds since the first start."""
        now = time.perf_counter()
        if self._began is None:
            self._began = now
        return (now - self._began) * 1000


class RecordingSubgraph:
    """A subgraph that writes to a log what the one inside was asked and answered."""

    def __init__(self, inner: Subgraph, log: FetchLog) -> None:
        self._inner = inner
        self._log = log

    @property
    def name(self) -> str:
        return self._inner.name

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        started_ms = self._log.start()
        asked = {"subgraph": self.name, "document": request.document, "variables": _copy(request.variables)}
        try:
            response = await self._inner.fetch(request, context)
        except asyncio.CancelledError:
            self._note(started_ms, asked, failure="given up: the request's time was over")
            raise
        except SourceError as error:
            self._note(started_ms, asked, failure=f"{error.code}: {error.message}")
            raise
        self._note(started_ms, asked, data=_copy(response.data), errors=_copy(list(response.errors)))
        return response

    async def close(self) -> None:
        await self._inner.close()

    def _note(self, started_ms: float, asked: dict[str, Any], **answered: Any) -> None:
        duration_ms = self._log.start() - started_ms
        record = FetchRecord(started_ms=round(started_ms, 1), duration_ms=round(duration_ms, 1), **asked, **answered)
        self._log.records.append(record)


def _copy(value: Any) -> Any:
    """Data as it is now: the gateway merges into what it was given."""
    return msgspec.json.decode(msgspec.json.encode(value))
