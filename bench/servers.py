"""The servers under test, as processes: the gateway, and the hand-written backend beside it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
START_TIMEOUT_S = 30.0
# With every connection waiting for one core, partial answers at the deadline would be cheaper than whole ones, and
# refusals cheaper still.
PATIENT = {
    "BRAID_EXECUTION__DEADLINE_S": "60",
    "BRAID_SERVICE_DEFAULTS__TIMEOUT_S": "60",
    "BRAID_OVERLOAD__ADAPTIVE": "false",
}
_ANNOUNCED = re.compile(r"Serving .* at (http://\S+/graphql)")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. url: where GraphQL is posted to."""

    name: str
    url: str
    pid: int


@contextmanager
def gateway(services: Mapping[str, str], **settings: str) -> Iterator[Server]:
    """`braid serve` over the shop. services: addresses by name. settings: environment variables."""
    addresses = {
        f"BRAID_SUBGRAPHS__{name.upper()}__URL": url + ("/graphql" if name == "reviews" else "")
        for name, url in services.items()
    }
    command = [sys.executable, "-m", "gateway.cli", "serve", "--port", "0"]
    with _serving("Braid", command, addresses | PATIENT | settings, _announced) as server:
        yield server


@contextmanager
def supergraph_gateway(supergraph: Path) -> Iterator[Server]:
    """`braid serve --supergraph`, without any configuration."""
    command = [sys.executable, "-m", "gateway.cli", "serve", "--supergraph", str(supergraph), "--port", "0"]
    with _serving("Braid", command, PATIENT, _announced) as server:
        yield server


@contextmanager
def bff(services: Mapping[str, str], *, caches: bool) -> Iterator[Server]:
    """The hand-written backend under uvicorn with uvloop and httptools, as the gateway is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    addresses = {f"SHOP_{name.upper()}": url for name, url in services.items()}
    command = [sys.executable, "-m", "uvicorn", "bench.bff:app", "--port", str(port), "--no-access-log"]
    name = "hand-written, with document caches" if caches else "hand-written"
    environment = addresses | ({"BFF_CACHES": "1"} if caches else {})
    url = f"http://127.0.0.1:{port}/graphql/"
    with _serving(name, command, environment, lambda _: wait_until_answered(url)) as server:
        yield server


@contextmanager
def _serving(
    name: str,
    command: list[str],
    environment: Mapping[str, str],
    find_url: Callable[[subprocess.Popen[str]], str],
) -> Iterator[Server]:
    """A server in a process of its own. find_url: waits until it serves and tells where."""
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(name, find_url(process), process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        assert process.stderr is not None
        process.stderr.close()


def _announced(process: subprocess.Popen[str]) -> str:
    """Read the address from what the gateway says."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if match := _ANNOUNCED.search(line):
            return match[1].rstrip(",.")
    raise RuntimeError(f"the gateway did not start:\n{said}")


def wait_until_answered(url: str, timeout_s: float = START_TIMEOUT_S) -> str:
    """The url, when GraphQL is answered there. Raises RuntimeError when that takes too long."""
    end = time.monotonic() + timeout_s
    request = urllib.request.Request(url, b'{"query":"{__typename}"}', {"content-type": "application/json"})
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(request, timeout=2):
                return url
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")
