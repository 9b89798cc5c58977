"""Which override labels an operation can touch: those whose value its plan may depend on.

A plan depends on who has the fields that are selected, the parts of the keys by which their objects can be entered, and
whatever those require in turn. All of that is walked, whether the plan will use it or not: a label too many costs
another plan, one too few an answer from the wrong subgraph.
"""

from __future__ import annotations

from gateway.federation.selection import Field, Selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.specialise import collect


def touched_labels(selections: Selections, root_type: str, supergraph: Supergraph) -> frozenset[str]:
    """The labels that matter to these selections of the root; empty at no cost for a graph without labels."""
    if not supergraph.labels:
        return frozenset()
    walk = _Walk(supergraph)
    walk.object(selections, root_type)
    return frozenset(walk.found)


class _Walk:
    def __init__(self, supergraph: Supergraph) -> None:
        self.found: set[str] = set()
        self._supergraph = supergraph
        self._seen: set[tuple[Selections, str]] = set()

    def object(self, selections: Selections, type_name: str) -> None:
        """All that objects of one type need for these selections."""
        if (selections, type_name) in self._seen:
            return
        self._seen.add((selections, type_name))
        for entry in self._supergraph.entries(type_name):
            for key in entry.keys:
                self.object(key, type_name)
        for field in collect(selections, type_name, self._supergraph):
            if not field.name.startswith("__"):
                self._field(type_name, field)

    def _field(self, type_name: str, field: Field) -> None:
        interfaces = {name for names in self._supergraph.types[type_name].interfaces.values() for name in names}
        for as_type in (type_name, *sorted(interfaces)):
            definition = self._supergraph.field(as_type, field.name)
            for source in definition.sources.values() if definition is not None else ():
                if source.override_label is not None:
                    self.found.add(source.override_label)
                self.object(source.requires, type_name)
                for argument in source.contexts:
                    for setter in self._setters(argument.context):
                        self.object(argument.selection, setter)
        # An interface may lack what a fragment inside selects; the types behind it are looked at one by one.
        declared = self._supergraph.field(type_name, field.name)
        if field.selections and declared is not None:
            for below in self._supergraph.possible_anywhere(declared.named) | {declared.named}:
                self.object(field.selections, below)

    def _setters(self, context: str) -> frozenset[str]:
        """Every type that objects which set a context can have."""
        named = (name for name, definition in self._supergraph.types.items() if context in definition.contexts)
        return frozenset[str]().union(*(self._supergraph.possible_anywhere(name) for name in named))
