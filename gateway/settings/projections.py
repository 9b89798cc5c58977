"""`projections`: the read models that services' events keep up to date, and the process that keeps them."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import AfterValidator, Field, PlainSerializer

from gateway.projections.limits import Limits
from gateway.projections.policy import Policy
from gateway.settings.values import Count, ModuleName, Seconds, Section, SubgraphName, Url

DEFAULT_STORE = ".braid/projections"

_POLICY, _LIMITS = Policy(), Limits()
_HIDDEN = "***"
_SECRET_PARAMETER = re.compile(r"((?:ssl)?password|passfile)=[^&]*", re.IGNORECASE)


def is_database(store: str) -> bool:
    """Whether a store is a PostgreSQL database, rather than a folder."""
    return "://" in store


def _check_store(store: str) -> str:
    if is_database(store):
        _check_address(store, ("postgresql", "postgres"))
    return store


def _check_nats(url: str) -> str:
    _check_address(url, ("nats", "tls", "ws", "wss"))
    return url


def _check_address(address: str, schemes: tuple[str, ...]) -> None:
    """Raises ValueError for what cannot be an address of these schemes, or might hide a password behind the host."""
    message = f"must be an address that begins with {schemes[0]}://"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable, parts = False, SplitResult("", "", "", "", "")
    if "@" in parts.path + parts.query or parts.fragment:
        usable = False
    if not usable:
        raise ValueError(f"{message}; in a password, write '/', '@', ':', '#' and '%' as %2F, %40, %3A, %23 and %25")


def without_secrets(address: str) -> str:
    """The address with `***` for its password, or for a token instead of a user, that may be shown to people."""
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    if at:
        name, colon, _ = user.partition(":")
        user = f"{name}:{_HIDDEN}" if colon or parts.scheme.startswith("postgres") else _HIDDEN
    query = _SECRET_PARAMETER.sub(rf"\1={_HIDDEN}", parts.query)
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host}" if at else host, query=query))


def _show(store: str) -> str:
    return without_secrets(store) if "://" in store else store


_shown = PlainSerializer(_show, when_used="json")

StoreAddress = Annotated[str, Field(min_length=1), AfterValidator(_check_store), _shown]
NatsUrl = Annotated[str, AfterValidator(_check_nats), _shown]
Topic = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
SchemaPrefix = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
Partitions = Annotated[int, Field(ge=1, le=1024)]


class NatsSection(Section):
    """Events that `braid relay` has put into NATS JetStream."""

    url: NatsUrl = Field(default="nats://127.0.0.1:4222", repr=False)
    """Where NATS answers. A user and password may stand before the host."""
    prefix: Topic = "braid"
    """First part of the names of streams and subjects."""
    partitions: Partitions = 1
    """Parts of each stream, by aggregate. The relay and all workers must say the same."""


class KafkaSection(Section):
    """Events that `braid relay` has put into Kafka."""

    bootstrap: Annotated[str, Field(pattern=r"^[^\s,/@]+:\d+(,[^\s,/@]+:\d+)*$")] = "127.0.0.1:9092"
    """Brokers to begin with, `host:port, ...` without spaces."""
    prefix: Topic = "braid"
    """First part of the topics' names."""
    partitions: Partitions = 1
    """Partitions of each topic. The relay and all workers must say the same."""


class ApplySection(Section):
    """How events are read and applied."""

    batch: Annotated[int, Field(ge=1, le=10_000)] = _POLICY.batch
    """Events in one transaction at most, of those that are there."""
    catching_up: Annotated[int, Field(ge=1, le=10_000)] = _POLICY.catching_up
    """The same, while a stream is far behind."""
    wait_s: Annotated[float, Field(gt=0, le=60)] = _POLICY.wait_s
    """Seconds for which a source is asked to wait for the next event: it answers as soon as there is one."""
    pause_s: Seconds = _POLICY.pause_s
    """Seconds until a source that fails is asked again; they double each time."""
    max_pause_s: Seconds = _POLICY.max_pause_s
    """Seconds to which they may grow."""


class LettersSection(Section):
    """Events that cannot be applied, and are set aside. Those of other aggregates go on."""

    attempts: Annotated[int, Field(ge=1, le=20)] = _POLICY.attempts
    """Tries of an event whose handler fails. Then it is a dead letter, and its aggregate stands still."""
    backoff_s: Seconds = _POLICY.backoff_s
    """Seconds before the second of them, give or take a tenth; they double each time."""
    max_parked: Count = _POLICY.max_parked
    """Events of a projection that are set aside. With more, it stops: something is wrong with all of them."""


class BuildSection(Section):
    """How a new generation of a projection is made."""

    page: Annotated[int, Field(ge=1, le=10_000)] = _POLICY.page
    """Aggregates of a service's snapshot that are asked for at once."""
    keep: Annotated[int, Field(ge=0, le=20)] = _POLICY.keep
    """Generations that have served and are kept, and kept up to date, for `braid projections rollback`: the newest."""


class WorkerSection(Section):
    """`braid project`, the process that keeps projections up to date."""

    host: str = "127.0.0.1"
    """Address on which it answers /metrics, /health and /ready; 0.0.0.0 for every interface."""
    port: Annotated[int, Field(ge=0, le=65535)] = 9465
    """Port for that; 0 picks a free one."""
    look_s: Seconds = _POLICY.look_s
    """Seconds between looks for generations to follow, made or left by others, and for letters to retry."""
    lease_s: Annotated[float, Field(ge=1, le=600)] = 10.0
    """Seconds after which a worker that is not heard of any more is replaced, where the store is PostgreSQL. In a
    folder, a dead one is replaced at once."""
    max_lag_s: Seconds | None = _LIMITS.lag_s
    """/ready answers 503 while a projection that serves is this many seconds behind; `null` for never."""
    max_dead_letters: Annotated[int, Field(ge=0)] | None = _LIMITS.dead_letters
    """The same, while there are more dead letters than this."""
    max_stopped: Annotated[int, Field(ge=0)] | None = _LIMITS.stopped
    """The same, while more streams than this have stopped: their history was rewritten or pruned, or too much is
    parked."""


class ReadersSection(Section):
    """How the gateway reads projections."""

    threads: Annotated[int, Field(ge=1, le=64)] = 4
    """Reads at once; others wait."""
    look_s: Seconds = 1.0
    """Seconds for which what is known of the projections' state, for /metrics and /ready, is not asked for again."""
    required: bool = False
    """The gateway's /ready answers 503 while a projection is missing or stands still. Off, it only says so: the rest of
    the graph is answered."""


class ProjectionsSection(Section):
    """Read models, kept up to date by the events of services. docs/projections.md tells how to make one."""

    store: StoreAddress = Field(default=DEFAULT_STORE, repr=False)
    """Folder for SQLite files, or a PostgreSQL database as `postgresql://user:password@host/database`."""
    prefix: SchemaPrefix = "braid"
    """First part of the names of schemas, where the store is PostgreSQL: `braid_projections`, `braid_orders_3`."""
    modules: dict[SubgraphName, ModuleName] = Field(default={})
    """Python modules by the name of their projection, which is their attribute `projection`."""
    events: Literal["feed", "nats", "kafka"] = "feed"
    """Where events are read: from each service's own feed, or from a broker that `braid relay` fills."""
    nats: NatsSection = NatsSection()
    kafka: KafkaSection = KafkaSection()
    streams: dict[SubgraphName, Url] = Field(default={})
    """Base URLs of services that projections follow, by name, where it is not the `url` of the subgraph named so."""
    auto_build: bool = _POLICY.auto_build
    """The worker builds and promotes a projection that has never been built."""
    apply: ApplySection = ApplySection()
    letters: LettersSection = LettersSection()
    build: BuildSection = BuildSection()
    worker: WorkerSection = WorkerSection()
    readers: ReadersSection = ReadersSection()

    def to_limits(self) -> Limits:
        """What /ready judges projections by."""
        worker, silent_s = self.worker, 2 * self.apply.wait_s + 10
        return Limits(worker.max_lag_s, worker.max_dead_letters, worker.max_stopped, silent_s)

    def to_policy(self) -> Policy:
        """The same as the value that a worker takes."""
        return Policy(
            **self.apply.model_dump(),
            **self.letters.model_dump(),
            **self.build.model_dump(),
            look_s=self.worker.look_s,
            auto_build=self.auto_build,
        )
