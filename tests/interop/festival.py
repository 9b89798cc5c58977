"""The festival's servers as processes, and what each of them was asked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from tests.support import npm

REPOSITORY = Path(__file__).parents[2]
SERVERS = Path(__file__).parent / "servers"
START_TIMEOUT_S = 30.0
STRAWBERRY, ARIADNE, APOLLO, YOGA = NAMES = ("acts", "stages", "tickets", "reviews")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a server got."""

    method: str
    document: str
    variables: dict[str, Any]

    @property
    def representations(self) -> list[dict[str, Any]]:
        """All in it, in order."""
        lists: list[list[dict[str, Any]]] = [v for v in self.variables.values() if isinstance(v, list)]
        return [representation for each in lists for representation in each]


class SubgraphServer:
    """One server. A context manager: it answers at `url` inside the block, and is gone after it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.url = ""
        self._notes = folder / f"{name}.notes"
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def asked(self) -> list[Asked]:
        """Every request since `forget`, in order."""
        return [Asked(**json.loads(line)) for line in self._notes.read_text(encoding="utf-8").splitlines()]

    def forget(self) -> None:
        self._notes.write_text("")

    def _start(self) -> None:
        self._notes.touch()
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                self._command(), cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        giving_up = threading.Timer(START_TIMEOUT_S, self._process.kill)
        giving_up.start()
        # Some say other things first.
        self.url = next((line.strip() for line in self._process.stdout if line.startswith("http")), "")
        giving_up.cancel()
        assert self.url, f"{self.name} did not start: {self._log.read_text()}"

    def _command(self) -> Sequence[str]:
        if (SERVERS / f"{self.name}.py").exists():
            return [sys.executable, "-m", f"tests.interop.servers.{self.name}", str(self._notes)]
        folder = npm.installed("interop", SERVERS)
        return [str(shutil.which("node")), str(folder / f"{self.name}.mjs"), str(self._notes)]


def why_not(name: str) -> str | None:
    """Why a server cannot be run on this machine; None when it can."""
    if name == ARIADNE:
        return None if find_spec("ariadne") else "ariadne is not installed: run `make interop`"
    return npm.missing("interop", "interop") if name in (APOLLO, YOGA) else None
