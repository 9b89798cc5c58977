"""A copy of the shop's application, for pages that add to it, on ports that nobody uses."""

from __future__ import annotations

import random
import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SERVICES = 7
FIRST_PORT = 7101


def copy_shop(folder: Path) -> int:
    """Copy what an application is. The services' first port in the copy."""
    for name in ("schema", "resolvers", "examples"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "mock_services").symlink_to(REPOSITORY / "mock_services")
    first = free_row(SERVICES)
    configuration = (REPOSITORY / "braid.yaml").read_text(encoding="utf-8")
    for place in range(SERVICES):
        configuration = configuration.replace(f":{FIRST_PORT + place}", f":{first + place}")
    (folder / "braid.yaml").write_text(configuration, encoding="utf-8")
    return first


def insert(file: Path, under: str, lines: str) -> None:
    """Put lines below the one that says `under`."""
    before, found, after = file.read_text(encoding="utf-8").partition(f"{under}\n")
    assert found, under
    file.write_text(before + found + lines + after, encoding="utf-8")


def free_row(count: int) -> int:
    """The first of so many ports in a row that nothing listens on now."""
    while True:
        first = random.randrange(20_000, 30_000)
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
