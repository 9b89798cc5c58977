"""The read side as it is configured: projections by name, their store, the services' events, readers for requests.

The gateway reads; `braid project` writes; commands do both. What they share is opened here.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.events import Events, KafkaBroker, NatsBroker, open_events
from gateway.importing import CannotImport, import_attribute
from gateway.projections.health import judge
from gateway.projections.limits import Limits
from gateway.projections.projection import Projection, ProjectionError
from gateway.projections.reader import ProjectionReader, ReaderPool
from gateway.projections.status import read_status
from gateway.projections.store import Store
from gateway.projections.stores import open_store
from gateway.projections.watch import StatusWatch
from gateway.server.engine import Check
from gateway.settings import ProjectionsSection, Settings


def load_projections(section: ProjectionsSection) -> Mapping[str, Projection]:
    """The configured projections by name, in configured order. Raises ProjectionError with every problem."""
    found: dict[str, Projection] = {}
    problems: list[str] = []
    for name, module in section.modules.items():
        try:
            found[name] = _load(name, module)
        except CannotImport as error:
            problems.append(f"projections.modules.{name}: {error}")
    if problems:
        raise ProjectionError("\n".join(problems))
    return found


def _load(name: str, module: str) -> Projection:
    projection = import_attribute(module, "projection")
    if not isinstance(projection, Projection):
        kind = type(projection)
        raise CannotImport(
            f"`projection` of '{module}' is a {kind.__module__}.{kind.__qualname__}; "
            "it must be a gateway.projections.projection.Projection"
        )
    if projection.name != name:
        raise CannotImport(f"the projection of '{module}' is called '{projection.name}'; configure it by that name")
    return projection


def open_configured_store(section: ProjectionsSection) -> Store:
    """The store, which need not be there yet. Close it."""
    return open_store(section.store, prefix=section.prefix, lease_s=section.worker.lease_s)


def open_streams(settings: Settings, projections: Sequence[Projection]) -> Events:
    """What these projections are fed from. Connects nothing yet; close it.

    Raises ProjectionError when it is not known where a stream comes from, BrokerMissing.
    """
    return open_events(_urls(settings, projections), _broker(settings.projections))


def relayed_streams(
    settings: Settings, streams: Sequence[str]
) -> tuple[dict[str, str], NatsBroker | KafkaBroker | None]:
    """Where these streams are, or all that projections follow, and the broker that they go into; None for none.

    Raises ProjectionError when it is not known where a stream comes from.
    """
    urls = _urls(settings, tuple(load_projections(settings.projections).values())) | settings.projections.streams
    unknown = [stream for stream in streams if stream not in urls]
    if unknown:
        raise ProjectionError(f"no projection follows {', '.join(unknown)}: there are {', '.join(sorted(urls))}")
    return {stream: urls[stream] for stream in streams or urls}, _broker(settings.projections)


def _urls(settings: Settings, projections: Sequence[Projection]) -> dict[str, str]:
    """Of every stream that these follow."""
    urls: dict[str, str] = {}
    for projection in projections:
        for stream in projection.streams:
            url = _url_of(stream, settings)
            if url is None:
                raise ProjectionError(
                    f"projection '{projection.name}' follows '{stream}', and it is not known where that is: set "
                    f"'projections.streams.{stream}', or the 'url' of a subgraph of this name that has a 'schema'"
                )
            urls[stream] = url
    return urls


def _url_of(stream: str, settings: Settings) -> str | None:
    """A GraphQL service's url is that of its endpoint, which says nothing about its feed."""
    if stream in settings.projections.streams:
        return settings.projections.streams[stream]
    subgraph = settings.subgraph(stream)
    return subgraph.url if subgraph.schema_module is not None else None


def _broker(section: ProjectionsSection) -> NatsBroker | KafkaBroker | None:
    if section.events == "nats":
        return NatsBroker(**section.nats.model_dump())
    if section.events == "kafka":
        return KafkaBroker(**section.kafka.model_dump())
    return None


def holder_name() -> str:
    """Who this process is, for status: host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class OpenProjections:
    """What commands and the worker work with."""

    projections: tuple[Projection, ...]
    store: Store
    streams: Events


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[OpenProjections]:
    """The configured projections, their store and events. Raises ProjectionError, StoreError, BrokerMissing."""
    projections = tuple(load_projections(settings.projections).values())
    streams = open_streams(settings, projections)
    try:
        store = open_configured_store(settings.projections)
        try:
            yield OpenProjections(projections, store, streams)
        finally:
            await asyncio.to_thread(store.close)
    finally:
        await streams.close()


async def check_projections(watch: StatusWatch, limits: Limits) -> tuple[Check, ...]:
    """What `/ready` tells of projections: of each, or of the store when that cannot be read."""
    await watch.refresh()
    if watch.fault:
        return (Check("projections", False, watch.fault),)
    now = datetime.now(UTC)
    verdicts = [judge(status, limits, now) for status in watch.statuses]
    return tuple(Check(f"projection {verdict.projection}", verdict.ok, verdict.text) for verdict in verdicts)


class ReadSide:
    """What a gateway has of projections. Opens nothing before it is asked; a store that is away costs its fields only.

    Raises ProjectionError when a module cannot be used.
    """

    def __init__(self, section: ProjectionsSection) -> None:
        self.required = section.readers.required
        self.projections = load_projections(section)
        projections = tuple(self.projections.values())
        self._store = open_configured_store(section)
        self._pool = ReaderPool(self._store, projections, threads=section.readers.threads)
        self._limits = section.to_limits()
        self.watch = StatusWatch(lambda: read_status(self._store, projections), section.readers.look_s)

    def for_request(self) -> Mapping[str, ProjectionReader]:
        """By projection's name, for one request."""
        return self._pool.for_request()

    async def checks(self) -> Sequence[Check]:
        """One for each projection, or one for the store that cannot be read."""
        return await check_projections(self.watch, self._limits)

    async def close(self) -> None:
        """End the threads and close the store."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(asyncio.to_thread, self._store.close)
            closing.push_async_callback(asyncio.to_thread, self._pool.close)
            closing.push_async_callback(self.watch.close)
