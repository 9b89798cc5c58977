"""How the graph reads the shop's projections."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gateway.errors import BraidError
from gateway.projections.store import Reading
from gateway.services.request import RequestContext

T = TypeVar("T")


class NotConfigured(BraidError):
    """The gateway runs without the projection that a field is read from."""

    code = "PROJECTION_NOT_CONFIGURED"


async def read_projection(context: RequestContext, name: str, look: Callable[[Reading], T]) -> T:
    """What `look` gives of this projection. Raises NotConfigured, StoreError."""
    reader = context.projections.get(name)
    if reader is None:
        raise NotConfigured(f"This gateway keeps no projection '{name}'.")
    return await reader.read(look)
