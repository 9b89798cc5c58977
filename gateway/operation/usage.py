"""What an operation uses of a schema, as coordinates: by these it is told whether a change concerns it.

Coordinates are `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`, `@directive`, and the names of types
that are selected on, returned or sent. A variable's parts are used as far as its recorded value has them; without a
value all of its type's are, since any could be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    print_ast,
    visit,
)


def used_coordinates(
    document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, Any] | None = None
) -> frozenset[str]:
    """What a valid document uses: one operation with the fragments that it spreads.

    variables: as they were sent; None when they are not known.
    """
    types = TypeInfo(schema)
    collector = _Collector(types, schema, variables)
    visit(document, TypeInfoVisitor(types, collector))
    return frozenset(collector.found)


class _Collector(Visitor):
    def __init__(self, types: TypeInfo, schema: GraphQLSchema, variables: Mapping[str, Any] | None) -> None:
        super().__init__()
        self._types: Any = types  # its types are generic in what the library leaves open
        self._schema = schema
        self._variables = variables
        self.found: set[str] = set()

    def enter_operation_definition(self, *_: Any) -> None:
        if (type_ := self._types.get_type()) is not None:
            self.found.add(str(type_))

    def enter_inline_fragment(self, *_: Any) -> None:
        self._note(self._types.get_type())

    enter_fragment_definition = enter_inline_fragment

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        if parent is not None and not node.name.value.startswith("__"):
            self.found |= {parent.name, f"{parent.name}.{node.name.value}"}
        self._note(self._types.get_type())

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        parent, field = self._types.get_parent_type(), self._types.get_field_def()
        directive = self._types.get_directive()
        if directive is not None:
            self.found.add(f"@{directive.name}({node.name.value}:)")
        elif parent is not None and field is not None:
            name = next((name for name, each in self._fields(parent).items() if each is field), "")
            self.found.add(f"{parent.name}.{name}({node.name.value}:)")
        self._note(self._types.get_input_type())

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.found.add(f"@{node.name.value}")

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        parent = self._types.get_parent_input_type()
        if parent is not None:
            self.found.add(f"{_named(parent)}.{node.name.value}")
        self._note(self._types.get_input_type())

    def enter_enum_value(self, node: EnumValueNode, *_: Any) -> None:
        type_ = self._types.get_input_type()
        if type_ is not None:
            self.found.add(f"{_named(type_)}.{node.value}")

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        named, name = self._schema.get_type(_named(print_ast(node.type))), node.variable.name.value
        if named is None:
            return
        if self._variables is None:
            self.found |= set(_everything(named, self._schema, set()))
        else:
            self.found.add(named.name)
            if name in self._variables:
                self.found |= set(_of_value(named, self._schema, self._variables[name]))

    def _note(self, type_: object) -> None:
        if type_ is not None:
            self.found.add(_named(type_))

    def _fields(self, parent: object) -> Mapping[str, object]:
        return cast("Mapping[str, object]", getattr(parent, "fields", {}))


def _named(type_: object) -> str:
    """The name inside all lists and non-nulls."""
    return str(type_).strip("[]!")


def _parts(type_: GraphQLInputObjectType, schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLNamedType]]:
    """The fields of an input object by name, each with the type inside its own."""
    for name, field in cast("Any", type_).fields.items():
        below = schema.get_type(_named(field.type))
        if below is not None:
            yield name, below


def _everything(type_: GraphQLNamedType, schema: GraphQLSchema, seen: set[str]) -> Iterator[str]:
    """All that a value of this input type could hold."""
    if type_.name in seen:
        return
    seen.add(type_.name)
    yield type_.name
    if isinstance(type_, GraphQLEnumType):
        yield from (f"{type_.name}.{value}" for value in type_.values)
    elif isinstance(type_, GraphQLInputObjectType):
        for name, below in _parts(type_, schema):
            yield f"{type_.name}.{name}"
            yield from _everything(below, schema, seen)


def _of_value(type_: GraphQLNamedType, schema: GraphQLSchema, value: object) -> Iterator[str]:
    """All that this value of an input type holds."""
    yield type_.name
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _of_value(type_, schema, each)
    elif isinstance(type_, GraphQLEnumType) and isinstance(value, str):
        yield f"{type_.name}.{value}"
    elif isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
        sent = cast("dict[str, object]", value)
        for name, below in _parts(type_, schema):
            if name in sent:
                yield f"{type_.name}.{name}"
                yield from _of_value(below, schema, sent[name])


def operation_name(node: OperationDefinitionNode) -> str:
    """What an operation is called, `query` and so on when it has no name."""
    return node.name.value if node.name is not None else node.operation.value
