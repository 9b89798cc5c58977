"""A broker and a database of one's own, to be killed: nats-server and PostgreSQL on free ports, in a folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import psycopg

START_TIMEOUT_S = 30.0
FOLDERS = ("/usr/sbin", *(f"/usr/lib/postgresql/{version}/bin" for version in (18, 17, 16, 15)))
"""Where packages put them, beside what is on the path."""
# PostgreSQL refuses to run as root; its packages make this user.
POSTGRES_USER = "postgres"


class Missing(Exception):
    """A program is not installed here."""


class Server:
    """One program that answers on a port. A context manager."""

    def __init__(self, folder: Path, user: str | None = None) -> None:
        """user: whom it runs as, where this process is root."""
        self.folder = folder
        self.port = free_port()
        self._user = user if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Asked to, it takes its own processes with it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(START_TIMEOUT_S)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns when it answers. One that ends at once is started again: what was killed may not be gone yet."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            if not self.is_alive():
                with (self.folder / "log").open("ab") as log:
                    self._process = subprocess.Popen(
                        self.command(), user=self._user, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
                    )
            if self.answers():
                return
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "log").read_text()[-3000:])
            time.sleep(0.02)

    def kill(self) -> int:
        """SIGKILL; gives its status when it is dead."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        return self._process.wait()

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError


class NatsServer(Server):
    """With JetStream. What it has acknowledged is with the system when it is killed, so it is there afterwards."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._program = program("nats-server")
        self.url = f"nats://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        return [self._program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder / "jetstream")]

    def answers(self) -> bool:
        return _speaks(self.port, lambda greeting: greeting.startswith(b"INFO"))


class PostgresServer(Server):
    """A cluster of its own, made anew. Only its processes are killed, not the system: it need not wait for disks."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, POSTGRES_USER)
        self._program = program("postgres")
        if self._user is not None:
            shutil.chown(folder, POSTGRES_USER)
        subprocess.run(
            [program("initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"],
            user=self._user,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> Sequence[str]:
        data = str(self.folder / "data")
        options = [
            "-c",
            "fsync=off",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"unix_socket_directories={self.folder}",
        ]
        return [self._program, "-D", data, "-p", str(self.port), *options]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True


def program(name: str) -> str:
    """Where it is. Raises Missing."""
    found = shutil.which(name, path=os.pathsep.join((*FOLDERS, os.environ.get("PATH", ""))))
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def free_port() -> int:
    """One that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _speaks(port: int, understood: Callable[[bytes], bool]) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return understood(connection.recv(4096))
    except OSError:
        return False
