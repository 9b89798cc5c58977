"""Selections: the tree of fields that operations, keys and requirements are made of.

Every node has an *internal key*: the name under which the gateway keeps the field's value while it works. A field
without arguments is kept under its own name; a field with arguments under `name__<n>`, where n stands for the argument
list. The client's aliases play no part until the response is shaped, so a client's `price(currency: $c)`, another alias
of the same field and a requirement's `price(currency: "EUR")` never collide and never are fetched twice.

Nodes compare by identity: they are made once and interned, so that tuples of them are cheap dictionary keys.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    ValueNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

TYPENAME = "__typename"


@dataclass(frozen=True, slots=True, eq=False)
class ContextValue:
    """What a context gives to one argument of some fields: read at their objects' nearest ancestor that sets it.

    variable, type: as a request to `graph` declares it; the type is GraphQL text.
    setters: type name -> what is selected on objects of that type: one field, and one field of that, and so on.
    """

    graph: str
    variable: str
    type: str
    setters: Mapping[str, Field]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One selected field.

    key:          internal key, see above.
    response_key: the client's alias, or the name.
    arguments:    (name, value as GraphQL text), sorted by name.
    variables:    names of the variables that the arguments use.
    bound:        (argument, value) of those that the gateway fills in, in the value's subgraph only.
    """

    name: str
    key: str
    response_key: str
    arguments: tuple[tuple[str, ValueNode], ...] = ()
    variables: tuple[str, ...] = ()
    selections: Selections = ()
    bound: tuple[tuple[str, ContextValue], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """Selections that apply to objects of one type, interface or union."""

    type_condition: str
    selections: Selections


Selections = tuple[Field | Fragment, ...]


class InternalKeys:
    """Hands out internal keys.

    taken:     names that no generated key may equal: the real field names of the supergraph.
    inherited: keys that are already given, by field name and argument text: those of the schema's requirements.
    """

    def __init__(self, taken: Collection[str], inherited: Mapping[tuple[str, str], str] | None = None) -> None:
        self._taken = set(taken)
        self.given: dict[tuple[str, str], str] = dict(inherited or {})
        self._taken.update(self.given.values())

    def key(self, name: str, arguments: tuple[tuple[str, ValueNode], ...]) -> str:
        """The key of a field with these arguments: the same for the same arguments."""
        if not arguments:
            return name
        return self._give(name, ", ".join(f"{argument}: {print_ast(value)}" for argument, value in arguments))

    def aliased(self, name: str, response_key: str) -> str:
        """The key of a field that must be told apart by its alias."""
        return self._give(name, f"as {response_key}")

    def _give(self, name: str, text: str) -> str:
        found = self.given.get((name, text))
        if found is None:
            n = 1
            while f"{name}__{n}" in self._taken:
                n += 1
            found = self.given[name, text] = f"{name}__{n}"
            self._taken.add(found)
        return found


def sorted_arguments(nodes: Collection[ArgumentNode] | None) -> tuple[tuple[str, ValueNode], ...]:
    """Arguments as (name, value) pairs in the order of their names."""
    return tuple(sorted(((node.name.value, node.value) for node in nodes or ()), key=lambda pair: pair[0]))


def variables_in(arguments: tuple[tuple[str, ValueNode], ...]) -> tuple[str, ...]:
    """Names of the variables used anywhere in the arguments, each once, in order."""
    found: dict[str, None] = {}

    class Collector(Visitor):
        def enter_variable(self, node: VariableNode, *_: object) -> None:
            found[node.name.value] = None

    for _, value in arguments:
        visit(value, Collector())
    return tuple(found)


def parse_field_set(text: str, keys: InternalKeys) -> Selections:
    """Parse the text of a @key, @requires or @provides: a selection set, with or without its outer braces.

    Raises GraphQLSyntaxError, or ValueError for what is GraphQL but no field set.
    """
    body = text.strip()
    source = Source(body if body.startswith("{") else "{" + body + "}", "field set")
    definitions = parse(source, no_location=True, allow_empty_selection_sets=False).definitions
    definition, *others = definitions
    if others:
        raise ValueError("it holds more than one selection set")
    assert isinstance(definition, OperationDefinitionNode)
    return _from_ast(definition.selection_set, keys)


def _from_ast(node: SelectionSetNode, keys: InternalKeys) -> Selections:
    nodes: list[Field | Fragment] = []
    for selection in node.selections:
        if isinstance(selection, FieldNode):
            arguments = sorted_arguments(selection.arguments)
            name = selection.name.value
            below = _from_ast(selection.selection_set, keys) if selection.selection_set else ()
            nodes.append(Field(name, keys.key(name, arguments), name, arguments, (), below))
        elif isinstance(selection, InlineFragmentNode):
            below = _from_ast(selection.selection_set, keys)
            if selection.type_condition is None:
                nodes.extend(below)
            else:
                nodes.append(Fragment(selection.type_condition.name.value, below))
        else:
            assert isinstance(selection, FragmentSpreadNode)
            raise ValueError(f"a field set cannot spread the named fragment '{selection.name.value}'")
    return tuple(nodes)


def print_selections(selections: Selections) -> str:
    """One line of GraphQL, without outer braces; for messages and printed plans."""
    parts: list[str] = []
    for node in selections:
        if isinstance(node, Fragment):
            parts.append(f"... on {node.type_condition} {{ {print_selections(node.selections)} }}")
            continue
        text = node.name
        if node.arguments:
            text += "(" + ", ".join(f"{name}: {print_ast(value)}" for name, value in node.arguments) + ")"
        if node.selections:
            text += " { " + print_selections(node.selections) + " }"
        parts.append(text)
    return " ".join(parts)
