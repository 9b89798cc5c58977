"""Rebuild: a generation built beside the one that answers, while clients ask; killed half-way, begun again, promoted.

Before it, customers get other names at the service while nobody reads its events: so the generation that serves has the
old names and the one that is built has the new ones, and an answer that holds both, or changes back, is a mixed one.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import psutil

from bench.projections.processes import BRAID, Place, braid, cpu_s, running
from bench.projections.progress import Progress
from bench.queries import Question

CLIENTS = 4
PAUSE_S = 0.02
LEASE_S = 11.0
"""Until another process may go on with what a dead one owned in PostgreSQL, and a little."""
MARK = "Renamed "


@dataclass(frozen=True, slots=True)
class Built:
    """aggregates: read from snapshots. cpu_s: of the building process; seconds: of wall time."""

    aggregates: int
    cpu_s: float
    seconds: float

    @property
    def per_cpu_s(self) -> float:
        return self.aggregates / self.cpu_s if self.cpu_s else 0.0


@dataclass(slots=True)
class Asked:
    """Answers that clients got. old, new: how many told the names of one generation; mixed: of both, or old ones after
    new ones. failed: with errors, or none. ms: of each."""

    old: int = 0
    new: int = 0
    mixed: int = 0
    failed: int = 0
    ms: list[float] = field(default_factory=list[float])

    def quantile(self, share: float) -> float:
        return sorted(self.ms)[min(int(len(self.ms) * share), len(self.ms) - 1)] if self.ms else 0.0


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """first: the build that was killed, up to then. second: the one that went on. differing: from the services."""

    first: Built
    second: Built
    asked: Asked
    differing: int


class Clients(threading.Thread):
    """Ask one question again and again, as several clients, and look at each answer."""

    def __init__(self, url: str, question: Question, names_of: Callable[[Any], Sequence[str]]) -> None:
        """names_of: the customers' names that an answer's data tells."""
        super().__init__(daemon=True)
        self.asked = Asked()
        self._url, self._question, self._names_of = url, question, names_of
        self._ended = threading.Event()

    def run(self) -> None:
        asyncio.run(self._ask_all())

    def stop(self) -> Asked:
        self._ended.set()
        self.join()
        return self.asked

    async def _ask_all(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._client(session))

    async def _client(self, session: aiohttp.ClientSession) -> None:
        body = {"query": self._question.query, "variables": self._question.variables}
        has_seen_new = False
        while not self._ended.is_set():
            began = time.perf_counter()
            try:
                async with session.post(self._url, json=body) as response:
                    answer = await response.json()
            except aiohttp.ClientError:
                answer = {}
            self.asked.ms.append(1000 * (time.perf_counter() - began))
            has_seen_new = self._count(answer, has_seen_new)
            await asyncio.sleep(PAUSE_S)

    def _count(self, answer: Any, has_seen_new: bool) -> bool:
        """Whether this client has seen new names by now."""
        asked = self.asked
        if answer.get("errors") or not answer.get("data"):
            asked.failed += 1
            return has_seen_new
        are_new = {name.startswith(MARK) for name in self._names_of(answer["data"])}
        if are_new == {True}:
            asked.new += 1
            return True
        if are_new == {False} and not has_seen_new:
            asked.old += 1
        else:
            asked.mixed += 1
        return has_seen_new


def build(place: Place, progress: Progress, name: str, log: Path, is_enough: Callable[[], bool] | None = None) -> Built:
    """`braid projections build`. is_enough: when to kill it, asked again and again. Raises SystemExit when it fails."""
    began, spent = time.perf_counter(), 0.0
    with running([*BRAID, "projections", "build", name], place.environment(), log) as process:
        while process.poll() is None:
            try:
                spent = cpu_s(process)
            except psutil.NoSuchProcess:
                break
            if is_enough is not None and is_enough():
                process.send_signal(signal.SIGKILL)
                assert process.wait() == -signal.SIGKILL
                return Built(progress.built(name), spent, time.perf_counter() - began)
            time.sleep(0.02)
        if code := process.wait():
            raise SystemExit(f"the build ended with {code}:\n{log.read_text()[-2000:]}")
    if is_enough is not None:
        raise SystemExit("the build ended before it could be killed")
    return Built(progress.aggregates(name), spent, time.perf_counter() - began)


def rename(place: Place, ids: Sequence[str]) -> None:
    """Give these customers names that tell the new generation from the old one."""
    with httpx.Client(base_url=place.estate.url("customers"), trust_env=False) as client:
        for id in ids:
            client.post(f"/customers/{id}/rename", json={"name": f"{MARK}{id}"}).raise_for_status()


def measure_rebuild(place: Place, progress: Progress, name: str, clients: Clients, log: Path) -> Rebuilt:
    """Build one projection anew while the clients ask, kill that half-way, go on, promote, verify.

    Nobody must follow events meanwhile; see this module's text.
    """
    half = progress.aggregates(name) / 2
    clients.start()
    try:
        first = build(place, progress, name, log, lambda: progress.built(name) > half)
        if "://" in place.store:
            time.sleep(LEASE_S)
        second = build(place, progress, name, log)
        braid(place, "projections", "promote", name, "--force")
        time.sleep(2)
    finally:
        asked = clients.stop()
    (verified,) = braid(place, "projections", "verify", name)
    differing = sum(len(stream["differing"]) for stream in verified["streams"])
    left = replace(second, aggregates=second.aggregates - first.aggregates)
    return Rebuilt(first, left, asked, differing)
