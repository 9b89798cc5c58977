"""Values of arguments as costing sees them: how long a list is asked to be, and what the arguments themselves weigh.

Both depend on variables only, so they are prepared once per operation and read for every request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLNamedType,
    Undefined,
    ValueNode,
    VariableNode,
    VariableValues,
    coerce_input_literal,  # pyright: ignore[reportUnknownVariableType] - generic lists
    get_named_type,
)

from gateway.federation.costs import ListSize
from gateway.operation.errors import BAD_USER_INPUT, RequestError
from gateway.operation.limits import COUNT_CEILING

Variables = Mapping[str, Any]

_MOST_DIGITS = 4000
"""Python reads no integer of more than 4,300."""


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """One argument of a selected field.

    given:   its value as written; None when the field is selected without it.
    default: the schema's, coerced; Undefined when there is none.
    """

    definition: GraphQLArgument
    given: ValueNode | None
    default: Any = Undefined

    @classmethod
    def of(cls, definition: GraphQLArgument, given: ValueNode | None) -> Argument:
        declared = definition.ast_node and definition.ast_node.default_value
        return cls(definition, given, _read(declared, definition, {}))

    def value(self, variables: Variables) -> Any:
        """The coerced value, which may be the default; Undefined when there is none."""
        found = self.explicit(variables)
        return self.default if found is Undefined else found

    def explicit(self, variables: Variables) -> Any:
        """The coerced value that the client gave; Undefined when it gave none."""
        if self.given is None:
            return Undefined
        if isinstance(self.given, VariableNode):
            return variables.get(self.given.name.value, Undefined)
        return _read(self.given, self.definition, variables)

    @property
    def varies(self) -> bool:
        """Whether the value depends on variables."""
        return self.given is not None and _has_variable(self.given)


@dataclass(frozen=True, slots=True, eq=False)
class Sizing:
    """How long a selected field's list is, for any values of the variables.

    where:     the field's coordinate, for messages.
    sizes:     what the schema says; several when the field is an interface's and its types differ: the largest counts.
    arguments: those that any of the sizes names, by name.
    otherwise: the size when nothing says it.
    """

    where: str
    sizes: tuple[ListSize, ...]
    arguments: Mapping[str, Argument]
    otherwise: int

    def measure(self, variables: Variables) -> int:
        """The largest size that may be asked for. Raises RequestError when not exactly one argument is given."""
        return max((self._measure(size, variables) for size in self.sizes), default=self.otherwise)

    def _measure(self, size: ListSize, variables: Variables) -> int:
        """Defaults count as given, and of several values the largest. Source: the cost specification, section 8.2."""
        if size.one_only:
            self._check_one(size, variables)
        values = [self._count(path, variables) for path in size.slicing]
        known = [value for value in values if value is not None]
        if known:
            return max(known)
        return self.otherwise if size.assumed is None else size.assumed

    def _count(self, path: str, variables: Variables) -> int | None:
        name, *members = path.split(".")
        argument = self.arguments.get(name)
        value = None if argument is None else argument.value(variables)
        if members:
            value = _member(value, members)
        if isinstance(value, str) and value.isdecimal() and len(value) < _MOST_DIGITS:
            value = int(value)  # how scalars of big numbers are written
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        # A type of its own may let in any number: infinity has no integer, and 4,000 digits no use.
        return int(min(max(0, value), COUNT_CEILING))

    def _check_one(self, size: ListSize, variables: Variables) -> None:
        given = [path for path in size.slicing if self._is_given(path, variables)]
        if len(given) == 1 or (not given and any(self._count(path, variables) is not None for path in size.slicing)):
            return
        names = ", ".join(f"'{path}'" for path in size.slicing)
        raise RequestError.single(
            BAD_USER_INPUT, f"'{self.where}' must be given exactly one of the arguments {names}, not {len(given)}."
        )

    def _is_given(self, path: str, variables: Variables) -> bool:
        name, *members = path.split(".")
        argument = self.arguments.get(name)
        return argument is not None and _member(argument.explicit(variables), members) is not None

    def folded(self) -> int | Sizing:
        """The size itself when no variable matters to it; a refusal is left for the request to meet."""
        if any(item.varies for item in self.arguments.values()):
            return self
        try:
            return self.measure({})
        except RequestError:
            return self


@dataclass(frozen=True, slots=True, eq=False)
class Charge:
    """What one given argument adds to its field: the weights of its value and of all that is in it.

    weights: of input fields, by coordinate, and of leaf types, by name.
    """

    argument: Argument
    weight: int | None
    weights: Mapping[str, int]

    def measure(self, variables: Variables) -> int:
        """Null and what is not given weigh nothing. Walks the value once, without recursion."""
        value = self.argument.explicit(variables)
        total = 0
        waiting: list[tuple[Any, GraphQLNamedType, int | None]]
        waiting = [(value, named_type(self.argument.definition), self.weight)]
        while waiting:
            value, named, weight = waiting.pop()
            if value is None or value is Undefined:
                continue
            if isinstance(value, list):
                waiting.extend((item, named, weight) for item in cast("list[Any]", value))
                continue
            if not isinstance(named, GraphQLInputObjectType) or not isinstance(value, Mapping):
                total += self.weights.get(named.name, 0) if weight is None else weight
                continue
            total += 1 if weight is None else weight
            for name, member in cast("Mapping[str, Any]", value).items():
                below = named.fields.get(name)
                if below is not None:
                    waiting.append((member, named_type(below), self.weights.get(f"{named.name}.{name}")))
        return total


def is_weightless(argument: GraphQLArgument, weight: int | None, weights: Mapping[str, int]) -> bool:
    """Whether no value of an argument can weigh anything: leaves do not by themselves, input objects weigh 1."""
    named = named_type(argument)
    own = weights.get(named.name, 0) if weight is None else weight
    return not isinstance(named, GraphQLInputObjectType) and own == 0


def named_type(element: Any) -> GraphQLNamedType:
    """The type of a field, argument or input field, inside all lists and non-nulls.

    Any: graphql-core's types are generic, and written without their arguments.
    """
    return cast("GraphQLNamedType", get_named_type(element.type))


def _read(node: ValueNode | None, definition: Any, variables: Variables) -> Any:
    """A written value, coerced, with what its type has as defaults; Undefined for none."""
    if node is None:
        return Undefined
    return coerce_input_literal(node, definition.type, VariableValues({}, dict(variables)))


def _member(value: Any, path: Sequence[str]) -> Any:
    """A member of an input object; None when any step of the path is not there."""
    for name in path:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
    return None if value is Undefined else value


def _has_variable(node: ValueNode) -> bool:
    return any(isinstance(below, VariableNode) for below in _values(node))


def _values(root: ValueNode) -> Iterator[ValueNode]:
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(getattr(node, "values", None) or ())
        waiting.extend(member.value for member in getattr(node, "fields", None) or ())
