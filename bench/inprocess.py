"""`python -m bench.inprocess`: CPU per request of the public federation workload, in one process, stage by stage.

The whole gateway, from the client's bytes to the answer's bytes: uvicorn's protocol gets the request by hand and the
subgraphs' answers are replayed, so that nothing is measured but the gateway, and two versions of it can be compared on
a busy machine. With --sockets the calls go to the subgraphs over real connections, and what these cost the gateway is
in the figure, too. `python -m bench` measures the served process from outside.

Of several rounds the cheapest counts, since noise only adds. With --against FOLDER, another checkout takes turns with
this one, round by round. A stage's figure is the smallest of its sums over one request, of some that come one after
the other; what is in no stage (tasks, turns of the event loop, policies, contexts, the server's sending) is the rest.
The last line is the process's CPU time per request, several at a time: the figure to go by.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import importlib
import json
import os
import pstats
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from gateway.app import build_app
from gateway.server.app import GatewayApp
from gateway.server.protocol import GuardedHttpProtocol
from gateway.server.run import loop_factory
from gateway.settings import Settings

CONCURRENT = 10
WARM_UP = 5
HERE = Path(__file__)

STAGES = (
    ("server: read the request", "gateway.server.protocol", "GuardedHttpProtocol.data_received"),
    ("parse the body", "gateway.server.endpoint", "parse_body"),
    ("look up operation and plan", "gateway.pipeline", "Pipeline.prepare"),
    ("look up operation and plan", "gateway.pipeline", "coerce_variables"),
    ("look up operation and plan", "gateway.pipeline", "Pipeline._prepare_plan"),
    ("look up operation and plan", "gateway.pipeline", "Pipeline._check_cost"),
    ("gather targets, representations", "gateway.execution.execute", "_Execution._prepare"),
    ("encode requests", "gateway.subgraphs.remote", "RemoteSubgraph._body"),
    ("decode answers", "gateway.subgraphs.remote", "RemoteSubgraph._read"),
    ("merge", "gateway.execution.execute", "_Execution._merge"),
    ("shape", "gateway.pipeline", "shape_response"),
    ("encode the answer", "gateway.response.response", "GraphQLResponse.encode"),
)
"""Stage, module, function: nothing in them waits. One that another version has not is left out."""
REST = "the rest"
WHOLE = "one alone"
TOGETHER = f"CPU, {CONCURRENT} at a time"


def main() -> None:
    options = _options()
    if options.folder is None:
        raise SystemExit("error: give the workload's folder: --workload FOLDER, or BRAID_FEDERATION_WORKLOAD")
    if options.child:
        with _runner() as runner:
            for line in sys.stdin:
                print(json.dumps(runner.run(_measure(json.loads(line)))), flush=True)
        return
    with _subgraphs(options.folder) as base:
        asked = {
            "folder": str(options.folder),
            "base": base,
            "requests": options.requests,
            "sockets": options.sockets,
            "profile": options.profile,
        }
        if options.profile:
            with _runner() as runner:
                runner.run(_measure(asked))
            return
        sides = {"here": HERE.parents[1]} | ({"there": options.against} if options.against else {})
        found = _take_turns(sides, asked, options.rounds)
    print(json.dumps(found, indent=2) if options.json else _table(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.inprocess",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m bench.inprocess --workload ../workload --against ../before",
    )
    workload = os.environ.get("BRAID_FEDERATION_WORKLOAD")
    parser.add_argument("--workload", metavar="FOLDER", dest="folder", type=Path, default=workload and Path(workload))
    parser.add_argument("--requests", type=int, default=200, help="in each round (default: 200)")
    parser.add_argument("--rounds", type=int, default=7, help="the cheapest counts (default: 7)")
    parser.add_argument("--sockets", action="store_true", help="call the subgraphs over real connections")
    parser.add_argument("--against", metavar="FOLDER", type=Path, help="another checkout, to take turns with this one")
    parser.add_argument("--profile", action="store_true", help="print what cProfile says of one round instead")
    parser.add_argument("--json", action="store_true", help="microseconds by side and stage")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _take_turns(sides: Mapping[str, Path], asked: dict[str, Any], rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds per request by side and stage: the smallest of all rounds."""
    best: dict[str, dict[str, float]] = {}
    children = {name: _child(folder.resolve()) for name, folder in sides.items()}
    try:
        for _ in range(rounds):
            for name, child in children.items():
                assert child.stdin is not None
                assert child.stdout is not None
                child.stdin.write(json.dumps(asked) + "\n")
                child.stdin.flush()
                line = child.stdout.readline()
                if not line:
                    raise SystemExit(f"error: the measurement of {sides[name]} has failed")
                round_ = cast("dict[str, float]", json.loads(line))
                known = best.setdefault(name, round_)
                known |= {stage: min(value, known.get(stage, value)) for stage, value in round_.items()}
    finally:
        for child in children.values():
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            child.wait()
            child.stdout.close()
    for known in best.values():
        known[REST] = known[WHOLE] - sum(
            value for stage, value in known.items() if stage not in (REST, WHOLE, TOGETHER)
        )
    return best


def _child(folder: Path) -> subprocess.Popen[str]:
    """This file in a process that takes `gateway` from a checkout. -P: not from beside this file."""
    command = [sys.executable, "-P", str(HERE), "--child", "--workload", "."]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, text=True)


def _table(found: Mapping[str, Mapping[str, float]]) -> str:
    stages = [*dict.fromkeys(stage for stage, _, _ in STAGES), REST, WHOLE, TOGETHER]
    lines = [" ".join([f"{'microseconds per request':34}", *(f"{side:>9}" for side in found)])]
    lines += [
        " ".join([f"{stage:34}", *(f"{known.get(stage, 0):9.0f}" for known in found.values())]) for stage in stages
    ]
    return "\n".join(lines)


# -- one round ---------------------------------------------------------------------------------------------------------


def _runner() -> asyncio.Runner:
    return asyncio.Runner(loop_factory=loop_factory())


async def _measure(asked: Mapping[str, Any]) -> dict[str, float]:
    """Microseconds per request by stage, and of the whole request in CPU time."""
    if not asked["sockets"]:
        _replay()
    folder = Path(asked["folder"])
    names = ("accounts", "inventory", "products", "reviews")
    settings = Settings.model_validate(
        {
            "supergraph": str(folder / "supergraph.graphql"),
            "subgraphs": {name: {"url": f"{asked['base']}/{name}"} for name in names},
            "execution": {"deadline_s": 60},
            "service_defaults": {"timeout_s": 60},
            "overload": {"adaptive": False},
        }
    )
    app = build_app(settings)
    config = _config(app)
    body = (folder / "body.json").read_bytes()
    expected = json.loads((folder / "expected.json").read_bytes())
    async with app.router.lifespan_context(app):
        first = _Client(config, body)
        for _ in range(WARM_UP):
            answer = await first.ask()
            if json.loads(answer) != expected:
                raise SystemExit(f"error: a wrong answer: {answer[:300]!r}")
        clients = [_Client(config, body) for _ in range(CONCURRENT)]
        await asyncio.gather(*(_ask_often(one, 1) for one in clients))
        gc.collect()
        gc.freeze()
        per_client = asked["requests"] // CONCURRENT
        if asked["profile"]:
            return await _profile(clients, per_client)
        began_s = time.process_time()
        await asyncio.gather(*(_ask_often(one, per_client) for one in clients))
        cpu_us = (time.process_time() - began_s) / (per_client * CONCURRENT) * 1e6
        client = _Client(config, body)
        found = await _measure_stages(client, max(20, asked["requests"] // 5))
        for one in (first, client, *clients):
            one.leave()
        return {TOGETHER: cpu_us} | found


def _config(app: GatewayApp) -> uvicorn.Config:
    """As gateway.server.run has it."""
    config = uvicorn.Config(
        app,
        http=GuardedHttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        reset_contextvars=True,
    )
    config.load()
    return config


async def _ask_often(client: _Client, times: int) -> None:
    for _ in range(times):
        await client.ask()


async def _profile(clients: Sequence[_Client], times: int) -> dict[str, float]:
    profile = cProfile.Profile()
    profile.enable()
    await asyncio.gather(*(_ask_often(client, times) for client in clients))
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(60)
    return {}


async def _measure_stages(client: _Client, requests: int) -> dict[str, float]:
    """One request after the other, so that each one's parts are known; the smallest sum of each stage."""
    spent: dict[str, float] = {}
    best: dict[str, float] = {}
    with _watched(spent):
        for _ in range(requests):
            spent.clear()
            began_s = time.perf_counter()
            await client.ask()
            spent[WHOLE] = time.perf_counter() - began_s
            for stage, seconds in spent.items():
                best[stage] = min(seconds * 1e6, best.get(stage, seconds * 1e6))
    return best


@contextmanager
def _watched(spent: dict[str, float]) -> Generator[None]:
    """Add what each stage takes to `spent`, in seconds, less the stages inside of it."""
    inside: list[float] = []
    undo: list[Callable[[], None]] = []
    for stage, module_name, path in STAGES:
        *owners, name = path.split(".")
        owner: Any = importlib.import_module(module_name)
        for element in owners:
            owner = getattr(owner, element)
        function = getattr(owner, name, None)
        if function is None:
            continue
        setattr(owner, name, _timed(function, stage, spent, inside))
        undo.append(lambda owner=owner, name=name, function=function: setattr(owner, name, function))
    try:
        yield
    finally:
        for put_back in undo:
            put_back()


def _timed(
    function: Callable[..., Any], stage: str, spent: dict[str, float], inside: list[float]
) -> Callable[..., Any]:
    @wraps(function)
    def timed(*args: Any, **options: Any) -> Any:
        inside.append(0.0)
        began_s = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            took_s = time.perf_counter() - began_s
            spent[stage] = spent.get(stage, 0.0) + took_s - inside.pop()
            if inside:
                inside[-1] += took_s

    return timed


# -- the client's side -------------------------------------------------------------------------------------------------


class _Client(asyncio.Transport):
    """One client's connection: it hands the server's protocol its bytes, and takes what that writes."""

    def __init__(self, config: uvicorn.Config, body: bytes) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self._protocol = GuardedHttpProtocol(config=config, server_state=ServerState(), app_state={})
        self._protocol.connection_made(self)
        head = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        self._request = b"%baccept: application/json\r\ncontent-length: %d\r\n\r\n%b" % (head, len(body), body)
        self._answer: list[bytes] = []
        self._missing = -1
        self._over: asyncio.Future[None] | None = None

    async def ask(self) -> bytes:
        """The body of one answer."""
        over = self._over = asyncio.get_running_loop().create_future()
        self._protocol.data_received(self._request)
        await over
        answer, self._answer = b"".join(self._answer), []
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"error: {answer[:300]!r}")
        return body

    def write(self, data: bytes | bytearray | memoryview) -> None:
        chunk = bytes(data)
        self._answer.append(chunk)
        if self._missing < 0:
            head, _, body = chunk.partition(b"\r\n\r\n")
            self._missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            chunk = body
        self._missing -= len(chunk)
        if self._missing == 0 and self._over is not None:
            self._missing = -1
            self._over.set_result(None)

    def leave(self) -> None:
        """The client closes its connection."""
        self._protocol.connection_lost(None)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_exception(ConnectionResetError("the server has closed the connection"))

    def abort(self) -> None:
        self.close()

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


# -- the subgraphs' side -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Recorded:
    """Answers by the request's body and address. What was not seen before is really asked for."""

    answers: dict[tuple[str, bytes | None], Any] = field(default_factory=dict[tuple[str, "bytes | None"], Any])


_recorded = _Recorded()


def _replay() -> None:
    """Let transports answer from memory, in the event loop's next turn."""
    for module, name in (("transport", "AiohttpTransport"), ("direct", "DirectTransport")):
        try:
            owner: Any = getattr(importlib.import_module(f"gateway.services.{module}"), name)
        except ImportError:
            continue  # the other checkout may be an older one
        if not hasattr(owner.send, "__wrapped__"):
            owner.send = _replaying(owner.send)


def _replaying(real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(real)
    async def send(self: Any, method: str, url: str, headers: Any, body: bytes | None, max_bytes: int) -> Any:
        answer = _recorded.answers.get((url, body))
        if answer is None:
            answer = _recorded.answers[url, body] = await real(self, method, url, headers, body, max_bytes)
        else:
            await asyncio.sleep(0)
        return answer

    return send


@contextmanager
def _subgraphs(folder: Path) -> Generator[str]:
    """The workload's subgraphs, in Node; gives their address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = os.environ | {"PORT": str(port)}
    command = ["node", str(folder / "subgraphs" / "server.mjs")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{base}/stats", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    main()
