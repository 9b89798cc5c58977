"""`python -m bench.sharing`: what `execution.share_queries` saves when all clients ask the same, and what it costs.

The first is the best case: 50 connections, one query, one identity. The second is the making of the key, which a query
pays that nobody shares.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import timeit
from pathlib import Path

from bench.measure import CONNECTIONS, Measured, measure, pin
from bench.queries import DASHBOARD, ORDERS, Question
from bench.servers import gateway
from gateway.operation.request import GraphQLRequest
from gateway.services.request import RequestContext
from gateway.sharing import key_of
from mock_services.estate import Estate
from mock_services.generator import generate

ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sharing", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement (default: 5)")
    seconds = parser.parse_args().seconds
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[:-1]))
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        with Estate(folder) as estate:
            for question in (DASHBOARD, ORDERS):
                alone, shared = _measure_both(estate, question, seconds, cores)
                print(
                    f"{question.title}, {CONNECTIONS} connections: {alone.cpu_ms:.2f} ms of CPU per request alone, "
                    f"{shared.cpu_ms:.2f} ms shared: {alone.cpu_ms / shared.cpu_ms:.1f} times less; "
                    f"p50 {alone.p50_ms:.0f} and {shared.p50_ms:.0f} ms"
                )
    print(f"the key of a query: {_key_us():.1f} us")


def _measure_both(estate: Estate, question: Question, seconds: float, cores: list[int]) -> tuple[Measured, Measured]:
    """The cheapest of some rounds, in turns: noise only adds."""
    found: dict[bool, list[Measured]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for shares in (False, True):
            with gateway(estate.urls(), BRAID_EXECUTION__SHARE_QUERIES=str(shares).lower()) as server:
                if len(cores) > 1:
                    pin(server.pid, {cores[-1]})
                found[shares].append(asyncio.run(measure(server.url, server.pid, question, seconds, 1.0)))
    alone, shared = (min(found[shares], key=lambda one: one.cpu_ms) for shares in (False, True))
    return alone, shared


def _key_us() -> float:
    request = GraphQLRequest(DASHBOARD.query, None, DASHBOARD.variables)
    context = RequestContext("r", 0.0, headers={"authorization": "Bearer " + "x" * 800, "accept-language": "de"})
    count = 20_000
    return min(timeit.repeat(lambda: key_of((None, request), DASHBOARD.variables, context), number=count)) / count * 1e6


if __name__ == "__main__":
    main()
