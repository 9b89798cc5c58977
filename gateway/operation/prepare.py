"""text -> Operation: parse, bound, validate, pick the operation. Pure; the result is cached by text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    VariableNode,
    Visitor,
    specified_rules,
    validate,
    visit,
)

from gateway.federation.selection import InternalKeys
from gateway.federation.supergraph import Supergraph
from gateway.operation.discretion import strings_in, without_strings
from gateway.operation.errors import (
    GRAPHQL_VALIDATION_FAILED,
    OPERATION_RESOLUTION_FAILURE,
    SUBSCRIPTION_NOT_SUPPORTED,
    RequestError,
)
from gateway.operation.limits import Limits, check_limits, parse_within
from gateway.operation.operation import Operation, OperationKind
from gateway.operation.overlaps import find_conflicts

_MAX_VALIDATION_ERRORS = 20
# Every rule of the specification but the one that takes quadratic time: see gateway.operation.overlaps.
_RULES = tuple(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule)


def prepare_operation(
    text: str, name: str | None, supergraph: Supergraph, limits: Limits, *, introspection: bool = True
) -> Operation:
    """The operation that `name` picks from the document; without a name, its only one.

    introspection: False refuses `__schema` and `__type`, and keeps names of the schema out of error messages.

    Raises RequestError with every error that was found.
    """
    document = parse_within(text, limits)
    definition = _pick(document, name)
    _raise_if_any(check_limits(document, definition.name.value if definition.name else None, limits))
    _validate(document, supergraph, introspection)
    fragments = _spread_fragments(definition, document)
    conflicts = find_conflicts(definition, fragments, supergraph.api_schema)
    _raise_if_any([_as_json(error) for error in conflicts[:_MAX_VALIDATION_ERRORS]])
    kind: OperationKind = definition.operation.value
    if kind == "subscription":
        raise RequestError.single(SUBSCRIPTION_NOT_SUPPORTED, "Subscriptions are not supported.")
    return Operation(
        text=text,
        name=name,
        kind=kind,
        root_type=supergraph.roots[kind],
        definition=definition,
        fragments=fragments,
        condition_variables=_condition_variables(definition, fragments),
        keys=InternalKeys(supergraph.field_names, supergraph.requirement_keys),
    )


def _pick(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        operations = [node for node in operations if node.name and node.name.value == name]
    if len(operations) == 1:
        return operations[0]
    if name is not None:
        count = "no operation" if not operations else "more than one operation"
        message = f"The document holds {count} named '{name}'."
    elif operations:
        message = "The document holds several operations; 'operationName' must say which one to run."
    else:
        message = "The document holds no operation."
    raise RequestError.single(OPERATION_RESOLUTION_FAILURE, message)


def _validate(document: DocumentNode, supergraph: Supergraph, introspection: bool) -> None:
    errors = validate(
        supergraph.api_schema,
        document,
        _RULES,
        max_errors=_MAX_VALIDATION_ERRORS,
        hide_suggestions=not introspection,
    )
    found = [_as_json(error) for error in errors]
    if not introspection:
        found += [_as_json(error) for error in _introspection_uses(document)]
    if found:
        strings = strings_in(document)
        found = [{**error, "message": without_strings(error["message"], strings)} for error in found]
    _raise_if_any(found)


def _introspection_uses(document: DocumentNode) -> Iterable[GraphQLError]:
    found: list[GraphQLError] = []

    class Finder(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            if node.name.value in ("__schema", "__type"):
                found.append(GraphQLError("Introspection is switched off on this server.", node))

    visit(document, Finder())
    return found


def _as_json(error: GraphQLError) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": GRAPHQL_VALIDATION_FAILED}}


def _raise_if_any(errors: list[dict[str, Any]]) -> None:
    if errors:
        raise RequestError(errors)


def _spread_fragments(definition: OperationDefinitionNode, document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments that the operation spreads, itself or through others."""
    known = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    found: dict[str, FragmentDefinitionNode] = {}
    waiting: list[OperationDefinitionNode | FragmentDefinitionNode] = [definition]

    class Finder(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            name = node.name.value
            if name not in found:
                found[name] = known[name]
                waiting.append(known[name])

    while waiting:
        visit(waiting.pop(), Finder())
    return found


def _condition_variables(
    definition: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    found: set[str] = set()

    class Finder(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            if node.name.value in ("skip", "include"):
                found.update(
                    argument.value.name.value
                    for argument in node.arguments or ()
                    if isinstance(argument.value, VariableNode)
                )

    for node in (definition, *fragments.values()):
        visit(node, Finder())
    return tuple(sorted(found))


def is_included(directives: Iterable[DirectiveNode] | None, conditions: dict[str, bool]) -> bool:
    """Whether @skip and @include leave a selection in. conditions: values of the condition variables."""
    for directive in directives or ():
        name = directive.name.value
        if name not in ("skip", "include"):
            continue
        value = next(iter(directive.arguments or ())).value
        if isinstance(value, BooleanValueNode):
            on = value.value
        else:
            assert isinstance(value, VariableNode)
            on = conditions[value.name.value]
        if on == (name == "skip"):
            return False
    return True
