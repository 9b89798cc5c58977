"""What the commands print, and where: data on standard output, everything said about it on standard error.

Colour and moving parts only on a terminal; otherwise plain lines, one for each thing that happens.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

FAILED = 1
"""Exit code: the configuration, the graph, the query or a service is at fault. 2 is wrong usage, 0 is success."""

messages = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def write_text(text: str) -> None:
    """Text as data: on standard output, as it is, with a newline at its end."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def write_json(value: Any) -> None:
    """JSON as data, indented for people; keys stay in their order."""
    write_text(json.dumps(value, indent=2, ensure_ascii=False))


def say(text: str, style: str = "") -> None:
    """One line for whoever watches."""
    messages.print(Text(text, style=style))


def complain(message: str) -> None:
    """An error for whoever watches."""
    messages.print(Text.assemble(("error: ", "bold red"), message))


def fail(message: str) -> NoReturn:
    """End the command because of this error."""
    complain(message)
    raise typer.Exit(FAILED)


@contextmanager
def doing(text: str) -> Generator[None]:
    """Say what is being done for as long as it is: moving, with the time it takes, on a terminal; else one line."""
    if not messages.is_terminal:
        say(text)
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True) as progress:
        progress.add_task(text, total=None)
        yield
