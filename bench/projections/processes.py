"""The processes of a read side: services over a shop's files, the worker, commands, the gateway."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.servers import REPOSITORY
from mock_services.estate import Estate
from mock_services.generator import DEFAULT_SEED, Sizes, generate

TIMEOUT_S = 600.0
BRAID = (sys.executable, "-m", "gateway.cli")


def shop_of(orders: int, home: Path, made: Path | None) -> Path:
    """A shop's files in a folder that may be changed. made: a folder of one that is there, to be copied."""
    if made is not None:
        shutil.copytree(made, home)
        return home
    sizes = Sizes(max(orders // 10, 10), max(min(orders // 100, 10_000), 10), orders)
    generate(home, DEFAULT_SEED, sizes)
    return home


@dataclass(frozen=True, slots=True)
class Place:
    """Where a measurement's processes find each other. store: of the projections, as the configuration says it."""

    estate: Estate
    store: str

    def environment(self, **settings: str) -> dict[str, str]:
        """For `braid`, over the shop's configuration. settings: further variables."""
        urls = {name: f"{url}/graphql" if name == "reviews" else url for name, url in self.estate.urls().items()}
        addresses = {f"BRAID_SUBGRAPHS__{name.upper()}__URL": url for name, url in urls.items()}
        own = {"BRAID_PROJECTIONS__STORE": self.store, "BRAID_PROJECTIONS__WORKER__PORT": "0"}
        return dict(os.environ) | addresses | own | settings


def braid(place: Place, *arguments: str) -> Any:
    """What a command says with --json, whatever it finds. Raises SystemExit when it cannot be carried out."""
    command = [*BRAID, *arguments, "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, env=place.environment(), capture_output=True, text=True)
    if not done.stdout.strip():
        raise SystemExit(f"braid {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


@contextmanager
def worker(place: Place, log: Path, **settings: str) -> Iterator[psutil.Popen]:
    """`braid project` for as long as the block runs."""
    with running([*BRAID, "project"], place.environment(**settings), log) as process:
        yield process


@contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[psutil.Popen]:
    """A process, ended after the block. log: gets what it says."""
    with log.open("ab") as said:
        process = psutil.Popen(
            command, cwd=REPOSITORY, env=dict(environment), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait()


def cpu_s(process: psutil.Process) -> float:
    """User and system time so far."""
    times = process.cpu_times()
    return times.user + times.system


def wait_for(process: psutil.Process, is_so: Callable[[], bool], what: str, every_s: float = 0.2) -> None:
    """Raises SystemExit when the process ends before, or it takes too long."""
    deadline = time.monotonic() + TIMEOUT_S
    while not is_so():
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise SystemExit(f"the process ended before {what}")
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} took longer than {TIMEOUT_S:.0f} s")
        time.sleep(every_s)
