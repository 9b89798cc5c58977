"""ServiceClient: JSON over HTTP to one upstream service.

Inside it is an httpx.AsyncClient over our transport: what is known of httpx (auth, event hooks, respx, MockTransport)
works here too. What every call adds is one byte limit and what its service's policy puts around it: one total time
limit, bounded concurrency, retries of reads, a breaker, and one translation of errors.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar, cast, overload

import httpx
import msgspec

from gateway.services.body import BodyReading
from gateway.services.call import outgoing_headers
from gateway.services.errors import MalformedSourceResponse, SourceHttpError
from gateway.services.loader import forget_loaded
from gateway.services.policy.policy import ServicePolicy
from gateway.services.policy.retry import read_retry_after_s
from gateway.services.request import RequestContext
from gateway.services.transport import Transport, read_httpx

# At INFO, httpx logs every call with its whole URL; addresses and ids of the services stay out of logs.
logging.getLogger("httpx").setLevel(logging.WARNING)

T = TypeVar("T")

IDEMPOTENCY_KEY = "idempotency-key"
MAX_RESPONSE_BYTES = 8 * 1024 * 1024

Parameters = Mapping[str, str | int | bool | None]


class SourceProblem(SourceHttpError):
    """A 4xx with a problem document (RFC 9457): `problem` and `detail` are its `code` and `detail`.

    The message says only what any SourceHttpError says: whether the client is at fault, the caller knows.
    """

    def __init__(self, service: str, message: str, status: int, problem: str, detail: str) -> None:
        super().__init__(service, message, status)
        self.problem = problem
        self.detail = detail


class SourceRefused(SourceHttpError):
    """The service understood what the client wanted and said no. The message is its own, meant for the client."""

    def __init__(self, problem: SourceProblem, code: str) -> None:
        super().__init__(problem.service, problem.detail, problem.status)
        self.code = code


class _Problem(msgspec.Struct):
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Command:
    """body: anything msgspec encodes; None for no body."""

    body: Any
    key: str | None


class ServiceClient:
    """Calls one service. Made once; shared by all requests.

    name:      the service's configured name. It appears in errors; the address never does.
    base_url:  absolute; paths are appended to it.
    transport: the client owns it and closes it.
    policy:    of this service; None for the defaults.
    max_response_bytes: of the decoded body.

    Calls raise SourceTimeout, DeadlineExceeded, SourceUnreachable, SourceHttpError (`status` tells a 404 from a 500),
    SourceProblem, SourceResponseTooLarge, MalformedSourceResponse, ServiceBusy, CircuitOpen. A redirect is not
    followed: it is a SourceHttpError.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        transport: Transport,
        *,
        policy: ServicePolicy | None = None,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
    ) -> None:
        self.name = name
        self.policy = policy or ServicePolicy(name)
        self.max_response_bytes = max_response_bytes
        self._transport = transport
        self._reading = BodyReading()
        self._http = httpx.AsyncClient(
            transport=transport.for_httpx(),
            base_url=base_url,
            headers={"accept": "application/json", "user-agent": "braid-gateway"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            timeout=None,
        )

    @overload
    async def get_json(self, path: str, *, context: RequestContext, params: Parameters | None = None) -> Any: ...
    @overload
    async def get_json(
        self, path: str, *, context: RequestContext, params: Parameters | None = None, decode_as: type[T]
    ) -> T: ...
    async def get_json(
        self, path: str, *, context: RequestContext, params: Parameters | None = None, decode_as: Any = Any
    ) -> Any:
        """GET `path` (starts with "/"; variable parts percent-encoded) and decode the answer. It may be sent again.

        params:    None values are left out, booleans are written true and false.
        decode_as: a type for msgspec, taken strictly; Any gives plain dicts and lists.
        """
        return await self._call("GET", path, context, params, None, decode_as)

    @overload
    async def post_json(self, path: str, body: Any, *, context: RequestContext, key: str | None = None) -> Any: ...
    @overload
    async def post_json(
        self, path: str, body: Any, *, context: RequestContext, key: str | None = None, decode_as: type[T]
    ) -> T: ...
    async def post_json(
        self, path: str, body: Any, *, context: RequestContext, key: str | None = None, decode_as: Any = Any
    ) -> Any:
        """POST `body` (anything msgspec encodes; None for an empty body). It is taken for a command: see `command`.

        key: goes out as Idempotency-Key; whoever gave the command may give it again under the same one.
        """
        return await self.command("POST", path, _Command(body, key), context=context, decode_as=decode_as)

    @overload
    async def command(self, method: str, path: str, body: Any, *, context: RequestContext) -> Any: ...
    @overload
    async def command(self, method: str, path: str, body: Any, *, context: RequestContext, decode_as: type[T]) -> T: ...
    async def command(self, method: str, path: str, body: Any, *, context: RequestContext, decode_as: Any = Any) -> Any:
        """A call that changes something: sent once. Whatever comes of it, the request's loaders forget what they have.

        A 4xx with a problem document is the answer to whoever gave the command: SourceRefused, with the service's code.
        """
        command = body if isinstance(body, _Command) else _Command(body, None)
        try:
            return await self._call(method, path, context, None, command, decode_as)
        except SourceProblem as problem:
            raise SourceRefused(problem, problem.problem) from problem
        finally:
            forget_loaded(context)

    async def close(self) -> None:
        await self._http.aclose()
        await self._transport.close()

    async def _call(
        self, method: str, path: str, context: RequestContext, params: Parameters | None, body: Any, decode_as: Any
    ) -> Any:
        """body: a _Command; None for a call that changes nothing."""
        if not path.startswith("/"):
            raise ValueError(f"path {path!r} must start with '/': it would name another host")
        content = None if body is None or body.body is None else msgspec.json.encode(body.body)
        query = None if params is None else {name: value for name, value in params.items() if value is not None}

        async def attempt(left_s: float) -> Any:
            headers = outgoing_headers(context, left_s)
            if content is not None:
                headers["content-type"] = "application/json"
            if body is not None and body.key is not None:
                headers[IDEMPOTENCY_KEY] = body.key
            async with self._http.stream(method, path, params=query, content=content, headers=headers) as response:
                answer = await read_httpx(response, self.max_response_bytes, self._reading)
                if not response.is_success:
                    raise self._failure(response, answer)
                return decode_json(self.name, answer, decode_as)

        return await self.policy.call(attempt, context, repeatable=method == "GET")

    def _failure(self, response: httpx.Response, body: bytes) -> SourceHttpError:
        status = response.status_code
        message = f"Service '{self.name}' answered with HTTP status {status}."
        media_type = response.headers.get("content-type", "")
        if response.is_client_error and media_type.startswith("application/problem+json"):
            try:
                problem = decode_json(self.name, body, _Problem)
            except MalformedSourceResponse:
                pass  # A problem document without code and detail says no more than its status.
            else:
                return SourceProblem(self.name, message, status, problem.code, problem.detail)
        return SourceHttpError(self.name, message, status, read_retry_after_s(response.headers))


def decode_json(service: str, body: bytes, decode_as: type[T]) -> T:
    """Strictly decode one JSON document. Raises MalformedSourceResponse, also for nesting too deep to decode."""
    try:
        return cast("T", _decoder(decode_as).decode(body))
    except msgspec.ValidationError as error:
        raise MalformedSourceResponse(
            service, f"Service '{service}' answered with unexpected data: {_without_value(error)}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedSourceResponse(service, f"Service '{service}' did not answer with JSON.") from error
    except RecursionError as error:
        raise MalformedSourceResponse(service, f"Service '{service}' answered with JSON nested too deeply.") from error


def _without_value(error: msgspec.ValidationError) -> str:
    """msgspec's words, but for the value that it quotes of an enum or a tag: the place says enough."""
    what, at, place = str(error).rpartition(" - at ")
    return f"Invalid value{at}{place}" if what.startswith(("Invalid ", "Object contains")) else str(error)


@lru_cache(maxsize=1024)
def _decoder(decode_as: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(decode_as)
