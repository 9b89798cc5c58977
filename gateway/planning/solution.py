"""What the solver finds: for each object, which source provides which field, and which jumps that takes.

A *source* is a place an object's fields can be read from. It is *held* when the request that delivered the object can
select one more field there; otherwise a *jump*, a new request, makes it. All levels here are relative to the position
being solved: its earliest held source is at level 0, a jump that starts from there is at level 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.federation.selection import Field, Selections

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
    is_abstract: whether the runtime type has to be asked for.
    depth, fetches: relative to the parent's position; the fetches' paths start with the field's key.
    """

    by_type: tuple[ObjectPlan, ...]
    base: int
    is_abstract: bool
    depth: int
    fetches: frozenset[Fetch]
    weight: int
    used: frozenset[str]

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
