"""How the graph reads the shop's projections."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gateway.errors import BraidError
from gateway.projections.store import NotBuilt, Reading
from gateway.services.request import RequestContext

T = TypeVar("T")


async def read_projection(context: RequestContext, name: str, look: Callable[[Reading], T]) -> T:
    """What `look` gives of this projection. Raises StoreError, and BraidError when it is not configured."""
    reader = context.projections.get(name)
    if reader is None:
        raise BraidError(f"The projection '{name}' is not configured: see `projections.modules`.", code=NotBuilt.code)
    return await reader.read(look)
