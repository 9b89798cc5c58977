"""The processes under load: the stub services and the gateway, each on its core."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).parents[3]
GATEWAY_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """CPU seconds that it has used so far."""
        times = self.process.cpu_times()
        return times.user + times.system


@contextmanager
def gateway(delay_s: float, **settings: str) -> Iterator[Gateway]:
    """`braid serve` over services that answer after `delay_s`. settings: environment variables without BRAID_."""
    with _services(delay_s) as (catalog, reviews), tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "braid.yaml")
        config.write_text(
            f"server: {{port: 0}}\nservice_defaults: {{max_connections: 1000}}\n"
            f"subgraphs:\n  catalog: {{url: 'http://127.0.0.1:{catalog}/graphql'}}\n"
            f"  reviews: {{url: 'http://127.0.0.1:{reviews}/graphql'}}\n"
        )
        environment = os.environ | {f"BRAID_{name}": value for name, value in settings.items()}
        command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(config)]
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            _pin(process.pid, GATEWAY_CORE)
            yield Gateway(_announced(process), psutil.Process(process.pid))
        finally:
            _end(process)


@contextmanager
def _services(delay_s: float) -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-m", "tests.chaos.overload.stub", str(delay_s)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        _pin(process.pid, LOAD_CORE)
        assert process.stdout is not None
        catalog, reviews = process.stdout.readline().split()
        yield int(catalog), int(reviews)
    finally:
        _end(process)


def _announced(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if match := re.search(r"http://[^:]+:(\d+)/graphql", line):
            return int(match[1])
    raise RuntimeError(f"the gateway did not start:\n{said}")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _pin(pid: int, core: int) -> None:
    """Nothing where the platform cannot, or has one core."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(pid, {core})


def pin_load() -> None:
    """The calling process makes the load."""
    _pin(0, LOAD_CORE)
