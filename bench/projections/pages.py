"""Latency of questions to projections: through the gateway, one after the other, and of their one look at the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import httpx
from strawberry.schema import BaseSchema

from bench.projections.progress import Progress
from bench.projections.questions import KINDS, Kind
from gateway.projections.projection import Projection
from gateway.projections.store import Reading, Store
from gateway.services.request import RequestContext
from mock_services.estate import Estate
from schema.reports import schema as reports
from schema.search import schema as search

WARM_UP = 5
Look = Callable[[Reading], Any]


@dataclass(frozen=True, slots=True)
class Page:
    """rows: of an answer, on average. calls: to services, of a question. fault: what is wrong, "" when nothing is."""

    title: str
    rows: float
    calls: float
    gateway_p50_ms: float
    gateway_p95_ms: float
    store_p50_ms: float
    store_p95_ms: float
    fault: str


def measure_pages(url: str, estate: Estate, progress: Progress, questions: int) -> list[Page]:
    """Ask so many questions of each kind. url: of the gateway."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        return [_measure(url, client, estate, progress, kind, questions) for kind in KINDS]


def _measure(url: str, client: httpx.Client, estate: Estate, progress: Progress, kind: Kind, questions: int) -> Page:
    variants = list(islice(cycle(kind.variants), questions))
    for variables in variants[:WARM_UP]:
        client.post(url, json={"query": kind.query, "variables": variables})
    estate.reset_calls()
    asked = [_ask(url, client, kind, variables) for variables in variants]
    calls = sum(sum(routes.values()) for routes in estate.calls().values()) / questions
    looked = _look_all(progress, kind, variants)
    rows = sum(count for _, count, _ in asked) / questions
    faults = [fault for _, _, fault in asked if fault]
    if calls > kind.calls:
        faults.append(f"{calls:g} calls to services instead of {kind.calls}")
    through = sorted(ms for ms, _, _ in asked)
    return Page(
        kind.title, rows, calls, _quantile(through, 0.5), _quantile(through, 0.95),
        _quantile(looked, 0.5), _quantile(looked, 0.95), "; ".join(faults[:1]),
    )  # fmt: skip


def _ask(url: str, client: httpx.Client, kind: Kind, variables: Mapping[str, Any]) -> tuple[float, int, str]:
    """Milliseconds, rows of the answer, and what was wrong with it."""
    began = time.perf_counter()
    response = client.post(url, json={"query": kind.query, "variables": variables})
    ms = 1000 * (time.perf_counter() - began)
    answer = response.json()
    if answer.get("errors") or not answer.get("data"):
        return ms, 0, str(answer.get("errors"))[:200]
    (found,) = answer["data"].values()
    lists = [value for value in (found or {}).values() if isinstance(value, list)]
    return ms, sum(map(len, lists)) if lists else 1, ""


def _look_all(progress: Progress, kind: Kind, variants: Sequence[Mapping[str, Any]]) -> list[float]:
    """Milliseconds of what the same questions look up, in this thread; sorted."""
    projection = next(each for each in progress.projections if each.name == "orders")
    looks = {str(variables): _look_of(progress.store, projection, kind, variables) for variables in kind.variants}
    found: list[float] = []
    for variables in variants:
        look = looks[str(variables)]
        began = time.perf_counter()
        progress.store.read(projection, look)
        found.append(1000 * (time.perf_counter() - began))
    return sorted(found)


class _Noting:
    """A request's reader that notes what is looked up."""

    def __init__(self, store: Store, projection: Projection) -> None:
        self.looks: list[Look] = []
        self._store, self._projection = store, projection

    async def read(self, look: Look) -> Any:
        self.looks.append(look)
        return self._store.read(self._projection, look)


def _look_of(store: Store, projection: Projection, kind: Kind, variables: Mapping[str, Any]) -> Look:
    """The look that a question comes to: its only one."""
    noting = _Noting(store, projection)

    async def ask() -> None:
        deadline = asyncio.get_running_loop().time() + 60
        readers: Any = {projection.name: noting}
        context = RequestContext("bench", deadline, projections=readers)
        schema: BaseSchema = search if "searchOrders" in kind.query else reports
        query = kind.query.replace("{ stock { available } }", "{ id }")
        answer = await schema.execute(query, variable_values=dict(variables), context_value=context)
        if answer.errors:
            raise SystemExit(f"{kind.title}: {answer.errors[:2]}")

    asyncio.run(ask())
    (look,) = noting.looks
    return look


def _quantile(ms: Sequence[float], share: float) -> float:
    return ms[min(int(len(ms) * share), len(ms) - 1)]
