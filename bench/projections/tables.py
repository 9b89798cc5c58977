"""What was measured, as the tables that docs/performance.md shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.projections.measuring import Measurement, Sizes
from bench.report import heading

PACKAGES = ("sqlalchemy", "psycopg", "msgspec", "aiohttp", "strawberry-graphql", "graphql-core")


def heading_of(sizes: Sizes) -> str:
    return heading(f"{sizes.orders:,} orders. Every process (services, worker, gateway) on the same cores.", PACKAGES)


def tables_of(measured: Sequence[Measurement]) -> Iterator[str]:
    """A table for each part that was measured."""
    builders = (_pages, _window, _builds, _rebuilds, _live)
    for table in (build(measured) for build in builders):
        if table:
            yield "\n".join(table)


def _table(title: str, columns: str, rows: list[str]) -> list[str]:
    rule = "|" + "---|" * (columns.count("|") + 1)
    return [f"**{title}**", "", f"| {columns} |", rule, *rows] if rows else []


def _pages(measured: Sequence[Measurement]) -> list[str]:
    rows = [
        f"| {page.title} | {each.store} | {page.rows:.0f} | {page.calls:.2g} | {page.gateway_p50_ms:.1f} |"
        f" {page.gateway_p95_ms:.1f} | {page.store_p50_ms:.1f} | {page.store_p95_ms:.1f} |"
        for each in measured
        for page in each.pages
    ]
    columns = "question | store | rows | calls to services | p50 ms | p95 ms | in the store p50 ms | p95 ms"
    return _table("Questions, one after the other", columns, rows)


def _window(measured: Sequence[Measurement]) -> list[str]:
    rows = [
        f"| {each.store} | {window.rate:.0f} | {len(window.ms):,} | {window.quantile(0.5):.1f} |"
        f" {window.quantile(0.99):.1f} | {window.ms[-1]:.0f} | {window.late_ms:.1f} |"
        for each in measured
        if (window := each.window) is not None
    ]
    columns = "store | events a second | events | p50 ms | p99 ms | longest ms | commands sent late, p99 ms"
    return _table("Consistency window: from the commit at the service to what a reader sees", columns, rows)


def _builds(measured: Sequence[Measurement]) -> list[str]:
    rows = [
        f"| {name} | {each.store} | {built.aggregates:,} | {built.cpu_s:.1f} | {built.seconds:.1f} |"
        f" {built.per_cpu_s:,.0f} |"
        for each in measured
        for name, built in each.built.items()
    ]
    columns = "projection | store | aggregates | CPU s | s | aggregates per CPU second"
    return _table("Building", columns, rows)


def _rebuilds(measured: Sequence[Measurement]) -> list[str]:
    rows = [
        f"| {each.store} | {found.first.aggregates:,} in {found.first.seconds:.1f} s |"
        f" {found.second.aggregates:,} in {found.second.seconds:.1f} s | {len(found.asked.ms):,} |"
        f" {found.asked.failed} | {found.asked.mixed} | {found.asked.quantile(0.5):.1f} |"
        f" {found.asked.quantile(0.95):.1f} | {found.differing} |"
        for each in measured
        if (found := each.rebuilt) is not None
    ]
    columns = "store | until it was killed | begun again | questions | failed | mixed | p50 ms | p95 ms | differing"
    return _table("Building anew while four clients ask, killed half-way", columns, rows)


def _live(measured: Sequence[Measurement]) -> list[str]:
    rows = [
        f"| {each.store} | {', '.join(live.projections)} | {live.events:,} | {live.cpu_s:.1f} | {live.seconds:.1f} |"
        f" {live.events / live.cpu_s:,.0f} | {live.events / live.seconds:,.0f} |"
        for each in measured
        if (live := each.live) is not None
    ]
    columns = "store | projections | events | CPU s | s | events per CPU second | per second"
    return _table("Applying events live", columns, rows)
