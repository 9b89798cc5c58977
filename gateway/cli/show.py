"""`braid show`: what each stage makes of one query. The fault is in the first stage whose print is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from gateway.cli.console import FAILED, write_json, write_text
from gateway.cli.loading import ConfigOption, SupergraphOption
from gateway.cli.question import (
    JsonOption,
    NameOption,
    QueryArgument,
    Question,
    VariablesOption,
    answer_with,
    read_question,
)

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.cli.recording import FetchRecord
    from gateway.operation.operation import Operation
    from gateway.planning.plan import Plan
    from gateway.response.response import GraphQLResponse

show = typer.Typer(
    help="Print what a stage makes of a query: operation, plan, fetches or response.",
    no_args_is_help=True,
    epilog="Example: braid show plan query.graphql",
)


@show.command(name="operation", epilog="Example: echo '{ orders { total } }' | braid show operation -")
def show_operation(
    query: QueryArgument,
    operation: NameOption = None,
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the operation: parsed, within the limits, valid."""
    question = read_question(query, "{}", operation)

    async def prepare(gateway: Gateway) -> Operation:
        return gateway.pipeline.prepare(question.document, question.operation_name)

    from gateway.operation.printing import print_operation

    prepared = answer_with(question, config, supergraph, prepare, as_json)
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
    """Print the plan: which subgraph is asked what, and after which others. Nothing is fetched.

    `braid plan` prints it with the reasons for it, as a drawing, or in the shape that Apollo's tools read.
    """
    question = read_question(query, variables, operation)

    async def plan(gateway: Gateway) -> Plan:
        from gateway.operation.variables import coerce_variables

        pipeline = gateway.pipeline
        prepared = pipeline.prepare(question.document, question.operation_name)
        return pipeline.plan(prepared, coerce_variables(prepared, question.variables, pipeline.supergraph.api_schema))

    from gateway.planning.printing import plan_as_json, print_plan

    found = answer_with(question, config, supergraph, plan, as_json)
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
    question = read_question(query, variables, operation)

    async def record(gateway: Gateway) -> list[FetchRecord]:
        from gateway.cli.recording import FetchLog, RecordingSubgraph
        from gateway.pipeline import Pipeline

        log, pipeline = FetchLog(), gateway.pipeline
        recorders = {name: RecordingSubgraph(subgraph, log) for name, subgraph in pipeline.subgraphs.items()}
        gateway.pipeline = Pipeline(pipeline.supergraph, recorders, pipeline.options)
        await _answer(gateway, question)
        return sorted(log.records, key=lambda fetch: fetch.started_ms)

    records = answer_with(question, config, supergraph, record, as_json)
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
    question = read_question(query, variables, operation)

    async def answer(gateway: Gateway) -> GraphQLResponse:
        return await _answer(gateway, question)

    response = answer_with(question, config, supergraph, answer, as_json=True)
    write_json(json.loads(response.encode()))
    if response.data is None:
        raise typer.Exit(FAILED)


async def _answer(gateway: Gateway, question: Question) -> GraphQLResponse:
    from gateway.operation.request import GraphQLRequest

    request = GraphQLRequest(question.document, question.operation_name, question.variables)
    return await gateway.run(request, {}, "braid-show")


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
