"""Reading projections while a request is answered: in threads, over one generation from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from gateway.projections.projection import Projection
from gateway.projections.store import Reading, Store

T = TypeVar("T")


class ReaderPool:
    """The gateway's own: some threads, shared by all requests."""

    def __init__(self, store: Store, projections: Sequence[Projection], *, threads: int = 4) -> None:
        raise NotImplementedError

    def for_request(self) -> Mapping[str, ProjectionReader]:
        """By projection's name. Costs nothing until one reads."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the threads; the store stays open. Calling it again does nothing."""
        raise NotImplementedError


class ProjectionReader:
    """One projection, for one request: the generation that its first read met is the one of all others."""

    async def read(self, look: Callable[[Reading], T]) -> T:
        """What `look` gives, called in a thread. Raises StoreError when there is nothing to read."""
        raise NotImplementedError
