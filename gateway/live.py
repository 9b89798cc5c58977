"""LiveGateway: the gateway that serves, and how another takes its place while requests run.

What has changed is read, composed and planned beside the running graph. Only when all of that has succeeded does the
new gateway get the next request; those under way finish on the one they began on, whose connections are closed behind
the last of them. Whatever is wrong with the change is told, and the old graph stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import structlog

from gateway.errors import BraidError, origin
from gateway.operation.request import GraphQLRequest
from gateway.response.response import GraphQLResponse
from gateway.server.engine import Check, Readiness
from gateway.settings import Settings
from gateway.telemetry.reloads import REFUSED, SWAPPED, UNCHANGED, Reloads

# A request that has not ended by then has lost its client or its mind; its connections are closed under it.
_LONGEST_REQUEST_S = 60.0

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.live")


class Replaceable(Protocol):
    """What is served, and replaced: see gateway.app.Gateway."""

    settings: Settings

    @property
    def supergraph_sdl(self) -> str: ...
    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse: ...
    async def ready(self) -> Readiness: ...
    @property
    def has_changed(self) -> Callable[[], Awaitable[bool]]:
        """Asks the services whether their schemas are still those that it was made of."""
        ...

    async def take_over(self, other: Any) -> int:
        """Make ready to serve in the other's place; gives how many of its plans were made anew."""
        ...

    async def close_sources(self) -> None: ...


GatewayT = TypeVar("GatewayT", bound=Replaceable)


class Origin:
    """Where settings come from. To be made right after they were read: what changes from then on is a change.

    files: what to look at. read: gives the settings anew; raises what is wrong.
    """

    def __init__(self, files: Sequence[Path], read: Callable[[], Settings]) -> None:
        self.read = read
        self._files = files
        self.state = self.look()

    def look(self) -> list[tuple[int, int, int] | None]:
        """What tells one state of the files from another, links followed; None for one that is not there."""
        found: list[tuple[int, int, int] | None] = []
        for path in self._files:
            try:
                status = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((status.st_mtime_ns, status.st_size, status.st_ino))
        return found


@dataclass(slots=True, eq=False)
class _Serving(Generic[GatewayT]):
    """A gateway with the number of its requests under way. drained: set when it is retired and the last has ended."""

    gateway: GatewayT
    running: int = 0
    retired: bool = False
    drained: asyncio.Event = field(default_factory=asyncio.Event)

    def ended(self) -> None:
        self.running -= 1
        if self.retired and self.running == 0:
            self.drained.set()


class LiveGateway(Generic[GatewayT]):
    """Satisfies the server's Engine.

    opened: the gateway to begin with. reopen: makes one from changed settings. source: None when there is nothing to
    read again.
    """

    def __init__(
        self,
        opened: GatewayT,
        reopen: Callable[[Settings], Awaitable[GatewayT]],
        source: Origin | None = None,
    ) -> None:
        self.reloads = Reloads()
        self._serving = _Serving(opened)
        self._reopen = reopen
        self._origin = source
        self._lock = asyncio.Lock()
        self._retiring: dict[asyncio.Task[None], _Serving[GatewayT]] = {}
        self._refusal = ""

    @property
    def gateway(self) -> GatewayT:
        """The one that gets the next request."""
        return self._serving.gateway

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        """See gateway.server.engine.Engine.run."""
        serving = self._serving
        serving.running += 1
        try:
            return await serving.gateway.run(request, headers, request_id)
        finally:
            serving.ended()

    async def ready(self) -> Readiness:
        """As the serving gateway says. A change that was refused is told; the old graph serves as well as before."""
        readiness = await self.gateway.ready()
        check = Check("reload", not self._refusal, self._refusal)
        return Readiness(readiness.ok, (*readiness.checks, check))

    async def close(self) -> None:
        """Close the sources of all gateways there have been."""
        for retired in self._retiring.values():
            retired.drained.set()
        await asyncio.gather(*self._retiring, self.gateway.close_sources(), return_exceptions=True)

    async def reload(self) -> str:
        """Read everything again and take it over. Gives SWAPPED, UNCHANGED or REFUSED; raises nothing."""
        async with self._lock:
            outcome = await self._reload()
            self.reloads.note(outcome)
            return outcome

    async def _reload(self) -> str:
        if self._origin is None:
            return UNCHANGED
        try:
            settings = self._origin.read()
            fresh = await self._reopen(settings)
        except BraidError as error:
            return self._refuse(error.message)
        except Exception as error:
            _log.error("reload failed", error=type(error).__name__, origin=origin(error))
            return self._refuse("An internal error occurred; the log has its origin.")
        old, self._refusal = self.gateway, ""
        if settings == old.settings and fresh.supergraph_sdl == old.supergraph_sdl:
            await fresh.close_sources()
            return UNCHANGED
        self._swap(fresh, planned=await fresh.take_over(old))
        return SWAPPED

    def _refuse(self, reason: str) -> str:
        self._refusal = "The last change was refused; the graph before it serves on. The log says why."
        _log.error("reload refused", reason=reason)
        return REFUSED

    def _swap(self, fresh: GatewayT, planned: int) -> None:
        retired, self._serving = self._serving, _Serving(fresh)
        retired.retired = True
        if retired.running == 0:
            retired.drained.set()
        task = asyncio.create_task(_retire(retired))
        self._retiring[task] = retired
        task.add_done_callback(self._retiring.pop)
        kept = _need_restart(retired.gateway.settings, fresh.settings)
        _log.info("graph reloaded", plans=planned, running_on_the_old=retired.running)
        if kept:
            _log.warning("settings need a restart", settings=kept)

    # -- when ------------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Reload on SIGHUP, on changes of the files and, if so configured, of the services' schemas.

        Without a source there is nothing to reload, and SIGHUP keeps its usual meaning: the terminal has gone.
        """
        if self._origin is None:
            yield
            return
        reload = self.gateway.settings.reload
        async with asyncio.TaskGroup() as tasks:
            hangup = asyncio.Event()
            watches = [self._watch_signal(hangup)]
            if reload.watch_s is not None:
                watches.append(self._watch_files(self._origin, reload.watch_s))
            if reload.subgraphs_s is not None:
                watches.append(self._watch_subgraphs(reload.subgraphs_s))
            running = [tasks.create_task(watch) for watch in watches]
            with _on_hangup(hangup):
                yield
            for task in running:
                task.cancel()

    async def _watch_signal(self, hangup: asyncio.Event) -> None:
        while True:
            await hangup.wait()
            hangup.clear()
            await self.reload()

    async def _watch_files(self, source: Origin, every_s: float) -> None:
        """A change is taken up when two looks in a row have seen the same: a file may be written slowly."""
        taken = seen = source.state
        while True:
            await asyncio.sleep(every_s)
            before, seen = seen, source.look()
            if seen != taken and seen == before:
                taken = seen
                await self.reload()

    async def _watch_subgraphs(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            # A refusal may have been withdrawn at the service: then nothing has changed, and that has to be seen.
            if self._refusal or await self._has_changed():
                await self.reload()

    async def _has_changed(self) -> bool:
        try:
            return await self.gateway.has_changed()
        except Exception as error:
            # Its connections may have been closed meanwhile, when another gateway took its place.
            _log.warning("services were not asked", error=type(error).__name__, origin=origin(error))
            return False


async def _retire(serving: _Serving[Any]) -> None:
    """Close a gateway's connections when its last request has ended."""
    try:
        async with asyncio.timeout(_LONGEST_REQUEST_S):
            await serving.drained.wait()
    except TimeoutError:
        _log.warning("requests outlived their graph", requests=serving.running)
    finally:
        await serving.gateway.close_sources()


@contextlib.contextmanager
def _on_hangup(hangup: asyncio.Event) -> Generator[None]:
    """Set the event on SIGHUP, where there is such a signal and this thread gets it."""
    number = getattr(signal, "SIGHUP", None)
    loop = asyncio.get_running_loop()
    try:
        if number is not None:
            loop.add_signal_handler(number, hangup.set)
    except (NotImplementedError, RuntimeError, ValueError):
        number = None
    try:
        yield
    finally:
        if number is not None:
            loop.remove_signal_handler(number)


_RELOADED = frozenset(("forward_headers", "introspection", "explain"))
"""Keys of `server` that belong to the graph and are taken over; the others belong to the listening process."""


def _need_restart(old: Settings, new: Settings) -> list[str]:
    """Settings that have changed and cannot be taken over."""
    names = [
        f"server.{name}"
        for name in type(old.server).model_fields
        if name not in _RELOADED and getattr(old.server, name) != getattr(new.server, name)
    ]
    sections = (name for name in type(old).model_fields if name in ("telemetry", "reload"))
    return names + [name for name in sections if getattr(old, name) != getattr(new, name)]
