"""All parts of the benchmark, one after the other, over one shop and one store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.projections.live import Live, measure_live
from bench.projections.pages import Page, measure_pages
from bench.projections.processes import Place, braid, shop_of, wait_for, worker
from bench.projections.progress import Progress
from bench.projections.questions import NAMES_OF, customers_in, names_in
from bench.projections.rebuild import Built, Clients, Rebuilt, build, measure_rebuild, rename
from bench.projections.window import Window, measure_window
from bench.servers import REPOSITORY, Server, gateway
from gateway.projections.stores import open_store
from gateway.read_side import load_projections
from gateway.settings import load_settings
from mock_services.estate import Estate

SEARCHED = "orders"
"""The projection that is rebuilt and watched."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """orders: in the shop. questions: of each kind. seconds, rate: of events for the window.

    live_orders: that live while nobody reads, for live apply.
    """

    orders: int
    questions: int
    seconds: float
    rate: float
    live_orders: int = 10_000


@dataclass(slots=True)
class Measurement:
    """What was found with one kind of store. built: by projection, each undisturbed."""

    store: str
    built: dict[str, Built] = field(default_factory=dict[str, Built])
    pages: Sequence[Page] = ()
    window: Window | None = None
    rebuilt: Rebuilt | None = None
    live: Live | None = None

    def faults(self) -> Iterator[str]:
        """What must not be, on any machine."""
        if rebuilt := self.rebuilt:
            asked = rebuilt.asked
            if asked.failed or asked.mixed or not asked.old or not asked.new:
                yield f"{self.store}: of the answers during a rebuild, {asked.failed} failed, {asked.mixed} were mixed"
            if rebuilt.differing:
                yield f"{self.store}: after the rebuild {rebuilt.differing} aggregates differ from the services"
        for part in (self.live, self.window):
            if part is not None and part.parked:
                yield f"{self.store}: {part.parked} events could not be applied"
        yield from (f"{self.store}: {page.title}: {page.fault}" for page in self.pages if page.fault)


def measure(
    store: str,
    address: str,
    folder: Path,
    made: Path | None,
    sizes: Sizes,
    parts: Sequence[str],
    say: Callable[[str], None],
) -> Measurement:
    """address: of the store, as configured. folder: for the shop and for logs. made: a shop to copy."""
    found, log = Measurement(store), folder / "log"
    say(f"{store}: making the shop")
    home = shop_of(sizes.orders, folder / "shop", made)
    with Estate(home) as estate, _progress(address) as progress:
        place = Place(estate, address)
        for projection in progress.projections:
            say(f"{store}: building '{projection.name}'")
            found.built[projection.name] = build(place, progress, projection.name, log)
            braid(place, "projections", "promote", projection.name, "--force")
        with _serving(place) as server:
            if "pages" in parts:
                say(f"{store}: asking for pages")
                found.pages = measure_pages(server.url, estate, progress, sizes.questions)
            if "rebuild" in parts:
                say(f"{store}: building '{SEARCHED}' anew under questions, killed half-way")
                rename(place, customers_in(server.url))
                clients = Clients(server.url, NAMES_OF, names_in)
                found.rebuilt = measure_rebuild(place, progress, SEARCHED, clients, log)
        with worker(place, log) as process:
            wait_for(process, lambda: progress.lag() == 0, "the worker had caught up")
        if "live" in parts:
            say(f"{store}: {sizes.live_orders:,} orders live while nobody reads, and are caught up with")
            found.live = measure_live(place, progress, home / "orders.db", sizes.live_orders, log)
        if "window" in parts:
            say(f"{store}: {sizes.rate:g} events a second for {sizes.seconds:g} s")
            watched = next(each for each in progress.projections if each.name == SEARCHED)
            found.window = measure_window(place, progress, watched, sizes.rate, sizes.seconds, log)
    return found


@contextmanager
def _progress(address: str) -> Iterator[Progress]:
    settings = load_settings(REPOSITORY / "braid.yaml", {})
    store = open_store(address)
    try:
        yield Progress(store, list(load_projections(settings.projections).values()))
    finally:
        store.close()


@contextmanager
def _serving(place: Place) -> Iterator[Server]:
    with gateway(place.estate.urls(), BRAID_PROJECTIONS__STORE=place.store) as server:
        yield server
