"""Who can resolve a field, under which conditions, and from where in the graph it can be reached.

The first is written in the supergraph: this puts together what the join annotations of a type, its fields and its
interfaces say about one field. The second is a question of shortest ways: from the type that has the field, walk the
API schema backwards over the fields that return it, until every type knows its next step towards it. Each root field
then has one shortest operation, and the planner tells what that costs, or why it cannot be answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import count

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    TypeNode,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    print_ast,
)

from gateway.errors import BraidError
from gateway.federation.selection import Field, Selections, print_selections
from gateway.federation.supergraph import FieldSource, Kind, Supergraph
from gateway.operation.limits import Limits
from gateway.operation.prepare import prepare_operation
from gateway.planning.explain_printing import print_summary
from gateway.planning.plan import PlanningError
from gateway.planning.planner import plan_operation
from gateway.planning.reasons import fields_sources

MOST_WAYS = 20
"""For so many root fields the operation is planned; others are only counted."""


class UnknownCoordinate(BraidError):
    """There is no such type or field to be explained. The message suggests others."""

    code = "UNKNOWN_COORDINATE"


@dataclass(frozen=True, slots=True)
class Resolver:
    """One subgraph that declares the field.

    resolves:   it can be asked for the field of any object that it can be entered for, or that it holds.
    type:       the field's type there. as_type: the type it knows the objects as: the object's, or an interface's.
    keys:       what it can be entered by; stubs: keys that it declares, but cannot be entered by.
    conditions: all else that has to hold, and what else is to be known, as sentences.
    """

    graph: str
    resolves: bool
    type: str
    as_type: str
    keys: tuple[str, ...]
    stubs: tuple[str, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A shortest operation that selects the field below one root field.

    length: fields from the root to it, both counted. cost: what planning says of it. refusal: why it has no plan; "".
    """

    root: str
    operation: str
    length: int
    cost: str
    refusal: str


@dataclass(frozen=True, slots=True)
class FieldExplanation:
    """All there is to tell of a field.

    visible: clients can select it. parents: fields that return objects it can be selected on, as coordinates.
    implementations: for an interface's field, the coordinates that stand for it on objects.
    ways: shortest first, at most MOST_WAYS; further: how many root fields more lead to it.
    """

    coordinate: str
    type: str
    visible: bool
    resolvers: tuple[Resolver, ...]
    implementations: tuple[str, ...]
    parents: tuple[str, ...]
    ways: tuple[Way, ...]
    further: int


def explain_field(coordinate: str, supergraph: Supergraph) -> FieldExplanation:
    """coordinate: `Type.field`, of an object type or an interface. Raises UnknownCoordinate, with suggestions."""
    type_name, field_name = _find(coordinate, supergraph)
    definition = supergraph.types[type_name].fields[field_name]
    visible = supergraph.api_schema.get_type(type_name)
    is_visible = isinstance(visible, GraphQLObjectType | GraphQLInterfaceType) and field_name in visible.fields
    ways = _Ways(type_name, field_name, supergraph) if is_visible else None
    found = ways.all() if ways else []
    return FieldExplanation(
        coordinate=f"{type_name}.{field_name}",
        type=print_ast(definition.type),
        visible=is_visible,
        resolvers=tuple(_resolvers(type_name, field_name, supergraph)),
        implementations=tuple(_implementations(type_name, field_name, supergraph)),
        parents=ways.parents() if ways else (),
        ways=tuple(ways.planned(*one) for one in found[:MOST_WAYS]) if ways else (),
        further=max(0, len(found) - MOST_WAYS),
    )


def _find(coordinate: str, supergraph: Supergraph) -> tuple[str, str]:
    type_name, dot, field_name = coordinate.strip().partition(".")
    types = {name: each for name, each in supergraph.types.items() if each.kind in (Kind.OBJECT, Kind.INTERFACE)}
    if type_name not in types:
        other = supergraph.types.get(type_name)
        if other is not None:
            raise UnknownCoordinate(f"'{type_name}' is no object type or interface: no subgraph resolves parts of it.")
        raise UnknownCoordinate(f"There is no type '{type_name}'.{_suggestion(type_name, types)}")
    fields = types[type_name].fields
    if not dot or not field_name:
        raise UnknownCoordinate(f"Say which field: '{type_name}' has {', '.join(sorted(fields))}.")
    if field_name not in fields:
        elsewhere = sorted(name for name, each in types.items() if field_name in each.fields)
        told = _suggestion(field_name, fields, f"{type_name}.")
        if not told and elsewhere:
            told = f" There is {', '.join(f'{name}.{field_name}' for name in elsewhere[:3])}."
        raise UnknownCoordinate(f"'{type_name}' has no field '{field_name}'.{told}")
    return type_name, field_name


def _suggestion(name: str, known: Mapping[str, object], prefix: str = "") -> str:
    lowered = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), lowered, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(prefix + lowered[each] for each in close)}?" if close else ""


# -- who resolves it -----------------------------------------------------------------------------------------------


def _resolvers(type_name: str, field_name: str, supergraph: Supergraph) -> Iterator[Resolver]:
    for graph, as_type, info in fields_sources(type_name, field_name, supergraph):
        keys = supergraph.types[as_type].sources[graph].keys
        yield Resolver(
            graph=graph,
            resolves=not info.external or info.override_label is not None,
            type=print_ast(info.type),
            as_type=as_type,
            keys=tuple(print_selections(key.fields) for key in keys if key.resolvable),
            stubs=tuple(print_selections(key.fields) for key in keys if not key.resolvable),
            conditions=tuple(_conditions(graph, type_name, as_type, field_name, info, supergraph)),
        )


def _conditions(
    graph: str, type_name: str, as_type: str, field_name: str, info: FieldSource, supergraph: Supergraph
) -> Iterator[str]:
    if as_type != type_name:
        yield f"through the interface object {as_type}: objects are entered as {as_type}"
    elif supergraph.is_interface_object(type_name, graph):
        yield f"{type_name} is an interface object there: the objects' own types are not known to it"
    if info.requires:
        yield f"computes it from `{print_selections(info.requires)}`, fetched before and sent along"
    if info.external and info.override_label is None:
        providers = sorted(_providers(graph, type_name, field_name, supergraph))
        yield (
            f"external: readable below {', '.join(providers)} only, which provides it"
            if providers
            else "external: named for a key or a requirement, not readable there"
        )
    if info.override_label is not None:
        taken = f'takes it over from "{info.override}"' if info.override else "gives it away"
        yield f'{taken} as far as the label "{info.override_label}" is on'
    elif info.override is not None:
        yield f'took it over from "{info.override}"'
    is_entered = any(key.resolvable for key in supergraph.types[as_type].sources[graph].keys)
    if not (is_entered or info.external or supergraph.is_root(type_name)):
        yield "cannot be entered: only for objects that it found itself"
    if graph in supergraph.types[as_type].fields[field_name].lookup_in:
        yield "@lookup: its arguments can serve as the key of what it returns"


def _providers(graph: str, type_name: str, field_name: str, supergraph: Supergraph) -> Iterator[str]:
    """Coordinates of the fields whose @provides in this subgraph names the field."""
    for name, definition in supergraph.types.items():
        for field_definition in definition.fields.values():
            info = field_definition.sources.get(graph)
            if info is not None and _names(info.provides, info.named, type_name, field_name, supergraph):
                yield f"{name}.{field_definition.name}"


def _names(selections: Selections, below: str, type_name: str, field_name: str, supergraph: Supergraph) -> bool:
    """Whether a field set on `below` names the field, at any depth."""
    for node in selections:
        if not isinstance(node, Field):
            if _names(node.selections, node.type_condition, type_name, field_name, supergraph):
                return True
            continue
        if node.name == field_name and type_name in supergraph.possible_anywhere(below) | {below}:
            return True
        known = supergraph.field(below, node.name)
        if known is not None and _names(node.selections, known.named, type_name, field_name, supergraph):
            return True
    return False


def _implementations(type_name: str, field_name: str, supergraph: Supergraph) -> Iterator[str]:
    if supergraph.kind(type_name) is Kind.INTERFACE:
        for name in sorted(supergraph.possible_anywhere(type_name)):
            if field_name in supergraph.types[name].fields:
                yield f"{name}.{field_name}"


# -- from where it can be reached ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """The next step from a type towards the field: on `on`, which may be narrower, the field `name`."""

    on: str
    name: str
    field: GraphQLField


@dataclass(slots=True)
class _Writer:
    """An operation in the making. variables: their definitions by name."""

    variables: dict[str, str] = field(default_factory=dict[str, str])

    def call(self, name: str, definition: GraphQLField, types: Mapping[str, TypeNode]) -> str:
        """The field with variables for the arguments that it cannot do without. types: of its arguments."""
        given: list[str] = []
        for argument, known in definition.args.items():
            if is_required_argument(known):
                names = (argument if n == 1 else f"{argument}{n}" for n in count(1))
                variable = next(each for each in names if each not in self.variables)
                self.variables[variable] = f"${variable}: {print_ast(types[argument])}"
                given.append(f"{argument}: ${variable}")
        return f"{name}({', '.join(given)})" if given else name

    def operation(self, kind: str, body: str) -> str:
        variables = f" ({', '.join(self.variables.values())})" if self.variables else ""
        return f"{kind}{variables} {{ {body} }}" if variables or kind != "query" else f"{{ {body} }}"


class _Ways:
    """The shortest ways to one field over the API schema."""

    def __init__(self, type_name: str, field_name: str, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._schema = supergraph.api_schema
        self._type, self._field = type_name, field_name
        self._next: dict[str, _Step] = {}
        self._length: dict[str, int] = {}
        self._walk()

    def _walk(self) -> None:
        """Backwards from the field: in round n every type from which n fields lead to it learns its next step."""
        types = [each for each in self._schema.type_map.values() if is_composite_type(each)]
        types = [each for each in types if not each.name.startswith("__")]
        arrived = {each.name for each in types if self._selects(each)}
        length = 1
        for name in arrived:
            self._length[name] = length
        while arrived:
            length += 1
            found: dict[str, _Step] = {}
            for each in types:
                if each.name not in self._length:
                    step = next((one for one in self._steps(each) if self._named(one.on, one.name) in arrived), None)
                    if step is not None:
                        found[each.name] = step
            self._next |= found
            self._length |= dict.fromkeys(found, length)
            arrived = set(found)

    def _selects(self, static: GraphQLNamedType) -> bool:
        """Whether the field can be selected on objects of this static type, by a fragment if need be."""
        target = self._schema.get_type(self._type)
        assert target is not None
        return bool(self._objects(static) & self._objects(target))

    def _objects(self, type_: GraphQLNamedType) -> set[str]:
        if is_abstract_type(type_):
            return {each.name for each in self._schema.get_possible_types(type_)} | {type_.name}
        return {type_.name}

    def _steps(self, static: GraphQLNamedType) -> Iterator[_Step]:
        """What can be selected on a static type: its own fields first, then those of its possible types."""
        if isinstance(static, GraphQLObjectType | GraphQLInterfaceType):
            yield from (_Step(static.name, name, each) for name, each in static.fields.items())
        if is_abstract_type(static):
            for type_ in self._schema.get_possible_types(static):
                yield from (_Step(type_.name, name, each) for name, each in type_.fields.items())

    def parents(self) -> tuple[str, ...]:
        """The fields that return objects on which the field can be selected."""
        found: dict[str, None] = {}
        for type_ in self._schema.type_map.values():
            if type_.name.startswith("__") or not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
                continue
            for name in type_.fields:
                below = self._schema.get_type(self._named(type_.name, name))
                if below is not None and is_composite_type(below) and self._selects(below):
                    found[f"{type_.name}.{name}"] = None
        return tuple(found)

    def all(self) -> list[tuple[str, str, GraphQLField]]:
        """(operation kind, root field, its definition) for each that leads to the field, shortest way first."""
        found: list[tuple[int, str, str, GraphQLField]] = []
        for kind, root in (("query", self._schema.query_type), ("mutation", self._schema.mutation_type)):
            if root is None:
                continue
            for name, each in root.fields.items():
                if (root.name, name) == (self._type, self._field):
                    found.append((1, kind, name, each))
                elif self._type != root.name and self._named(root.name, name) in self._length:
                    found.append((1 + self._length[self._named(root.name, name)], kind, name, each))
        return [(kind, name, each) for _, kind, name, each in sorted(found, key=lambda one: one[0])]

    def planned(self, kind: str, name: str, definition: GraphQLField) -> Way:
        """The shortest operation below a root field, and what the planner makes of it."""
        writer = _Writer()
        is_field_itself = self._supergraph.roots.get(kind) == self._type
        body = writer.call(name, definition, self._arguments(self._supergraph.roots[kind], name))
        length = 1
        below = self._named(self._supergraph.roots[kind], name)
        if is_field_itself:
            body += self._typename()
        else:
            body += f" {{ {self._below(below, writer)} }}"
            length += self._length[below]
        text = writer.operation(kind, body)
        prepared = prepare_operation(text, None, self._supergraph, Limits())
        root = f"{prepared.root_type}.{name}"
        try:
            plan = plan_operation(prepared, {}, self._supergraph)
        except PlanningError as error:
            return Way(root, text, length, "", error.message)
        return Way(root, text, length, print_summary(plan), "")

    def _below(self, static: str, writer: _Writer) -> str:
        """The selections on objects of a static type that lead to the field."""
        step = self._next.get(static)
        if step is None:
            target = self._schema.get_type(self._type)
            assert isinstance(target, GraphQLObjectType | GraphQLInterfaceType)
            definition = target.fields[self._field]
            text = writer.call(self._field, definition, self._arguments(self._type, self._field)) + self._typename()
            return text if static == self._type else f"... on {self._type} {{ {text} }}"
        call = writer.call(step.name, step.field, self._arguments(step.on, step.name))
        text = f"{call} {{ {self._below(self._named(step.on, step.name), writer)} }}"
        return text if static == step.on else f"... on {step.on} {{ {text} }}"

    def _typename(self) -> str:
        """What is selected below the field itself, if it is no leaf."""
        below = self._supergraph.types.get(self._named(self._type, self._field))
        return " { __typename }" if below is not None and below.kind.is_composite else ""

    def _named(self, type_name: str, field_name: str) -> str:
        return self._supergraph.types[type_name].fields[field_name].named

    def _arguments(self, type_name: str, field_name: str) -> Mapping[str, TypeNode]:
        return self._supergraph.types[type_name].fields[field_name].arguments
