"""`braid project`, alone and as a demo's child: follows, tells, ends as asked, and never outlives a demo."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.unit.cli.conftest import Braid, Running, environment, write_graph
from tests.unit.cli.test_demo import SERVICES
from tests.unit.cli.town_server import TownServer


@pytest.fixture
def town() -> Iterator[TownServer]:
    with TownServer().serving() as server:
        server.do(lambda town: [town.name("o1", "Ada"), *(town.make(f"t{n}") for n in range(7))])
        yield server


def metrics_url(text: str) -> str:
    found = re.search(r"metrics at (http://\S+)/metrics", text)
    assert found, text
    return found[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_builds_follows_and_ends_as_asked(
    town: TownServer, tmp_path: Path, start: Callable[..., Running], number: signal.Signals
) -> None:
    town.configure(tmp_path, module="shelf")
    worker = start("project", folder=tmp_path)
    url = metrics_url(worker.wait_for("Projection 'shelf' serves: generation 1, version 1."))
    town.do(lambda town: town.change("t1", "sold"))
    applied = 'braid_projection_events_total{generation="1",outcome="applied",projection="shelf",stream="stock"} 1.0'
    deadline = time.monotonic() + 20
    while applied not in httpx.get(f"{url}/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert httpx.get(f"{url}/health").status_code == 200
    assert httpx.get(f"{url}/ready").json()["checks"][0]["detail"] == "generation 1 serves"
    assert worker.end(number) == 0
    assert worker.text().endswith("Stopped.\n")
    assert "Traceback" not in worker.text()


def test_once_it_leaves_when_everything_is_there(town: TownServer, tmp_path: Path, braid: Braid) -> None:
    town.configure(tmp_path, module="shelf")
    for thing in ("t8", "t9"):
        town.do(lambda town, thing=thing: town.make(thing))
        assert braid("project", "--once", folder=tmp_path).returncode == 0
        status = json.loads(braid("projections", "status", "--json", folder=tmp_path).stdout)
        streams = status["projections"][0]["generations"][0]["streams"]
        assert [stream["lag_events"] for stream in streams] == [0, 0]
        assert streams[1]["applied"] == town.town.services["stock"].log.head


def test_once_it_fails_when_that_cannot_be(town: TownServer, tmp_path: Path, braid: Braid) -> None:
    """The service was made anew: what was read of it is another history."""
    town.configure(tmp_path, module="shelf")
    assert braid("project", "--once", folder=tmp_path).returncode == 0
    town.do(lambda town: town.services["stock"].rewrite())
    failed = braid("project", "--once", folder=tmp_path)
    assert failed.returncode == 1
    assert "error: projection 'shelf', stream 'stock':" in failed.stderr
    assert "braid projections build shelf" in failed.stderr


def test_a_taken_port_is_told(town: TownServer, tmp_path: Path, start: Callable[..., Running], braid: Braid) -> None:
    town.configure(tmp_path, module="shelf")
    worker = start("project", folder=tmp_path)
    port = metrics_url(worker.wait_for("metrics at")).rpartition(":")[2]
    second = braid("project", "--port", port, folder=tmp_path)
    assert (second.returncode, f"Cannot listen on port {port}" in second.stderr) == (1, True)


# As a demo's child


@pytest.fixture
def demo(town: TownServer, tmp_path: Path, start: Callable[..., Running]) -> Callable[[], Running]:
    """A demo over the town, whose projection serves."""

    def begin() -> Running:
        write_graph(tmp_path)
        path = town.configure(tmp_path, module="shelf")
        (tmp_path / "services.py").write_text(SERVICES)
        command = "python services.py work {pid} {activity}"
        path.write_text(path.read_text() + f"server: {{port: 0}}\ndemo: {{services: '{command}'}}\n")
        running = start("demo", folder=tmp_path)
        text = running.wait_for("Projection 'shelf' serves")
        assert "Starting what keeps the projections: shelf." in text
        running.wait_for("Ctrl-C stops everything")
        return running

    return begin


def worker_of(demo: Running) -> psutil.Process:
    children = psutil.Process(demo.process.pid).children()
    (worker,) = [child for child in children if "project" in child.cmdline()]
    return worker


def test_a_demos_projections_end_with_it(demo: Callable[[], Running]) -> None:
    running = demo()
    worker = worker_of(running)
    assert running.end(signal.SIGINT) == 0
    assert not worker.is_running()
    assert "Stopped: the gateway and all services." in running.text()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stopped process does not notice")
@pytest.mark.parametrize("stopped", [False, True])
def test_a_killed_demo_leaves_no_worker_behind(demo: Callable[[], Running], stopped: bool) -> None:
    running = demo()
    worker = worker_of(running)
    if stopped:
        worker.send_signal(signal.SIGSTOP)
    running.end(signal.SIGKILL)
    gone, alive = psutil.wait_procs([worker], timeout=10)
    assert (len(gone), alive) == (1, []), "it outlived the demo"


def test_a_demo_ends_when_its_projections_are_no_longer_kept(demo: Callable[[], Running]) -> None:
    running = demo()
    worker_of(running).kill()
    assert running.process.wait(20) == 1
    assert "The process that keeps the projections ended by itself, with status -9." in running.text()


def test_without_a_demo_the_lifeline_is_the_pipe(town: TownServer, tmp_path: Path) -> None:
    """Where the kernel does not help, the end of standard input does."""
    town.configure(tmp_path, module="shelf")
    command = [sys.executable, "-m", "gateway.cli", "project", "--with-parent"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stderr is not None
        assert "Following events" in worker.stderr.readline()
        worker.stdin.close()
        assert worker.wait(10) == -signal.SIGKILL
