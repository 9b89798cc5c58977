"""Variables: what the client sent -> JSON values that satisfy the API schema. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLSchema, get_variable_values

from gateway.operation.discretion import variable_message
from gateway.operation.errors import BAD_USER_INPUT, RequestError
from gateway.operation.operation import Operation

_MAX_ERRORS = 20


def coerce_variables(operation: Operation, given: Mapping[str, Any], schema: GraphQLSchema) -> dict[str, Any]:
    """Values by variable name: those given, coerced, and the defaults of the others. Unknown names are dropped.

    Raises RequestError (BAD_USER_INPUT) with every error that was found.
    """
    definitions = operation.definition.variable_definitions
    if not definitions:
        return {}
    values = get_variable_values(schema, definitions, dict(given), max_errors=_MAX_ERRORS)
    if isinstance(values, list):
        told = [{**error.formatted, "message": variable_message(error, operation.definition)} for error in values]
        raise RequestError([{**error, "extensions": {"code": BAD_USER_INPUT}} for error in told])
    return values.coerced


def condition_values(operation: Operation, variables: Mapping[str, Any]) -> dict[str, bool]:
    """The values on which the plan depends.

    Raises RequestError (BAD_USER_INPUT) for a null, which a variable with a default can have in spite of validation.
    """
    values = {name: variables.get(name) for name in operation.condition_variables}
    for name, value in values.items():
        if value is None:
            raise RequestError.single(BAD_USER_INPUT, f"'${name}' decides @skip or @include and must not be null.")
    return {name: bool(value) for name, value in values.items()}
