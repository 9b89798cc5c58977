"""The hypothesis strategy: a split graph, data for it, and questions about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.random_graphs.example import Example, Found, make_scenario
from tests.random_graphs.graph import FieldDef, Graph, ObjectType
from tests.random_graphs.splits import LEAF_NAMES, Choices, draw_graph
from tests.support.queries import RandomQueries

QUERIES = 5
LABELS = ("1", "2", "3", "4")


@st.composite
def examples(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Example:
    """An example with QUERIES questions."""
    choices = Choices(draw)
    graph = draw_graph(choices)
    tables, roots = _Data(choices, graph).draw()
    scenario = make_scenario(graph.subgraphs(), graph.api(), tables, roots)
    random = DrawnRandom(choices, choices.number(0, 2**32))
    queries = RandomQueries(scenario.monolith.schema, random, [*LABELS, "1", "2", "x"], widest=5, shallowest=3)
    return Example(scenario, tables, roots, [queries.next() for _ in range(QUERIES)])


class DrawnRandom(Random):
    """Seeded random numbers; hypothesis may make any one choice the simplest, so that queries shrink.

    Were hypothesis to draw them all, its habit of repeating draws would give queries like `{ a a a a }`.
    """

    def __init__(self, choices: Choices, number: int) -> None:
        super().__init__(number)
        self._choose = choices

    def random(self) -> float:
        """At its simplest nearly 1, where a query has plain fields without aliases, arguments and conditions."""
        drawn = super().random()
        return drawn if self._is_free() else 0.999

    def randint(self, a: int, b: int) -> int:
        drawn = a + int(super().random() * (b - a + 1))
        return drawn if self._is_free() else a

    def choice(self, seq: Sequence[Any]) -> Any:
        drawn = seq[int(super().random() * len(seq))]
        return drawn if self._is_free() else seq[0]

    def _is_free(self) -> bool:
        return self._choose.number(0, 999) > 0


class _Data:
    """Records of every entity and values of root fields. What is left out, a World derives."""

    def __init__(self, choices: Choices, graph: Graph) -> None:
        self._choose = choices
        self._graph = graph
        self._values = 0
        entities = [t for t in graph.types.values() if t.keys]
        self._labels = {entity.name: LABELS[: choices.one([1, 2, 3, 4, 3, 4])] for entity in entities}

    def draw(self) -> tuple[dict[str, dict[str, dict[str, Any]]], dict[str, Any]]:
        tables = {
            name: {label: self._record(self._graph.types[name], label) for label in labels}
            for name, labels in self._labels.items()
        }
        roots = {
            name: Found(field.type) if field.arguments else self._value(field.type)
            for name, field in self._graph.types["Query"].fields.items()
        }
        return tables, roots

    def _record(self, entity: ObjectType, label: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, definition in entity.fields.items():
            if name == "left":
                fields[name] = "l"  # shared by all: only the whole key tells them apart
            elif definition.type not in LEAF_NAMES and name != "id":
                fields[name] = self._value(definition.type)
            elif self._is_nulled(entity, definition):
                fields[name] = None
        return fields

    def _is_nulled(self, entity: ObjectType, definition: FieldDef) -> bool:
        is_computed = any(
            p.fields[definition.name].requires for p in entity.parts.values() if definition.name in p.fields
        )
        return not definition.type.endswith("!") and not is_computed and self._choose.chance(15)

    def _value(self, declared: str) -> Any:
        """A value for a composite type, as tables write it."""
        if not declared.endswith("!") and self._choose.chance(15):
            return None
        declared = declared.removesuffix("!")
        if declared.startswith("["):
            return [self._value(declared[1:-1]) for _ in range(self._choose.one([0, 1, 2, 3, 3, 4]))]
        if declared == "V":
            return self._value_object()
        if declared.startswith("Spot"):
            return {}
        abstract = self._graph.abstract.get(declared)
        name = self._choose.one(abstract.members) if abstract else declared
        return f"{name}:{self._choose.one(self._labels[name])}"

    def _value_object(self) -> dict[str, Any]:
        self._values += 1
        reference = self._graph.types["V"].fields["w"].type
        return {"x": self._values, "y": f"y{self._values}", "w": self._value(reference)}
