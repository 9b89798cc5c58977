"""Doing what a page says: its files are written, its commands are typed into one shell, its outputs are compared."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w/.-]+\.(?:py|yaml|graphql))`")
_DONE = "--- done, with "
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Save:
    """A file to write: the one that the text before the block names last."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Type:
    """A command to type, and the output that the page shows; "" when it shows none."""

    command: str
    output: str


def read_steps(page: str) -> Iterator[Save | Type]:
    """The page's blocks in order. `console` blocks are commands, each behind a `$ `, with their output below."""
    end = 0
    for block in _BLOCK.finditer(page):
        language, text = block.groups()
        if language == "console":
            for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                yield Type(command, output)
        elif language in ("python", "yaml", "graphql"):
            names = _FILE.findall(page[end : block.start()])
            yield Save(names[-1], text)
        end = block.end()


def free_ports(count: int) -> list[str]:
    """Ports that nothing listens on now."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class Shell:
    """A bash with job control, as a person has it. Standard error goes where standard output goes."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._type("set -m")

    def run(self, command: str, expected: str) -> tuple[str, int]:
        """Output and exit status. What runs on in the background has as long as it takes to say what is expected."""
        self._type(f"{command}\necho '{_DONE}'$?")
        output = self._read_until(_DONE)
        output, _, status = output.rpartition(_DONE)
        if command.rstrip().endswith("&"):
            output += self._read_until(expected.strip()) if expected.strip() not in output else ""
        return output, int(status)

    def close(self) -> None:
        """End the shell and everything that it has started."""
        assert self._process.stdin is not None
        self._type("kill -9 $(jobs -p) 2> /dev/null; exit")
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _type(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n".encode())
        self._process.stdin.flush()

    def _read_until(self, words: str) -> str:
        """What comes until the end of the line with these words."""
        assert self._process.stdout is not None
        output, deadline = "", time.monotonic() + TIMEOUT_S
        while not re.search(re.escape(words) + r".*\n", output):
            assert time.monotonic() < deadline, f"{words!r} did not come:\n{output}"
            if select.select([self._process.stdout], [], [], 0.5)[0]:
                output += os.read(self._process.stdout.fileno(), 65536).decode()
        return output
