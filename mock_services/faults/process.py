"""Proxies in a process of their own, and how to command them: one JSON document a line, each answered by one."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

import mock_services
from mock_services.faults.proxy import HOST, FaultProxy, ProxyFault

END_TIMEOUT_S = 10.0


class ProxyError(Exception):
    """A command was refused; the message says why."""


class Command(msgspec.Struct, forbid_unknown_fields=True):
    """service: whose proxy. fault: to be set; None clears. Neither of both: only tell."""

    service: str | None = None
    fault: dict[str, Any] | None = None


class State(msgspec.Struct):
    """What is answered to every command. ports, strikes: by service. error: the command was refused, and why."""

    ports: dict[str, int]
    strikes: dict[str, dict[str, int]]
    error: str | None = None


class Proxies:
    """The proxies of a running process, by the service that they stand before. Not for several threads at once."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._ports = self._tell(Command()).ports

    def urls(self) -> dict[str, str]:
        """What callers are to be told instead of the services' own."""
        return {service: f"http://{HOST}:{port}" for service, port in self._ports.items()}

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self._ports[service]}"

    def set(self, service: str, **fault: Any) -> None:
        """See ProxyFault. Raises ProxyError when that is not one."""
        self._tell(Command(service, fault))

    def clear(self, service: str) -> None:
        """Pass everything on."""
        self._tell(Command(service))

    def strikes(self, service: str) -> dict[str, int]:
        """Requests struck since the start, by fault."""
        return self._tell(Command()).strikes[service]

    def _tell(self, command: Command) -> State:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(command) + b"\n")
        self._process.stdin.flush()
        state = msgspec.json.decode(self._process.stdout.readline(), type=State)
        if state.error is not None:
            raise ProxyError(state.error)
        return state


@contextmanager
def running_proxies(services: Mapping[str, str]) -> Iterator[Proxies]:
    """A process with one proxy for each service, inside the block. services: URLs by name, without paths."""
    upstreams = [f"{name}={urlsplit(url).netloc}" for name, url in services.items()]
    root = str(Path(mock_services.__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_services.faults", *upstreams],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))},
        process_group=0,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Proxies(process)
    finally:
        process.stdin.close()
        try:
            process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


async def serve(upstreams: Mapping[str, tuple[str, int]]) -> None:
    """Open a proxy for each and obey standard input until its end. upstreams: host and port by name."""
    proxies = {name: FaultProxy(*upstream) for name, upstream in upstreams.items()}
    for proxy in proxies.values():
        await proxy.open()
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        error = await _obey(line, proxies)
        state = State(
            ports={name: proxy.port for name, proxy in proxies.items()},
            strikes={name: dict(proxy.strikes) for name, proxy in proxies.items()},
            error=error,
        )
        sys.stdout.buffer.write(msgspec.json.encode(state) + b"\n")
        sys.stdout.buffer.flush()
    for proxy in proxies.values():
        await proxy.close()


async def _obey(line: bytes, proxies: Mapping[str, FaultProxy]) -> str | None:
    """Do one command. Answers why it is refused, if it is."""
    try:
        command = msgspec.json.decode(line, type=Command)
        fault = None if command.fault is None else msgspec.convert(command.fault, ProxyFault)
    except msgspec.MsgspecError as error:
        return str(error)
    if command.service is None:
        return None
    if command.service not in proxies:
        return f"there is no proxy for {command.service!r}"
    proxy = proxies[command.service]
    await (proxy.clear() if fault is None else proxy.set(fault))
    return None
