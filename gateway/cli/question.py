"""The query that a command is asked about: how it is given, and what is made of it over an open gateway."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar, cast

import typer

from gateway.cli.console import FAILED, complain, fail, write_json
from gateway.cli.loading import read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.operation.errors import RequestError

T = TypeVar("T")

QueryArgument = Annotated[
    str, typer.Argument(metavar="QUERY", help="File with a GraphQL document, - for standard input.")
]
VariablesOption = Annotated[
    str, typer.Option("--variables", "-v", metavar="JSON", help="Variables as a JSON object, or @FILE with one.")
]
NameOption = Annotated[
    str | None,
    typer.Option("--operation", "-o", metavar="NAME", help="Which one, when the document has several."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True, slots=True)
class Question:
    """What to show: a document, its variables, and where it came from, for messages."""

    document: str
    variables: dict[str, Any]
    operation_name: str | None
    source: str


def answer_with(
    question: Question,
    config: Path | None,
    supergraph: Path | None,
    use: Callable[[Gateway], Awaitable[T]],
    as_json: bool,
) -> T:
    """What `use` makes of an open gateway. A faulty query ends the command, with every error and its place."""
    from gateway.operation.errors import RequestError

    settings = read_settings(config, supergraph)
    log_to_stderr()

    async def run() -> T:
        from gateway.app import open_gateway

        gateway = await open_gateway(settings)
        try:
            return await use(gateway)
        finally:
            await gateway.close()

    try:
        return asyncio.run(run())
    except RequestError as error:
        _refuse(question, error, as_json)


def _refuse(question: Question, error: RequestError, as_json: bool) -> NoReturn:
    if as_json:
        write_json({"errors": error.errors})
    for problem in error.errors:
        places = [f"{question.source}:{at['line']}:{at['column']}: " for at in problem.get("locations", ())]
        complain(f"{places[0] if places else ''}{problem['message']} [{problem['extensions']['code']}]")
    raise typer.Exit(FAILED)


def read_question(query: str, variables: str, operation_name: str | None) -> Question:
    """The question from what was given on the command line. What cannot be read ends the command."""
    source = "standard input" if query == "-" else query
    document = _read(query, source)
    if variables.startswith("@"):
        variables = _read(variables[1:], variables[1:])
    try:
        values = json.loads(variables)
    except ValueError as error:
        fail(f"--variables is not JSON: {error}")
    if not isinstance(values, dict):
        fail("--variables must be a JSON object")
    return Question(document, cast("dict[str, Any]", values), operation_name, source)


def _read(name: str, source: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        fail(f"cannot read {source}: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"cannot read {source}: it is not UTF-8")
