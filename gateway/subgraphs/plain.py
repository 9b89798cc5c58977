"""Reading fields that are attributes, for the executor of in-process subgraphs.

Problem: graphql-core spends about 10 us on each field: an info object, a path, arguments, a chain of calls. Most
fields of an in-process subgraph are attributes of objects that a resolver built a moment ago, or are derived from
these, and need none of it.

Idea: a selection of such fields on one object type is compiled once into a Row, which reads it with one attribute
access, or one call, and one coercion a field. A Row knows only the case in which nothing is to be told. At anything
else, an error, a null where none may be, an awaitable, an unusual list or class, it raises NotPlain, having changed
nothing, and graphql-core executes the same selection again. So paths, messages and nulls are always graphql-core's own.

Invariant: reading a Row runs no code of the schema's author except serialisers of scalars and what is marked `derived`,
which are functions of their value. Therefore a value may be read twice. A class is only read if its attributes are what
they seem: no properties, no `__getattr__`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from operator import attrgetter
from types import CoroutineType, GeneratorType, MemberDescriptorType
from typing import Any, Final, TypeVar, cast

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
    is_leaf_type,
)
from strawberry.types.field import StrawberryField

Complete = Callable[[Any], Any]
"""From an attribute's value to response data. Raises NotPlain, or whatever a serialiser raises."""

Derive = Callable[[Any], Any]
"""From an object to the value of a field that is marked `derived`."""
MethodT = TypeVar("MethodT", bound=Derive)

_MISSING: Final = object()
_DERIVED: Final = "_braid_derived"


def derived(method: MethodT) -> MethodT:
    """Marks a resolver as a function of its object alone: `@strawberry.field`, and below it `@derived`.

    It is called where its field is asked for, without the cost of a resolver. It must neither wait for anything nor
    change anything, for it may be called again. Raises TypeError for a method that is asynchronous or takes arguments.
    """
    if inspect.iscoroutinefunction(method) or list(inspect.signature(method).parameters) != ["self"]:
        raise TypeError(f"{method.__qualname__} cannot be derived: it must be synchronous and take nothing but self")
    setattr(method, _DERIVED, True)
    return method


class NotPlain(Exception):
    """This value is not as plain as its type; nothing has been done with it."""


class Row:
    """A selection of plain fields on objects of one type.

    fields: by response name, the attribute, or what derives the value, and how the value is completed.
    """

    __slots__ = ("_attributes", "_classes", "_fields")

    def __init__(self, fields: Mapping[str, tuple[str | Derive, Complete]]) -> None:
        self._fields = tuple(
            (name, attrgetter(origin) if isinstance(origin, str) else origin, complete)
            for name, (origin, complete) in fields.items()
        )
        self._attributes = {origin for origin, _ in fields.values() if isinstance(origin, str)} - {"__class__"}
        self._classes: set[type[Any]] = set()

    def read(self, source: Any) -> dict[str, Any]:
        """The response object. Raises NotPlain or any other exception when graphql-core has to do it."""
        cls = cast("type[Any]", type(source))
        if cls not in self._classes:
            self._admit(cls)
        return {name: complete(take(source)) for name, take, complete in self._fields}

    def _admit(self, cls: type[Any]) -> None:
        usual = _is_value(cls) and not _defines(cls, "__getattribute__")
        if not usual or not all(_is_plain_attribute(cls, name) for name in self._attributes):
            raise NotPlain
        self._classes.add(cls)


def plain_origin(field: GraphQLField, definition: object) -> str | Derive | None:
    """The attribute that Strawberry would read for this field, or the `derived` method that it would call, and do
    nothing else; None if it does anything else."""
    is_plain = (
        isinstance(definition, StrawberryField)
        and not definition.extensions
        and type(definition).get_result is StrawberryField.get_result
        and not field.args
    )
    if not is_plain:
        return None
    plain: Any = definition
    if plain.base_resolver is not None:
        method = plain.base_resolver.wrapped_func
        return method if getattr(method, _DERIVED, False) else None
    is_read = plain.default_resolver is getattr and getattr(field.resolve, "_is_default", False)
    return plain.python_name if is_read else None


def reader(type_: Any, row: Callable[[GraphQLObjectType], Row | None]) -> Complete | None:
    """How values of an output type are completed; None if graphql-core has to do it. row: of an object's selection."""
    if isinstance(type_, GraphQLNonNull):
        return _reader(cast("Any", type_).of_type, row, nullable=False)
    return _reader(type_, row, nullable=True)


def _is_value(cls: type[Any]) -> bool:
    """Whether graphql-core would take instances for values: not for errors, nothing there, or something to await."""
    return not issubclass(cls, _NO_VALUES) and not _defines(cls, "__await__", "__getattr__")


_NO_VALUES: Final = (Exception, CoroutineType, GeneratorType, type(Undefined))


def _defines(cls: type[Any], *names: str) -> bool:
    """Whether the class, or one that it inherits from, has an attribute of one of these names itself."""
    return any(name in vars(base) for base in cls.__mro__[:-1] for name in names)


def _is_plain_attribute(cls: type[Any], name: str) -> bool:
    found: Any = inspect.getattr_static(cls, name, _MISSING)
    kind = cast("type[Any]", type(found))
    return kind is MemberDescriptorType or not hasattr(kind, "__get__")


def _reader(type_: Any, row: Callable[[GraphQLObjectType], Row | None], *, nullable: bool) -> Complete | None:
    if isinstance(type_, GraphQLList):
        item = reader(cast("Any", type_).of_type, row)
        return None if item is None else _list(item, nullable)
    if is_leaf_type(type_):
        return _text(_leaf(type_, nullable)) if type_ in (GraphQLID, GraphQLString) else _leaf(type_, nullable)
    if isinstance(type_, GraphQLObjectType) and type_.is_type_of is None:
        selection = row(type_)
        return None if selection is None else _object(selection.read, nullable)
    return None


def _object(read: Complete, nullable: bool) -> Complete:
    def complete(value: Any) -> Any:
        if value is None:
            return _null(nullable)
        return read(value)

    return complete


def _list(item: Complete, nullable: bool) -> Complete:
    def complete(value: Any) -> Any:
        if type(value) is list or type(value) is tuple:
            return [item(element) for element in cast("list[Any]", value)]
        if value is None:
            return _null(nullable)
        raise NotPlain

    return complete


def _text(otherwise: Complete) -> Complete:
    def complete(value: Any) -> Any:
        return value if type(value) is str else otherwise(value)

    return complete


def _leaf(type_: Any, nullable: bool) -> Complete:
    coerce: Complete = type_.coerce_output_value
    classes: set[type[Any]] = set()

    def complete(value: Any) -> Any:
        if value is None:
            return _null(nullable)
        cls = cast("type[Any]", type(value))
        if cls not in classes:
            if not _is_value(cls):
                raise NotPlain
            classes.add(cls)
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise NotPlain
        return coerced

    return complete


def _null(nullable: bool) -> None:
    if not nullable:
        raise NotPlain
