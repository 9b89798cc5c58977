"""Gauge: what one request costs the process that answers it, and whether that still answers others meanwhile.

CPU and memory are the process's own, as Linux counts them: other work on the machine changes neither. A health check's
time is the clock's, without what gateway and prober waited for a processor that others had: Linux counts that, too.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.hostile.attacks.attack import Shot

ANSWER_TIMEOUT_S = 20.0
_PROBE_EVERY_S = 0.01
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_NOW = re.compile(r"VmRSS:\s+(\d+) kB")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one shot cost. status: 0 when the connection was closed without an answer.

    cpu_s: of all threads of the process. grown_bytes: the peak while it was answered, above the memory before.
    health_s: the slowest health check that was under way meanwhile, on a machine of our own.
    logged: what was written to the log.
    """

    status: int
    answer: bytes
    cpu_s: float
    grown_bytes: int
    health_s: float
    logged: str


class Gauge:
    """Sends shots to one gateway process. url: where it serves; pid: its process; log: what it writes to."""

    def __init__(self, url: str, pid: int, log: Path) -> None:
        self._address = urlsplit(url).netloc
        self._process = Path("/proc") / str(pid)
        self._log = log

    def fire(self, shot: Shot) -> Reading:
        """Send one request on a connection of its own, and read all that comes back."""
        logged = self._log.stat().st_size
        with self._probing() as probes:
            # The probes' own cost is in it: some 0.3 ms for each health check.
            self._forget_peak()
            memory, cpu_s = self._kilobytes(_NOW), self.cpu_s()
            status, answer = self.send(shot)
            cpu_s, peak = self.cpu_s() - cpu_s, self._kilobytes(_PEAK)
        with self._log.open("rb") as log:
            log.seek(logged)
            written = log.read().decode(errors="replace")
        return Reading(status, answer, cpu_s, (peak - memory) * 1024, max(probes, default=0.0), written)

    def send(self, shot: Shot) -> tuple[int, bytes]:
        """Status and body. A server that refuses while we still send may answer first, or only close."""
        connection = http.client.HTTPConnection(self._address, timeout=ANSWER_TIMEOUT_S)
        try:
            connection.putrequest(shot.method, shot.target, skip_accept_encoding=True)
            for name, value in shot.headers.items():
                connection.putheader(name, value)
            if shot.body or shot.method == "POST":
                connection.putheader("content-length", str(len(shot.body)))
            with suppress(BrokenPipeError, ConnectionResetError):  # the answer is there all the same
                connection.endheaders(shot.body or None)
            response = connection.getresponse()
            return response.status, response.read()
        except (http.client.HTTPException, OSError):  # a timeout is an OSError
            return 0, b""
        finally:
            connection.close()

    def cpu_s(self) -> float:
        """CPU seconds of all threads so far, to the nanosecond: /proc/PID/stat counts in hundredths."""
        return sum(_scheduled(task)[0] for task in (self._process / "task").iterdir())

    def _waited_s(self) -> float:
        """Seconds that the gateway's event loop and the calling thread have waited for a processor so far."""
        return _scheduled(self._process)[1] + _scheduled(Path("/proc/thread-self"))[1]

    def _kilobytes(self, pattern: re.Pattern[str]) -> int:
        found = pattern.search((self._process / "status").read_text())
        assert found is not None
        return int(found[1])

    def _forget_peak(self) -> None:
        (self._process / "clear_refs").write_text("5")

    @contextmanager
    def _probing(self) -> Iterator[list[float]]:
        """Health checks one after the other, while the block runs; the list gets how long each took."""
        seconds: list[float] = []
        over = threading.Event()
        prober = threading.Thread(target=self._probe, args=(seconds, over))
        prober.start()
        try:
            yield seconds
        finally:
            over.set()
            prober.join()

    def _probe(self, seconds: list[float], over: threading.Event) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=ANSWER_TIMEOUT_S)
        while not over.is_set():
            waited_s, begun = self._waited_s(), time.perf_counter()
            try:
                connection.request("GET", "/health")
                answer = connection.getresponse()
                healthy = answer.status == 200 and bool(answer.read())
            except (http.client.HTTPException, OSError):
                healthy = False
            elapsed_s = time.perf_counter() - begun - (self._waited_s() - waited_s)
            seconds.append(max(0.0, elapsed_s) if healthy else ANSWER_TIMEOUT_S)
            if not healthy:
                break
            over.wait(_PROBE_EVERY_S)
        connection.close()


def _scheduled(task: Path) -> tuple[float, float]:
    """Seconds on a processor, and seconds waiting for one. For a process: of its first thread, which has the loop."""
    on, waiting, _ = (task / "schedstat").read_text().split()
    return int(on) / 1e9, int(waiting) / 1e9
