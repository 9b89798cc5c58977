"""Supervisor: the one child process that runs all services of a demo, and ends when this process does.

It is any command that keeps running and prints one line of JSON on standard output when all of its services answer:
`{"services": [{"name": "orders", "url": "http://127.0.0.1:7103", "pid": 4711}]}`. Everything else that it prints is
passed on. It must stop its services on SIGTERM, and also when its standard input, a pipe held open by this process,
ends: that happens when this process is killed. For what a pipe cannot do, `{pid}` in the command is this process's id;
further words in braces are the caller's.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shlex
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from gateway.errors import BraidError

STOP_TIMEOUT_S = 10.0
_LAST_WORDS = 15
_PYTHON = ("python", "python3")

Service = dict[str, Any]
"""name, url, pid, as far as the command tells."""


class ServicesFailed(BraidError):
    """The services did not start. The message has what they said last."""

    code = "SERVICES_FAILED"


class Supervisor:
    """The command, running from the start on.

    services: what it announced; empty until it is ready.
    """

    def __init__(
        self,
        command: str,
        folder: Path,
        *,
        words: Mapping[str, str],
        on_line: Callable[[str], None],
        on_end: Callable[[], None],
    ) -> None:
        """folder: where to run it. words: by name, what stands for {name} in it.

        Raises ServicesFailed when it cannot be run at all.

        on_line gets each line that it prints; on_end is called if it ends unasked after it was ready. Both are called
        by other threads.
        """
        self.services: list[Service] = []
        self._on_line = on_line
        self._on_end = on_end
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._outcome: queue.Queue[list[Service] | None] = queue.Queue()
        self._is_ready = False
        self._is_stopping = False
        self._process = _launch(_parts(command, {"pid": str(os.getpid()), **words}), folder)
        pipes = (self._process.stdout, self._process.stderr)
        self._readers = [threading.Thread(target=self._read, args=(pipe,), daemon=True) for pipe in pipes]
        for reader in self._readers:
            reader.start()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self, timeout_s: float) -> None:
        """Until all services answer. Raises ServicesFailed when it ends or takes longer."""
        try:
            services = self._outcome.get(timeout=timeout_s)
        except queue.Empty:
            raise ServicesFailed(self._explain(f"The services were not ready within {timeout_s:g} s")) from None
        if services is None:
            raise ServicesFailed(self._explain(f"The services ended with status {self._process.returncode}"))
        self.services = services

    def check(self) -> None:
        """Raises ServicesFailed when it has ended."""
        status = self._process.poll()
        if status is not None:
            raise ServicesFailed(self._explain(f"The services ended by themselves, with status {status}"))

    def stop(self) -> None:
        """End it: asked to, and made to after STOP_TIMEOUT_S. Afterwards it is gone."""
        self._is_stopping = True
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._watcher.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def kill(self) -> None:
        """End it now. Its services then end by themselves."""
        self._process.kill()
        self._process.wait()

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            services = _as_ready(line) if pipe is self._process.stdout else None
            if services is not None:
                self._is_ready = True
                self._outcome.put(services)
            elif text := line.rstrip():
                self._last_words.append(text)
                with contextlib.suppress(OSError):  # nobody watches any more; the pipe must be read all the same
                    self._on_line(text)

    def _watch(self) -> None:
        self._process.wait()
        for reader in self._readers:
            # Its services may still hold the pipes open; what they say now is not waited for.
            reader.join(1.0)
        self._outcome.put(None)
        if self._is_ready and not self._is_stopping:
            self._on_end()

    def _explain(self, what: str) -> str:
        said = "\n".join(f"  {line}" for line in self._last_words)
        return f"{what}. They said:\n{said}" if said else f"{what}, and said nothing."


def _parts(command: str, words: Mapping[str, str]) -> list[str]:
    """What to run, with its arguments."""
    parts = shlex.split(command)
    for name, word in words.items():
        parts = [part.replace(f"{{{name}}}", word) for part in parts]
    return [sys.executable, *parts[1:]] if parts[0] in _PYTHON else parts


def _launch(arguments: list[str], folder: Path) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            arguments,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # A group of its own: Ctrl-C in a terminal reaches the gateway alone, which then stops things in order.
            process_group=0,
        )
    except OSError as error:
        raise ServicesFailed(f"The services cannot be started: {arguments[0]}: {error.strerror}.") from error


def _as_ready(line: str) -> list[Service] | None:
    """The services that a line of JSON announces; None for any other line."""
    with contextlib.suppress(ValueError):
        value: Any = json.loads(line)
        if isinstance(value, dict) and isinstance(services := cast("dict[str, Any]", value).get("services", []), list):
            return cast("list[Service]", services)
    return None
