"""Which generation an operator means."""

from __future__ import annotations

from gateway.errors import BraidError
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, NotBuilt, Store
from gateway.projections.stores.registry import serving


class OperationRefused(BraidError):
    """It would do harm, or there is nothing to do it with; the message says what to do instead."""

    code = "PROJECTION_REFUSED"


def chosen(store: Store, projection: Projection, number: int | None) -> Generation:
    """That of this number, or the one that serves. Raises OperationRefused."""
    if number is not None:
        found = numbered(store, projection, number)
        if found.version != projection.version:
            raise OperationRefused(f"generation {number} of '{projection.name}' is of version {found.version}")
        return found
    served = serving(store.generations(projection.name), projection.version)
    if served is None:
        raise NotBuilt(projection.name)
    return served


def numbered(store: Store, projection: Projection, number: int) -> Generation:
    """That of this number, of whatever version. Raises OperationRefused."""
    for generation in store.generations(projection.name):
        if generation.number == number:
            return generation
    raise OperationRefused(f"'{projection.name}' has no generation {number}")
