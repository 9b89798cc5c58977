"""Entry drafts -> how an object is presented to the subgraph that is entered.

Problem: keys and requirements of several fields meet in one representation, which has one slot for each field name; and
         what a fragment in them selects depends on the object's own type.
Idea:    join them as field sets, for each runtime type by itself, so that nested objects are put together.
Invariant: a null may be sent for what is only required, and for a key's part only where the subgraph's type allows it.
"""

from __future__ import annotations

from graphql import NonNullTypeNode

from gateway.federation.selection import Field, Selections
from gateway.federation.supergraph import Kind, Supergraph
from gateway.operation.specialise import collect
from gateway.planning.draft import Contexts, EntryDraft
from gateway.planning.plan import (
    ContextVariable,
    Representation,
    RepresentationField,
    RepresentationShape,
    StepContexts,
)


def build_representation(type_name: str, entry: EntryDraft, graph: str, supergraph: Supergraph) -> Representation:
    """How objects of this runtime type are presented to `graph`: key and required fields, each name once."""
    keys = tuple(node for selections in entry.keys for node in selections)
    requires = tuple(node for selections in entry.requires for node in selections)
    builder = _Builder(graph, supergraph)
    return Representation(entry.as_type, builder.fields(type_name, entry.as_type, keys, requires), entry.from_arguments)


def build_contexts(contexts: Contexts, supergraph: Supergraph) -> StepContexts:
    """What is read of the ancestors, and under which variables it is sent."""
    return StepContexts(
        tuple(
            ContextVariable(
                value.variable,
                not value.type.endswith("!"),
                {name: _Builder(value.graph, supergraph).value(name, field) for name, field in value.setters.items()},
            )
            for value in contexts.values
        ),
        contexts.owners,
    )


class _Builder:
    def __init__(self, graph: str, supergraph: Supergraph) -> None:
        self._graph = graph
        self._supergraph = supergraph

    def fields(
        self, type_name: str, as_type: str, keys: Selections, requires: Selections
    ) -> tuple[RepresentationField, ...]:
        """keys, requires: the field sets that apply at this depth. Only a key's components can forbid a null."""
        key_fields = {field.key: field for field in collect(keys, type_name, self._supergraph)}
        every = collect((*keys, *requires), type_name, self._supergraph)
        return tuple(
            self._field(field, type_name, as_type, key_fields.get(field.key))
            for field in every
            if not field.name.startswith("__")
        )

    def value(self, type_name: str, field: Field) -> RepresentationField:
        """How a field of an object is read, null or not."""
        return self._field(field, type_name, type_name, None)

    def _field(self, field: Field, type_name: str, as_type: str, in_key: Field | None) -> RepresentationField:
        target = self._supergraph.source(as_type, field.name, self._graph)
        nullable = in_key is None or target is None or not isinstance(target.type, NonNullTypeNode)
        below = self._below(field, type_name, in_key) if field.selections else None
        return RepresentationField(field.name, field.key, nullable, below)

    def _below(self, field: Field, type_name: str, in_key: Field | None) -> RepresentationShape:
        named = self._supergraph.types[type_name].fields[field.name].named
        keys = in_key.selections if in_key is not None else ()
        shapes = {
            child: self.fields(child, child, keys, field.selections)
            for child in sorted(self._supergraph.possible_anywhere(named))
        }
        static = named if self._supergraph.kind(named) is Kind.OBJECT else None
        return RepresentationShape(shapes, static)
