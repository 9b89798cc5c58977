"""`python -m bench`: what a request costs in CPU, here and in a hand-written backend, measured in one run.

Prints a table with ratios, versions and the machine; with --write it goes into docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench import workload
from bench.measure import CONNECTIONS, Measured, measure, pin
from bench.queries import DASHBOARD, ORDERS, Question
from bench.report import heading, write_section
from bench.servers import Server, bff, gateway
from mock_services.estate import Estate
from mock_services.generator import generate

PACKAGES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "httpx", "aiohttp", "msgspec")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. calls: to services, for one request."""

    server: str
    calls: int
    measured: Measured


def main() -> int:
    options = _options()
    if options.workload and (problems := workload.why_not(options)):
        print(problems, file=sys.stderr)
        return workload.CANNOT_RUN
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[:-1]))
    conditions = f"{CONNECTIONS} connections, every answer compared; one process on one core."
    parts = [heading(conditions, PACKAGES)]
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        with Estate(folder) as estate:
            makers = [lambda: gateway(estate.urls()), lambda: bff(estate.urls(), caches=False)]
            makers.append(lambda: bff(estate.urls(), caches=True))
            for question in (DASHBOARD, ORDERS):
                rows = _measure_all(makers, question, lambda: _estate_calls(estate), options, cores)
                parts.append(_table(question.title, rows))
    text = "\n\n".join(parts) + "\n"
    print(text)
    if options.write:
        write_section("bench", text)
    return workload.run(options, cores[-1:] if len(cores) > 1 else []) if options.workload else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog="example: python -m bench --seconds 10 --write"
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement (default: 8)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved; the cheapest counts (default: 3)")
    parser.add_argument("--write", action="store_true", help="put the result into docs/performance.md")
    workload.add_options(parser)
    return parser.parse_args()


def _measure_all(
    makers: Sequence[Callable[[], AbstractContextManager[Server]]],
    question: Question,
    calls: Callable[[], int],
    options: argparse.Namespace,
    cores: list[int],
) -> list[Row]:
    """Every server in turn, several rounds; of each the round with the least CPU, since noise only adds."""
    best: dict[str, Row] = {}
    for number in range(options.rounds):
        for make in makers:
            with make() as server:
                if len(cores) > 1:
                    pin(server.pid, {cores[-1]})
                print(f"round {number + 1}: {question.title}, {server.name}", file=sys.stderr)
                made = _calls_of_one(server, question, calls)
                measured = asyncio.run(measure(server.url, server.pid, question, options.seconds, 2.0))
                row = Row(server.name, made, measured)
            if server.name not in best or measured.cpu_ms < best[server.name].measured.cpu_ms:
                best[server.name] = row
    return list(best.values())


def _calls_of_one(server: Server, question: Question, calls: Callable[[], int]) -> int:
    body = json.dumps({"query": question.query, "variables": question.variables}).encode()
    request = urllib.request.Request(server.url, body, {"content-type": "application/json"})
    before = calls()
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = json.load(response)
    if answer.get("errors"):
        raise SystemExit(f"{server.name} answered with errors: {answer['errors'][:2]}")
    return calls() - before


def _estate_calls(estate: Estate) -> int:
    return sum(sum(routes.values()) for routes in estate.calls().values())


def _table(title: str, rows: Sequence[Row]) -> str:
    first = rows[0].measured.cpu_ms
    lines = [
        f"**{title}**",
        "",
        "| server | calls to services | CPU ms per request | times Braid's | requests per second | p50 ms | MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        found = row.measured
        lines.append(
            f"| {row.server} | {row.calls} | {found.cpu_ms:.2f} | {found.cpu_ms / first:.2f} | {found.per_second:.0f} |"
            f" {found.p50_ms:.0f} | {found.rss_mb:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
