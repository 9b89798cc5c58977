"""A small gateway as a process of its own: `python -m tests.unit.server.small_server PORT GRACE_S [broken|counting]`.

It prints what happens to it, a word a line: the URL, `opened`, `begun`, `ended`, `closed`, `returned`; counting, also
how many objects garbage collection no longer looked at in the end.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway.errors import BraidError
from gateway.operation.request import GraphQLRequest
from gateway.response.response import GraphQLResponse
from gateway.server.app import create_server
from gateway.server.run import run_server
from tests.unit.server.small_engine import SmallEngine


def say(word: str) -> None:
    print(word, flush=True)


class SayingEngine(SmallEngine):
    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        say("begun")
        try:
            return await super().run(request, headers, request_id)
        finally:
            say("ended")


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    if "broken" in sys.argv:
        raise BraidError("The supergraph does not compose.")
    say("opened")
    yield
    say("closed")


def main() -> None:
    port, grace_s = int(sys.argv[1]), float(sys.argv[2])
    try:
        run_server(create_server(SayingEngine(), lifespan=lifespan), port=port, grace_s=grace_s, on_started=say)
    except BraidError as error:
        sys.exit(error.message)
    say("returned")
    if "counting" in sys.argv:
        say(f"{gc.get_freeze_count()} {gc.get_threshold()[0]}")


if __name__ == "__main__":
    main()
