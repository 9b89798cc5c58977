"""Causes: what became of a fetch, in the words that clients get, and which fields of an object it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from gateway.execution.failure import DOWNSTREAM_SERVICE_ERROR, Cause
from gateway.execution.targets import DataPath, JsonObject, type_of
from gateway.planning.plan import FetchStep
from gateway.services.errors import DeadlineExceeded, MalformedSourceResponse, SourceError


def keys_of(step: FetchStep, target: JsonObject) -> tuple[str, ...]:
    """Internal keys of the fields that a step fills on an object."""
    found = step.fields.get(type_of(target))
    return found if found is not None else next(iter(step.fields.values()))


def unrenamed(path: Sequence[str | int], step: FetchStep) -> DataPath:
    """A path in a subgraph's answer, by internal keys."""
    found: list[str | int] = []
    tree = step.rename
    for element in path:
        if isinstance(element, str) and tree is not None:
            found.append(tree.names.get(element, element))
            tree = tree.below.get(element)
        else:
            found.append(element)
    return tuple(found)


def cause_of(error: SourceError) -> Cause:
    """Of a fetch that gave no usable answer."""
    return Cause(error.service, error.code, error.message)


def reported(graph: str, error: JsonObject) -> Cause:
    """An error that a subgraph put into its answer. Of its extensions only code and service are passed on."""
    extensions = error.get("extensions")
    known = cast("JsonObject", extensions) if isinstance(extensions, dict) else {}
    code, service = known.get("code"), known.get("service")
    return Cause(
        service if isinstance(service, str) else graph,
        code if isinstance(code, str) else DOWNSTREAM_SERVICE_ERROR,
        str(error.get("message", "The service reported an error.")),
    )


def malformed(step: FetchStep, what: str) -> Cause:
    """Of an answer that is not what was asked for. what: `with ...`."""
    return cause_of(MalformedSourceResponse(step.graph, f"The service '{step.graph}' answered {what}."))


def too_late(graph: str) -> Cause:
    """Of a fetch that was not over when the time was."""
    message = f"The service '{graph}' had not answered when the request's time was up."
    return cause_of(DeadlineExceeded(graph, message))
