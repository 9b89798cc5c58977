"""Random small supergraphs and queries on them, and the cheapest plan by trying everything.

The graphs hold what makes planning a search: fields in several subgraphs, keys with one or two parts, keys that are
readable or only good for entering, objects without a key of their own, root fields in several subgraphs.

Trying everything means: at each object, every set of further subgraphs to enter; for each object field, every set of
the subgraphs that hold it. A set of subgraphs says all there is to say: whatever can be entered is entered at the first
level at which some key of it is there. Nothing of this looks at how the solver works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations

from hypothesis import strategies as st

from tests.unit.supergraphs import supergraph_sdl

GRAPHS = ("a", "b", "c", "d")
KEY_PARTS = ("k0", "k1", "k2")
LEAVES = ("f0", "f1", "f2")


@dataclass(frozen=True)
class SmallType:
    """One object type.

    keys:     subgraph -> keys, each a tuple of leaf fields.
    readable: field -> the subgraphs that serve it.
    external: field -> the subgraphs that only declare it, as part of a key.
    targets:  object field -> the type it leads to.
    homes:    the subgraphs that know the type, whatever they serve of it.
    """

    name: str
    keys: Mapping[str, tuple[tuple[str, ...], ...]]
    readable: Mapping[str, tuple[str, ...]]
    external: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    homes: tuple[str, ...] = ()

    @property
    def graphs(self) -> tuple[str, ...]:
        return tuple(sorted({*self.homes, *self.keys, *chain(*self.readable.values())}))


@dataclass(frozen=True)
class SmallGraph:
    types: Mapping[str, SmallType]

    def sdl(self, order: tuple[str, ...] = GRAPHS) -> str:
        """The supergraph file; order: in which the subgraphs are listed."""
        return supergraph_sdl("\n".join(_type(t, order) for t in self.types.values()), graphs=order)


def _type(t: SmallType, order: tuple[str, ...]) -> str:
    places: list[str] = []
    for graph in order:
        if graph not in t.graphs:
            continue
        keys = t.keys.get(graph, ())
        places += [f'@join__type(graph: {graph.upper()}, key: "{" ".join(key)}")' for key in keys]
        if not keys:
            places.append(f"@join__type(graph: {graph.upper()})")
    fields: list[str] = []
    for name in t.readable:
        sources = [f"@join__field(graph: {g.upper()})" for g in order if g in t.readable[name]]
        sources += [f"@join__field(graph: {g.upper()}, external: true)" for g in order if g in t.external.get(name, ())]
        fields.append(f"{name}: {t.targets.get(name, 'Int')} {' '.join(sources)}")
    return f"type {t.name} {' '.join(places)} {{\n  " + "\n  ".join(fields) + "\n}"


@st.composite
def small_graphs(draw: st.DrawFn, *, plain_chains: bool = False) -> SmallGraph:
    """plain_chains: every subgraph has at most one key of a type, and each key part is readable in one subgraph, so
    that there is only one way from one subgraph to another."""
    names = [f"T{n}" for n in range(draw(st.integers(1, 3)))]
    graphs = GRAPHS[: draw(st.integers(2, 4))]
    homes = {name: draw(_some(graphs)) for name in names}
    types = {name: draw(_types(name, homes, plain_chains)) for name in names}
    roots = {f"r{n}": draw(_some(types[name].graphs, 2)) for n, name in enumerate(names)}
    types["Query"] = SmallType("Query", {}, roots, targets={f"r{n}": name for n, name in enumerate(names)})
    return SmallGraph(types)


def _some(values: tuple[str, ...], at_most: int | None = None) -> st.SearchStrategy[tuple[str, ...]]:
    """A few of these, at least one, in their order."""
    some = st.lists(st.sampled_from(values), min_size=1, max_size=at_most, unique=True)
    return some.map(lambda found: tuple(value for value in values if value in found))


@st.composite
def _types(draw: st.DrawFn, name: str, all_homes: Mapping[str, tuple[str, ...]], plain_chains: bool) -> SmallType:
    homes = all_homes[name]
    keys: dict[str, tuple[tuple[str, ...], ...]] = {}
    for graph in homes:
        if draw(st.integers(0, 4)):
            key = _some(KEY_PARTS, 2)
            keys[graph] = tuple(draw(st.lists(key, min_size=1, max_size=1 if plain_chains else 2, unique=True)))
    readable: dict[str, tuple[str, ...]] = {}
    external: dict[str, tuple[str, ...]] = {}
    for part in KEY_PARTS:
        places = draw(_some(homes, 1 if plain_chains else None))
        declared = tuple(graph for graph in keys if any(part in key for key in keys[graph]))
        readable[part] = places
        external[part] = tuple(graph for graph in declared if graph not in places)
    for leaf in LEAVES:
        readable[leaf] = draw(_some(homes, 2))
    targets: dict[str, str] = {}
    for n in range(draw(st.integers(0, 2))):
        target = draw(st.sampled_from(sorted(all_homes)))
        common = tuple(graph for graph in homes if graph in all_homes[target])
        if common:
            readable[f"o{n}"] = draw(_some(common))
            targets[f"o{n}"] = target
    return SmallType(name, keys, readable, external, targets, homes)


@dataclass(frozen=True)
class Wanted:
    """A selection set: leaves, and objects with their own."""

    leaves: tuple[str, ...]
    objects: tuple[tuple[str, Wanted], ...] = ()

    def text(self) -> str:
        return "{ " + " ".join([*self.leaves, *(f"{name} {below.text()}" for name, below in self.objects)]) + " }"


@st.composite
def queries(draw: st.DrawFn, graph: SmallGraph) -> Wanted:
    query = graph.types["Query"]
    roots = draw(st.lists(st.sampled_from(sorted(query.targets)), min_size=1, max_size=2, unique=True))
    return Wanted((), tuple((root, draw(_wanted(graph, query.targets[root], 2))) for root in roots))


@st.composite
def _wanted(draw: st.DrawFn, graph: SmallGraph, type_name: str, depth: int) -> Wanted:
    t = graph.types[type_name]
    leaves = st.sampled_from((*LEAVES, *KEY_PARTS[:2]))
    objects: list[tuple[str, Wanted]] = []
    if depth > 0:
        objects = [(name, draw(_wanted(graph, target, depth - 1))) for name, target in t.targets.items()
                   if draw(st.booleans())]  # fmt: skip
    wanted = draw(st.lists(leaves, min_size=0 if objects else 1, max_size=3, unique=True))
    return Wanted(tuple(wanted), tuple(objects))


# -- trying everything -------------------------------------------------------------------------------------------------

Front = dict[int, int]
"""Depth -> the least number of requests with which it can be reached. Empty: there is no way."""


def cheapest(graph: SmallGraph, wanted: Wanted) -> tuple[int, int] | None:
    """Least depth, and the least number of requests within it; None when nothing answers the query."""
    query = graph.types["Query"]
    front = _best(
        _front_with(graph, query, wanted, dict.fromkeys(chosen, 1), len(chosen)) for chosen in _subsets(query.graphs)
    )
    return min(front.items(), default=None)


def _front(graph: SmallGraph, t: SmallType, wanted: Wanted, held: Mapping[str, int]) -> Front:
    """For an object held by some subgraphs, each from a level on."""
    more = tuple(g for g in t.keys if g not in held)
    fronts: list[Front] = []
    for chosen in _subsets(more):
        levels = _levels(t, held, chosen)
        if levels is not None:
            fronts.append(_front_with(graph, t, wanted, levels, len(chosen)))
    return _best(fronts)


def _levels(t: SmallType, held: Mapping[str, int], chosen: tuple[str, ...]) -> dict[str, int] | None:
    """When each subgraph is there, if these and no others are entered; None when one of them cannot be."""
    levels = dict(held)
    while len(levels) < len(held) + len(chosen):
        entered = {
            graph: min(found)
            for graph in chosen
            if graph not in levels and (found := [n for key in t.keys[graph] if (n := _key_level(t, key, levels))])
        }
        if not entered:
            return None
        first = min(entered.values())
        levels.update({graph: level for graph, level in entered.items() if level == first})
    return levels


def _key_level(t: SmallType, key: tuple[str, ...], levels: Mapping[str, int]) -> int | None:
    """The level of a request that needs this key."""
    parts = [min((levels[g] for g in t.readable[part] if g in levels), default=None) for part in key]
    known = [part for part in parts if part is not None]
    return 1 + max(known) if len(known) == len(parts) else None


def _front_with(graph: SmallGraph, t: SmallType, wanted: Wanted, levels: Mapping[str, int], requests: int) -> Front:
    """With just these subgraphs at hand."""
    depth = max(levels.values(), default=0)
    for leaf in wanted.leaves:
        if not any(g in levels for g in t.readable[leaf]):
            return {}
    total: Front = {depth: requests}
    for name, below in wanted.objects:
        holders = tuple(g for g in t.readable[name] if g in levels)
        target = graph.types[t.targets[name]]
        child = _best(
            _front(graph, target, below, {g: levels[g] for g in anchors}) for anchors in _subsets(holders) if anchors
        )
        total = _best({max(d, e): n + m} for d, n in total.items() for e, m in child.items())
    return total


def _best(fronts: Iterator[Front] | list[Front]) -> Front:
    best: Front = {}
    for front in fronts:
        for depth, requests in front.items():
            best[depth] = min(requests, best.get(depth, requests))
    return best


def _subsets(values: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(values, n) for n in range(len(values) + 1))
