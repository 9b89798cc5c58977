"""Drafts: steps and their selections while a plan is being written. Changed in place; a finished plan holds none.

Problem: which request a field goes into, and with which others, is known only when all fields have been looked at.
Idea:    a selection is a tree of fields by internal key, so selecting twice is selecting once, and taking over another
         request's selection is joining two trees. Text is printed once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from graphql import NameNode, TypeNode, ValueNode, VariableNode

from gateway.federation.selection import ContextValue, Field, Selections
from gateway.planning.plan import ArgumentKey, Path, StepKind

Types = frozenset[str]


@dataclass(eq=False, slots=True)
class FieldDraft:
    """A field of a request. below: what is selected on its objects, None for leaves."""

    key: str
    name: str
    arguments: tuple[tuple[str, ValueNode], ...]
    variables: tuple[str, ...]
    below: SelectionDraft | None


@dataclass(eq=False, slots=True)
class SelectionDraft:
    """What one request selects at one place.

    fields:   for every object there; by internal key.
    by_type:  only for objects of these runtime types.
    typename: whether `__typename` is selected.
    """

    fields: dict[str, FieldDraft] = field(default_factory=dict[str, FieldDraft])
    by_type: dict[Types, SelectionDraft] = field(default_factory=dict[Types, "SelectionDraft"])
    typename: bool = False

    def on(self, types: Types) -> SelectionDraft:
        """The selections that apply to these runtime types only."""
        return self.by_type.setdefault(types, SelectionDraft())

    def add(self, wanted: Field) -> FieldDraft:
        """Select a field; the same key twice is the same field."""
        found = self.fields.get(wanted.key)
        if found is None:
            below = SelectionDraft() if wanted.selections else None
            found = FieldDraft(wanted.key, wanted.name, wanted.arguments, wanted.variables, below)
            self.fields[wanted.key] = found
        return found

    def bind(self, wanted: Field, graph: str) -> None:
        """Give a field that is selected the arguments that it gets from contexts in this subgraph."""
        bound = [(name, VariableNode(name=NameNode(value=v.variable))) for name, v in wanted.bound if v.graph == graph]
        if bound:
            self.fields[wanted.key].arguments = (*wanted.arguments, *bound)

    def absorb(self, other: SelectionDraft) -> None:
        """Take over everything that another request selects at the same place."""
        self.typename = self.typename or other.typename
        for key, theirs in other.fields.items():
            mine = self.fields.setdefault(key, theirs)
            if mine is not theirs and mine.below is not None and theirs.below is not None:
                mine.below.absorb(theirs.below)
        for types, theirs in other.by_type.items():
            mine = self.by_type.setdefault(types, theirs)
            if mine is not theirs:
                mine.absorb(theirs)

    def copied(self) -> SelectionDraft:
        """The same selections, to be changed apart."""
        return SelectionDraft(
            {
                key: replace(drafted, below=drafted.below and drafted.below.copied())
                for key, drafted in self.fields.items()
            },
            {types: below.copied() for types, below in self.by_type.items()},
            self.typename,
        )

    def every_field(self) -> Iterable[FieldDraft]:
        """All fields here and below."""
        for drafted in self.fields.values():
            yield drafted
            if drafted.below is not None:
                yield from drafted.below.every_field()
        for selection in self.by_type.values():
            yield from selection.every_field()


@dataclass(eq=False, slots=True)
class EntryDraft:
    """How objects of one runtime type are presented: as which type, with which fields.

    selections:     field sets whose values are read from the gateway's data: keys and requirements.
    from_arguments: key components that a root field's arguments give.
    """

    as_type: str
    keys: tuple[Selections, ...] = ()
    requires: tuple[Selections, ...] = ()
    from_arguments: tuple[ArgumentKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Contexts:
    """What a step takes from its objects' ancestors. Steps with different ones stay apart: what is missing for one
    costs the others nothing.

    owners: the types of the objects on the way, the root first; "" where each tells its own.
    """

    values: tuple[ContextValue, ...]
    owners: tuple[str, ...]


@dataclass(eq=False, slots=True)
class StepDraft:
    """A step in the making.

    entries:     runtime type -> how it is presented.
    needs:       steps whose data this one needs.
    merge_after: steps that must be merged before this one's result can be; see `FetchStep`.
    echoed:      see `FetchStep`.
    contexts:    what it takes from further up; None for nothing.
    parts:       what the step was made of, to fall back to; none when it is of one piece.
    """

    graph: str
    kind: StepKind
    path: Path
    needs: set[StepDraft]
    merge_after: set[StepDraft] = field(default_factory=set["StepDraft"])
    selection: SelectionDraft = field(default_factory=SelectionDraft)
    entries: dict[str, EntryDraft] = field(default_factory=dict[str, EntryDraft])
    echoed: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    contexts: Contexts | None = None
    parts: list[StepDraft] = field(default_factory=list["StepDraft"])

    @property
    def awaited(self) -> set[StepDraft]:
        """Every step that comes before this one is merged."""
        return self.needs | self.merge_after


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which request more fields of the position's objects can be selected.

    is_opaque: that request knows the objects as an interface object, without their own type.
    """

    step: StepDraft
    selection: SelectionDraft
    is_opaque: bool = False


@dataclass(frozen=True, slots=True)
class RootArgument:
    """An argument of a root field, with its type."""

    value: ValueNode
    type: TypeNode
