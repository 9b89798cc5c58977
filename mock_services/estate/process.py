"""ServiceProcess: one service as an operating system process, from its start to the proof that it is gone.

The child's standard input is a pipe that this process holds and never writes to: when this process dies, however, the
pipe closes and the child ends (kit/lifeline.py).
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mock_services

READY = "listening "
LAST_WORDS = 2000

# Linux ends our children when the *thread* that started them ends. This one lives as long as the process.
_starter = ThreadPoolExecutor(1, "starter")


class ServiceFailed(Exception):
    """A service did not start; the message says what it said."""


class ServiceProcess:
    """One run of one service. `url` is known once it is ready."""

    def __init__(
        self, name: str, database: str, port: int, environment: Mapping[str, str], python: str = sys.executable
    ) -> None:
        """Starts it; does not wait. database: its --db. port: 0 takes any free one. environment: beside ours."""
        self.name = name
        self.url = ""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        command = [python, "-m", f"mock_services.{name}", "--db", database, "--port", str(port)]
        self._process = _starter.submit(
            subprocess.Popen,
            [*command, "--with-parent", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=child_environment() | environment,
            # A group of its own: Ctrl-C in a terminal is for the estate, which then stops its services in order.
            process_group=0,
        ).result()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def exit_code(self) -> int | None:
        """As subprocess has it: minus the signal that ended it. None while it runs."""
        return self._process.poll()

    def wait_ready(self, deadline: float) -> None:
        """Until it listens. deadline: of time.monotonic. Raises ServiceFailed when it ends or is not ready by then."""
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            raise ServiceFailed(f"{self.name}: was not ready in time")
        line = self._process.stdout.readline().decode()
        if not line.startswith(READY):
            self._process.wait()
            raise ServiceFailed(self.last_words() or f"{self.name}: ended with {self._process.returncode}")
        self.url = line.removeprefix(READY).strip()

    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        if self._errors.closed:
            return ""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - LAST_WORDS))
        return self._errors.read().decode(errors="replace").strip()

    def signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.is_alive():
            self._process.send_signal(number)

    def ask_to_stop(self) -> None:
        """SIGTERM; also to one that is stopped by SIGSTOP, which would not hear it."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)

    def end(self, deadline: float) -> int:
        """Wait for its end; past the deadline (of time.monotonic), SIGKILL. Answers its exit code: it is gone."""
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()
        return self._process.returncode

    def kill(self) -> None:
        """SIGKILL, and wait until it is dead."""
        self.signal(signal.SIGKILL)
        self.end(time.monotonic() + 10)


def child_environment() -> dict[str, str]:
    """Ours, with the place of this package first on the path: the child runs it as a module."""
    root = str(Path(mock_services.__file__).parent.parent)
    rest = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": root + os.pathsep + rest if rest else root}
