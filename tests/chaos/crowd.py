"""Crowd: the clients' process, as the tests command it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from tests.chaos.clients import Asked, Order, Report
from tests.shop.gateway_process import REPOSITORY

Variables = Mapping[str, Any]


class Crowd:
    """Clients that each ask one query with variables of their own."""

    def __init__(self, process: subprocess.Popen[bytes], query: str, variables: Sequence[Variables]) -> None:
        self._process = process
        self._send([json.dumps({"query": query, "variables": each}) for each in variables])

    def ask_for(self, seconds: float, period_s: float) -> Report:
        """All of them, over and over."""
        return self._order(Order(seconds, period_s))

    def ask_once(self) -> list[Asked]:
        """Each once, all at the same time; in the order of the clients."""
        return sorted(self._order(Order(0.0, 0.0)).answers, key=lambda asked: asked.client)

    def _order(self, order: Order) -> Report:
        assert self._process.stdout is not None
        self._send(order)
        return msgspec.json.decode(self._process.stdout.readline(), type=Report)

    def _send(self, line: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(line) + b"\n")
        self._process.stdin.flush()


@contextmanager
def gathered(url: str, query: str, variables: Sequence[Variables]) -> Iterator[Crowd]:
    """A crowd before the gateway at `url`; its process is gone after the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.clients", f"{url}/graphql"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Crowd(process, query, variables)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
