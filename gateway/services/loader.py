"""Loader: one request's loads of one kind of thing, gathered into few calls.

n `load(key)` made in the same turn of the event loop become one call per `chunk_size` distinct keys. aiodataloader
does the gathering; this class takes away its hazards. Cancelling one waiter leaves the others alone, a batch that is
cancelled fails its waiters instead of leaving them waiting for ever, and a failing chunk fails only its own keys.
Answers are matched by key, never by position.

A loader is made by `context.loader(Kind, **options)`, so no two requests share one. It gets the RequestContext
explicitly: a batch runs in the context variables of whoever asked first, which therefore carry nothing here.
What to load, and how, is in subclasses; `gateway.services.rest` has those for the usual forms of REST answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from aiodataloader import DataLoader

from gateway.services.call import deadline_exceeded
from gateway.services.errors import MalformedSourceResponse, SourceError
from gateway.services.request import RequestContext

if TYPE_CHECKING:
    from gateway.services.client import ServiceClient

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_TURNS_TO_BATCH = 3
"""Turns of the event loop that aiodataloader takes from `load` until the batch runs."""

_UNANSWERED: Any = object()


class Loader(DataLoader[K, V]):
    """Loads values by key from one service. Subclasses set `service` and write `fetch`.

    service:    name of the service in `context.services`.
    chunk_size: most keys per call.
    parallel:   most calls at once of one request through this loader.

    With `context.batching` off each load is a call of its own, and nothing is shared.
    """

    service: ClassVar[str]
    chunk_size: ClassVar[int] = 200
    parallel: ClassVar[int] = 8

    def __init__(self, context: RequestContext) -> None:
        super().__init__(
            batch=context.batching,
            cache=context.batching,
            max_batch_size=self.chunk_size,
            loop=asyncio.get_running_loop(),
        )
        self.context = context
        self._slots = asyncio.Semaphore(self.parallel)
        self._running: set[asyncio.Task[Any]] = set()
        self._unanswered = 0
        self._stopped = False

    async def fetch(self, keys: Sequence[K]) -> Mapping[K, V | Exception]:
        """The values of at most `chunk_size` distinct keys, each with an entry; an exception fails its key only.

        Raising fails all of these keys. A key without an entry fails as MalformedSourceResponse.
        """
        raise NotImplementedError

    @property
    def client(self) -> ServiceClient:
        """The client of this loader's service. Raises SourceError when no such service is configured."""
        found = self.context.services.get(self.service)
        if found is None:
            raise SourceError(self.service, f"Service '{self.service}' is not configured.")
        return found

    def load(self, key: K) -> asyncio.Future[V]:
        """The value of this key; what it is for an unknown key is the subclass's matter. Raises what `fetch` raised."""
        # Without the shield, cancelling one waiter would cancel all waiters of the key, and leave it cancelled.
        shield = asyncio.shield(super().load(key))
        shield.add_done_callback(_take_note)
        return shield

    async def load_each(self, keys: Sequence[K]) -> list[V | Exception]:
        """The values of all these keys, in their order; one that cannot be had is an exception in its place.

        As `load` of each, without a shield for each: 200 keys cost 0.5 ms instead of 0.9 (one run).
        """
        loads = [super(Loader, self).load(key) for key in keys]
        if loads:
            await asyncio.wait(loads)
        return [cast("V | Exception", load.exception() or load.result()) for load in loads]

    def do_resolve_reject(self, key: K, future: asyncio.Future[V]) -> None:
        self._unanswered += 1
        future.add_done_callback(_take_note)
        super().do_resolve_reject(key, future)

    async def batch_load_fn(self, keys: list[K]) -> list[V | Exception]:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._running.add(task)
        try:
            return await self._load_chunk(keys)
        except (KeyboardInterrupt, SystemExit):
            raise
        except Exception as error:
            return [error] * len(keys)
        except BaseException:
            # Cancelled. aiodataloader would let the waiters wait for ever; nothing but their futures knows this task.
            return [deadline_exceeded(self.service)] * len(keys)
        finally:
            self._running.discard(task)
            self._unanswered -= len(keys)

    async def _load_chunk(self, keys: list[K]) -> list[V | Exception]:
        if self._stopped:
            raise deadline_exceeded(self.service)
        watch = self.context.watch_batch
        async with self._slots:
            found = await (self.fetch(keys) if watch is None else watch(self, keys))
        values = [found.get(key, _UNANSWERED) for key in keys]
        return [self._unanswered_key(key) if v is _UNANSWERED else v for key, v in zip(keys, values, strict=True)]

    def _unanswered_key(self, key: K) -> MalformedSourceResponse:
        return MalformedSourceResponse(
            self.service, f"Service '{self.service}' neither answered a key nor listed it as missing."
        )

    @property
    def busy(self) -> bool:
        """True while a key has been asked for and not been answered."""
        return self._unanswered > 0

    def stop(self) -> set[asyncio.Task[Any]]:
        """Cancel what is running and refuse what is queued; every waiter gets DeadlineExceeded. Returns the tasks."""
        self._stopped = True
        running = set(self._running)
        for task in running:
            task.cancel()
        return running


def _take_note(future: asyncio.Future[Any]) -> None:
    """Look at the outcome, or asyncio would complain of an error that nobody saw when its waiter was cancelled."""
    if not future.cancelled():
        future.exception()


async def close_loaders(context: RequestContext) -> None:
    """Stop all loading of this request and wait until no task of it is left. To be called when the request ends.

    Free when everything asked for has been answered. Calls in flight are cancelled, which closes their connections.
    """
    busy = [loader for loader in context.loaders.values() if loader.busy]
    if not busy:
        return
    running: set[asyncio.Task[Any]] = set()
    for loader in busy:
        running |= loader.stop()
    for _ in range(_TURNS_TO_BATCH):
        await asyncio.sleep(0)
    if running:
        await asyncio.wait(running)


def forget_loaded(context: RequestContext) -> None:
    """Make the request's loaders ask again, because something may have changed. Loads under way are not touched."""
    for loader in context.loaders.values():
        loader.clear_all()
