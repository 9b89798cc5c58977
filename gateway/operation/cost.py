"""What answering an operation is worth, before anything is fetched: objects that may have to be made, weighted.

    cost(operation) = 10 for a mutation + cost(root selections)
    cost(field)     = size x (weight + cost(selections)) + weights of its arguments
    weight          = `@cost` of the field, else of its type, else 1 for an object and 0 for a leaf
    size            = 1, or for a list what `@listSize` and the values of its slicing arguments say

Sources: Apollo's demand control for the formula (a weight counts once per list item, a mutation costs 10); the GraphQL
Cost Directives specification (IBM, draft of 2021, sections 5, 7 and 8) for the rest: an abstract type weighs as much as
the heaviest type that it may be, negative weights of arguments reduce their field's own weight to 0 at most, a default
counts as a given value.

Problem: fragments make 2^n positions of n lines, and the values of paging variables differ in every request.
Idea:    equal positions cost the same. A position is the selections that meet there and the sizes that reach it from
         above; each is compiled once, to a term that names the terms below it by number. Terms without a variable are
         folded to a number. A request evaluates the others in order, children first: a few microseconds.
Invariant: a term is compiled once and evaluated once, however often its position occurs. Only selections that meet in
         ever new combinations make new terms, and never more than the text has selections when expanded: `limits`.

The cost is an upper bound. Selections that meet at one place are joined, as execution joins them. Of fragments on
different object types only the most expensive counts, for an object has one type; fragments on interfaces are added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    is_abstract_type,
    is_composite_type,
    is_object_type,
)

from gateway.federation.costs import ListSize
from gateway.federation.selection import TYPENAME, Field, Fragment, Selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.operation import OperationKind
from gateway.operation.sizing import Argument, Charge, Sizing, Variables, is_weightless, named_type

MUTATION_COST = 10
"""What a mutation costs before any of its fields. Source: Apollo's demand control."""


@dataclass(frozen=True, slots=True)
class CostRules:
    """What the schema leaves open.

    list_size: of lists of which nothing is said. paging: arguments that are taken for slicing arguments of fields
    without `@listSize`; for a field that returns an object they size the lists directly in it, as in a connection.
    """

    list_size: int = 5
    paging: tuple[str, ...] = ("first", "last", "limit")


@dataclass(frozen=True, slots=True, eq=False)
class FieldTerm:
    """One field of a position. below: number of the term of its selections; None for a leaf."""

    name: str
    weight: int
    size: int | Sizing
    charges: tuple[Charge, ...]
    below: int | None

    def size_for(self, variables: Variables) -> int:
        return self.size if isinstance(self.size, int) else self.size.measure(variables)

    def measure(self, variables: Variables, below: Sequence[int]) -> int:
        """below: the values of the terms that come before this one."""
        size = self.size_for(variables)
        own = size * self.weight + sum(charge.measure(variables) for charge in self.charges)
        return max(0, own) + (0 if self.below is None else size * below[self.below])


@dataclass(frozen=True, slots=True, eq=False)
class PositionTerm:
    """The fields at one place. always: for every object; by_type: those that only objects of one type have."""

    always: tuple[FieldTerm, ...]
    by_type: tuple[tuple[FieldTerm, ...], ...]

    @property
    def fields(self) -> tuple[FieldTerm, ...]:
        return (*self.always, *(field for group in self.by_type for field in group))

    def measure(self, variables: Variables, below: Sequence[int]) -> int:
        always = sum(field.measure(variables, below) for field in self.always)
        groups = (sum(field.measure(variables, below) for field in group) for group in self.by_type)
        return always + max(groups, default=0)


@dataclass(frozen=True, slots=True, eq=False)
class OperationCost:
    """The cost of an operation, for any values of its variables.

    terms:  children before parents, the root's last. known: their values where no variable matters, else 0.
    varying: numbers of the terms that must be evaluated, in order.
    """

    base: int
    terms: tuple[PositionTerm, ...]
    known: tuple[int, ...]
    varying: tuple[int, ...]

    def measure(self, variables: Variables) -> int:
        """The cost under these coerced variables. Raises RequestError (BAD_USER_INPUT) for a list without a size."""
        return self.base + self._values(variables)[-1]

    def dearest(self, variables: Variables) -> tuple[list[str], list[int]]:
        """Where most of the cost lies: response keys down to the last list, and the sizes of the lists on the way."""
        values = self._values(variables)
        path: list[str] = []
        sizes: list[int] = []
        last_list, number = 1, len(self.terms) - 1
        while (fields := self.terms[number].fields) and values[number]:
            field = max(fields, key=lambda candidate: candidate.measure(variables, values))
            path.append(field.name)
            if field.size != 1:
                sizes.append(field.size_for(variables))
                last_list = len(path)
            if field.below is None:
                break
            number = field.below
        return path[:last_list], sizes

    def _values(self, variables: Variables) -> Sequence[int]:
        if not self.varying:
            return self.known
        values = list(self.known)
        for number in self.varying:
            values[number] = self.terms[number].measure(variables, values)
        return values


def compile_cost(
    kind: OperationKind, selections: Selections, supergraph: Supergraph, rules: CostRules
) -> OperationCost:
    """The cost of an operation. selections: the root's, specialised: without what @skip and @include leave out."""
    compiler = _Compiler(supergraph, rules)
    compiler.position(supergraph.roots[kind], (selections,), None)
    base = MUTATION_COST if kind == "mutation" else 0
    return OperationCost(base, tuple(compiler.terms), tuple(compiler.known), tuple(compiler.varying))


# A position's identity: its type, the selections that meet there, and the field above if it sizes lists here.
_PositionKey = tuple[str, frozenset[int], int | None]


class _Compiler:
    """Compiles one operation. Fills `terms`, `known` and `varying`: see OperationCost."""

    def __init__(self, supergraph: Supergraph, rules: CostRules) -> None:
        self._schema = supergraph.api_schema
        self._costs = supergraph.costs
        self._rules = rules
        self._positions: dict[_PositionKey, int] = {}
        self._sizings: dict[tuple[str, str], Sizing] = {}
        self.terms: list[PositionTerm] = []
        self.known: list[int] = []
        self.varying: dict[int, None] = {}

    def position(self, type_name: str, parts: Sequence[Selections], above: Sizing | None) -> int:
        """The number of the term for the selections `parts`, joined, on an object of this type."""
        key = (type_name, frozenset(map(id, parts)), None if above is None else id(above))
        found = self._positions.get(key)
        if found is None:
            term = self._compile(type_name, parts, above)
            found = self._positions[key] = len(self.terms)
            self.terms.append(term)
            self._fold(found, term)
        return found

    def _fold(self, number: int, term: PositionTerm) -> None:
        """Evaluate a term now when no variable matters to it."""
        if any(self._varies(field) for field in term.fields):
            self.varying[number] = None
            self.known.append(0)
        else:
            self.known.append(term.measure({}, self.known))

    def _varies(self, field: FieldTerm) -> bool:
        return (
            isinstance(field.size, Sizing)
            or any(charge.argument.varies for charge in field.charges)
            or field.below in self.varying
        )

    def _compile(self, type_name: str, parts: Sequence[Selections], above: Sizing | None) -> PositionTerm:
        always: list[FieldTerm] = []
        by_type: dict[str, list[FieldTerm]] = {}
        for (scope, _), fields in self._collect(type_name, parts).items():
            own_type = scope != type_name and is_object_type(self._schema.type_map[scope])
            target = by_type.setdefault(scope, []) if own_type else always
            target.append(self._field(scope, fields, above))
        return PositionTerm(tuple(always), tuple(map(tuple, by_type.values())))

    def _collect(self, type_name: str, parts: Sequence[Selections]) -> dict[tuple[str, str], list[Field]]:
        """(type whose fields they are, response key) -> the selections of one field that meet at this place."""
        found: dict[tuple[str, str], list[Field]] = {}
        waiting = [(type_name, part) for part in parts]
        seen: set[tuple[str, int]] = set()
        while waiting:
            scope, part = waiting.pop()
            if (scope, id(part)) in seen:
                continue
            seen.add((scope, id(part)))
            for node in part:
                if isinstance(node, Fragment):
                    narrowed = self._narrow(scope, node.type_condition)
                    if narrowed is not None:
                        waiting.append((narrowed, node.selections))
                elif node.name != TYPENAME:
                    found.setdefault((scope, node.response_key), []).append(node)
        return found

    def _narrow(self, scope: str, condition: str) -> str | None:
        """The type whose fields a fragment on `condition` selects: an object's type is as narrow as can be.

        None when it selects nothing: no object is of both types, as with fragments on two objects around one on an
        interface; or the fragment only stands for "none of the fields".
        """
        known, wanted = self._schema.type_map[scope], self._schema.type_map.get(condition)
        if wanted is None or not is_object_type(known):
            return None if wanted is None else condition
        is_one = known is wanted or (is_abstract_type(wanted) and self._schema.is_sub_type(wanted, known))
        return scope if is_one else None

    def _field(self, scope: str, fields: Sequence[Field], above: Sizing | None) -> FieldTerm:
        first = fields[0]
        parent: Any = self._schema.type_map[scope]
        definition = self._schema.get_field(parent, first.name)
        assert definition is not None  # the operation is valid
        sizing = self._sizing(scope, first, definition)
        below = None
        parts = {id(field.selections): field.selections for field in fields if field.selections}
        if parts:
            passed = sizing if any(size.sized for size in sizing.sizes) else None
            below = self.position(named_type(definition).name, tuple(parts.values()), passed)
        return FieldTerm(
            name=first.response_key,
            weight=max(self._weight(owner, first.name, definition) for owner in self._owners(scope)),
            size=self._size(first.name, definition, sizing, above),
            charges=tuple(self._charges(scope, first, definition)),
            below=below,
        )

    def _owners(self, scope: str) -> tuple[str, ...]:
        """The type and, for an abstract one, those it may be: what they say of a field holds for its field, too."""
        type_ = self._schema.type_map[scope]
        if not is_abstract_type(type_):
            return (scope,)
        return (scope, *(possible.name for possible in self._possible(type_)))

    def _possible(self, type_: GraphQLAbstractType) -> Sequence[GraphQLObjectType]:
        return self._schema.get_possible_types(type_)

    def _weight(self, owner: str, name: str, definition: GraphQLField) -> int:
        own = self._costs.weights.get(f"{owner}.{name}")
        return self._type_weight(named_type(definition)) if own is None else own

    def _type_weight(self, type_: GraphQLNamedType) -> int:
        if is_abstract_type(type_):
            return max((self._type_weight(possible) for possible in self._possible(type_)), default=1)
        return self._costs.weights.get(type_.name, int(is_composite_type(type_)))

    def _size(self, name: str, definition: GraphQLField, sizing: Sizing, above: Sizing | None) -> int | Sizing:
        """How long the field's list is: as the field above says, as it says itself, or as is assumed."""
        if not _is_list(definition):
            return 1
        from_above = tuple(size for size in above.sizes if name in size.sized) if above is not None else ()
        if above is not None and from_above:
            sizing = Sizing(above.where, from_above, above.arguments, above.otherwise)
        else:
            own = tuple(size for size in sizing.sizes if not size.sized)
            sizing = Sizing(sizing.where, own, sizing.arguments, sizing.otherwise)
        return sizing.folded()

    def _sizing(self, scope: str, field: Field, definition: GraphQLField) -> Sizing:
        """What is said of the field's list, or of the lists in its object; the same one for the same arguments."""
        found = self._sizings.get((scope, field.key))
        if found is None:
            owners = self._owners(scope)
            coordinates = [f"{owner}.{field.name}" for owner in owners]
            said = [self._costs.sizes[place] for place in coordinates if place in self._costs.sizes]
            sizes = tuple(dict.fromkeys(said or self._conventional(definition)))
            names = {path.split(".")[0] for size in sizes for path in size.slicing}
            given = dict(field.arguments)
            arguments = {
                name: Argument.of(argument, given.get(name))
                for name, argument in definition.args.items()
                if name in names
            }
            found = Sizing(coordinates[0], sizes, arguments, self._rules.list_size)
            self._sizings[scope, field.key] = found
        return found

    def _conventional(self, definition: GraphQLField) -> list[ListSize]:
        """The size that the names of a field's arguments suggest, where the schema says none."""
        slicing = tuple(name for name in self._rules.paging if name in definition.args)
        if not slicing:
            return []
        if _is_list(definition):
            return [ListSize(slicing=slicing)]
        inside: Mapping[str, GraphQLField] = getattr(named_type(definition), "fields", None) or {}
        lists = tuple(name for name, below in inside.items() if _is_list(below))
        return [ListSize(slicing=slicing, sized=lists)] if lists else []

    def _charges(self, scope: str, field: Field, definition: GraphQLField) -> list[Charge]:
        """What weighs of the arguments that are given."""
        weights = self._costs.weights
        found: list[Charge] = []
        for name, value in field.arguments:
            argument: GraphQLArgument = definition.args[name]
            said = [weights.get(f"{owner}.{field.name}({name}:)") for owner in self._owners(scope)]
            weight = max((known for known in said if known is not None), default=None)
            if not is_weightless(argument, weight, weights):
                found.append(Charge(Argument.of(argument, value), weight, weights))
        return found


def _is_list(definition: Any) -> bool:
    """Whether a field returns a list. Any: graphql-core's types are generic, and written without their arguments."""
    outer, inner = definition.type, getattr(definition.type, "of_type", None)
    return isinstance(inner if isinstance(outer, GraphQLNonNull) else outer, GraphQLList)
