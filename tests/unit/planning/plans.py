"""Plans of small supergraphs, and what the tests of planning look at in them."""

from __future__ import annotations

from gateway.federation.supergraph import Supergraph
from gateway.planning.plan import FetchStep, Plan, RepresentationField
from tests.unit.subgraph_schemas import request_problems
from tests.unit.supergraphs import flat, load, plan


def graph_of(types: str, graphs: tuple[str, ...] = ()) -> Supergraph:
    """The supergraph, with a mutation root if there is one. graphs: the subgraphs in another order."""
    roots = "query: Query mutation: Mutation" if "type Mutation" in types else "query: Query"
    return load(types, roots=roots, join="0.4", graphs=graphs)


def planned(types: str, text: str, **options: object) -> Plan:
    """The plan of a query, of which every request is valid in its subgraph."""
    supergraph = graph_of(types)
    made = plan(text, supergraph, **options)  # type: ignore[arg-type]
    assert request_problems(made, supergraph) == []
    return made


def asked(step: FetchStep) -> dict[str, str]:
    """How a step presents its objects: runtime type -> "as type: key and required fields"."""
    return {
        name: f"{spec.as_type}: {' '.join([*(a.name + '!' for a in spec.from_arguments), *map(_field, spec.fields)])}"
        for name, spec in step.representations.items()
    }


def _field(wanted: RepresentationField) -> str:
    if wanted.below is None:
        return wanted.key
    below = {" ".join(map(_field, fields)) for fields in wanted.below.fields.values()}
    return f"{wanted.key}{{{'|'.join(sorted(below))}}}"


def comparable(made: Plan) -> set[tuple[object, ...]]:
    """A plan without the numbers of its steps."""

    def described(step: FetchStep) -> tuple[object, ...]:
        before = frozenset(described(made.steps[other]) for other in step.dependencies)
        merge = frozenset(described(made.steps[other]) for other in step.merge_after)
        return step.graph, step.path, step.level, flat(step.document), tuple(sorted(asked(step).items())), before, merge

    return {described(step) for step in made.steps}


def assert_order_plays_no_part(types: str, text: str) -> None:
    """The same plan, in whatever order the file lists the subgraphs, and every time."""
    names = tuple(graph_of(types).graphs)
    orders = (names, names, names[::-1], names[1:] + names[:1])
    first, *others = [comparable(plan(text, graph_of(types, order))) for order in orders]
    assert all(other == first for other in others)
