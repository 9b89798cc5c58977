"""wrk as the load: it costs little CPU itself, and one script checks every answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.measure import CONNECTIONS, Measured, WrongAnswer

SCRIPT = Path(__file__).with_name("load.lua")
# Longer than any answer takes when all connections wait for one core.
TIMEOUT = "60s"


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk found. bad: answers unlike the first, or not 200; lost: connections that failed."""

    answers: int
    seconds: float
    p50_ms: float
    bad: int
    lost: int


def why_not() -> str | None:
    return None if shutil.which("wrk") else "wrk is not installed; on Debian and Ubuntu: apt-get install wrk"


def load(url: str, body: bytes, seconds: float) -> Load:
    """Keep CONNECTIONS requests open for so long, in whole seconds. Raises WrongAnswer unless all answers are 200 and
    the same, and there are any."""
    with tempfile.TemporaryDirectory() as folder:
        sent, found = Path(folder) / "body", Path(folder) / "found"
        sent.write_bytes(body)
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", TIMEOUT]
        subprocess.run(
            [*command, "-s", str(SCRIPT), url],
            env=os.environ | {"BODY": str(sent), "FOUND": str(found)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        run = Load(**json.loads(found.read_text(encoding="utf-8")))
    if not run.answers:
        raise WrongAnswer(f"no answer came in {run.seconds:.0f} s of load: measure for longer")
    if run.bad or run.lost:
        raise WrongAnswer(f"{run.bad} of {run.answers} answers changed under load, {run.lost} connections failed")
    return run


def measure(url: str, pid: int, body: bytes, seconds: float) -> Measured:
    """CPU of a process and all that it has started, for each request. Raises WrongAnswer."""
    before, started = cpu_s(pid), time.perf_counter()
    run = load(url, body, seconds)
    used, elapsed = cpu_s(pid) - before, time.perf_counter() - started
    family = _family(pid)
    return Measured(
        cpu_ms=1000 * used / run.answers,
        per_second=run.answers / elapsed,
        p50_ms=run.p50_ms,
        answers=run.answers,
        rss_mb=sum(member.memory_info().rss for member in family) / 1e6,
    )


def cpu_s(pid: int) -> float:
    """User and system time so far, of what has ended in between too."""
    times = [member.cpu_times() for member in _family(pid)]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def pin_family(pid: int, cores: set[int]) -> None:
    """Let a process, its threads and what it has started run on these cores only; nothing where the platform cannot."""
    if hasattr(os, "sched_setaffinity"):
        for thread in (thread for member in _family(pid) for thread in member.threads()):
            os.sched_setaffinity(thread.id, cores)


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]
