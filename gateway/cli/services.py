"""`braid services`: every upstream, how it is, and what the running gateway has had of it."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.console import FAILED, fail, write_json
from gateway.cli.loading import ConfigOption, SupergraphOption, read_settings
from gateway.cli.traffic import GraphState, PolicyState, Told, Traffic, ask_gateway, gateway_url

if TYPE_CHECKING:
    from gateway.cli.probing import Probe, Upstream

_STYLES = {"healthy": "green", "answers": "green", "slow": "yellow", "failing": "red", "unreachable": "red"}
_UNCLEAR = ("answers", "failing")
"""Kinds of health that do not say by themselves what is the matter."""
_BREAKER_STYLES = {"closed": "green", "half open": "yellow", "open": "red"}
_NO_GATEWAY = "No gateway tells at {url}/metrics: calls, breakers and budgets are not known."
_LEGEND = "now: calls under way + waiting · budget: retries that could be made now, in all {budget:.1f}"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at all services.

    told:   by the gateway, since its start; None when no gateway tells.
    recent: traffic since the look before, or since the start in the first.
    """

    probes: Sequence[Probe]
    told: Told | None
    recent: Mapping[str, Traffic]

    @property
    def ok(self) -> bool:
        return all(probe.ok for probe in self.probes)


def services(
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    gateway: Annotated[
        str | None, typer.Option("--gateway", metavar="URL", help="The running gateway, instead of the configured one.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and leave; so it is without a terminal.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Look once and print {ok, gateway, services}.")] = False,
    interval_s: Annotated[float, typer.Option("--interval", min=0.2, help="Seconds between two looks.")] = 2.0,
) -> None:
    """Show every service behind the graph: health, and what the running gateway has to do with it.

    On a terminal the table is live until Ctrl-C. The exit code is 0 when all were healthy at the last look, else 1.

    Health is asked of the services themselves, from here: GET /healthz of a REST service, {__typename} of a GraphQL
    one. Calls, errors, mean latency, breakers, calls under way and waiting, retries, hedges and the budget for retries
    come from the gateway's /metrics and are left open when no gateway runs.
    """
    from gateway.cli.probing import list_upstreams

    settings = read_settings(config, supergraph)
    upstreams = list_upstreams(settings)
    if not upstreams:
        fail("there are no services behind this graph: none of its subgraphs has a url")
    url = (gateway or gateway_url(settings)).rstrip("/")
    if as_json or once or not sys.stdout.isatty():
        look = asyncio.run(_look(upstreams, url, None))
        if as_json:
            write_json(_as_json(look, url))
        else:
            Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(_table(look, url))
    else:
        look = _watch(upstreams, url, interval_s)
    if not look.ok:
        raise typer.Exit(FAILED)


def _watch(upstreams: Sequence[Upstream], url: str, interval_s: float) -> Look:
    """Look again and again until Ctrl-C; the last look."""
    look = asyncio.run(_look(upstreams, url, None))
    with Live(_table(look, url), auto_refresh=False) as live, suppress(KeyboardInterrupt), _interrupted() as pressed:
        while not pressed:
            time.sleep(interval_s)
            look = asyncio.run(_look(upstreams, url, look))
            live.update(_table(look, url), refresh=True)
    return look


@contextmanager
def _interrupted() -> Generator[list[int]]:
    """Gives a list that Ctrl-C puts something into, beside raising KeyboardInterrupt.

    Left to itself, asyncio makes a cancellation of it, which is lost when it comes just as a look has ended.
    """
    pressed: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


async def _look(upstreams: Sequence[Upstream], url: str, before: Look | None) -> Look:
    from gateway.cli.probing import probe_all

    probes, told = await asyncio.gather(probe_all(upstreams), ask_gateway(url))
    earlier = before.told.traffic if before and before.told else {}
    traffic = told.traffic if told else {}
    return Look(probes, told, {name: now.since(earlier.get(name, Traffic())) for name, now in traffic.items()})


def _table(look: Look, url: str) -> Table:
    table = Table(box=None, pad_edge=False, caption_justify="left", caption_style="dim")
    for name in ("service", "kind", "health"):
        table.add_column(name, no_wrap=True)
    for name in ("probe", "calls", "errors", "latency"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("breaker", no_wrap=True)
    for name in ("now", "retries", "hedges", "budget"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("detail", overflow="fold")
    for probe in look.probes:
        name = probe.upstream.name
        health = Text(probe.health, _STYLES[probe.health])
        detail = Text(probe.detail if probe.health in _UNCLEAR else "")
        cells = (*_counts(look, name), *_policy(look, name))
        table.add_row(name, probe.upstream.kind, health, _milliseconds(probe.duration_s), *cells, detail)
    if look.told is None:
        table.caption = _NO_GATEWAY.format(url=url)
    else:
        lines = [_graph(look.told.graph)] if look.told.graph.loaded else []
        if look.told.retry_budget is not None:
            lines.append(_LEGEND.format(budget=look.told.retry_budget))
        table.caption = "\n".join(lines)
    return table


def _graph(graph: GraphState) -> str:
    """Since when the graph serves, and whether a change of it was refused."""
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(graph.loaded))
    changes = f" · changes taken over: {graph.swaps}" if graph.swaps else ""
    refused = " · the last change was refused: the gateway's log says why" if graph.refused else ""
    return f"graph loaded {since}{changes}{refused}"


def _counts(look: Look, name: str) -> tuple[str, str, str]:
    """Calls and errors since the gateway's start, and the mean latency of the last of them; `-` for what is unknown."""
    if look.told is None:
        return "-", "-", "-"
    traffic = look.told.traffic.get(name, Traffic())
    recent = look.recent.get(name, Traffic())
    return str(traffic.calls), str(traffic.errors), _milliseconds(recent.mean_s or traffic.mean_s)


def _policy(look: Look, name: str) -> tuple[str | Text, ...]:
    """Breaker, calls under way and waiting, retries, hedges, and the budget for retries; `-` for what is unknown."""
    state = _policy_of(look, name)
    if state is None:
        return ("-",) * 5
    breaker = Text(state.breaker, _BREAKER_STYLES[state.breaker])
    budget = f"{state.budgets.get('retry', 0):.1f}"
    return breaker, f"{state.in_flight}+{state.waiting}", str(state.retries), str(state.hedges), budget


def _policy_of(look: Look, name: str) -> PolicyState | None:
    return None if look.told is None else look.told.policies.get(name)


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f} ms"


def _as_json(look: Look, url: str) -> dict[str, object]:
    return {
        "ok": look.ok,
        "gateway": {
            "url": url,
            "tells": look.told is not None,
            "retry_budget": look.told.retry_budget if look.told else None,
            "graph": asdict(look.told.graph) if look.told and look.told.graph.loaded else None,
        },
        "services": [
            {
                "name": probe.upstream.name,
                "kind": probe.upstream.kind,
                "url": probe.upstream.url,
                "health": probe.health,
                "detail": probe.detail,
                "probe_ms": _rounded(probe.duration_s),
                **_counted(look, probe.upstream.name),
                "policy": asdict(state) if (state := _policy_of(look, probe.upstream.name)) else None,
            }
            for probe in look.probes
        ],
    }


def _counted(look: Look, name: str) -> dict[str, object]:
    """Null means not known, which is not 0."""
    if look.told is None:
        return {"calls": None, "errors": None, "latency_ms": None}
    traffic = look.told.traffic.get(name, Traffic())
    return {"calls": traffic.calls, "errors": traffic.errors, "latency_ms": _rounded(traffic.mean_s)}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
