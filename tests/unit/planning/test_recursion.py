"""Recursion: only what does not depend on an unfinished computation is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.planning.recursion import Recursion

Graph = Mapping[int, Sequence[int]]


class Reachable:
    """Everything that can be reached from a node of a graph with cycles, computed by plain recursion."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._recursion = Recursion()
        self.memo: dict[int, frozenset[int]] = {}
        self.computed: list[int] = []

    def find(self, node: int) -> frozenset[int]:
        if node in self.memo:
            return self.memo[node]
        if self._recursion.is_guarded(node):
            return frozenset()
        return self._recursion.remember(self.memo, node, node, lambda: self._compute(node))

    def _compute(self, node: int) -> frozenset[int]:
        self.computed.append(node)
        return frozenset({node}).union(*(self.find(successor) for successor in self._graph[node]))


def truth(graph: Graph, start: int) -> frozenset[int]:
    """The same, by walking."""
    seen, waiting = {start}, [start]
    while waiting:
        for successor in graph[waiting.pop()]:
            if successor not in seen:
                seen.add(successor)
                waiting.append(successor)
    return frozenset(seen)


GRAPHS = st.integers(1, 6).flatmap(
    lambda size: st.fixed_dictionaries(
        {node: st.lists(st.integers(0, size - 1), max_size=3, unique=True) for node in range(size)}
    )
)


@settings(deadline=None)
@given(GRAPHS, st.randoms(use_true_random=False))
def test_every_answer_is_right_in_whatever_order_it_is_asked(graph: Graph, random):
    """A memo that kept what was computed inside a cycle would give too little, depending on who asked first."""
    reachable = Reachable(graph)
    nodes = list(graph)
    random.shuffle(nodes)
    for node in nodes:
        assert reachable.find(node) == truth(graph, node)
    assert reachable.memo == {node: truth(graph, node) for node in reachable.memo}


def test_without_a_cycle_each_thing_is_computed_once():
    diamond = {0: [1, 2], 1: [3], 2: [3], 3: []}
    reachable = Reachable(diamond)
    reachable.find(0)
    assert sorted(reachable.computed) == [0, 1, 2, 3]
    assert set(reachable.memo) == {0, 1, 2, 3}


def test_inside_a_cycle_only_the_outermost_result_is_remembered():
    ring = {0: [1], 1: [2], 2: [0]}
    reachable = Reachable(ring)
    assert reachable.find(0) == {0, 1, 2}
    assert set(reachable.memo) == {0}


def test_a_cycle_further_in_is_the_inner_computations_own_business():
    """0 -> 1 <-> 2: what 1 found is final, although a guard was hit below it."""
    reachable = Reachable({0: [1], 1: [2], 2: [1]})
    reachable.find(0)
    assert set(reachable.memo) == {0, 1}


def test_a_sibling_is_remembered_although_another_sibling_hit_an_outer_guard():
    reachable = Reachable({0: [1, 2], 1: [0], 2: []})
    reachable.find(0)
    assert set(reachable.memo) == {0, 2}


def test_what_depends_on_an_outer_guard_through_a_detour_is_not_remembered():
    """3 is computed after 2 had hit the guard of 0; 3 itself hits nothing, 1 does through 2."""
    reachable = Reachable({0: [1], 1: [2, 3], 2: [0], 3: []})
    reachable.find(0)
    assert set(reachable.memo) == {0, 3}


def test_a_computation_without_a_guard_is_kept_unless_it_hit_one():
    recursion = Recursion()
    memo: dict[str, int] = {}
    assert recursion.remember(memo, "free", None, lambda: 1) == 1

    def outer() -> int:
        return recursion.remember(memo, "inner", None, lambda: int(recursion.is_guarded("g")))

    assert recursion.remember(memo, "outer", "g", outer) == 1
    assert memo == {"free": 1, "outer": 1}


def test_a_failed_computation_leaves_no_guard_and_no_memory():
    recursion = Recursion()
    memo: dict[str, int] = {}

    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        recursion.remember(memo, "x", "g", fail)
    assert memo == {}
    assert not recursion.is_guarded("g")
    assert recursion.remember(memo, "x", "g", lambda: 2) == 2
    assert memo == {"x": 2}
