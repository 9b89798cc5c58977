"""The OpenAPI 3.1 document of a service, made from the same declarations that check its requests.

What OpenAPI cannot say is said in words: that parameters exclude each other, that a cursor is only what a page gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from mock_services.kit.commands import KEY, KEY_PATTERN, POSITION
from mock_services.kit.operations import Operation
from mock_services.kit.params import JsonObject, Param
from mock_services.kit.problems import MEDIA_TYPE, ProblemDocument

_REFERENCE = "#/components/schemas/{name}"
_KEY: JsonObject = {
    "name": KEY,
    "in": "header",
    "required": False,
    "description": "Names the command: sent again with the same key, it is answered as before and not done again.",
    "schema": {"type": "string", "pattern": KEY_PATTERN},
}
_POSITION: JsonObject = {
    "description": "Where the feed is after this command, as `orders:1742`.",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z]+:[0-9]+$"},
}


def openapi_document(title: str, operations: Sequence[Operation]) -> JsonObject:
    """The whole document."""
    types = [ProblemDocument]
    for operation in operations:
        types += [form.answers for form in operation.forms]
        types += [operation.body] if operation.body is not None else []
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    schema_of = dict(zip(types, schemas, strict=True))
    paths: dict[str, JsonObject] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {"schemas": components, "responses": {"Problem": _problem_response(schema_of)}},
    }


def _operation(operation: Operation, schema_of: dict[Any, JsonObject]) -> JsonObject:
    document: JsonObject = {
        "operationId": operation.name.replace("{", "by_").translate(str.maketrans(" /}", "___")).strip("_").lower(),
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation, schema_of),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": schema_of[operation.body]}}
        document["requestBody"] = {"required": True, "content": content}
    return document


def _parameters(operation: Operation) -> list[JsonObject]:
    in_path = [_parameter(param, "path", True) for param in operation.path_params]
    return in_path + _query(operation) + ([] if operation.method == "GET" else [_KEY])


def _query(operation: Operation) -> list[JsonObject]:
    """Every form's parameters, once each; required when there is no other way to ask."""
    only = operation.forms[0].when if len(operation.forms) == 1 else None
    params = {param.name: param for form in operation.forms for param in form.params}
    return [_parameter(param, "query", param.name == only) for param in params.values()]


def _parameter(param: Param, place: str, required: bool) -> JsonObject:
    document: JsonObject = {
        "name": param.name,
        "in": place,
        "required": required,
        "description": param.description,
        "schema": param.schema,
    }
    if param.schema["type"] == "array":
        document |= {"style": "form", "explode": False}
    return document


def _responses(operation: Operation, schema_of: dict[Any, JsonObject]) -> JsonObject:
    answers = [schema_of[form.answers] for form in operation.forms]
    success: JsonObject = {
        "description": "As asked for.",
        "content": {"application/json": {"schema": answers[0] if len(answers) == 1 else {"anyOf": answers}}},
    }
    headers: JsonObject = {} if operation.method == "GET" else {POSITION: _POSITION}
    if operation.location is not None:
        headers["Location"] = {"required": True, "schema": {"type": "string"}}
    if headers:
        success["headers"] = headers
    problems = dict(operation.problems)
    problems[422] = "; ".join(filter(None, [problems.get(422), "a parameter or the body is not as documented"]))
    if operation.body is not None:
        problems |= {400: "the body is not JSON", 413: "the body is too large", 415: "the body is of another type"}
    responses: JsonObject = {str(operation.status): success}
    for status, when in sorted(problems.items()):
        responses[str(status)] = _problem(f"{HTTPStatus(status).phrase}: {when}.", schema_of)
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    return responses


def _problem(description: str, schema_of: dict[Any, JsonObject]) -> JsonObject:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema_of[ProblemDocument]}}}


def _problem_response(schema_of: dict[Any, JsonObject]) -> JsonObject:
    return _problem("The service failed, or chaos was asked for.", schema_of)
