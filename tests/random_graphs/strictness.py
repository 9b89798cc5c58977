"""A value that one subgraph loses and another keeps.

A field fails wherever it is read. One of the subgraphs declares it non-null, so it answers null in place of the whole
object; what another subgraph says of the same object must outlive that. The API declares the field nullable, since a
third subgraph does, so a schema without federation keeps the object. Questions always ask for what is kept: were the
losing subgraph asked alone, null would be all that is known.
"""

from __future__ import annotations

import re
from typing import Any

from tests.random_graphs.choices import Choices
from tests.random_graphs.graph import FieldDef, Graph, Placement

NAME = "Fragile"
FAILING = f"{NAME}.lost"


def draw_strictness(graph: Graph, choose: Choices) -> None:
    """Needs three subgraphs; nothing happens when there are fewer."""
    if len(graph.names) < 3:
        return
    keeping, losing, third = choose.some(graph.names, 3, 3)
    value = graph.type(NAME)
    value.define(FieldDef("kept", "Int"))
    value.define(FieldDef("lost", "String"))
    value.part(keeping).fields["kept"] = Placement()
    value.part(losing).fields["lost"] = Placement(strict=True)
    value.part(third).fields.update({"kept": Placement(), "lost": Placement()})
    query = graph.type("Query")
    for name, owners in (("shaky", (keeping, losing)), ("whole", (third,))):
        query.define(FieldDef(name, choose.one([NAME, f"[{NAME}]"])))
        for owner in owners:
            query.part(owner).fields[name] = Placement()


def fragile_value(number: int) -> dict[str, Any]:
    return {"kept": number, "lost": None}


def asking_what_is_kept(text: str) -> str:
    """The question with `kept` in every selection where one subgraph may lose the object."""
    return re.sub(r"(\bshaky\b[^{]*\{)", r"\1 kept", text)
