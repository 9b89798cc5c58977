"""`braid compose`: the supergraph that the configuration's subgraphs make, or every reason why they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from gateway.cli.console import FAILED, complain, fail, say, write_json, write_text
from gateway.cli.loading import ConfigOption, read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.federation.errors import Problem, SchemaError
    from gateway.settings import Settings


def compose(
    config: ConfigOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print {supergraph, hints}, or {problems} when it does not compose.")
    ] = False,
) -> None:
    """Compose the subgraphs and print the supergraph's SDL.

    Remote subgraphs are asked for their schemas, so they must be running. Problems are listed with subgraph, line and
    column, all at once, and end the command with exit code 1.
    """
    from gateway.federation.errors import SchemaError

    settings = read_settings(config)
    log_to_stderr()
    try:
        sdl, hints = asyncio.run(_compose(settings))
    except SchemaError as error:
        _refuse(error, as_json)
    for hint in hints:
        say(f"hint: {hint}", "yellow")
    if output is not None:
        _write(output, sdl)
    if as_json:
        write_json({"supergraph": sdl, "hints": [asdict(hint) for hint in hints]})
    elif output is None:
        write_text(sdl)


async def _compose(settings: Settings) -> tuple[str, Sequence[Problem]]:
    from gateway.app import open_gateway

    gateway = await open_gateway(settings)
    try:
        return gateway.supergraph_sdl, gateway.hints
    finally:
        await gateway.close()


def _refuse(error: SchemaError, as_json: bool) -> NoReturn:
    if as_json:
        write_json({"problems": [asdict(problem) for problem in error.problems]})
    complain(error.message)
    raise typer.Exit(FAILED)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")
    say(f"Wrote {path}.")
