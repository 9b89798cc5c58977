"""Contexts: arguments that come from further up are bound, and what they need is selected there.

Problem: `total(in: String @fromContext(field: "$user { currency }"))` needs a value of an ancestor; the solver looks
         at one position at a time.
Idea:    where the value lies is decided by the types on the way down, which the selections say. So before anything is
         solved, the selections are rewritten: every object that sets a context which is read below it selects the value
         itself, as if the client had asked for it, and the field that reads it is marked with where it comes from. To
         the solver such a field is one that takes a request of its own; to the emitter, a request that waits for the
         value. Execution finds each object's nearest setter, and groups the objects by their values.
Invariant: a marked field has a setter on every way to it, whatever the objects' types turn out to be. A field that
         has none is left without a mark, and nobody can give it.

Selections without such fields below are passed through as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from graphql import print_ast

from gateway.federation.selection import ContextValue, Field, Fragment, Selections, print_selections
from gateway.federation.supergraph import ContextArgument, Supergraph
from gateway.operation.specialise import applies, collect


def bind_contexts(
    selections: Selections, root_type: str, supergraph: Supergraph, taken: Mapping[str, object]
) -> Selections:
    """The selections with every argument bound that a context gives. taken: names of the client's variables."""
    if not any(definition.contexts for definition in supergraph.types.values()):
        return selections
    values = ContextValues(supergraph, taken)
    return _Binder(supergraph, values).below(selections, _Level(frozenset({root_type})), ())


class ContextValues:
    """The values that arguments are bound to: one for each context, selection and type."""

    def __init__(self, supergraph: Supergraph, taken: Mapping[str, object] | None = None) -> None:
        self._supergraph = supergraph
        self._taken = set(taken or ())
        self._values: dict[tuple[str, str, str, str], ContextValue] = {}

    def of(self, graph: str, argument: ContextArgument) -> ContextValue:
        key = (graph, argument.context, print_selections(argument.selection), print_ast(argument.type))
        found = self._values.get(key)
        if found is None:
            setters = dict(self._setters(graph, argument))
            found = self._values[key] = ContextValue(graph, self._variable(), print_ast(argument.type), setters)
        return found

    def _setters(self, graph: str, argument: ContextArgument) -> list[tuple[str, Field]]:
        types = {
            name
            for type_name, definition in self._supergraph.types.items()
            if argument.context in definition.contexts
            for name in self._supergraph.possible(type_name, graph)
        }
        found: list[tuple[str, Field]] = []
        for name in sorted(types):
            selected = collect(argument.selection, name, self._supergraph)
            found += [(name, selected[0])] if selected else []
        return found

    def _variable(self) -> str:
        n = len(self._values)
        while any(name.startswith(f"context_{n}") for name in self._taken):
            n += 1
        self._taken.add(f"context_{n}")
        return f"context_{n}"


@dataclass(slots=True)
class _Level:
    """Objects on the way down. types: those that they can have here. wanted: what is to be selected on each type."""

    types: frozenset[str]
    wanted: dict[str, dict[Field, None]] = field(default_factory=dict[str, "dict[Field, None]"])

    def narrowed(self, types: frozenset[str]) -> _Level:
        return _Level(types, self.wanted)


class _Binder:
    def __init__(self, supergraph: Supergraph, values: ContextValues) -> None:
        self._supergraph = supergraph
        self._values = values
        self._readers: dict[Selections, bool] = {}
        self._reading = frozenset(
            name
            for definition in supergraph.types.values()
            for name, known in definition.fields.items()
            if any(source.contexts for source in known.sources.values())
        )

    def below(self, selections: Selections, level: _Level, above: tuple[_Level, ...]) -> Selections:
        """The selections on the objects of a level. above: their ancestors' levels, the nearest last; changed."""
        if not self._may_read(selections):
            return selections
        return tuple(
            Fragment(node.type_condition, self.below(node.selections, self._narrow(level, node), above))
            if isinstance(node, Fragment)
            else self._field(node, level, above)
            for node in selections
        )

    def _may_read(self, selections: Selections) -> bool:
        """Whether anything in these selections may be an argument's reader, judged by names."""
        found = self._readers.get(selections)
        if found is None:
            found = self._readers[selections] = any(
                (isinstance(node, Field) and node.name in self._reading) or self._may_read(node.selections)
                for node in selections
            )
        return found

    def _narrow(self, level: _Level, node: Fragment) -> _Level:
        return level.narrowed(frozenset(t for t in level.types if applies(node.type_condition, t, self._supergraph)))

    def _field(self, node: Field, level: _Level, above: tuple[_Level, ...]) -> Field:
        bound = self._bound(node, level, above)
        if not node.selections:
            return replace(node, bound=bound) if bound else node
        child = _Level(self._types_below(node, level))
        selections = self.below(node.selections, child, (*above, level))
        hidden = tuple(Fragment(name, tuple(wanted)) for name, wanted in sorted(child.wanted.items()))
        if selections is node.selections and not bound:
            return node
        # What is hidden comes first: the steps that fetch it are known when the fields that wait for it are written.
        return replace(node, selections=hidden + selections, bound=bound)

    def _types_below(self, node: Field, level: _Level) -> frozenset[str]:
        found: set[str] = set()
        for type_name in level.types:
            definition = self._supergraph.field(type_name, node.name)
            if definition is not None and definition.named in self._supergraph.types:
                found |= self._supergraph.possible_anywhere(definition.named) or {definition.named}
        return frozenset(found)

    def _bound(self, node: Field, level: _Level, above: tuple[_Level, ...]) -> tuple[tuple[str, ContextValue], ...]:
        if node.name not in self._reading:
            return ()
        found: dict[tuple[str, ContextValue], None] = {}
        for graph, argument in self._arguments(node.name, level.types):
            value = self._values.of(graph, argument)
            if self._want(value, above):
                found[argument.name, value] = None
        return tuple(found)

    def _arguments(self, name: str, types: frozenset[str]) -> list[tuple[str, ContextArgument]]:
        return [
            (graph, argument)
            for type_name in sorted(types)
            for graph, argument in contextual_arguments(type_name, name, self._supergraph)
        ]

    def _want(self, value: ContextValue, above: Sequence[_Level]) -> bool:
        """Select the value at the nearest ancestor that sets it, whatever types there are; False when one lacks it."""
        wanted: list[tuple[_Level, str]] = []
        for ancestors in reversed(above):
            setting = sorted(ancestors.types & value.setters.keys())
            wanted += [(ancestors, name) for name in setting]
            if len(setting) == len(ancestors.types):
                for level, name in wanted:
                    level.wanted.setdefault(name, {})[value.setters[name]] = None
                return True
        return False


def contextual_arguments(type_name: str, name: str, supergraph: Supergraph) -> list[tuple[str, ContextArgument]]:
    """(subgraph, argument) of each argument of a field that is filled in."""
    definition = supergraph.field(type_name, name)
    return [
        (graph, argument)
        for graph, source in (definition.sources.items() if definition is not None else ())
        for argument in source.contexts
    ]
