"""Plan: the fetches that answer an operation, as a flat DAG of steps.

There is no nesting of "sequence" and "parallel": a step starts when the steps it depends on are merged. A plan holds no
variable values and no connections; it is made once and shared by all requests for its operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from graphql import TypeNode, ValueNode

from gateway.errors import BraidError

StepKind = Literal["query", "mutation", "entities"]


class PlanningError(BraidError):
    """The operation is valid, but no set of subgraphs can answer it: the graph lacks a key or a field somewhere."""

    code = "UNSATISFIABLE_OPERATION"


@dataclass(frozen=True, slots=True)
class PathElement:
    """One step down from an object. Lists on the way are walked through.

    key:   internal key of the field.
    types: runtime types of the objects to go on with, by their `__typename`; None when the type is known and needs no
           look.
    """

    key: str
    types: frozenset[str] | None = None


Path = tuple[PathElement, ...]


@dataclass(frozen=True, slots=True)
class RepresentationField:
    """One field of a representation.

    name, key: under `name` in the representation, under `key` in the gateway's data.
    nullable:  whether a null may be sent. A null in a key component that is not nullable means: do not ask.
    below:     the fields inside an object or a list of objects; None for leaves.
    """

    name: str
    key: str
    nullable: bool
    below: RepresentationShape | None = None


@dataclass(frozen=True, slots=True)
class RepresentationShape:
    """Fields to read from an object, by its runtime type.

    static_type: the type when it is the same for all; otherwise the object's `__typename` says it and is sent along.
    """

    fields: Mapping[str, tuple[RepresentationField, ...]]
    static_type: str | None


@dataclass(frozen=True, slots=True)
class ContextVariable:
    """A variable of a step's request whose value each object takes from its nearest ancestor that sets it.

    setters:  type of such an ancestor -> what is read of it: one field, and one field of that, and so on.
    nullable: whether a null may be sent; without, objects whose value is null are not asked for.
    """

    name: str
    nullable: bool
    setters: Mapping[str, RepresentationField]


@dataclass(frozen=True, slots=True)
class StepContexts:
    """What a step takes from its objects' ancestors.

    owners: the types of the objects on the step's path, the root first; "" where each tells its own.
    """

    variables: tuple[ContextVariable, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArgumentKey:
    """A key component that a root field's argument gives: known before anything is fetched (`@lookup`)."""

    name: str
    value: ValueNode
    type: TypeNode


@dataclass(frozen=True, slots=True)
class Representation:
    """How an object is presented to a subgraph: `{__typename: as_type, key and required fields}`."""

    as_type: str
    fields: tuple[RepresentationField, ...]
    from_arguments: tuple[ArgumentKey, ...] = ()


@dataclass(slots=True)
class RenameTree:
    """Undoes aliases that were needed on the wire: wire name -> (internal key, what to rename below)."""

    names: dict[str, str] = field(default_factory=dict[str, str])
    below: dict[str, RenameTree] = field(default_factory=dict[str, "RenameTree"])

    def __bool__(self) -> bool:
        return bool(self.names) or any(self.below.values())


@dataclass(frozen=True, slots=True)
class EntitiesText:
    """What an entity fetch's document is made of, for putting several into one.

    definitions: of the client's variables that it uses, as text. selection: on the entities.
    """

    definitions: tuple[str, ...]
    selection: str


@dataclass(frozen=True, slots=True, eq=False)
class FetchStep:
    """One fetch from one subgraph.

    id:            position in `Plan.steps`.
    path:          where the fetched objects lie in the gateway's data; () is the root.
    dependencies:  ids of the steps whose data this one needs before it can start.
    merge_after:   ids of the steps that must be merged before this one's result can be; only for steps that start
                   early, knowing their key from arguments. Everyone else: ().
    document:      the operation's text.
    variables:     names of the client's variables to send along.
    representations_as: for entities: name of the variable that takes the representations.
    text:          for entities: the parts of `document`; None for others.
    representations: for entities: runtime type -> how to present an object of it.
    fields:        runtime type (or the path's only type) -> internal keys that this step fills on such an object.
    level:         1 for steps that start at once, else one more than the latest dependency.
    echoed:        type as which an entity was presented -> internal key -> name in the representation: what must be
                   equal in the entity and in the representation that it stands for.
    parts:         the steps that this one was made of, with other dependencies: each can be sent by itself, for objects
                   or at times for which not all that this one needs is there. None when it is of one piece.
    contexts:      what is taken from the objects' ancestors: objects with different values are asked for apart.
    is_flat:       all representations consist of the same leaf fields, read from the objects.
    """

    id: int
    graph: str
    kind: StepKind
    path: Path
    dependencies: tuple[int, ...]
    merge_after: tuple[int, ...]
    document: str
    variables: tuple[str, ...]
    representations: Mapping[str, Representation]
    fields: Mapping[str, tuple[str, ...]]
    rename: RenameTree | None
    level: int
    representations_as: str = ""
    text: EntitiesText | None = None
    echoed: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])
    parts: tuple[FetchStep, ...] = ()
    contexts: StepContexts | None = None
    is_flat: bool = field(init=False)

    def __post_init__(self) -> None:
        specs = self.representations.values()
        names = {tuple(wanted.name for wanted in spec.fields) for spec in specs}
        is_flat = all(not spec.from_arguments and all(w.below is None for w in spec.fields) for spec in specs)
        object.__setattr__(self, "is_flat", is_flat and len(names) == 1)

    @property
    def is_early(self) -> bool:
        """Whether the step starts beside the step that finds its object."""
        return bool(self.merge_after)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Steps in an order in which every step comes after those it depends on.

    root_type: name of the operation's root type.
    requests:  ids of the steps that share a request when all goes well; every step is in one. Left out, each has its
               own.
    is_cut_short: whether the search for it was: then it answers the operation, but there may be a cheaper one.
    behind:    for each step, and each part of one, by id: how many steps must come after it, one behind the other: the
               rest of its longest path.
    partners:  for each step that shares its request, the ids of those that it shares it with.
    """

    root_type: str
    steps: tuple[FetchStep, ...]
    requests: tuple[tuple[int, ...], ...] = ()
    is_cut_short: bool = False
    behind: tuple[int, ...] = field(init=False)
    partners: Mapping[int, frozenset[int]] = field(init=False)

    def __post_init__(self) -> None:
        requests = self.requests or tuple((step.id,) for step in self.steps)
        partners = {step: frozenset(shared) - {step} for shared in requests for step in shared if len(shared) > 1}
        object.__setattr__(self, "requests", requests)
        object.__setattr__(self, "partners", partners)
        object.__setattr__(self, "behind", _count_behind(self.steps))

    @property
    def depth(self) -> int:
        """Number of rounds, one after the other, that the answer costs."""
        return max((step.level for step in self.steps), default=0)


def _count_behind(steps: Sequence[FetchStep]) -> tuple[int, ...]:
    """See Plan.behind. One pass from the last step to the first, since every step comes after those it waits for.

    A step that starts early does not wait for the step that finds its object, but whatever is behind it does.
    """
    behind = [0] * len(steps)
    for step in reversed(steps):
        for need in step.dependencies:
            behind[need] = max(behind[need], behind[step.id] + 1)
        for finder in step.merge_after:
            behind[finder] = max(behind[finder], behind[step.id])
    return (*behind, *(behind[step.id] for step in steps for _ in step.parts))
