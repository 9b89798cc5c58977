"""Starting, breaking, stopping: what is started can be killed; nothing is left when whoever started it is gone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from mock_services.estate import Estate, EstateError
from mock_services.generator import Sizes, generate
from mock_services.kit.ports import PORTS

ESTATE = [sys.executable, "-m", "mock_services.estate"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny")
    generate(directory, 3, Sizes(customers=20, products=10, orders=60))
    return directory


def wait_gone(pids: list[int], timeout_s: float = 20) -> list[int]:
    """The pids that are still there after the time; a zombie is not."""
    deadline = time.monotonic() + timeout_s
    while left := [pid for pid in pids if is_running(pid)]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.02)
    return []


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def estate_process(directory: Path | None, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command as a process with free ports, and the line of JSON that it announced."""
    where = [] if directory is None else ["--dir", str(directory)]
    command = [*ESTATE, *where, "--ports", "free", "--json", *options]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        announced = process.stdout.readline()
        if not announced:
            pytest.fail(f"the estate announced nothing: {process.communicate(timeout=60)[1]}")
        yield process, json.loads(announced)
    finally:
        process.kill()
        process.communicate()


def pids_of(announced: dict[str, Any]) -> list[int]:
    return [service["pid"] for service in announced["services"]]


def test_stop_leaves_no_process(tiny: Path) -> None:
    """Each ends as asked, none has to be killed, and every port is free again."""
    estate = Estate(tiny)
    estate.start()
    pids = [estate.pid(name) for name in PORTS]
    urls = estate.urls()
    assert len(set(pids)) == 7
    assert estate.stop() == dict.fromkeys(PORTS, 0)
    assert wait_gone(pids, 0) == []
    for url in urls.values():
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


def test_services_stop_at_once_though_requests_hang(tiny: Path) -> None:
    """The request that hung is refused rather than cut off."""
    with Estate(tiny, services=["orders"]) as estate:
        estate.chaos("orders", hang=True)
        with socket.create_connection(("127.0.0.1", int(estate.url("orders").rpartition(":")[2]))) as client:
            client.sendall(b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n")
            while not estate.call_counts("orders")["in_flight"]:
                time.sleep(0.02)
            os.kill(estate.pid("orders"), signal.SIGTERM)
            answer = client.makefile("rb").readline()
        assert estate.stop() == {"orders": 0}
    assert answer == b"HTTP/1.1 503 Service Unavailable\r\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_ends_quietly_on_a_signal(tiny: Path, number: int) -> None:
    command = [sys.executable, "-m", "mock_services.orders", "--db", str(tiny / "orders.db"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("listening http://127.0.0.1:")
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")


def test_kill_kills(estate: Estate) -> None:
    """It was alive, then it is dead and its port refuses; the others live; restart brings it back on its port."""
    url, pid = estate.url("support"), estate.pid("support")
    assert httpx.get(f"{url}/tickets", trust_env=False).status_code == 200
    estate.kill("support")
    assert not estate.is_alive("support")
    assert estate.exit_code("support") == -signal.SIGKILL
    assert not is_running(pid)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/tickets", trust_env=False)
    assert all(estate.is_alive(name) for name in PORTS if name != "support")
    estate.restart("support")
    assert (estate.url("support"), estate.pid("support") != pid) == (url, True)
    assert httpx.get(f"{url}/tickets", trust_env=False).status_code == 200


def test_a_paused_service_takes_connections_and_answers_when_resumed(estate: Estate) -> None:
    url = f"{estate.url('catalog')}/products"
    estate.pause("catalog")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.3, trust_env=False)
    assert estate.is_alive("catalog")
    estate.resume("catalog")
    assert httpx.get(url, timeout=5, trust_env=False).status_code == 200


def test_a_paused_service_is_stopped_too(tiny: Path) -> None:
    """It is let go on, so that it can end as asked rather than be killed."""
    estate = Estate(tiny, services=["orders"])
    estate.start()
    pid = estate.pid("orders")
    estate.pause("orders")
    assert estate.stop() == {"orders": 0}
    assert not is_running(pid)


def test_the_command_seeds_announces_and_stops_everything(tmp_path: Path) -> None:
    """From an empty directory to seven healthy services; SIGINT ends all of them, with status 0."""
    sizes = ("--customers", "20", "--products", "10", "--orders", "60")
    with estate_process(tmp_path / "shop", *sizes) as (process, announced):
        assert [service["name"] for service in announced["services"]] == list(PORTS)
        for service in announced["services"]:
            assert httpx.get(f"{service['url']}/healthz", trust_env=False).json()["service"] == service["name"]
        assert announced["pid"] == process.pid
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output) == (0, "")
        assert errors.startswith("made ")
        assert len(errors.splitlines()) == 1
        assert wait_gone(pids_of(announced), 0) == []


def test_no_service_outlives_a_killed_estate(tiny: Path) -> None:
    """SIGKILL leaves the estate no time to stop anything; also a paused service, which sees no pipe close, must go."""
    with estate_process(tiny) as (process, announced):
        pids = pids_of(announced)
        assert wait_gone(pids, 0) == pids
        os.kill(pids[2], signal.SIGSTOP)
        process.kill()
        process.wait()
        left = wait_gone(pids)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        # Elsewhere than on Linux, only a stopped process can be left.
        assert left == [] if sys.platform == "linux" else pids[2:3]


def test_the_estate_ends_with_the_process_that_started_it(tiny: Path) -> None:
    """With --with-parent: a script starts the estate and is killed."""
    script = """
import subprocess, sys, os
estate = subprocess.Popen([*sys.argv[1:], "--with-parent", str(os.getpid())], stdout=subprocess.PIPE, text=True)
print(estate.stdout.readline(), end="", flush=True)
estate.wait()
"""
    command = [sys.executable, "-c", script, *ESTATE, "--dir", str(tiny), "--ports", "free", "--json"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        announced = json.loads(parent.stdout.readline())
        pids = [announced["pid"], *pids_of(announced)]
        assert wait_gone(pids, 0) == pids
        parent.kill()
    assert wait_gone(pids) == []


# Each way of ending with the parent is tried alone: the child believes in another system, has no pipe, or is stopped.
# It stays in our process group; in one of its own, the kernel would hang it up as stopped and orphaned.
LIFELINES = {
    "a pipe that closes": ("other", subprocess.PIPE, False),
    "a parent that changes": ("other", subprocess.DEVNULL, False),
    "the kernel's signal": ("linux", subprocess.DEVNULL, True),
}


@pytest.mark.parametrize("way", LIFELINES)
def test_each_lifeline_holds_alone(way: str) -> None:
    system, stdin, is_stopped = LIFELINES[way]
    if is_stopped and sys.platform != "linux":
        pytest.skip("only Linux signals the parent's death")
    child = f"""
import os, sys, time
from mock_services.kit.lifeline import end_with_parent
sys.platform = {system!r}
end_with_parent(os.getppid())
print(os.getpid(), flush=True)
time.sleep(60)
"""
    parent = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin={stdin}, stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), end="", flush=True)
child.wait()
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        if is_stopped:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(0.6)
        assert is_running(pid)
        process.kill()
    left = wait_gone([pid], 20)
    for each in left:
        os.kill(each, signal.SIGKILL)
    assert left == []


def test_all_taken_ports_are_named(tiny: Path) -> None:
    """In one go, and nothing is started."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        ports = {"orders": first.getsockname()[1], "reviews": second.getsockname()[1]}
        estate = Estate(tiny, ports=ports)
        with pytest.raises(EstateError) as refused:
            estate.start()
        assert str(refused.value).splitlines() == [f"{name}: port {port} is taken" for name, port in ports.items()]
        assert estate.urls() == {}
        command = [*ESTATE, "--dir", str(tiny), "--base-port", str(ports["orders"] - 2)]
        failed = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert failed.returncode == 1
    assert f"estate: orders: port {ports['orders']} is taken" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_service_that_cannot_start_says_why_in_a_line(tiny: Path, tmp_path: Path) -> None:
    def failure(*options: str) -> str:
        command = [sys.executable, "-m", "mock_services.orders", *options]
        failed = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert failed.returncode == 1
        (line,) = failed.stderr.splitlines()
        return line

    database = str(tiny / "orders.db")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert failure("--db", database, "--port", str(port)).startswith(f"orders: port {port} of 127.0.0.1 cannot")
    assert "there is no database at" in failure("--db", str(tmp_path / "none.db"), "--port", "0")
    assert "is the database of catalog" in failure("--db", str(tiny / "catalog.db"), "--port", "0")
    (tmp_path / "text.db").write_text("no database at all, but long enough to look at" * 50)
    assert "is not a database of the shop" in failure("--db", str(tmp_path / "text.db"), "--port", "0")


def test_when_one_service_fails_none_is_left(tiny: Path, tmp_path: Path) -> None:
    """The error names it and tells what it said."""
    for name in ("customers", "catalog"):
        (tmp_path / f"{name}.db").write_bytes((tiny / f"{name}.db").read_bytes())
    before = set(psutil.Process().children())
    with pytest.raises(EstateError, match="orders: there is no database"):
        Estate(tmp_path, services=["customers", "orders", "catalog"]).start()
    assert set(psutil.Process().children()) <= before


def test_an_estate_can_be_started_again(tiny: Path) -> None:
    estate = Estate(tiny, services=["inventory"])
    for _ in range(2):
        with estate:
            assert httpx.get(f"{estate.url('inventory')}/stock?limit=1", trust_env=False).status_code == 200


@pytest.mark.parametrize("module", [*PORTS, "estate", "generate"])
def test_every_command_explains_itself(module: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", f"mock_services.{module}", "--help"], capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0
    assert f"example: python -m mock_services.{module}" in shown.stdout
