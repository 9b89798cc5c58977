"""A cache is bounded by number and by estimated size; plans are kept in such a one, and one is made once."""

from __future__ import annotations

from gateway.pipeline import Pipeline, PipelineOptions
from gateway.telemetry.caches import CountedCache
from gateway.telemetry.telemetry import Telemetry
from tests.unit.supergraphs import load

GRAPH = load("type Query @join__type(graph: A) { a: Int b: Int }")


def test_the_least_recently_used_goes_when_there_are_too_many() -> None:
    cache: CountedCache[str, int] = CountedCache(2)
    for key in "ab":
        cache.keep(key, 1)
    assert cache.find("a") == 1
    cache.keep("c", 1)
    assert list(cache) == ["a", "c"]
    cache.keep("a", 2)
    assert (cache.find("a"), cache.find("b"), len(cache)) == (2, None, 2)
    assert (cache.hits, cache.misses) == (2, 1)


def test_it_goes_too_when_together_they_are_too_large() -> None:
    cache: CountedCache[str, int] = CountedCache(10, 100, lambda value: value)
    for key, size in (("a", 40), ("b", 50), ("c", 30)):
        cache.keep(key, size)
    assert (list(cache), cache.held_bytes) == (["b", "c"], 80)


def test_what_is_too_large_alone_is_not_kept() -> None:
    cache: CountedCache[str, int] = CountedCache(10, 100, lambda value: value)
    cache.keep("a", 40)
    cache.keep("b", 101)
    assert list(cache) == ["a"]


def test_a_flood_of_operations_takes_no_more_memory_than_allowed() -> None:
    telemetry = Telemetry()
    pipeline = Pipeline(GRAPH, {}, PipelineOptions(cache_bytes=3_000_000), telemetry)
    pipeline.show()
    for number in range(300):
        pipeline.plan(pipeline.prepare(f"query Q{number} {{ a b }}"), {})
    held = [cache.held_bytes for cache in telemetry.metrics.caches.values()]
    assert all(2_000_000 < size <= 3_000_000 for size in held)
    assert all(len(cache) < 150 for cache in telemetry.metrics.caches.values())


def test_an_operation_is_planned_once() -> None:
    """Planning does not give way to other requests between look-up and result, so two cannot both do it."""
    pipeline = Pipeline(GRAPH, {})
    operation = pipeline.prepare("{ a }")
    assert pipeline.plan(operation, {}) is pipeline.plan(operation, {})
    assert pipeline.prepare("{ a }") is operation
