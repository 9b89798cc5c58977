"""`braid plan`: which subgraph is asked what, after which others, and why there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import fail, write_json, write_text
from gateway.cli.loading import ConfigOption, SupergraphOption
from gateway.cli.question import (
    NameOption,
    QueryArgument,
    Question,
    VariablesOption,
    answer_with,
    read_question,
)

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.operation.operation import Operation
    from gateway.planning.explain import ExplainedPlan


def plan(
    query: QueryArgument,
    variables: VariablesOption = "{}",
    operation: NameOption = None,
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="LABEL", help="An override label that is on; may be given several times."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the plan in the shape that Apollo's tools read, without reasons.")
    ] = False,
    as_svg: Annotated[bool, typer.Option("--svg", help="Print a drawing: an SVG that needs nothing else.")] = False,
) -> None:
    """Print the plan of a query as a tree: each request, when and for what it is made, and why that subgraph.

    For each field: how its subgraph comes to be asked, what other subgraphs that have it would have cost, or why they
    could not be asked. Nothing is fetched. Only variables in @skip and @include decide about plans; others may be left
    out. A query that no plan can answer ends the command with exit code 1.
    """
    if as_json and as_svg:
        raise typer.BadParameter("either --json or --svg")
    question = read_question(query, variables, operation)

    async def explain(gateway: Gateway) -> tuple[str, ExplainedPlan]:
        from gateway.planning.explain import explain_plan

        pipeline = gateway.pipeline
        prepared = pipeline.prepare(question.document, question.operation_name)
        name = f"{prepared.kind} {prepared.definition.name.value}" if prepared.definition.name else prepared.kind
        options = pipeline.options
        return name, explain_plan(
            prepared,
            _conditions(prepared, question),
            pipeline.supergraph.under(_known(labels or [], pipeline.supergraph.labels)),
            # Apollo's shape has no words for keys that arguments give.
            lookups=options.lookups and not as_json,
            echo=options.verify_keys,
            joins=options.join.graphs,
            choices=options.limits.planning_choices,
        )

    from gateway.planning.apollo import plan_as_query_plan
    from gateway.planning.drawing import draw_plan
    from gateway.planning.explain_printing import print_explained

    name, explained = answer_with(question, config, supergraph, explain, as_json)
    if as_json:
        write_json(plan_as_query_plan(explained.plan, explained.supergraph))
    elif as_svg:
        write_text(draw_plan(explained, name))
    else:
        write_text(f"{name}: {print_explained(explained)}")


def _known(labels: Sequence[str], known: Collection[str]) -> frozenset[str]:
    """The labels, all of which the graph has."""
    for label in labels:
        if label not in known:
            fail(f"the graph has no override label '{label}'; it has {', '.join(sorted(known)) or 'none'}")
    return frozenset(labels)


def _conditions(operation: Operation, question: Question) -> dict[str, bool]:
    """The values of the variables in @skip and @include: as given, else their defaults."""
    found: dict[str, bool] = {}
    for definition in operation.definition.variable_definitions or ():
        name = definition.variable.name.value
        if name in operation.condition_variables:
            value = question.variables.get(name, getattr(definition.default_value, "value", None))
            if not isinstance(value, bool):
                fail(f"the plan depends on ${name}: give it with --variables '{{\"{name}\": true}}', or false")
            found[name] = value
    return {name: found[name] for name in operation.condition_variables}
