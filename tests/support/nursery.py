"""Nursery: `braid` commands as processes that start in milliseconds, so that hundreds of them can be killed.

One process has everything imported and forks a child for each command: `python -m tests.support.nursery` reads
requests as lines of JSON and answers each with a line. The children are processes like any: killed, stopped, waited
for. They end with the nursery, and it with its standard input.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Self

REPOSITORY = Path(__file__).parents[2]
STOP_TIMEOUT_S = 10.0


class NotEnded(Exception):
    """A process was told to end and has not."""


class Child:
    """One run of a command. log: gets what it writes to standard error; `output`, beside it, to standard output."""

    def __init__(self, nursery: Nursery, pid: int, log: Path) -> None:
        self.pid = pid
        self.log = log
        self.output = _output(log)
        self._nursery = nursery
        self._status: int | None = None

    def status(self) -> int | None:
        """As subprocess has it: minus the signal that ended it; None while it lives."""
        if self._status is None:
            self._status = self._nursery.request({"look": self.pid})
        return self._status

    def is_alive(self) -> bool:
        return self.status() is None

    def signal(self, number: int) -> None:
        """To one that lives, or stands still."""
        if self.is_alive():
            os.kill(self.pid, number)

    def wait(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Its status. Raises NotEnded, with what it said last."""
        deadline = time.monotonic() + timeout_s
        while (status := self.status()) is None:
            if time.monotonic() > deadline:
                raise NotEnded(f"{self.log.name} (process {self.pid}) has not ended:\n{self.last_words()}")
            time.sleep(0.005)
        return status

    def kill(self) -> int:
        """SIGKILL; gives its status when it is dead."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def stop(self) -> int:
        """SIGTERM, also to one that stands still; gives its status when it has ended."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        return self.wait()

    def last_words(self) -> str:
        return self.log.read_text()[-3000:]


class Nursery:
    """A context manager; none of its children outlives it."""

    def __init__(self, modules: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        """modules: to import beforehand, beside what commands import. environment: beside ours."""
        self._modules = modules
        self._environment = _environment() | dict(environment or {})
        self.pids: list[int] = []
        """Of all children there have been."""
        self._process: subprocess.Popen[str]
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery", *self._modules],
            cwd=REPOSITORY,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, arguments: Sequence[str], log: Path) -> Child:
        """`braid` with these arguments. What an earlier one has written to the log is kept, its output is not."""
        pid = self.request({"start": list(arguments), "log": str(log)})
        assert isinstance(pid, int)
        self.pids.append(pid)
        return Child(self, pid, log)

    def request(self, request: Mapping[str, Any]) -> int | None:
        """Ask the nursery's process. In any thread."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())["answer"]


def _environment() -> dict[str, str]:
    """Ours, without settings of a gateway."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BRAID_")} | {"COLUMNS": "200"}


# What commands import when they run: nothing of it starts a thread or opens anything.
IMPORTED = (
    "gateway.events.relaying",
    "gateway.projections.operations",
    "gateway.read_side",
    "gateway.server.run",
    "gateway.settings",
    "gateway.worker",
    "nats",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)


def serve() -> None:
    """Until standard input ends; then kill the children that live."""
    from gateway.cli.main import app

    for module in (*IMPORTED, *sys.argv[1:]):
        import_module(module)
    living: dict[int, int | None] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            pid = _fork(request["start"], request["log"], app)
            living[pid] = None
            answer: int | None = pid
        else:
            pid = request["look"]
            if living[pid] is None:
                found, status = os.waitpid(pid, os.WNOHANG)
                living[pid] = os.waitstatus_to_exitcode(status) if found else None
            answer = living[pid]
        print(json.dumps({"answer": answer}), flush=True)
    for pid, status in living.items():
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _output(log: Path) -> Path:
    return log.with_suffix(".out")


def _fork(arguments: Sequence[str], log: str, app: Any) -> int:
    from mock_services.kit.lifeline import end_with_parent

    parent = os.getpid()
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(_output(Path(log)), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        os.setsid()
        end_with_parent(parent)
        sys.argv = ["braid", *arguments]
        app()
        code = 0
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
