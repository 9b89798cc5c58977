"""`braid` with one of its protections taken out: what the isolation tests must notice. Never used but by them.

python -m tests.isolation.planted headers serve ...     sharing looks at no header
python -m tests.isolation.planted connections serve ... connections with a surplus answer on them are used again
"""

from __future__ import annotations

import sys

import aiohttp

from gateway import sharing, sources
from gateway.cli.main import app
from gateway.services import transport


def take_out(protection: str) -> None:
    if protection == "headers":
        sharing._IN_THE_KEY = ("batching",)
    elif protection == "connections":
        sources.DirectTransport = transport.AiohttpTransport  # type: ignore[misc,assignment]
        transport._CleanConnector = lambda *_, **__: aiohttp.TCPConnector()  # type: ignore[misc,assignment]
    else:
        raise ValueError(protection)


if __name__ == "__main__":
    take_out(sys.argv.pop(1))
    app()
