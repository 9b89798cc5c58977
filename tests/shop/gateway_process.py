"""GatewayProcess: `braid serve` as its users run it, a process on a free port, asked over HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

REPOSITORY = Path(__file__).parents[2]
START_TIMEOUT_S = 30.0
REQUEST_TIMEOUT_S = 10.0

_ANNOUNCED = re.compile(r"Serving .* at (http://[^/\s]+)/graphql")


@dataclass(frozen=True, slots=True)
class Answer:
    """One GraphQL answer. data: None when it is null or absent. seconds: the client's wall time."""

    status: int
    data: Any
    errors: list[dict[str, Any]]
    text: str
    seconds: float

    def whole(self) -> Any:
        """The data of an answer without errors."""
        assert (self.status, self.errors) == (200, []), self.text
        return self.data


class NotServing(Exception):
    """The gateway ended before it served. `code` is its exit status, `said` what it wrote to standard error."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"ended with {code}:\n{said}")
        self.code = code
        self.said = said


class GatewayProcess:
    """One run of `braid serve`. A context manager: it serves inside the block, and is gone after it.

    services:  where the shop's services are, by name, as an operator would tell by environment variables.
    settings:  further environment variables: `{"BRAID_EXECUTION__BATCHING": "false"}`.
    log:       file that gets what it writes to standard error.
    """

    def __init__(
        self,
        services: Mapping[str, str],
        log: Path,
        settings: Mapping[str, str] | None = None,
        config: Path = REPOSITORY / "braid.yaml",
    ) -> None:
        self.url = ""
        self._log = log
        self._environment = environment_of(services) | dict(settings or {})
        self._command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(config), "--port", "0"]
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(timeout=REQUEST_TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Returns when it serves. Raises NotServing."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self.url = self._wait_announced()
        self._client.base_url = self.url

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What it has written to standard error so far."""
        return self._log.read_text()

    def ask(self, query: str, **variables: Any) -> Answer:
        """POST one query, with these variables."""
        started = time.perf_counter()
        response = self._client.post("/graphql", json={"query": query, "variables": variables})
        seconds = time.perf_counter() - started
        body = response.json()
        return Answer(response.status_code, body.get("data"), body.get("errors", []), response.text, seconds)

    def get(self, path: str, accept: str = "*/*") -> httpx.Response:
        return self._client.get(path, headers={"accept": accept})

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout_s: float) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired when it still runs then."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """End it, whatever it does."""
        self._client.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def _wait_announced(self) -> str:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (found := _ANNOUNCED.search(self.log())):
            if self._process.poll() is not None:
                raise NotServing(self._process.returncode, self.log())
            assert time.monotonic() < deadline, f"did not serve in time:\n{self.log()}"
            time.sleep(0.02)
        return found[1]


def environment_of(services: Mapping[str, str]) -> dict[str, str]:
    """Ours, with nothing of the gateway's but where its services are. reviews speaks GraphQL, at /graphql."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRAID_")}
    urls = {name: f"{url}/graphql" if name == "reviews" else url for name, url in services.items()}
    return kept | {f"BRAID_SUBGRAPHS__{name.upper()}__URL": url for name, url in urls.items()} | {"COLUMNS": "200"}
