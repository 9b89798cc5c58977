"""Running operations on the real graph, and noting what its resolvers ask of each service and how they read answers.

A RecordingClient stands where the ServiceClient does, so nothing of the loaders or resolvers is replaced. What counts
is what went over the wire, not what the code seems to ask for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpx
from graphql import GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, parse, visit

from gateway.contracts.errors import ContractsError
from gateway.federation.supergraph import Supergraph
from gateway.operation.errors import RequestError
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline
from gateway.server.settings import ExampleQuery
from gateway.services.client import Parameters, ServiceClient
from gateway.services.errors import SourceError, SourceHttpError
from gateway.services.loader import Loader, close_loaders
from gateway.services.policy.options import PolicyOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.services.request import RequestContext
from gateway.services.transport import AiohttpTransport, HttpxTransport

TIMEOUT_S = 30.0
"""For an operation and for each of its calls: contracts are not about time."""


@dataclass(slots=True)
class RecordedCall:
    """One call of a resolver and its answer.

    path:        below the service's base URL, percent-encoded.
    query:       names and values as sent, decoded.
    body:        JSON that was sent; None for none.
    answer_type: what the resolver decodes a success to; Any when it takes plain JSON.
    answer:      JSON; None when the answer is no JSON.
    """

    answer_type: Any
    method: str = ""
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    status: int = 0
    media_type: str = ""
    answer: Any = None

    @property
    def name(self) -> str:
        """The request and how it went: `GET /customers?ids=c-1 answers 200`."""
        query = "&".join(f"{name}={value}" for name, value in self.query)
        body = "" if self.body is None else " " + json.dumps(self.body, sort_keys=True, ensure_ascii=False)
        return f"{self.method} {self.path}{'?' if query else ''}{query}{body} answers {self.status}"

    @property
    def asked(self) -> frozenset[str]:
        """What the request named: every value of its query, and the parts of comma-separated ones."""
        return frozenset(part for _, value in self.query for part in (value, *value.split(",")))


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded.

    calls:  by service, in-process subgraphs only; each different call once.
    unused: loaders and root fields that no operation used; their calls would be missing from the contracts.
    """

    calls: Mapping[str, Sequence[RecordedCall]]
    unused: Sequence[str]


_call: ContextVar[RecordedCall] = ContextVar("recorded_call")


class RecordingClient(ServiceClient):
    """A ServiceClient that notes its calls: those that the service answered with success or with a 4xx."""

    def __init__(self, name: str, base_url: str) -> None:
        tap = _Tap(AiohttpTransport().for_httpx(), httpx.URL(base_url).raw_path.decode().rstrip("/"))
        policy = ServicePolicy(name, PolicyOptions(timeout_s=TIMEOUT_S))
        super().__init__(name, base_url, HttpxTransport(tap), policy=policy)
        self.calls: dict[str, RecordedCall] = {}
        self.faults: list[SourceError] = []

    async def _call(
        self, method: str, path: str, context: RequestContext, params: Parameters | None, body: Any, decode_as: Any
    ) -> Any:
        call = RecordedCall(decode_as)
        _call.set(call)
        try:
            answer = await super()._call(method, path, context, params, body, decode_as)
        except SourceError as error:
            if not (isinstance(error, SourceHttpError) and 400 <= error.status < 500):
                self.faults.append(error)
                raise
            self.calls.setdefault(call.name, call)
            raise
        self.calls.setdefault(call.name, call)
        return answer


class _Tap(httpx.AsyncBaseTransport):
    """Writes what passes into the RecordedCall of the task that calls."""

    def __init__(self, inner: httpx.AsyncBaseTransport, base_path: str) -> None:
        self._inner = inner
        self._base_path = base_path

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = _call.get()
        call.method = request.method
        call.path = request.url.raw_path.decode().partition("?")[0].removeprefix(self._base_path)
        call.query = tuple(request.url.params.multi_items())
        call.body = json.loads(request.content) if request.content else None
        response = await self._inner.handle_async_request(request)
        content = await response.aread()
        call.status = response.status_code
        call.media_type = response.headers.get("content-type", "").partition(";")[0].strip()
        call.answer = _json(content)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


async def record(
    pipeline: Pipeline,
    services: Mapping[str, str],
    operations: Sequence[ExampleQuery],
    headers: Mapping[str, str] | None = None,
) -> Recording:
    """Run the operations one after the other, in their order; commands are carried out.

    services: base URL of each in-process subgraph's service. headers: sent to every service.
    Raises ContractsError with every operation that could not be run, or was not answered by all services.
    """
    clients = {name: RecordingClient(name, url) for name, url in services.items()}
    problems: list[str] = []
    used: set[type[Loader[Any, Any]]] = set()
    try:
        for operation in operations:
            deadline = asyncio.get_running_loop().time() + TIMEOUT_S
            context = RequestContext("contracts", deadline, clients, dict(headers or {}))
            problems += [
                f"{operation.title}: {problem}" for problem in await _run(pipeline, operation, context, clients)
            ]
            used |= {type(loader) for loader in context.loaders.values()}
    finally:
        await asyncio.gather(*(client.close() for client in clients.values()))
    if problems:
        raise ContractsError("\n".join(problems))
    unused = [*_unused_loaders(services, used), *_unused_roots(pipeline.supergraph, services, operations)]
    return Recording({name: list(client.calls.values()) for name, client in clients.items()}, unused)


async def _run(
    pipeline: Pipeline, operation: ExampleQuery, context: RequestContext, clients: Mapping[str, RecordingClient]
) -> list[str]:
    """What went wrong. A service's refusal (4xx) is an answer like others, if the operation provokes one."""
    for client in clients.values():
        client.faults.clear()
    refused = sum(_refusals(client) for client in clients.values())
    try:
        response = await pipeline.run(GraphQLRequest(operation.query, variables=operation.variables), context)
    except RequestError as error:
        return [each["message"] for each in error.errors]
    finally:
        await close_loaders(context)
    faults = [fault.message for client in clients.values() for fault in client.faults]
    if faults:
        return list(dict.fromkeys(faults))
    if sum(_refusals(client) for client in clients.values()) > refused:
        return []
    return list(dict.fromkeys(str(error["message"]) for error in response.errors or ()))


def _refusals(client: RecordingClient) -> int:
    return sum(call.status >= 400 for call in client.calls.values())


def _unused_loaders(services: Iterable[str], used: set[type[Loader[Any, Any]]]) -> list[str]:
    known = frozenset(services)
    return sorted(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in _subclasses(Loader)
        if getattr(kind, "service", None) in known and not any(issubclass(each, kind) for each in used)
    )


def _subclasses(kind: type[Any]) -> Generator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def _unused_roots(supergraph: Supergraph, services: Mapping[str, str], operations: Sequence[ExampleQuery]) -> list[str]:
    """Root fields of in-process subgraphs that no operation asks for: `Mutation.placeOrder`."""
    asked = _asked_fields(supergraph.api_schema, operations)
    roots = [supergraph.types[name] for name in supergraph.roots.values() if name in supergraph.types]
    return sorted(
        f"{root.name}.{name}"
        for root in roots
        for name, definition in root.fields.items()
        if definition.sources.keys() & services.keys() and (root.name, name) not in asked
    )


def _asked_fields(schema: GraphQLSchema, operations: Sequence[ExampleQuery]) -> set[tuple[str, str]]:
    """Type and field of everything that the operations select, also by way of fragments."""
    found: set[tuple[str, str]] = set()
    for operation in operations:
        types = TypeInfo(schema)
        visit(parse(operation.query), TypeInfoVisitor(types, _FieldCollector(types, found)))
    return found


class _FieldCollector(Visitor):
    def __init__(self, types: TypeInfo, found: set[tuple[str, str]]) -> None:
        super().__init__()
        self._types = types
        self._found = found

    def enter_field(self, node: Any, *_: Any) -> None:
        parent = self._types.get_parent_type()
        if parent is not None:
            self._found.add((parent.name, node.name.value))


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
