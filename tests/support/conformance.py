"""Is an answer one that the API schema allows for this operation? Checked without knowing the right values.

Every selected key is there, in the order of the selection, and nothing else; lists are lists, leaf values serialise,
enum values are visible ones, and null stands only where the schema allows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
    value_from_ast_untyped,
)

TYPENAME = "__typename"


class Conformance:
    """Checks answers to one operation. variables: the client's, completed with the operation's defaults."""

    def __init__(
        self, schema: GraphQLSchema, query: str, variables: Mapping[str, Any], name: str | None = None
    ) -> None:
        document = parse(query)
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        self._schema = schema
        self._operation = next(o for o in operations if name is None or (o.name and o.name.value == name))
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        defaults = {
            v.variable.name.value: value_from_ast_untyped(v.default_value)
            for v in self._operation.variable_definitions or ()
            if v.default_value
        }
        self._variables = {**defaults, **variables}

    def problems(self, data: Any) -> list[str]:
        """What is wrong with the answer's data; empty when nothing is."""
        if data is None:
            return []
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        return self._object(data, root, [self._operation.selection_set], "")

    def response_keys(self, path: tuple[str | int, ...]) -> bool:
        """Whether a path of an error follows the operation's response keys."""
        keys = {node.alias.value if node.alias else node.name.value for node in self._all_fields()}
        return all(isinstance(part, int) or part in keys for part in path)

    def _all_fields(self) -> list[FieldNode]:
        found: list[FieldNode] = []
        work: list[Any] = [self._operation.selection_set, *(f.selection_set for f in self._fragments.values())]
        while work:
            for node in work.pop().selections:
                if isinstance(node, FieldNode):
                    found.append(node)
                if getattr(node, "selection_set", None):
                    work.append(node.selection_set)
        return found

    def _object(
        self, value: Any, parent: GraphQLObjectType, selections: list[SelectionSetNode], path: str
    ) -> list[str]:
        if not isinstance(value, dict):
            return [f"{path}: {value!r} is not an object"]
        fields: dict[str, list[FieldNode]] = {}
        for selection in selections:
            self._collect(selection, parent, fields)
        if list(value) != list(fields):
            return [f"{path}: has {list(value)}, selected are {list(fields)} of {parent.name}"]
        found: list[str] = []
        for key, nodes in fields.items():
            found += self._field(value[key], parent, nodes, f"{path}/{key}")
        return found

    def _field(self, value: Any, parent: GraphQLObjectType, nodes: list[FieldNode], path: str) -> list[str]:
        name = nodes[0].name.value
        if name == TYPENAME:
            return [] if value == parent.name else [f"{path}: {value!r} is not {parent.name}"]
        if name.startswith("__"):
            return [] if value is None or isinstance(value, dict) else [f"{path}: {value!r}"]
        below = [n.selection_set for n in nodes if n.selection_set]
        return self._value(value, parent.fields[name].type, below, path)

    def _value(self, value: Any, declared: Any, below: list[SelectionSetNode], path: str) -> list[str]:
        if is_non_null_type(declared):
            return (
                [f"{path}: null in {declared}"] if value is None else self._value(value, declared.of_type, below, path)
            )
        if value is None:
            return []
        if is_list_type(declared):
            if not isinstance(value, list):
                return [f"{path}: {value!r} is not a list"]
            items = enumerate(value)
            return [p for i, item in items for p in self._value(item, declared.of_type, below, f"{path}/{i}")]
        if is_leaf_type(declared):
            return self._leaf(value, declared, path)
        if is_abstract_type(declared):
            return self._abstract(value, declared, below, path)
        return self._object(value, declared, below, path)

    def _leaf(self, value: Any, declared: Any, path: str) -> list[str]:
        try:
            allowed = value in declared.values if hasattr(declared, "values") else declared.serialize(value) == value
        except GraphQLError as error:
            return [f"{path}: {error.message}"]
        return [] if allowed else [f"{path}: {value!r} is no {declared}"]

    def _abstract(self, value: Any, declared: Any, below: list[SelectionSetNode], path: str) -> list[str]:
        best: list[str] | None = None
        for concrete in self._schema.get_possible_types(declared):
            problems = self._object(value, concrete, below, path)
            if not problems:
                return []
            if best is None or len(problems) < len(best):
                best = problems
        return best or [f"{path}: {declared} has no types"]

    def _collect(
        self, selection: SelectionSetNode, parent: GraphQLObjectType, into: dict[str, list[FieldNode]]
    ) -> None:
        for node in selection.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                into.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, parent):
                    self._collect(fragment.selection_set, parent, into)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else parent.name
                if self._applies(condition, parent):
                    self._collect(node.selection_set, parent, into)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        above: Any = self._schema.type_map[condition]
        return above is parent or (is_abstract_type(above) and self._schema.is_sub_type(above, parent))

    def _included(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                wanted = value_from_ast_untyped(directive.arguments[0].value, self._variables)
                if bool(wanted) == (directive.name.value == "skip"):
                    return False
        return True
