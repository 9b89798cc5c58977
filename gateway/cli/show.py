"""`braid show`: what each stage makes of one query. The fault is in the first stage whose print is wrong."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar, cast

import typer

from gateway.cli.console import FAILED, complain, fail, write_json, write_text
from gateway.cli.loading import ConfigOption, SupergraphOption, read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.cli.recording import FetchRecord
    from gateway.operation.errors import RequestError
    from gateway.operation.operation import Operation
    from gateway.planning.plan import Plan
    from gateway.response.response import GraphQLResponse

T = TypeVar("T")

show = typer.Typer(
    help="Print what a stage makes of a query: operation, plan, fetches or response.",
    no_args_is_help=True,
    epilog="Example: braid show plan query.graphql",
)

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


@show.command(name="operation", epilog="Example: echo '{ orders { total } }' | braid show operation -")
def show_operation(
    query: QueryArgument,
    operation: NameOption = None,
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the operation: parsed, within the limits, valid."""
    question = _read_question(query, "{}", operation)

    async def prepare(gateway: Gateway) -> Operation:
        return gateway.pipeline.prepare(question.document, question.operation_name)

    from gateway.operation.printing import print_operation

    prepared = _run(question, config, supergraph, prepare, as_json)
    text = print_operation(prepared)
    if as_json:
        write_json({"name": prepared.name, "kind": prepared.kind, "operation": text})
    else:
        write_text(text)


@show.command(name="plan", epilog="Example: braid show plan query.graphql --variables '{\"first\": 5}'")
def show_plan(
    query: QueryArgument,
    variables: VariablesOption = "{}",
    operation: NameOption = None,
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the plan: which subgraph is asked what, and after which others. Nothing is fetched."""
    question = _read_question(query, variables, operation)

    async def plan(gateway: Gateway) -> Plan:
        from gateway.operation.variables import coerce_variables

        pipeline = gateway.pipeline
        prepared = pipeline.prepare(question.document, question.operation_name)
        return pipeline.plan(prepared, coerce_variables(prepared, question.variables, pipeline.supergraph.api_schema))

    from gateway.planning.printing import plan_as_json, print_plan

    found = _run(question, config, supergraph, plan, as_json)
    if as_json:
        write_json(plan_as_json(found))
    else:
        write_text(print_plan(found))


@show.command(name="fetches", epilog="Example: braid show fetches query.graphql --json")
def show_fetches(
    query: QueryArgument,
    variables: VariablesOption = "{}",
    operation: NameOption = None,
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the query and print what was fetched from which subgraph, when, and what it answered."""
    question = _read_question(query, variables, operation)

    async def record(gateway: Gateway) -> list[FetchRecord]:
        from gateway.cli.recording import FetchLog, RecordingSubgraph
        from gateway.pipeline import Pipeline

        log, pipeline = FetchLog(), gateway.pipeline
        recorders = {name: RecordingSubgraph(subgraph, log) for name, subgraph in pipeline.subgraphs.items()}
        gateway.pipeline = Pipeline(pipeline.supergraph, recorders, pipeline.options)
        await _answer(gateway, question)
        return sorted(log.records, key=lambda fetch: fetch.started_ms)

    records = _run(question, config, supergraph, record, as_json)
    if as_json:
        write_json([asdict(fetch) for fetch in records])
    else:
        write_text("\n".join(_fetch_as_text(fetch) for fetch in records) or "no fetches")


@show.command(name="response", epilog="Example: braid show response query.graphql > answer.json")
def show_response(
    query: QueryArgument,
    variables: VariablesOption = "{}",
    operation: NameOption = None,
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
) -> None:
    """Run the query and print the response as JSON. Exit code 0 if there is data, complete or not."""
    question = _read_question(query, variables, operation)

    async def answer(gateway: Gateway) -> GraphQLResponse:
        return await _answer(gateway, question)

    response = _run(question, config, supergraph, answer, as_json=True)
    write_json(json.loads(response.encode()))
    if response.data is None:
        raise typer.Exit(FAILED)


async def _answer(gateway: Gateway, question: Question) -> GraphQLResponse:
    from gateway.operation.request import GraphQLRequest

    request = GraphQLRequest(question.document, question.operation_name, question.variables)
    return await gateway.run(request, {}, "braid-show")


def _run(
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


def _read_question(query: str, variables: str, operation_name: str | None) -> Question:
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


def _fetch_as_text(fetch: FetchRecord) -> str:
    """A head line, then the operation, its variables, and what came back."""
    from graphql import parse, print_ast

    end = fetch.started_ms + fetch.duration_ms
    answer = {"data": fetch.data, "errors": fetch.errors} if fetch.errors else {"data": fetch.data}
    lines = [
        *print_ast(parse(fetch.document, no_location=True)).splitlines(),
        f"variables {json.dumps(fetch.variables, ensure_ascii=False)}",
        f"failed    {fetch.failure}" if fetch.failure else f"answered  {json.dumps(answer, ensure_ascii=False)}",
    ]
    head = f"{fetch.subgraph}  {fetch.started_ms:.1f} to {end:.1f} ms"
    return "\n".join([head, *(f"    {line}" for line in lines)]) + "\n"
