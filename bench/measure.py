"""CPU milliseconds per request of one server process under load: (user + system time) / answers.

CPU time of the process holds on a noisy machine where wall time does not. The server is pinned to one core, and
everything else, the load included, to the others, where the platform can do that.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from dataclasses import dataclass

import aiohttp
import psutil

from bench.queries import Question

CONNECTIONS = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """cpu_ms: per request. per_second: answers in a second of wall time. p50_ms: median latency seen by the client."""

    cpu_ms: float
    per_second: float
    p50_ms: float
    answers: int
    rss_mb: float


class WrongAnswer(Exception):
    """The server answered something else than before the load."""


async def ask(session: aiohttp.ClientSession, url: str, question: Question) -> bytes:
    """The body of one answer; raises WrongAnswer for anything but a 200."""
    body = json.dumps({"query": question.query, "variables": question.variables}).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    async with session.post(url, data=body, headers=headers) as response:
        answer = await response.read()
        if response.status != 200:
            raise WrongAnswer(f"HTTP {response.status}: {answer[:200]!r}")
        return answer


async def measure(url: str, pid: int, question: Question, seconds: float, warm_up_s: float) -> Measured:
    """Keep CONNECTIONS requests open for this long. Every answer has to be the same, byte for byte, as the first."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        expected = await ask(session, url, question)
        await _load(session, url, question, warm_up_s, expected)
        process = psutil.Process(pid)
        before, started = process.cpu_times(), time.perf_counter()
        latencies = await _load(session, url, question, seconds, expected)
        after, elapsed = process.cpu_times(), time.perf_counter() - started
    cpu_s = (after.user + after.system) - (before.user + before.system)
    return Measured(
        cpu_ms=1000 * cpu_s / len(latencies),
        per_second=len(latencies) / elapsed,
        p50_ms=1000 * statistics.median(latencies),
        answers=len(latencies),
        rss_mb=process.memory_info().rss / 1e6,
    )


async def _load(
    session: aiohttp.ClientSession, url: str, question: Question, seconds: float, expected: bytes
) -> list[float]:
    end = time.perf_counter() + seconds
    latencies: list[float] = []

    async def client() -> None:
        while (started := time.perf_counter()) < end:
            answer = await ask(session, url, question)
            if answer != expected:
                raise WrongAnswer(f"an answer changed under load: {answer[:200]!r}")
            latencies.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(client())
    return latencies


def pin(pid: int, cores: set[int]) -> None:
    """Let a process and its threads run on these cores only; nothing where the platform cannot."""
    if hasattr(os, "sched_setaffinity"):
        for thread in psutil.Process(pid).threads():
            os.sched_setaffinity(thread.id, cores)
