"""What the solver finds: for each object, which source provides which field, and which jumps that takes.

A *source* is a place an object's fields can be read from. It is *held* when the request that delivered the object can
select one more field there; otherwise a *jump*, a new request, makes it. All levels here are relative to the position
being solved: its earliest held source is at level 0, a jump that starts from there is at level 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.federation.selection import ContextValue, Field, Selections

# The name of no subgraph: marks the source that stands for a root field's arguments (`@lookup`).
ARGUMENTS = ""

Fetch = tuple[tuple[str, ...], str, int]
"""One request: (path from the position, subgraph, level). The same for several types counts once."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where fields of one object can be read.

    type:     the object's type name there; an interface's name in a subgraph that knows it as an interface object.
    view:     external fields that are readable all the same, because the way here provides them.
    lateness: the level at which it is available.
    jump:     what makes it available; None when it is held.
    """

    graph: str
    type: str
    view: Selections = ()
    lateness: int = 0
    jump: Jump | None = None

    @property
    def chain(self) -> frozenset[Jump]:
        """All jumps that must be made to have this source."""
        return self.jump.chain if self.jump else frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One field and where it is read. Several providers only for objects whose parts lie in several places."""

    field: Field
    providers: tuple[Source, ...]
    child: AbstractPlan | None = None


@dataclass(eq=False)
class Jump:
    """A request that enters `graph` for the object, as `as_type`, by `key` and with `requires`.

    contexts: what it takes from further up, for the one field that it is made for.
    needs: where the representation's fields are read.
    level: when the request runs.
    chain: every jump that this one stands on, itself included.
    """

    graph: str
    as_type: str
    key: Selections
    requires: Selections
    needs: tuple[Item, ...]
    level: int
    contexts: tuple[ContextValue, ...] = ()

    def __post_init__(self) -> None:
        chains = [provider.chain for item in self.needs for provider in item.providers]
        self.chain: frozenset[Jump] = frozenset({self}).union(*chains)
        self.fetches: frozenset[Fetch] = item_fetches(self.needs) | {((), self.graph, self.level)}


@dataclass(frozen=True, slots=True, eq=False)
class ObjectPlan:
    """How to obtain the wanted fields of an object of one type.

    depth:   the latest level of anything in it.
    fetches: the requests it adds to those that delivered the object.
    weight:  sum over the fields of (1 + level): prefers to have fields early.
    used:    names of the subgraphs whose held sources it reads.
    """

    type: str
    items: tuple[Item, ...]
    depth: int
    fetches: frozenset[Fetch]
    weight: int
    used: frozenset[str]

    @property
    def cost(self) -> tuple[int, int, int]:
        return self.depth, len(self.fetches), self.weight


@dataclass(frozen=True, slots=True, eq=False)
class AbstractPlan:
    """An ObjectPlan for each type that an object at one position can have.

    base:       level of the position's earliest source, relative to the parent's position.
    is_abstract: whether the runtime type has to be known; if not, there is one plan, for the type or for all types.
    narrowing:  the source that tells the runtime type, when the objects come from sources that do not know it.
    depth, fetches: relative to the parent's position; the fetches' paths start with the field's key.
    """

    by_type: tuple[ObjectPlan, ...]
    base: int
    is_abstract: bool
    depth: int
    fetches: frozenset[Fetch]
    weight: int
    used: frozenset[str]
    narrowing: Source | None = None

    @property
    def cost(self) -> tuple[int, int, int]:
        return self.depth, len(self.fetches), self.weight


def item_fetches(items: tuple[Item, ...]) -> frozenset[Fetch]:
    """Requests below these items and for their providers."""
    found: set[Fetch] = set()
    for item in items:
        for provider in item.providers:
            for jump in provider.chain:
                found |= jump.fetches
        if item.child is not None:
            found |= item.child.fetches
    return frozenset(found)


def object_plan(type_name: str, items: tuple[Item, ...]) -> ObjectPlan:
    weight = 0
    for item in items:
        weight += 1 + min(provider.lateness for provider in item.providers)
        if item.child is not None:
            weight += item.child.weight
    return ObjectPlan(
        type=type_name,
        items=items,
        depth=max((item_depth(item) for item in items), default=0),
        fetches=item_fetches(items),
        weight=weight,
        used=_held_graphs(items),
    )


def abstract_plan(
    key: str, plans: tuple[ObjectPlan, ...], base: int, is_abstract: bool, narrowing: Source | None = None
) -> AbstractPlan:
    """The plan below the field `key`. With `narrowing`, the plans' levels count from when the type is known."""
    fetches: set[Fetch] = set()
    used: set[str] = set()
    known_at = base
    if narrowing is not None and narrowing.jump is not None:
        known_at += narrowing.lateness
        fetches |= {((key, *path), graph, level + base) for path, graph, level in narrowing.jump.fetches}
        used |= _held_graphs(narrowing.jump.needs)
    for plan in plans:
        fetches |= {((key, *path), graph, level + known_at) for path, graph, level in plan.fetches}
        used |= plan.used
    return AbstractPlan(
        by_type=plans,
        base=base,
        is_abstract=is_abstract,
        depth=known_at + max((plan.depth for plan in plans), default=0),
        fetches=frozenset(fetches),
        weight=sum(plan.weight + known_at * len(plan.items) for plan in plans),
        used=frozenset(used),
        narrowing=narrowing,
    )


def _held_graphs(items: Iterable[Item]) -> frozenset[str]:
    """Subgraphs whose held sources these items read, themselves or for the jumps that they stand on."""
    found: set[str] = set()
    for item in items:
        for provider in item.providers:
            if provider.jump is not None:
                for jump in provider.chain:
                    found |= _held_graphs(jump.needs)
            elif provider.graph != ARGUMENTS:
                found.add(provider.graph)
    return frozenset(found)


def item_depth(item: Item) -> int:
    own = max(provider.lateness for provider in item.providers)
    return max(own, item.child.depth) if item.child is not None else own


def _child_fetches(item: Item) -> int:
    return len(item.child.fetches) if item.child is not None else 0


def shallowest(item: Item) -> tuple[int, ...]:
    weight = item.child.weight if item.child is not None else 0
    return (item_depth(item), _child_fetches(item), weight, len(item.providers))


def thriftiest(item: Item) -> tuple[int, ...]:
    depth, fetches, weight, providers = shallowest(item)
    return (fetches, depth, weight, providers)
