"""`braid demo`: starts services and gateway, and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.unit.cli.conftest import Braid, Running, write_graph
from tests.unit.cli.test_commands import address, ask

# Stands for the command that runs all services. It writes its process id to a file, and ends with its standard input.
SERVICES = """
import json, os, pathlib, sys, threading, time
behaviour = sys.argv[1]
pathlib.Path("activity").write_text(sys.argv[3])
pathlib.Path("services.pid").write_text(str(os.getpid()))
print("making data", file=sys.stderr, flush=True)
if behaviour == "fail":
    print("no room on the disk", file=sys.stderr)
    sys.exit(3)
if behaviour == "slow":
    time.sleep(60)
def end_with_input():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=end_with_input, daemon=True).start()
services = [{"name": "shelves", "url": "http://127.0.0.1:7999", "pid": os.getpid()}]
print("not JSON", flush=True)
print(json.dumps({"services": services, "parent": sys.argv[2]}), flush=True)
if behaviour == "die":
    time.sleep(3)
    sys.exit(4)
time.sleep(600)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Callable[[str], Path]:
    """A folder with the graph, example queries, and services that behave as told."""

    def make(behaviour: str = "work", timeout_s: float = 30) -> Path:
        folder = tmp_path / "shop"
        folder.mkdir()
        write_graph(folder)
        (folder / "services.py").write_text(SERVICES)
        (folder / "examples").mkdir()
        (folder / "examples" / "best.graphql").write_text("# The best book\n{ best { stars } }\n")
        command = f"python services.py {behaviour} {{pid}} {{activity}}"
        with (folder / "braid.yaml").open("a") as file:
            file.write("server: {port: 0, examples: examples}\n")
            file.write(f"demo: {{services: {shlex.quote(command)}, start_timeout_s: {timeout_s}}}\n")
        return folder

    return make


def is_alive(pid: int) -> bool:
    """Whether the process runs; a dead one that nobody has reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def services_pid(folder: Path) -> int:
    deadline = time.monotonic() + 20
    while not (folder / "services.pid").exists() or not (folder / "services.pid").read_text():
        assert time.monotonic() < deadline, "the services never started"
        time.sleep(0.05)
    return int((folder / "services.pid").read_text())


def assert_ends(pid: int, timeout_s: float = 5.0) -> None:
    deadline = time.monotonic() + timeout_s
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_demo_runs_until_it_is_stopped_and_leaves_nothing(
    start: Callable[..., Running], shop: Callable[..., Path], number: signal.Signals
) -> None:
    """It says what it does, where the explorer is, and what to ask; then Ctrl-C, SIGTERM or a closed terminal."""
    folder = shop()
    running = start("demo", folder=folder)
    text = running.wait_for("Ctrl-C stops everything.")
    pid = services_pid(folder)
    assert is_alive(pid)
    assert ask(address(text), "{best{stars}}") == {"data": {"best": {"stars": 1}}}
    told = ["Starting the services; the first start may have data to make", "  making data"]
    told += ["1 services answer: shelves."]
    told += ["Composing the graph", "http://127.0.0.1:7999", "# The best book\n{ best { stars } }", "in a browser"]
    assert sorted(told, key=text.index) == told
    assert "  not JSON" in text  # it comes by another pipe, now before and now behind the other line
    assert running.end(number) == 0
    assert not is_alive(pid)
    assert "Traceback" not in running.text()


@pytest.mark.parametrize(("options", "rate"), [((), "1"), (("--activity", "0"), "0"), (("--activity", "2.5"), "2.5")])
def test_the_services_are_told_how_much_is_to_happen(
    start: Callable[..., Running], shop: Callable[..., Path], options: tuple[str, ...], rate: str
) -> None:
    folder = shop()
    running = start("demo", *options, folder=folder)
    running.wait_for("Ctrl-C stops everything.")
    assert (folder / "activity").read_text() == rate
    assert running.end(signal.SIGTERM) == 0


def test_ctrl_c_in_a_terminal_reaches_the_gateway_alone(
    start: Callable[..., Running], shop: Callable[..., Path]
) -> None:
    """A terminal sends SIGINT to everything it started; the services must outlive the requests still running."""
    folder = shop()
    running = start("demo", folder=folder)
    running.wait_for("Ctrl-C stops everything.")
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.wait(30) == 0
    assert running.text().endswith("Stopping the services.\nStopped: the gateway and all services.\n")
    assert not is_alive(services_pid(folder))


def test_killing_the_demo_ends_its_services(start: Callable[..., Running], shop: Callable[..., Path]) -> None:
    """SIGKILL leaves no time to tidy up; the services notice that their standard input has ended."""
    folder = shop()
    running = start("demo", folder=folder)
    running.wait_for("Ctrl-C stops everything.")
    pid = services_pid(folder)
    assert is_alive(pid)
    running.end(signal.SIGKILL)
    assert_ends(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_while_services_start_leaves_nothing(
    start: Callable[..., Running], shop: Callable[..., Path], number: signal.Signals
) -> None:
    folder = shop("slow")
    running = start("demo", folder=folder)
    pid = services_pid(folder)
    running.wait_for("making data")
    assert running.end(number) == 130
    assert not is_alive(pid)
    assert "Traceback" not in running.text()


def test_services_that_fail_to_start_are_quoted(braid: Braid, shop: Callable[..., Path]) -> None:
    result = braid("demo", folder=shop("fail"))
    assert result.returncode == 1
    assert result.stderr.endswith(
        "error: The services ended with status 3. They said:\n  making data\n  no room on the disk\n"
    )


def test_services_that_never_get_ready_are_given_up(braid: Braid, shop: Callable[..., Path]) -> None:
    folder = shop("slow", timeout_s=1)
    result = braid("demo", folder=folder)
    assert result.returncode == 1
    assert "error: The services were not ready within 1 s. They said:\n  making data\n" in result.stderr
    assert not is_alive(services_pid(folder))


def test_a_demo_whose_services_die_says_so_and_ends(start: Callable[..., Running], shop: Callable[..., Path]) -> None:
    running = start("demo", folder=shop("die"))
    running.wait_for("Ctrl-C stops everything.")
    assert running.process.wait(20) == 1
    assert "error: The services ended by themselves, with status 4." in running.text()


def test_a_graph_that_does_not_compose_stops_the_services(braid: Braid, shop: Callable[..., Path]) -> None:
    folder = shop()
    (folder / "shelf_ratings.py").write_text("schema = None\n")
    result = braid("demo", folder=folder)
    assert result.returncode == 1
    assert "error: The graph has 1 problem" in result.stderr
    assert "Open http" not in result.stderr
    assert not is_alive(services_pid(folder))


def test_a_taken_port_is_told_before_anything_starts(braid: Braid, shop: Callable[..., Path]) -> None:
    folder = shop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = braid("demo", "--port", port, folder=folder)
    assert result.returncode == 1
    assert re.match(rf"error: Cannot listen on port {port} .*already in use", result.stderr)
    assert not (folder / "services.pid").exists()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("", "error: the configuration has no 'demo' section"),
        ("demo: {services: no-such-command}", "error: The services cannot be started: no-such-command: No such file"),
    ],
)
def test_a_demo_without_services_to_start_says_why(braid: Braid, tmp_path: Path, section: str, message: str) -> None:
    write_graph(tmp_path)
    with (tmp_path / "braid.yaml").open("a") as file:
        file.write(f"server: {{port: 0}}\n{section}\n")
    result = braid("demo", folder=tmp_path)
    assert result.returncode == 1
    assert message in result.stderr


def test_the_services_learn_their_parents_process_id(start: Callable[..., Running], shop: Callable[..., Path]) -> None:
    """`{pid}` in the command: whoever can watch a process need not rely on a pipe."""
    folder = shop()
    running = start("demo", folder=folder)
    running.wait_for("Ctrl-C stops everything.")
    assert str(running.process.pid) in psutil.Process(services_pid(folder)).cmdline()
