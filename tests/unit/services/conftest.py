from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from gateway.services.client import ServiceClient
from gateway.services.request import RequestContext

MakeContext = Callable[..., RequestContext]


@pytest.fixture
def make_context() -> MakeContext:
    """Makes a RequestContext with `seconds` (5) left; to be called inside the running loop."""

    def make(
        seconds: float = 5.0, *, services: Mapping[str, ServiceClient] | None = None, **fields: object
    ) -> RequestContext:
        deadline = asyncio.get_running_loop().time() + seconds
        return RequestContext("req-1", deadline, services or {}, **fields)  # type: ignore[arg-type]

    return make
