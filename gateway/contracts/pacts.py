"""Writing contracts as Pact files, by pact-python.

Before a file is written, pact's own mock of the service stands in for it: it answers each call as the contract
says, and the answer must be decoded as the resolvers decode it. So a contract that a service keeps is enough for them.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway.contracts.errors import ContractsError
from gateway.contracts.recording import TIMEOUT_S, RecordedCall
from gateway.contracts.shapes import Shape, shape_of
from gateway.services.client import ServiceClient
from gateway.services.errors import SourceError, SourceHttpError
from gateway.services.policy.options import PolicyOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.services.request import RequestContext
from gateway.services.transport import AiohttpTransport

if TYPE_CHECKING:
    from pact import Pact

INSTALL = "Contracts need pact-python; install it with: pip install 'braid-gateway[contracts]'"


def require_pact() -> None:
    """Raise ContractsError when pact-python is not installed. Once it is imported, it sends nothing to its makers."""
    os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
    if find_spec("pact") is None:
        raise ContractsError(INSTALL)


def write_pact(consumer: str, service: str, calls: Sequence[RecordedCall], folder: Path) -> Path:
    """Write the contract of one service, in place of an older one; its path.

    Raises ContractsError when an answer that fits the contract would not do for the resolvers.
    """
    require_pact()
    from pact import Pact

    pact = Pact(consumer, service).with_specification("V4")
    for call in calls:
        _add(pact, call, contract_shape(call))
    with pact.serve("127.0.0.1", raises=False, verbose=False) as mock:
        problems = asyncio.run(_replay(service, str(mock.url), calls))
    if problems:
        raise ContractsError("\n".join(problems))
    folder.mkdir(parents=True, exist_ok=True)
    pact.write_file(folder, overwrite=True)
    return folder / f"{consumer}-{service}.json"


def contract_shape(call: RecordedCall) -> Shape:
    """What the contract demands of the call's answer."""
    if call.status < 400:
        return shape_of(call.answer_type, call.answer, call.asked)
    problem: Any = call.answer if call.media_type == "application/problem+json" else None
    if not isinstance(problem, dict) or not {"code", "detail"} <= problem.keys():
        return Shape(None, {})
    # Clients get the code, so it must stay; the detail is for people.
    rules = {"$.detail": {"combine": "AND", "matchers": [{"match": "type"}]}}
    return Shape({"code": problem["code"], "detail": "text"}, rules)


def untested(calls: Sequence[RecordedCall]) -> list[str]:
    """Members that no recorded answer had, so that nothing holds what is inside them: `GET /orders: $.missing`."""
    found: dict[tuple[str, str], bool] = {}
    for call in calls:
        shape = contract_shape(call)
        for path in shape.rules:
            place = f"{call.method} {call.path}", re.sub(r"\['[^']*'\]", "[*]", path)
            found[place] = found.get(place, True) and path in shape.untested
    return [f"{request}: {path}" for (request, path), empty in found.items() if empty]


def _add(pact: Pact, call: RecordedCall, shape: Shape) -> None:
    interaction = pact.upon_receiving(call.name).with_request(call.method, call.path)
    interaction.with_query_parameters(call.query)
    if call.body is not None:
        interaction.with_body(json.dumps(call.body), "application/json", "Request")
    interaction.will_respond_with(call.status)
    if shape.example is not None:
        interaction.with_body(json.dumps(shape.example), call.media_type or "application/json", "Response")
    if shape.rules:
        interaction.with_matching_rules({"body": shape.rules}, "Response")


async def _replay(service: str, url: str, calls: Sequence[RecordedCall]) -> list[str]:
    """What of the contract's own answers the resolvers could not use."""
    policy = ServicePolicy(service, PolicyOptions(timeout_s=TIMEOUT_S))
    client = ServiceClient(service, url, AiohttpTransport(), policy=policy)
    context = RequestContext("contracts", asyncio.get_running_loop().time() + TIMEOUT_S)
    problems: list[str] = []
    try:
        for call in calls:
            problem = await _repeat(client, call, context)
            if problem is not None:
                problems.append(f"{call.name}: the contract's own answer cannot be used: {problem}")
    finally:
        await client.close()
    return problems


async def _repeat(client: ServiceClient, call: RecordedCall, context: RequestContext) -> str | None:
    query: Mapping[str, str] = dict(call.query)
    decode_as = call.answer_type if contract_shape(call).decodes else Any
    try:
        if call.method == "GET":
            await client.get_json(call.path, params=query, context=context, decode_as=decode_as)
        else:
            path = call.path + ("?" + "&".join(f"{quote(n)}={quote(v)}" for n, v in call.query) if query else "")
            await client.command(call.method, path, call.body, context=context, decode_as=decode_as)
    except SourceHttpError as error:
        return None if error.status == call.status else error.message
    except SourceError as error:
        return error.message
    return None
