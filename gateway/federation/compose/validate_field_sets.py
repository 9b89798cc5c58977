"""Checking the field sets of @key, @requires and @provides against the subgraph's own types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode, SelectionSetNode, print_ast

from gateway.federation.compose.field_sets import FieldSetError, parse_field_set
from gateway.federation.compose.literals import literal_fault
from gateway.federation.compose.model import FieldDef, FieldSet, Kind, Subgraph, TypeDef
from gateway.federation.compose.positions import problem
from gateway.federation.compose.type_text import named
from gateway.federation.errors import Problem

Fault = tuple[str, str]
"""(end of the code, after the directive's name; message)"""


def field_set_problems(subgraph: Subgraph) -> Iterator[Problem]:
    """Every fault of every field set in the subgraph."""
    for type_def in subgraph.types.values():
        for key in type_def.keys:
            yield from _Check(subgraph, "key", type_def.name, key.fields).problems(type_def.name)
    for type_def, field in subgraph.object_fields():
        owner = f"{type_def.name}.{field.name}"
        if field.requires is not None:
            yield from _Check(subgraph, "requires", owner, field.requires).problems(type_def.name)
        if field.provides is not None and not field.external:  # which is said elsewhere
            yield from _provides_problems(subgraph, owner, field, field.provides)


def supergraph_requires_problems(supergraph: Subgraph, subgraph: Subgraph) -> Iterator[Problem]:
    """The faults that a subgraph's @requires have on the merged types: arguments are merged, and may be fewer there."""
    for type_def, field in subgraph.object_fields():
        if field.requires is not None:
            check = _Check(supergraph, "requires", f"{type_def.name}.{field.name}", field.requires)
            for found in check.problems(type_def.name):
                if found.code == "REQUIRES_INVALID_FIELDS":
                    message = (
                        f"{found.message} So it is in the supergraph, where arguments and values are those of all."
                    )
                    yield problem(subgraph.name, field.requires.place, found.code, message)


def _provides_problems(subgraph: Subgraph, owner: str, field: FieldDef, provides: FieldSet) -> Iterator[Problem]:
    target = subgraph.types.get(named(field.type))
    if target is None or not target.composite:
        message = f'"{owner}" is of type {field.type}, which has no fields to provide. Remove its @provides.'
        yield problem(subgraph.name, provides.place, "PROVIDES_ON_NON_OBJECT_FIELD", message)
        return
    yield from _Check(subgraph, "provides", owner, provides).problems(target.name)


@dataclass(frozen=True, slots=True)
class _Check:
    """One field set: the subgraph it is in, its directive, and what carries it."""

    subgraph: Subgraph
    directive: str
    owner: str
    fields: FieldSet

    def problems(self, type_name: str) -> Iterator[Problem]:
        """What is wrong with the set, selected on this type."""
        prefix = f'On "{self.owner}", @{self.directive}'
        for code_end, message in self._faults(type_name):
            code = f"{self.directive.upper()}_{code_end}"
            text = (
                f"{prefix}: {message}"
                if self.fields.text is None
                else f'{prefix}(fields: "{self.fields.text}"): {message}'
            )
            yield problem(self.subgraph.name, self.fields.place, code, text)

    def _faults(self, type_name: str) -> Iterator[Fault]:
        if self.fields.text is None:
            yield "INVALID_FIELDS_TYPE", "`fields` must be a string. Write it in quotes."
            return
        try:
            selection_set = parse_field_set(self.fields.text)
        except FieldSetError as error:
            yield "INVALID_FIELDS", f"{error}. Write field names separated by spaces."
            return
        yield from self._selection_set(type_name, selection_set, covered=False)

    def _selection_set(self, type_name: str, selection_set: SelectionSetNode, covered: bool) -> Iterator[Fault]:
        """covered: a field above is external, so that what lies below it need not be."""
        for selection in selection_set.selections:
            yield from self._directives(selection)
            if isinstance(selection, FragmentSpreadNode):
                yield "INVALID_FIELDS", f"a field set has no named fragments. Write out ...{selection.name.value}."
            elif isinstance(selection, InlineFragmentNode):
                yield from self._fragment(type_name, selection, covered)
            elif isinstance(selection, FieldNode):
                yield from self._field(type_name, selection, covered)

    def _directives(self, selection: SelectionNode) -> Iterator[Fault]:
        for directive in selection.directives or ():
            yield "DIRECTIVE_IN_FIELDS_ARG", f"directives are not allowed here. Remove {print_ast(directive)}."

    def _fragment(self, type_name: str, fragment: InlineFragmentNode, covered: bool) -> Iterator[Fault]:
        condition = fragment.type_condition.name.value if fragment.type_condition else type_name
        target = self.subgraph.types.get(condition)
        if target is None or not target.composite:
            yield "INVALID_FIELDS", f'"{condition}" is no object, interface or union of this subgraph.'
            return
        yield from self._selection_set(condition, fragment.selection_set, covered)

    def _field(self, type_name: str, node: FieldNode, covered: bool) -> Iterator[Fault]:
        if node.alias is not None:
            yield "INVALID_FIELDS", f'aliases are not supported. Remove the alias "{node.alias.value}".'
            return
        name = node.name.value
        type_def = self.subgraph.types[type_name]
        if name == "__typename":
            yield from self._external(type_name, name, covered, external=False)
            return
        field = type_def.fields.get(name)
        if field is None:
            yield "INVALID_FIELDS", f'"{type_name}" has no field "{name}" in this subgraph. Add it, {self._how()}.'
            return
        yield from self._arguments(type_def, field, node)
        yield from self._below(type_name, field, node, covered)

    def _how(self) -> str:
        return "@external if another subgraph resolves it" if self.directive == "key" else "marked @external"

    def _arguments(self, type_def: TypeDef, field: FieldDef, node: FieldNode) -> Iterator[Fault]:
        if self.directive != "requires":
            if field.arguments:
                message = (
                    f'"{type_def.name}.{field.name}" has arguments, which a @{self.directive} field cannot have.'
                    " Choose another field."
                )
                is_incomplete = any(argument.required for argument in field.arguments.values())
                yield "INVALID_FIELDS" if is_incomplete else "FIELDS_HAS_ARGS", message
            return
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name in sorted(given.keys() - field.arguments.keys()):
            yield "INVALID_FIELDS", f'"{type_def.name}.{field.name}" has no argument "{name}".'
        for name, argument in field.arguments.items():
            if name in given:
                fault = literal_fault(self.subgraph, argument.type, given[name])
                if fault is not None:
                    yield "INVALID_FIELDS", f'argument "{name}" of "{type_def.name}.{field.name}": {fault}.'
            elif argument.required:
                yield "INVALID_FIELDS", f'"{type_def.name}.{field.name}" needs its argument "{name}".'

    def _below(self, type_name: str, field: FieldDef, node: FieldNode, covered: bool) -> Iterator[Fault]:
        coordinate = f"{type_name}.{field.name}"
        target = self.subgraph.types.get(named(field.type))
        composite = target is not None and target.composite
        if target is not None and self.directive == "key" and target.kind in (Kind.INTERFACE, Kind.UNION):
            message = (
                f'"{coordinate}" is of the {target.kind.value.lower()} type "{target.name}", which a @key cannot hold.'
                " Choose a field of an object or a scalar."
            )
            yield "FIELDS_SELECT_INVALID_TYPE", message
            return
        if composite and node.selection_set is None:
            yield "INVALID_FIELDS", f'"{coordinate}" is of type {field.type}: say which of its fields, in braces.'
        elif not composite and node.selection_set is not None:
            yield "INVALID_FIELDS", f'"{coordinate}" is of type {field.type}, which has no fields.'
        elif target is not None and node.selection_set is not None:
            yield from self._selection_set(target.name, node.selection_set, covered or field.external)
        else:
            yield from self._external(type_name, field.name, covered, external=field.external)

    def _external(self, type_name: str, name: str, covered: bool, *, external: bool) -> Iterator[Fault]:
        """What @requires and @provides name is some other subgraph's: it, or a field above it, is external."""
        if self.directive != "key" and not (external or covered):
            message = (
                f'"{type_name}.{name}" is this subgraph\'s own field: it is not marked @external, or it is a key field'
                " of an extension. Leave it out, or mark it @external."
            )
            yield "FIELDS_MISSING_EXTERNAL", message
