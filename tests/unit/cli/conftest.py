"""A small graph to run commands over, and the commands as processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]

BOOKS = """
from __future__ import annotations
import strawberry
from gateway.subgraphs.local import SubgraphSchema

@strawberry.federation.type(keys=["id"])
class Book:
    id: strawberry.ID
    title: str

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Book:
        return Book(id=id, title=f"Book {id}")

@strawberry.type
class Query:
    @strawberry.field
    def books(self, first: int = 2) -> list[Book]:
        return [Book(id=strawberry.ID(str(n)), title=f"Book {n}") for n in range(1, first + 1)]

schema = SubgraphSchema(query=Query)
"""

RATINGS = """
from __future__ import annotations
import strawberry
from gateway.subgraphs.local import SubgraphSchema

@strawberry.federation.type(keys=["id"])
class Book:
    id: strawberry.ID

    @strawberry.field
    def stars(self) -> int | None:
        if self.id == "3":
            raise ValueError("nobody rated it")
        return int(self.id)

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Book:
        return Book(id=id)

@strawberry.type
class Query:
    @strawberry.field
    def best(self) -> Book:
        return Book(id=strawberry.ID("1"))

schema = SubgraphSchema(query=Query)
"""

CONFIGURATION = """
subgraphs:
  books: {schema: shelf_books}
  ratings: {schema: shelf_ratings}
"""

QUERY = "query Shelf($first: Int!) { books(first: $first) { title stars } }\n"


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration of two in-process subgraphs, and a query over both. Not to be written to."""
    folder = tmp_path_factory.mktemp("shelf")
    write_graph(folder)
    return folder


def write_graph(folder: Path) -> None:
    (folder / "shelf_books.py").write_text(BOOKS)
    (folder / "shelf_ratings.py").write_text(RATINGS)
    (folder / "braid.yaml").write_text(CONFIGURATION)
    (folder / "shelf.graphql").write_text(QUERY)


def environment(**more: str) -> dict[str, str]:
    """Ours, without what would colour the output or configure the gateway."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BRAID_", "FORCE_COLOR"))}
    return kept | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"} | more


Braid = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def braid(graph: Path) -> Braid:
    """`braid("show", "plan", ...)` in the graph's folder; `stdin` and other keywords are input and environment."""

    def run(*arguments: str, stdin: str = "", folder: Path = graph, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gateway.cli", *arguments]
        return subprocess.run(
            command, cwd=folder, env=environment(**more), input=stdin, capture_output=True, text=True, timeout=60
        )

    return run


class Running:
    """A command that keeps running, and what it has written to standard error so far."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], output: Path) -> None:
        self.output = output
        self._file = output.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *arguments],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=self._file,
            start_new_session=True,
        )

    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str, timeout_s: float = 30.0) -> str:
        """The text so far, once it holds these words."""
        deadline = time.monotonic() + timeout_s
        while words not in self.text():
            assert self.process.poll() is None, f"ended before saying {words!r}:\n{self.text()}"
            assert time.monotonic() < deadline, f"did not say {words!r} in time:\n{self.text()}"
            time.sleep(0.05)
        return self.text()

    def end(self, number: signal.Signals) -> int:
        """Send the signal; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def start(graph: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """`start("serve", ...)`: a command in a folder, killed at the test's end if it still runs."""
    started: list[Running] = []

    def start(*arguments: str, folder: Path = graph) -> Running:
        started.append(Running(folder, arguments, tmp_path / f"stderr-{len(started)}"))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()
        running._file.close()
