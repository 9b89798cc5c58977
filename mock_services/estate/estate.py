"""Estate: the seven services as processes, for tests and for whoever wants to break them one by one.

Everything goes over process and HTTP boundaries, as with services of others.
"""

from __future__ import annotations

import errno
import signal
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from mock_services.estate.process import ServiceFailed, ServiceProcess
from mock_services.estate.remote import ControlError, ask
from mock_services.homes import DirectoryHome, Home, HomeError
from mock_services.kit.locks import Locked
from mock_services.kit.ports import PORTS

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
# Whoever keeps copies of what others have.
FOLLOWERS = ("orders", "payments")


class EstateError(Exception):
    """The estate did not start; the message lists every reason, one a line."""


class Estate:
    """Services over one home of databases. Usable as a context manager; `stop` leaves no process.

    It can be started again after it was stopped. Not for use from several threads at once.
    """

    def __init__(
        self,
        home: Home | Path | str,
        *,
        ports: Mapping[str, int] | None = None,
        services: Iterable[str] = tuple(PORTS),
        python: str = sys.executable,
    ) -> None:
        """home: filled by the generator; a path is that of a directory. ports: by service; the others get free ones."""
        self.home: Home = DirectoryHome(home) if isinstance(home, Path | str) else home
        self.services = tuple(services)
        self._ports = dict(ports or {})
        self._python = python
        self._processes: dict[str, ServiceProcess] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all services at once and wait until each is healthy. Raises EstateError, leaving nothing behind."""
        try:
            self._hold_home()
            self._check_ports()
            deadline = time.monotonic() + START_TIMEOUT_S
            for name in self.services:
                self._processes[name] = self._launch(name, self._ports.get(name, 0))
            self._wait_ready(deadline)
            self._introduce()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> dict[str, int]:
        """End every process: asked to, then made to. Answers how each ended: 0, or minus the signal that ended it."""
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in self._processes.values():
            process.ask_to_stop()
        ended = {name: process.end(deadline) for name, process in self._processes.items()}
        self._processes.clear()
        self._held.close()
        return ended

    def url(self, name: str) -> str:
        """`http://127.0.0.1:PORT`, without a path: reviews' GraphQL is at /graphql below it."""
        return self._processes[name].url

    def urls(self) -> dict[str, str]:
        """By service."""
        return {name: process.url for name, process in self._processes.items()}

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def is_alive(self, name: str) -> bool:
        return self._processes[name].is_alive()

    def exit_code(self, name: str) -> int | None:
        """Minus the signal that ended it; None while it runs."""
        return self._processes[name].exit_code()

    def kill(self, name: str) -> None:
        """SIGKILL; returns when it is dead. Its port then refuses connections."""
        self._processes[name].kill()

    def restart(self, name: str) -> None:
        """Kill it if it lives, start it on the same port; returns when it is healthy. Counters and chaos are gone."""
        port = self._processes[name].port
        self.kill(name)
        self._processes[name] = self._launch(name, port)
        self._wait_ready(time.monotonic() + START_TIMEOUT_S)
        if name in FOLLOWERS:
            self._introduce()

    def pause(self, name: str) -> None:
        """SIGSTOP: the system still takes connections for it, but nothing answers."""
        self._processes[name].signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT: it goes on where it was."""
        self._processes[name].signal(signal.SIGCONT)

    def calls(self, name: str | None = None) -> dict[str, Any]:
        """Requests by route since start or reset, of one service; or by service, of all that live and were called."""
        if name is not None:
            return self.call_counts(name)["routes"]
        counted = {each: self.call_counts(each)["routes"] for each in self._living()}
        return {each: routes for each, routes in counted.items() if routes}

    def call_counts(self, name: str) -> dict[str, Any]:
        """All of GET /_calls: total, routes, in_flight, max_in_flight."""
        return ask(self.url(name), "GET", "/_calls")

    def call_log(self, name: str) -> list[dict[str, Any]]:
        """The last requests, oldest first: method, path, query, request_id, traceparent, deadline_ms (text), status
        (None: unanswered)."""
        return ask(self.url(name), "GET", "/_calls/log")["calls"]

    def reset_calls(self) -> None:
        """Count from nothing, in every living service."""
        for name in self._living():
            ask(self.url(name), "DELETE", "/_calls")

    def chaos(self, name: str, **settings: Any) -> None:
        """POST /_chaos: latency_ms, hang, error_rate, fault, probability, times, route, ...: see the README."""
        ask(self.url(name), "POST", "/_chaos", settings)

    def strikes(self, name: str) -> dict[str, int]:
        """How many requests were struck since the service started, by what happened to them."""
        return ask(self.url(name), "GET", "/_chaos")["strikes"]

    def clear_chaos(self) -> None:
        """No faults any more, in every living service."""
        for name in self._living():
            ask(self.url(name), "DELETE", "/_chaos")

    def _living(self) -> list[str]:
        return [name for name in self._processes if self.is_alive(name)]

    def _launch(self, name: str, port: int) -> ServiceProcess:
        return ServiceProcess(name, self.home.database(name), port, self.home.environment(name), self._python)

    def _wait_ready(self, deadline: float) -> None:
        failures: list[str] = []
        for process in self._processes.values():
            if process.url:
                continue
            try:
                process.wait_ready(deadline)
                ask(process.url, "GET", "/healthz")
            except ServiceFailed as failure:
                failures.append(str(failure))
            except ControlError as error:
                failures.append(f"{process.name}: is not healthy: {error}")
        if failures:
            raise EstateError("\n".join(failures))

    def _introduce(self) -> None:
        """Tell who keeps copies of others where they are."""
        for name in FOLLOWERS:
            others = {other: url for other, url in self.urls().items() if other != name}
            if name in self._processes and self.is_alive(name) and others:
                ask(self.url(name), "POST", "/_feed/follow", others)

    def _hold_home(self) -> None:
        """As long as we run, nobody may refill it."""
        try:
            self._held.enter_context(self.home.hold(exclusive=False))
        except HomeError as error:
            raise EstateError(str(error)) from error
        except Locked as error:
            raise EstateError(f"{self.home} is just being filled") from error

    def _check_ports(self) -> None:
        """Tell of all that are taken, before seven processes start for nothing."""
        taken = [f"{name}: port {port} is taken" for name, port in self._ports.items() if _is_taken(port)]
        if taken:
            raise EstateError("\n".join(taken))


def _is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
