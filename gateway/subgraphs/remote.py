"""RemoteSubgraph: a GraphQL service reached over HTTP, by POST.

What counts as its answer. A 2xx answer must be a well-formed GraphQL response, else it is malformed. Outside 2xx the
media type is a poor witness: servers send `application/json` with a 400 or a 500 for their own GraphQL errors, and
proxies label their pages as they like. So the body decides. If it is a well-formed GraphQL response that says something
(`data` is an object, or `errors` is not empty), the subgraph itself has spoken and its errors are answered;
otherwise it is a SourceHttpError. Redirects are never followed and never an answer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import msgspec
from cachetools import LRUCache
from msgspec import UNSET, UnsetType

from gateway.services.call import outgoing_headers
from gateway.services.client import MAX_RESPONSE_BYTES, decode_json
from gateway.services.errors import MalformedSourceResponse, SourceHttpError
from gateway.services.policy.policy import ServicePolicy
from gateway.services.policy.retry import read_retry_after_s
from gateway.services.request import RequestContext
from gateway.services.transport import Transport, TransportResponse
from gateway.subgraphs.reported import errors_for_clients
from gateway.subgraphs.subgraph import JsonObject, SubgraphRequest, SubgraphResponse

_CACHED_DOCUMENTS = 2048
_READS = ("{", "query")
"""How a document of the planner begins that changes nothing. Whatever begins otherwise is not sent twice."""

_HEADERS = {
    "content-type": "application/json",
    "accept": "application/graphql-response+json, application/json;q=0.9",
    "user-agent": "braid-gateway",
}


class _Answer(msgspec.Struct):
    data: JsonObject | UnsetType | None = UNSET
    errors: list[JsonObject] | None = None


class RemoteSubgraph:
    """One remote GraphQL service.

    url:       where operations are posted to; never part of an error.
    transport: the subgraph owns it and closes it.
    policy:    of this service; None for the defaults.
    max_response_bytes: of the decoded body.
    shown_errors: codes of its errors that clients get as the service wrote them; see `errors_for_clients`.
    """

    def __init__(
        self,
        name: str,
        url: str,
        transport: Transport,
        *,
        policy: ServicePolicy | None = None,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        shown_errors: Collection[str] = (),
    ) -> None:
        self._name = name
        self._url = url
        self._transport = transport
        self.policy = policy or ServicePolicy(name)
        self._max_response_bytes = max_response_bytes
        self._shown_errors = shown_errors
        self._heads: LRUCache[str, bytes] = LRUCache(_CACHED_DOCUMENTS)

    @property
    def name(self) -> str:
        return self._name

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        """See Subgraph.fetch. Raises SourceTimeout, DeadlineExceeded, SourceUnreachable, SourceHttpError,
        SourceResponseTooLarge, MalformedSourceResponse, ServiceBusy, CircuitOpen. A mutation is sent once."""
        body = b"%b%b}" % (self._head(request.document), msgspec.json.encode(dict(request.variables)))

        async def attempt(left_s: float) -> SubgraphResponse:
            headers = outgoing_headers(context, left_s) | _HEADERS
            return self._read(await self._transport.send("POST", self._url, headers, body, self._max_response_bytes))

        return await self.policy.call(attempt, context, repeatable=request.document.startswith(_READS))

    async def subgraph_sdl(self, context: RequestContext) -> str:
        """The subgraph's own schema, as it tells composers. Raises as `fetch`, also when it does not tell."""
        response = await self.fetch(SubgraphRequest("{_service{sdl}}", {}), context)
        service = (response.data or {}).get("_service")
        sdl = cast("dict[str, Any]", service).get("sdl") if isinstance(service, dict) else None
        if not isinstance(sdl, str):
            raise MalformedSourceResponse(
                self._name, f"Service '{self._name}' does not tell its schema: no _service.sdl."
            )
        return sdl

    async def close(self) -> None:
        await self._transport.close()

    def _head(self, document: str) -> bytes:
        """The constant part of the body. A plan's document comes again and again and is escaped once."""
        head = self._heads.get(document)
        if head is None:
            head = self._heads[document] = b'{"query":%b,"variables":' % msgspec.json.encode(document)
        return head

    def _read(self, answer: TransportResponse) -> SubgraphResponse:
        if 200 <= answer.status < 300:
            return self._response(answer.body)
        if answer.status >= 400:
            try:
                response = self._response(answer.body)
            except MalformedSourceResponse:
                pass  # Not the subgraph's own words, then: the status says more than the body.
            else:
                if response.data is not None or response.errors:
                    return response
        message = f"Service '{self._name}' answered with HTTP status {answer.status}."
        raise SourceHttpError(self._name, message, answer.status, read_retry_after_s(answer.headers))

    def _response(self, body: bytes) -> SubgraphResponse:
        answer = decode_json(self._name, body, _Answer)
        errors = answer.errors or ()
        if answer.data is UNSET and not errors:
            raise MalformedSourceResponse(self._name, f"Service '{self._name}' answered neither data nor errors.")
        data = None if answer.data is UNSET else answer.data
        return SubgraphResponse(data, errors_for_clients(self._name, errors, self._shown_errors))
