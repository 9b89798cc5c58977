"""Drawing a graph and how it is split.

Every graph can be answered completely, by construction: subgraphs in which a type can be entered are connected by
common keys, which consist of plain fields; a requirement names only fields that were there before. So a field that the
gateway cannot plan is a fault, as is any difference from the monolith.

What a graph shall have is wished for first, so that every idea occurs in a good part of the graphs.
"""

from __future__ import annotations

from tests.random_graphs.choices import Choices
from tests.random_graphs.entities import declare_interfaces, draw_entities
from tests.random_graphs.fields import Fields
from tests.random_graphs.graph import Graph
from tests.random_graphs.inputs import draw_choosable
from tests.random_graphs.knowing import Knowledge
from tests.random_graphs.requirements import Requirements
from tests.random_graphs.strictness import draw_strictness

# Wish -> percent of graphs.
WISHES = {
    "union": 40,
    "interface": 50,
    "interface object": 35,
    "nested keys": 40,
    "shared": 60,
    "overrides": 40,
    "hidden": 35,
    "enums": 35,
    "inputs": 30,
    "lookups": 40,
    "mutations": 20,
    "provided": 45,
    "computed": 70,
    "strictness": 15,
    "extension": 45,
}


def draw_graph(choose: Choices) -> Graph:
    """A graph of two to four subgraphs and two to four entities. Raises Impossible."""
    wishes = {wish for wish, percent in WISHES.items() if choose.within(wish).chance(percent)}
    graph = Graph(["a", "b", "c", "d"][: 4 - choose.one([0, 1, 1, 2])])
    knowledge = Knowledge(graph, choose)
    draw_choosable(graph, choose.within("choosable"), wishes)
    draw_entities(graph, choose.within("entities"), knowledge, wishes)
    fields = Fields(graph, knowledge, wishes)
    fields.shared_fields(choose.within("shared fields"))
    owners = [*graph.entities, *([graph.opaque] if graph.opaque else [])]
    for owner in owners:
        fields.plain_fields(choose.within(f"fields {owner.name}"), owner)
    fields.root_fields(choose.within("roots"))
    if "strictness" in wishes:
        draw_strictness(graph, choose.within("strictness"))
    declare_interfaces(graph, choose.within("interfaces"))
    requirements = Requirements(graph, knowledge)
    if "provided" in wishes:
        requirements.provided_fields(choose.within("provides"))
    if "computed" in wishes:
        for owner in owners:
            requirements.computed_fields(choose.within(f"computed {owner.name}"), owner, most=3)
    return graph
