"""What a gateway's process holds while nobody asks: tasks, sockets, descriptors, memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from tests.chaos.deadlines import UNGUARDED
from tests.shop.gateway_process import GatewayProcess
from tests.shop.waiting import wait_until

SIZES = Sizes(customers=300, products=200, orders=3000)
MB = 1024 * 1024

SETTINGS = UNGUARDED | {
    # Small, so that what is put out of the caches is part of what is tested.
    "BRAID_CACHE__OPERATIONS": "50",
    "BRAID_CACHE__PLANS": "50",
    # Long, so that a busy machine fails no answer. The deadlines that pass here are the clients'.
    "BRAID_EXECUTION__DEADLINE_S": "25",
    "BRAID_SERVICE_DEFAULTS__TIMEOUT_S": "20",
}

_SAMPLES = 5
_BETWEEN_SAMPLES_S = 0.1
_CALLS_END_S = 30.0
_CONNECTIONS_CLOSE_S = 30.0
"""Idle connections to services are closed after 4 s, those of clients by the clients."""


@dataclass(frozen=True, slots=True)
class Held:
    """sockets: connections of any state but those that only the system still remembers."""

    tasks: int
    sockets: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class Watch:
    """One gateway over one shop."""

    gateway: GatewayProcess
    estate: Estate

    @property
    def pids(self) -> list[int]:
        """Of the gateway and of all services."""
        return [self.gateway.pid, *(self.estate.pid(service) for service in self.estate.services)]

    def rest(self) -> None:
        """Return when no service has a call of the gateway's any more."""
        services = self.estate.services
        wait_until(lambda: not any(self.estate.call_counts(name)["in_flight"] for name in services), _CALLS_END_S)

    def memory_mb(self) -> float:
        """Resident memory at rest: the least of five looks."""
        self.rest()
        process, seen = psutil.Process(self.gateway.pid), list[float]()
        for _ in range(_SAMPLES):
            time.sleep(_BETWEEN_SAMPLES_S)
            seen.append(process.memory_info().rss / MB)
        return min(seen)

    def held(self) -> Held:
        """What it holds when all connections have been closed that only wait for more requests."""
        self.rest()
        self.gateway.get("/metrics")  # which opens the projections' store, when nobody has before
        process = psutil.Process(self.gateway.pid)
        wait_until(lambda: not self._sockets(process), _CONNECTIONS_CLOSE_S)
        descriptors, sockets = process.num_fds(), self._sockets(process)
        lines = self.gateway.get("/metrics").text.splitlines()
        tasks = next(float(line.split()[1]) for line in lines if line.startswith("braid_tasks "))
        return Held(int(tasks), sockets, descriptors)

    def _sockets(self, process: psutil.Process) -> int:
        found = process.net_connections("tcp")
        return sum(each.status not in (psutil.CONN_LISTEN, psutil.CONN_TIME_WAIT) for each in found)


@contextmanager
def watched() -> Iterator[Watch]:
    """A shop and a gateway over it, as processes. The gateway's log is shown when something goes wrong."""
    with TemporaryDirectory() as folder:
        generate(Path(folder) / "data", 7, SIZES)
        with Estate(Path(folder) / "data") as estate:
            gateway = GatewayProcess(estate.urls(), Path(folder) / "stderr", SETTINGS)
            try:
                with gateway:
                    yield Watch(gateway, estate)
            except BaseException:
                print(gateway.log()[-4000:])
                raise
