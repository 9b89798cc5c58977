"""Shape: what the client's answer looks like, read off its operation once and used for every request.

A shape knows aliases, order, nullability and enum values; it is built from the API schema, so nothing that the schema
hides can get into an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
)

from gateway.federation.selection import TYPENAME, Field, Selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.permitted import Sight
from gateway.operation.specialise import collect


@dataclass(frozen=True, slots=True, eq=False)
class FieldShape:
    """One field of an answer.

    response_key: its name in the answer. key: its internal key in the gateway's data.
    type:   its type in the API schema: lists and non-nulls around a leaf or an object.
    values: the enum values that clients may see; None for anything but enums.
    below:  the objects' shape; None for leaves.
    meta:   "typename" for `__typename`, "introspection" for `__schema` and `__type`, "denied" for what this client may
            not see, else "".
    why:    what to tell of a field that is denied.
    plain:  a leaf whose value goes out as it is, whatever it is, unless it is missing.
    """

    response_key: str
    key: str
    type: Any
    values: frozenset[str] | None = None
    below: ObjectShape | None = None
    meta: str = ""
    why: str = ""
    plain: bool = False


@dataclass(slots=True, eq=False)
class ObjectShape:
    """The fields to answer for objects at one place, by their runtime type. Types are looked at when they first occur.

    declared: the field's named type in the API schema.
    sight:    what the client may see of the graph; None for all of it.
    uses, straight: of a whole answer's shape; see straight.py.
    """

    declared: str
    is_abstract: bool
    selections: Selections
    supergraph: Supergraph
    sight: Sight | None = None
    by_type: dict[str, tuple[FieldShape, ...] | None] = field(default_factory=dict[str, tuple[FieldShape, ...] | None])
    uses: int = 0
    straight: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def fields(self, type_name: str) -> tuple[FieldShape, ...] | None:
        """The fields for a runtime type; None when clients may not see such an object here."""
        found = self.by_type.get(type_name)
        if found is None and type_name in self.supergraph.types:  # sources may send names without end
            found = self.by_type[type_name] = self._build(type_name)
        return found

    def _build(self, type_name: str) -> tuple[FieldShape, ...] | None:
        schema = self.supergraph.api_schema
        runtime = schema.type_map.get(type_name)
        declared = schema.type_map[self.declared]
        if not isinstance(runtime, GraphQLObjectType):
            return None
        if isinstance(declared, GraphQLInterfaceType | GraphQLUnionType) and not schema.is_sub_type(declared, runtime):
            return None
        if self.sight is not None and self.is_abstract and self.sight.hides(type_name):
            return None
        return self._shapes(runtime)

    def _shapes(self, parent: GraphQLObjectType | GraphQLInterfaceType) -> tuple[FieldShape, ...]:
        fields = collect(self.selections, parent.name, self.supergraph, by=lambda selected: selected.response_key)
        return tuple(_field_shape(selected, parent, self) for selected in fields)

    def why_hidden(self, type_name: str) -> str:
        """What to tell of an object that may not be seen; "" for one that may."""
        if self.sight is None or not type_name or not self.sight.hides(type_name):
            return ""
        return self.sight.why(type_name)

    def is_own_type(self, type_name: str) -> bool:
        """Whether the name says what an object is; "" does not, nor an interface's, which interface objects go by."""
        if not type_name or not self.is_abstract:
            return bool(type_name)
        return not isinstance(self.supergraph.api_schema.type_map.get(type_name), GraphQLInterfaceType)

    def untyped_fields(self) -> tuple[FieldShape, ...] | None:
        """The fields for an object whose type was not needed, or could not be learned: those of the interface.

        None when the client wants to see the type, when there is no interface whose fields would apply, or when the
        object could be one that the client may not see.
        """
        declared = self.supergraph.api_schema.type_map[self.declared]
        if not isinstance(declared, GraphQLInterfaceType):
            return None
        if "" not in self.by_type:
            shapes = self._shapes(declared)
            wants_type = any(shape.meta == "typename" for shape in shapes)
            hides = self.sight is not None and self.sight.hides_some(self.declared)
            self.by_type[""] = None if wants_type or hides else shapes
        return self.by_type[""]

    def named(self, key: str) -> list[FieldShape]:
        """The fields with this internal key, on any type that has it: to name a place whose type is not known."""
        types = [self.declared] if not self.is_abstract else sorted(self.supergraph.possible_anywhere(self.declared))
        fields = (found for name in types for found in self.fields(name) or ())
        return [found for found in fields if found.key == key and not found.meta]


def build_shape(
    root_type: str, selections: Selections, supergraph: Supergraph, sight: Sight | None = None
) -> ObjectShape:
    """The shape of a whole answer. selections: the operation's, specialised. sight: see ObjectShape."""
    return ObjectShape(root_type, False, selections, supergraph, sight)


def _field_shape(selected: Field, parent: GraphQLObjectType | GraphQLInterfaceType, around: ObjectShape) -> FieldShape:
    supergraph, sight = around.supergraph, around.sight
    if selected.name == TYPENAME:
        return FieldShape(selected.response_key, TYPENAME, None, meta="typename")
    if selected.name.startswith("__"):
        return FieldShape(selected.response_key, selected.key, None, meta="introspection")
    type_: Any = parent.fields[selected.name].type
    if sight is not None and sight.denies(parent.name, selected.name):
        why = sight.why(parent.name, selected.name)
        return FieldShape(selected.response_key, selected.key, type_, meta="denied", why=why)
    named = cast("GraphQLNamedType", get_named_type(type_))
    values = frozenset[str](named.values) if isinstance(named, GraphQLEnumType) else None
    below = None
    if selected.selections:
        below = ObjectShape(named.name, is_abstract_type(named), selected.selections, supergraph, sight)
    is_plain = below is None and values is None and not is_list(type_.of_type if is_non_null(type_) else type_)
    return FieldShape(selected.response_key, selected.key, type_, values, below, plain=is_plain)


def is_list(type_: Any) -> bool:
    return isinstance(type_, GraphQLList)


def is_non_null(type_: Any) -> bool:
    return isinstance(type_, GraphQLNonNull)
