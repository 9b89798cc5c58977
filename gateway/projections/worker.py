"""Worker: follows events for every generation that it can own."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.status import Counters
from gateway.projections.store import Store
from gateway.projections.streams import Streams


class Worker:
    """Any number may run over one store: each generation is written by one of them, and the others stand by."""

    counters: Counters
    """Live: read it whenever it is wanted."""

    def __init__(
        self,
        store: Store,
        projections: Sequence[Projection],
        streams: Streams,
        *,
        holder: str,
        policy: Policy | None = None,
    ) -> None:
        """holder: who this is, for status. store: stays the caller's to close."""
        raise NotImplementedError

    async def run(self) -> None:
        """Until cancelled, or `stop`. Whatever was not committed then is read again by the next."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends `run` soon, after the batches in work."""
        raise NotImplementedError
