"""Operation x condition values -> Selections: fragments spread, @skip and @include decided, internal keys given.

A plan is made for one set of condition values, so a field that is left out simply is not there: no step is fetched for
it, nor anything that it would have required. `collect` then says which fields apply to one concrete type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from gateway.federation.selection import Field, Fragment, Selections, sorted_arguments, variables_in
from gateway.federation.supergraph import Kind, Supergraph
from gateway.operation.operation import Operation
from gateway.operation.prepare import is_included

# "An object, but none of its fields": tells an object whose every field was left out from a leaf. Applies to nothing.
NO_FIELDS: Selections = (Fragment("", ()),)


def specialise(operation: Operation, conditions: dict[str, bool]) -> Selections:
    """The operation's selections under these values of its condition variables."""
    return _Specialiser(operation, conditions).root()


class _Specialiser:
    def __init__(self, operation: Operation, conditions: dict[str, bool]) -> None:
        self._operation = operation
        self._conditions = conditions
        self._fragments: dict[str, Selections] = {}

    def root(self) -> Selections:
        # Two aliases of one mutation are two executions, so at a mutation's root the alias is part of the key.
        aliased = self._operation.kind == "mutation"
        return self._below(self._operation.definition.selection_set, aliased)

    def _below(self, node: SelectionSetNode, aliased: bool = False) -> Selections:
        found: list[Field | Fragment] = []
        for selection in node.selections:
            if not is_included(selection.directives, self._conditions):
                continue
            if isinstance(selection, FieldNode):
                found.append(self._field(selection, aliased))
            elif isinstance(selection, FragmentSpreadNode):
                found.append(self._spread(selection.name.value, aliased))
            else:
                assert isinstance(selection, InlineFragmentNode)
                below = self._below(selection.selection_set, aliased)
                if selection.type_condition is None:
                    found.extend(below)
                else:
                    found.append(Fragment(selection.type_condition.name.value, below))
        return tuple(found)

    def _field(self, node: FieldNode, aliased: bool) -> Field:
        name = node.name.value
        response_key = node.alias.value if node.alias else name
        arguments = sorted_arguments(node.arguments)
        key = self._operation.keys.key(name, arguments)
        if aliased and response_key != key:
            key = self._operation.keys.aliased(name, response_key)
        below = (self._below(node.selection_set) or NO_FIELDS) if node.selection_set else ()
        return Field(name, key, response_key, arguments, variables_in(arguments), below)

    def _spread(self, name: str, aliased: bool) -> Fragment:
        """A fragment's selections are made once, however often it is spread."""
        definition = self._operation.fragments[name]
        found = self._fragments.get(name)
        if found is None:
            found = self._fragments[name] = self._below(definition.selection_set, aliased)
        return Fragment(definition.type_condition.name.value, found)


def applies(condition: str, type_name: str, supergraph: Supergraph) -> bool:
    """Whether a fragment on `condition` applies to objects of this type.

    type_name: an object type, or an interface whose objects' own type is not known: then only what holds for every one
    of its objects applies.
    """
    if condition == type_name:
        return True
    if condition not in supergraph.types:
        return False
    if supergraph.kind(type_name) is Kind.INTERFACE:
        own = supergraph.possible_anywhere(type_name)
        return bool(own) and own <= supergraph.possible_anywhere(condition)
    return type_name in supergraph.possible_anywhere(condition)


def collect(
    selections: Selections, type_name: str, supergraph: Supergraph, by: Callable[[Field], str] = lambda field: field.key
) -> tuple[Field, ...]:
    """The fields that apply to objects of one type, in order, each once, with their selections joined.

    by: what makes two selections the same field; the internal key for fetching, the response key for shaping.
    """
    found: dict[str, Field] = {}
    _collect_into(found, selections, type_name, supergraph, by)
    return tuple(found.values())


def _collect_into(
    found: dict[str, Field],
    selections: Selections,
    type_name: str,
    supergraph: Supergraph,
    by: Callable[[Field], str],
) -> None:
    for node in selections:
        if isinstance(node, Fragment):
            if applies(node.type_condition, type_name, supergraph):
                _collect_into(found, node.selections, type_name, supergraph, by)
            continue
        key = by(node)
        before = found.get(key)
        if before is None:
            found[key] = node
        elif node.selections and node.selections != before.selections:
            joined = before.selections + tuple(new for new in node.selections if new not in before.selections)
            found[key] = replace(before, selections=joined)
