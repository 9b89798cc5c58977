"""Stage: three services, a projector, and what lies between them, all of it processes that can be killed.

Two forms: projections in SQLite fed by the services' own feeds, and projections in PostgreSQL fed through NATS by a
relay. In either, what is between service and reader may tell events again and out of order (unruly.py).
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import psutil

from gateway.projections.store import Store
from gateway.projections.stores import open_store
from mock_services.activity.load import Load
from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from tests.chaos.ledger import shop_log
from tests.chaos.ledger.servers import NatsServer, PostgresServer
from tests.chaos.ledger.unruly import UnrulyFeed
from tests.support.nursery import Child, Nursery

SERVICES = ("orders", "customers", "catalog")
STREAMS = ("customers", "orders")
SIZES = Sizes(customers=30, products=20, orders=60)
SHOP_PROJECTION = "resolvers.projections.orders"
IMPORTED = (SHOP_PROJECTION, "schema.orders", shop_log.__name__)
LEASE_S = 1.0
PAGE = 10
GONE_WITHIN_S = 10.0


class Form(Enum):
    FEED = "feed"
    """SQLite and the services' feeds."""
    NATS = "nats"
    """PostgreSQL and NATS."""


@dataclass(slots=True)
class Stage:
    """projectors: those that run, or stand still; the last one is to do the work. config: of `braid`.

    to_come: faults that are due, the last one next.
    """

    form: Form
    folder: Path
    draws: random.Random
    nursery: Nursery
    estate: Estate
    config: Path
    store: Store
    load: Load
    unruly: dict[str, UnrulyFeed]
    nats: NatsServer | None = None
    postgres: PostgresServer | None = None
    projectors: list[Child] = field(default_factory=list[Child])
    relay: Child | None = None
    to_come: list[Any] = field(default_factory=list[Any])

    def braid(self, *arguments: str) -> Child:
        """Start a command over this stage's configuration."""
        return self.nursery.start([*arguments, "--config", str(self.config)], self.folder / f"{arguments[0]}.log")

    def start_projector(self) -> Child:
        """A further one."""
        self.projectors.append(self.braid("project"))
        return self.projectors[-1]

    def start_relay(self) -> None:
        self.relay = self.braid("relay")

    def logs(self) -> str:
        """The ends of all that was written."""
        return "\n".join(f"-- {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.folder.glob("*.log")))


@asynccontextmanager
async def staged(form: Form, nursery: Nursery, draws: random.Random, *, unruly: bool) -> AsyncGenerator[Stage, None]:
    """A stage on which everything runs, and the projections are being built."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_folder())
        stack.callback(check_nothing_left, folder)
        generate(folder / "shop", draws.randrange(2**31), SIZES)
        estate = Estate(folder / "shop", services=SERVICES)
        await asyncio.to_thread(estate.start)
        stack.callback(estate.stop)
        feeds = {name: estate.url(name) for name in (*STREAMS, "catalog")}
        wild: dict[str, UnrulyFeed] = {}
        if unruly:
            for name in STREAMS:
                wild[name] = await stack.enter_async_context(UnrulyFeed(estate.url(name), draws))
                feeds[name] = wild[name].url
        nats = postgres = None
        if form is Form.NATS:
            nats = stack.enter_context(NatsServer(_made(folder / "nats")))
            postgres = stack.enter_context(await asyncio.to_thread(PostgresServer, _made(folder / "postgres")))
        where = str(folder / "projections") if postgres is None else postgres.url
        config = _configured(folder, where, feeds, nats)
        store = open_store(where, lease_s=LEASE_S)
        stack.callback(store.close)
        load = await stack.enter_async_context(Load(estate.urls(), draws))
        stage = Stage(form, folder, draws, nursery, estate, config, store, load, wild, nats, postgres)
        stack.callback(_end, stage)
        if nats is not None:
            stage.start_relay()
        stage.start_projector()
        yield stage


def _end(stage: Stage) -> None:
    """However it stands: nothing of it is left."""
    for child in (*stage.projectors, stage.relay):
        if child is not None:
            child.kill()


def check_nothing_left(folder: Path) -> None:
    """Raises AssertionError when a process still runs that was told of the folder."""
    deadline = time.monotonic() + GONE_WITHIN_S
    while left := [process.pid for process in psutil.process_iter() if str(folder) in _command(process)]:
        assert time.monotonic() < deadline, f"processes are left: {left}"
        time.sleep(0.05)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _configured(folder: Path, store: str, feeds: dict[str, str], nats: NatsServer | None) -> Path:
    config = folder / "braid.yaml"
    projections = {
        "store": store,
        "modules": {shop_log.NAME: shop_log.__name__, "orders": SHOP_PROJECTION},
        "streams": feeds,
        "apply": {"pause_s": 0.05, "max_pause_s": 0.4},
        "letters": {"backoff_s": 0.1},
        # So small that a build of the small shop takes a while, in which it can be killed.
        "build": {"page": PAGE},
        "worker": {"port": 0, "look_s": 0.1, "lease_s": LEASE_S},
    }
    if nats is not None:
        projections |= {"events": "nats", "nats": {"url": nats.url}}
    # Nobody asks this graph anything; there must be one.
    subgraphs = {"orders": {"url": feeds["orders"], "schema": "schema.orders"}}
    config.write_text(json.dumps({"projections": projections, "subgraphs": subgraphs}))
    return config


@contextmanager
def _folder() -> Generator[Path, None, None]:
    """That others may enter: a database's user does."""
    folder = Path(tempfile.mkdtemp(prefix="braid-ledger-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
