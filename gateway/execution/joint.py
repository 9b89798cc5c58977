"""Joint fetches: steps that ask one subgraph at the same time do so in one request.

A request is most of what a small fetch costs, to both sides. The plan says which steps are meant to share one
(gateway.planning.passes.requests), and those wait a moment for each other (gateway.execution.waiting). What is joined
in the end is decided when steps can start: all that are ready for one subgraph at that moment.

Each step gets its own part of the answer, as if it had asked alone. When the answer is of no use to any (a part that
failed as a whole leaves no data at all, and a server may allow fewer fields, or only documents that it knows), each
asks alone: what is wrong with one step costs no other's fields.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from gateway.planning.joining import join_documents
from gateway.planning.plan import EntitiesText
from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import JsonObject, Subgraph, SubgraphRequest, SubgraphResponse


@dataclass(frozen=True, slots=True)
class JoinOptions:
    """graphs:   subgraphs that take joint requests.
    window_s: how long a step that could start waits at most for those that share its request by the plan; 0 for not.
    """

    graphs: frozenset[str] = frozenset()
    window_s: float = 0.0


Outcome = SubgraphResponse | BaseException
"""Of one step: what it was answered, or what its fetch raised."""


@dataclass(frozen=True, slots=True)
class Part:
    """One step's share. request: as it would ask alone. text: of its document."""

    request: SubgraphRequest
    text: EntitiesText
    representations_as: str


async def fetch_joint(parts: Sequence[Part], subgraph: Subgraph, context: RequestContext) -> Sequence[Outcome]:
    """The answer to each part. Raises as `Subgraph.fetch`, about all of them."""
    document = join_documents(tuple(part.text for part in parts))
    variables: JsonObject = {}
    for number, part in enumerate(parts):
        given = dict(part.request.variables)
        variables[document.names[number]] = given.pop(part.representations_as)
        variables.update(given)
    entities = sum(part.request.entities for part in parts)
    response = await subgraph.fetch(SubgraphRequest(document.text, variables, entities), context)
    if response.data is None:
        alone = (subgraph.fetch(part.request, context) for part in parts)
        return await asyncio.gather(*alone, return_exceptions=True)
    return _split(response.data, response.errors, len(parts))


def _split(data: Mapping[str, Any], errors: Sequence[JsonObject], count: int) -> list[SubgraphResponse]:
    """An error that is about no part is told once, with the first."""
    told: list[list[JsonObject]] = [[] for _ in range(count)]
    for error in errors:
        path = error.get("path")
        alias, *rest = cast("list[Any]", path) if isinstance(path, list) and path else [None]
        number = _number(alias, count)
        if number is None:
            told[0].append(error)
        else:
            told[number].append({**error, "path": ["_entities", *rest]})
    return [SubgraphResponse({"_entities": data.get(f"_{number}")}, told[number]) for number in range(count)]


def _number(alias: object, count: int) -> int | None:
    """Of the part with this alias."""
    if not isinstance(alias, str) or not alias.removeprefix("_").isdecimal():
        return None
    number = int(alias.removeprefix("_"))
    return number if number < count and alias == f"_{number}" else None
