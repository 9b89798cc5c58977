"""The shortest way from a query and the gateway's data to an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.execution.failure import Cause, Failure
from gateway.federation.supergraph import Supergraph
from gateway.operation.specialise import specialise
from gateway.response.response import GraphQLResponse
from gateway.response.shape import ObjectShape, build_shape
from gateway.response.shape_response import shape_response
from tests.unit.supergraphs import operation


def shape_of(text: str, supergraph: Supergraph, conditions: Mapping[str, bool] | None = None) -> ObjectShape:
    prepared = operation(text, supergraph)
    return build_shape(prepared.root_type, specialise(prepared, dict(conditions or {})), supergraph)


def shaped(
    text: str,
    data: dict[str, Any],
    supergraph: Supergraph,
    *failures: Failure,
    introspected: dict[str, Any] | None = None,
    conditions: Mapping[str, bool] | None = None,
) -> GraphQLResponse:
    return shape_response(shape_of(text, supergraph, conditions), data, failures, introspected)


def failure(*paths: Sequence[str | int], service: str = "b", code: str = "FAILED", message: str = "no") -> Failure:
    return Failure(Cause(service, code, message), [tuple(path) for path in paths])


def errors(response: GraphQLResponse) -> list[tuple[str, str]]:
    """(path with dots, code) of each error, in order."""
    return [(".".join(map(str, error.get("path", ()))), error["extensions"]["code"]) for error in response.errors]
