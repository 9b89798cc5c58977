"""Small hand-written supergraphs, and the shortest ways from one to each stage's result.

A test writes only the types. The schema definition, the links and the list of subgraphs are added here; the subgraphs
are those that the annotations name, in the order of their first mention, `A` being called "a".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.federation.read_supergraph import load_supergraph
from gateway.federation.supergraph import Supergraph
from gateway.operation.limits import Limits
from gateway.operation.operation import Operation
from gateway.operation.prepare import prepare_operation
from gateway.planning.plan import Plan
from gateway.planning.planner import plan_operation
from gateway.planning.printing import print_plan

INACCESSIBLE = '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)'


def supergraph_sdl(
    types: str, *, join: str = "0.3", links: str = "", roots: str = "query: Query", graphs: tuple[str, ...] = ()
) -> str:
    """A whole supergraph file. graphs: names of the subgraphs, when their order matters or no annotation names one."""
    names = graphs or tuple(dict.fromkeys(name.lower() for name in re.findall(r"\bgraph: ([A-Z0-9_]+)", types)))
    values = "\n".join(f'  {name.upper()} @join__graph(name: "{name}", url: "http://{name}.test")' for name in names)
    return f"""
        schema
          @link(url: "https://specs.apollo.dev/link/v1.0")
          @link(url: "https://specs.apollo.dev/join/v{join}", for: EXECUTION)
          {links}
        {{ {roots} }}
        scalar join__FieldSet
        enum join__Graph {{
        {values}
        }}
        {types}
        """


def load(types: str, **options: Any) -> Supergraph:
    """The model of a supergraph; options as in `supergraph_sdl`."""
    return load_supergraph(supergraph_sdl(types, **options))


def operation(text: str, supergraph: Supergraph, name: str | None = None) -> Operation:
    """The prepared operation."""
    return prepare_operation(text, name, supergraph, Limits())


def plan(
    text: str, supergraph: Supergraph, conditions: Mapping[str, bool] | None = None, *, lookups: bool = True
) -> Plan:
    """The plan. conditions: values of the variables in @skip and @include."""
    return plan_operation(operation(text, supergraph), dict(conditions or {}), supergraph, lookups=lookups)


def plan_text(text: str, supergraph: Supergraph, **options: Any) -> str:
    """The plan as text."""
    return print_plan(plan(text, supergraph, **options))


def steps(made: Plan) -> list[str]:
    """One line for each step of a plan: level, subgraph, path, the ids of the steps it waits for."""
    lines: list[str] = []
    for step in made.steps:
        path = "/".join(
            element.key + ("|" + ",".join(sorted(element.types)) if element.types is not None else "")
            for element in step.path
        )
        after = " after " + ",".join(map(str, step.dependencies)) if step.dependencies else ""
        early = " merged after " + ",".join(map(str, step.merge_after)) if step.merge_after else ""
        lines.append(f"{step.level} {step.graph}{' at ' + path if path else ''}{after}{early}")
    return lines


def flat(text: str) -> str:
    """GraphQL text with every run of white space as one space."""
    return " ".join(text.split())


FILMS = """
type Query
  @join__type(graph: CATALOG) @join__type(graph: PEOPLE) @join__type(graph: STOCK) @join__type(graph: RATINGS) {
  search(text: String!): [Item!]! @join__field(graph: CATALOG)
  film(id: ID!): Film @join__field(graph: CATALOG)
  person(id: ID!): Person @join__field(graph: PEOPLE)
}
interface Item
  @join__type(graph: CATALOG, key: "id")
  @join__type(graph: RATINGS, key: "id", isInterfaceObject: true) {
  id: ID!
  title: String! @join__field(graph: CATALOG)
  stars: Float @join__field(graph: RATINGS)
}
type Film implements Item
  @join__implements(graph: CATALOG, interface: "Item")
  @join__type(graph: CATALOG, key: "id")
  @join__type(graph: STOCK, key: "id") {
  id: ID!
  title: String! @join__field(graph: CATALOG)
  weight(unit: Unit!): Float @join__field(graph: CATALOG) @join__field(graph: STOCK, external: true)
  shipping: Int @join__field(graph: STOCK, requires: "weight(unit: KG)")
  director: Person @join__field(graph: CATALOG, provides: "name")
  secret: Int @inaccessible @join__field(graph: CATALOG)
  stars: Float @join__field
}
type Album implements Item
  @join__implements(graph: CATALOG, interface: "Item")
  @join__type(graph: CATALOG, key: "id")
  @join__type(graph: STOCK, key: "id") {
  id: ID!
  title: String! @join__field(graph: CATALOG)
  tracks: Int @join__field(graph: CATALOG)
  stars: Float @join__field
}
type Person @join__type(graph: CATALOG, key: "id") @join__type(graph: PEOPLE, key: "id") {
  id: ID!
  name: String @join__field(graph: CATALOG, external: true) @join__field(graph: PEOPLE)
  born: Int @join__field(graph: PEOPLE)
}
enum Unit @join__type(graph: CATALOG) @join__type(graph: STOCK) {
  KG @join__enumValue(graph: CATALOG) @join__enumValue(graph: STOCK)
  LB @join__enumValue(graph: CATALOG) @join__enumValue(graph: STOCK)
}
"""
"""Four subgraphs: films and albums, people, a requirement with an argument, an interface object, a provided field."""


def films() -> Supergraph:
    return load(FILMS, links=INACCESSIBLE)
