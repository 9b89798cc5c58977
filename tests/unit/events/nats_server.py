"""A NATS server of a test's own, which it may kill."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

START_S = 20.0


def nats_binary() -> str:
    """Without, the test is skipped; in CI, it fails."""
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    found = shutil.which(os.environ.get("BRAID_TEST_NATS_SERVER", "nats-server"), path=path)
    if found is None:
        reason = "no nats-server to be had (BRAID_TEST_NATS_SERVER names the program)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class NatsServer:
    """With JetStream over a directory; its port stays the same."""

    def __init__(self, directory: Path) -> None:
        self._binary = nats_binary()
        self._directory = directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns when it answers."""
        self._directory.mkdir(parents=True, exist_ok=True)
        config = self._directory / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{self._directory / "store"}" }}\n'
        )
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen([self._binary, "--config", str(config)], stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self.is_alive, (self._directory / "log").read_text()
            assert time.monotonic() < deadline, "nats-server does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        assert self._process is not None
        assert self.is_alive
        self._process.kill()
        assert self._process.wait() == -signal.SIGKILL

    def pause(self) -> None:
        """It has stopped when this ends: it would answer in the moment that a signal takes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        paused = psutil.Process(self._process.pid)
        deadline = time.monotonic() + START_S
        while paused.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline, "nats-server does not stop"
            time.sleep(0.001)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False
