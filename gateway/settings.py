"""Settings: everything an operator may choose, with its defaults.

docs/configuration.md is the operator's view of this module; docs/braid.schema.json, for editors, is made from it.
`settings_loading.py` reads the file; code and tests may as well build Settings directly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gateway.operation.limits import Limits
from gateway.settings_file import KeyPath, dotted, variable_form

_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_OF_THE_CONNECTION = frozenset(("connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"))
_OF_THE_BODY = frozenset(("accept-encoding", "content-encoding", "content-length", "content-type"))
_LIMITS = Limits()


def _split_list(value: object) -> object:
    """`a, b` is a list of two, so that an environment variable can set one."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("must be an absolute http or https URL")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password, which would end up in logs; forward a header instead")
    return url


def _check_origin(origin: str) -> str:
    parts = urlsplit(origin)
    if origin != "*" and (parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}"):
        raise ValueError("must be '*' or scheme://host[:port], with nothing behind it")
    return origin


def _check_header(name: str) -> str:
    name = name.lower()
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("is not a header name")
    if name in _OF_THE_CONNECTION | _OF_THE_BODY or name.startswith("proxy-"):
        raise ValueError("belongs to one connection, or describes one body, and cannot be forwarded")
    return name


Url = Annotated[str, AfterValidator(_check_url)]
Origin = Annotated[str, AfterValidator(_check_origin)]
HeaderName = Annotated[str, AfterValidator(_check_header)]
ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
SubgraphName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """One mapping of the file. Unknown keys are refused; field docstrings are the published descriptions."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_by_name=True, validate_by_alias=True
    )


class ServerSection(Section):
    """The HTTP endpoint that clients talk to."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for every interface."""
    port: Annotated[int, Field(ge=0, le=65535)] = 4000
    """Port to listen on; 0 picks a free one."""
    path: Annotated[str, Field(pattern=r"^/[^\s?#]*$")] = "/graphql"
    """Where GraphQL is answered."""
    explorer: bool = True
    """A browser that opens the path gets a page to write queries in."""
    introspection: bool = True
    """Clients may ask for the schema. Off, error messages do not suggest names of the schema either."""
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(_split_list)] = ()
    """Origins whose pages may call the endpoint, `*` for all."""
    forward_headers: Annotated[tuple[HeaderName, ...], BeforeValidator(_split_list)] = (
        "authorization",
        "accept-language",
    )
    """Headers of the client that are sent on to every subgraph and service. All others are dropped."""
    explain: bool | None = None
    """Clients may ask how their answer came about: `extensions: {"braid": {"trace": true}}`. Without a value, as
    `explorer`."""
    examples: Path | None = None
    """Folder of .graphql files that the explorer offers, sorted by name; the first comment of a file is its title."""
    access_log: bool = False
    """One log line per request. Failures of the gateway's own are always logged."""
    max_body_bytes: Count = 1_000_000
    """Larger request bodies are answered 413."""

    @property
    def explains(self) -> bool:
        """Whether traces are given."""
        return self.explorer if self.explain is None else self.explain


class ExecutionSection(Section):
    """How an operation is run."""

    deadline_s: Seconds = 2.0
    """Seconds for a whole request. What has not arrived by then is null, with an error."""
    batching: bool = True
    """Fetch entities in batches. Off, every entity costs a call of its own: for comparison only."""
    lookups: bool = True
    """Start entity fetches beside a root field whose arguments are the key (`@lookup`), not after it."""


class LimitsSection(Section):
    """The largest operation that is answered; larger ones get OPERATION_TOO_LARGE. Counts are per operation."""

    tokens: Count = _LIMITS.tokens
    """Lexical tokens of the whole document."""
    depth: Count = _LIMITS.depth
    """Fields on the longest path from the root."""
    introspection_depth: Count = _LIMITS.introspection_depth
    """The same below `__schema` and `__type`; GraphiQL asks for 15."""
    nesting: Count = _LIMITS.nesting
    """Fields, inline fragments and fragment spreads on the longest path."""
    root_fields: Count = _LIMITS.root_fields
    """Root fields, fragments expanded."""
    selections: Count = _LIMITS.selections
    """Fields, inline fragments and fragment spreads, fragments expanded."""
    aliases: Annotated[int, Field(ge=0)] = _LIMITS.aliases
    """Aliased fields, fragments expanded."""
    directives: Annotated[int, Field(ge=0)] = _LIMITS.directives
    """Directives, fragments expanded."""

    def to_limits(self) -> Limits:
        """The same as the value that the operation stage takes."""
        return Limits(**self.model_dump())


class CacheSection(Section):
    """How many results of the pure stages are kept; the least recently used goes first."""

    operations: Count = 1000
    """Parsed and validated documents, by text and operation name."""
    plans: Count = 1000
    """Plans, by operation and the values of the variables in @skip and @include."""


class TelemetrySection(Section):
    """What the operator is told. Values of variables, headers and answers are in none of it."""

    metrics: bool = True
    """Serve `/metrics` for Prometheus, on the same port. It tells names of subgraphs: keep it off the internet."""
    otlp_endpoint: Url | None = None
    """Where traces are sent by OTLP over HTTP, as in `http://collector:4318/v1/traces`; without it there are none.
    Needs the extra `otlp`."""
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of the requests that are traced, of those that come without a `traceparent`."""
    follow_clients: bool = True
    """A client's `traceparent` decides whether its request is traced. Off, `sample_ratio` does for all."""
    service_name: Annotated[str, Field(min_length=1)] = "braid-gateway"
    """The name under which traces appear."""


class SubgraphSection(Section):
    """One subgraph: a GraphQL service, or, with `schema`, a Strawberry schema run inside the gateway over a service."""

    url: Url | None = None
    """Where the GraphQL service answers, or, with `schema`, the base URL of the service its resolvers call."""
    schema_module: ModuleName | None = Field(default=None, alias="schema")
    """Python module whose attribute `schema` is a Strawberry federation schema, as in `schema.customers`."""
    timeout_s: Seconds = 1.5
    """Seconds for one call, from connecting to the last byte; never more than what is left of the request."""
    max_response_bytes: Count = 8 * 1024 * 1024
    """A longer answer, after decompression, is an error."""
    max_connections: Count = 20
    """Connections open at once. Further calls wait, within their timeout."""


class DemoSection(Section):
    """What `braid demo` starts before the gateway."""

    services: Annotated[str, Field(min_length=1)]
    """Command that starts the services, keeps running, and prints one line of JSON once all of them answer. It is
    split as a shell would, but run without one; `python` means the gateway's own interpreter."""
    start_timeout_s: Seconds = 180.0
    """Seconds until that line must have come; a first start may have data to generate."""


class Settings(Section):
    """The whole configuration."""

    server: ServerSection = ServerSection()
    execution: ExecutionSection = ExecutionSection()
    limits: LimitsSection = LimitsSection()
    cache: CacheSection = CacheSection()
    telemetry: TelemetrySection = TelemetrySection()
    transport: Literal["aiohttp", "httpx"] = "aiohttp"
    """HTTP library under every call to a service. httpx costs several times the CPU; use it where a proxy or an
    authentication plug-in needs it."""
    supergraph: Path | None = None
    """File with a composed supergraph, to serve instead of composing one. `subgraphs` may then override URLs."""
    subgraphs: dict[SubgraphName, SubgraphSection] = {}
    """The subgraphs by name."""
    python_path: Path = Path()
    """Folder from which the modules named by `schema` are imported."""
    demo: DemoSection | None = None

    @model_validator(mode="after")
    def _check_sources(self) -> Settings:
        blocks = {name: block.model_dump(by_alias=True, exclude_none=True) for name, block in self.subgraphs.items()}
        for path, message in missing_sources(self.supergraph, blocks):
            raise ValueError(f"{dotted(path)}: {message}" if path else message)
        return self

    def subgraph(self, name: str) -> SubgraphSection:
        """The subgraph's section; the defaults when the configuration does not mention it.

        Over a supergraph file, environment variables may set what no section spells, so PRODUCT_REVIEWS finds
        `product-reviews`.
        """
        if name in self.subgraphs:
            return self.subgraphs[name]
        form = variable_form(name)
        return next((block for key, block in self.subgraphs.items() if variable_form(key) == form), SubgraphSection())


def missing_sources(supergraph: object, subgraphs: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """What keeps a graph from being composed. A supergraph file brings its own URLs."""
    if supergraph is not None:
        return
    if not subgraphs:
        yield (), "there is nothing to serve: list the 'subgraphs', or name a 'supergraph' file"
    for name, block in subgraphs.items():
        if isinstance(block, dict) and not {"url", "schema"} & block.keys():
            yield ("subgraphs", name), "needs 'url' (a GraphQL service), or 'schema' and the 'url' of its service"
