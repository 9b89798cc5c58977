"""Solution -> step drafts: every jump becomes a step, every item a field in the selections of its provider.

Runtime types whose plans are equal are written once, for the set of them: without that, an interface over many types,
nested a few times, multiplies into as many fragments as there are combinations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made
from itertools import product

from gateway.federation.selection import Field, Selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.specialise import collect
from gateway.planning.draft import Contexts, EntryDraft, Place, RootArgument, StepDraft, Types
from gateway.planning.plan import ArgumentKey, Path, PathElement
from gateway.planning.signature import Signatures
from gateway.planning.solution import ARGUMENTS, AbstractPlan, Item, Jump, ObjectPlan, Source

Origin = str | Jump
"""What stands for a source while steps are written: the subgraph's name when it is held, otherwise its jump."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the objects lie whose plan is being written.

    types:   their runtime types; the plan is the same for all of them.
    finders: the steps that must be merged before the path can be walked down to these objects.
    arguments: those of the query's field that finds the objects, by name; empty elsewhere.
    before:  the steps that must be merged before that field can be asked for.
    owners:  types of the objects on the way and of these, see `Contexts`.
    above:   the steps that fetch fields of the objects on the way, by type and internal key.
    here:    the same of these objects, as far as they are written, by internal key.
    """

    path: Path
    types: Types
    finders: frozenset[StepDraft]
    arguments: Mapping[str, RootArgument]
    before: frozenset[StepDraft] = frozenset()
    owners: tuple[str, ...] = ()
    above: Mapping[tuple[str, str], set[StepDraft]] = made(default_factory=dict[tuple[str, str], "set[StepDraft]"])
    here: dict[str, set[StepDraft]] = made(default_factory=dict[str, "set[StepDraft]"])

    def seen_below(self) -> Mapping[tuple[str, str], set[StepDraft]]:
        """`above` for the positions below this one."""
        return {**self.above, **{(name, key): steps for name in self.types for key, steps in self.here.items()}}


class Emitter:
    """Writes one plan's steps, in an order in which each comes after those it needs."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._signatures = Signatures(supergraph)
        self._has_contexts = any(definition.contexts for definition in supergraph.types.values())
        self.steps: list[StepDraft] = []
        self._by_place: dict[tuple[object, ...], list[StepDraft]] = {}

    def query(self, plan: ObjectPlan) -> None:
        """The steps of a query's root."""
        self._object(plan, Position((), frozenset({plan.type}), frozenset(), {}, owners=(plan.type,)), {})

    def mutation(self, plan: ObjectPlan, graph: str) -> None:
        """The steps of one mutation field, which come after all steps of the fields before it.

        Fields of one subgraph that follow each other share a request as long as nothing else was fetched between them:
        the subgraph itself runs them one after the other.
        """
        last = self.steps[-1] if self.steps else None
        if last is not None and last.kind == "mutation" and last.graph == graph:
            step = last
        else:
            step = StepDraft(graph, "mutation", (), set(self.steps))
            self.steps.append(step)
        position = Position((), frozenset({plan.type}), frozenset({step}), {}, owners=(plan.type,))
        self._object(plan, position, {graph: Place(step, step.selection)})

    # -- positions -------------------------------------------------------------------------------------------------

    def _object(self, plan: ObjectPlan, position: Position, places: dict[Origin, Place]) -> set[StepDraft]:
        """Write a position's plan. Answers the steps that must be merged to have all of it."""
        touched: set[StepDraft] = set()
        for item in plan.items:
            steps = self._item(item, position, places)
            touched |= steps
            if self._has_contexts:
                position.here[item.field.key] = steps
        return touched

    def _item(self, item: Item, position: Position, places: dict[Origin, Place]) -> set[StepDraft]:
        """Select one field at its providers, and everything below it."""
        touched: set[StepDraft] = set()
        below: dict[Origin, Place] = {}
        for source in item.providers:
            place = self._place(source, position, places)
            drafted = place.selection.add(item.field)
            if item.field.bound:
                place.selection.bind(item.field, source.graph)
            touched.add(place.step)
            if drafted.below is not None:
                below[source.graph] = Place(place.step, drafted.below, self._is_opaque(source, item.field))
        if item.child is not None:
            touched |= self._children(item.child, item.field, position, below)
        return touched

    def _is_opaque(self, source: Source, field: Field) -> bool:
        info = self._supergraph.source(source.type, field.name, source.graph)
        return info is not None and self._supergraph.is_interface_object(info.named, source.graph)

    def _children(
        self, child: AbstractPlan, field: Field, parent: Position, places: dict[Origin, Place]
    ) -> set[StepDraft]:
        touched: set[StepDraft] = set()
        first = next((place for place in places.values() if not place.is_opaque), next(iter(places.values())))
        finders = parent.finders | {first.step}
        if child.narrowing is not None:
            finders |= {self._narrowing(child.narrowing, field, parent, finders, places)}
        elif child.is_abstract:
            first.selection.typename = True
        for types, plan in self._signatures.groups(child.by_type, apart=not self._has_contexts):
            element = PathElement(field.key, types if child.is_abstract else None)
            arguments = self._arguments(field, parent)
            owners = (*parent.owners, "" if child.is_abstract else next(iter(types)))
            above = parent.seen_below() if self._has_contexts else parent.above
            position = Position(
                (*parent.path, element), types, finders, arguments, parent.finders, owners=owners, above=above
            )
            touched |= self._object(plan, position, _narrowed(places, types) if child.is_abstract else dict(places))
        return touched

    def _narrowing(
        self, source: Source, field: Field, parent: Position, finders: frozenset[StepDraft], places: dict[Origin, Place]
    ) -> StepDraft:
        """The step that asks for the objects' type. Adds its place to `places`, as one that holds the objects."""
        assert source.jump is not None
        path = (*parent.path, PathElement(field.key))
        position = Position(path, frozenset({source.type}), finders, {})
        place = self._place(source, position, dict(places))
        place.selection.typename = True
        places[source.graph] = place
        return place.step

    def _arguments(self, field: Field, parent: Position) -> Mapping[str, RootArgument]:
        query = self._supergraph.roots["query"]
        if not field.arguments or parent.types != frozenset({query}):
            return {}
        declared = self._supergraph.types[query].fields[field.name].arguments
        return {name: RootArgument(value, declared[name]) for name, value in field.arguments}

    # -- steps -----------------------------------------------------------------------------------------------------

    def _place(self, source: Source, position: Position, places: dict[Origin, Place]) -> Place:
        origin: Origin = source.jump or source.graph
        found = places.get(origin)
        if found is None:
            assert source.jump is not None, "a held source has its place from the position's parent"
            found = places[origin] = self._jump(source.jump, position, places)
        return found

    def _jump(self, jump: Jump, position: Position, places: dict[Origin, Place]) -> Place:
        """The place that a jump opens: in a step that is there already, or in a new one."""
        needs: set[StepDraft] = set()
        given: list[ArgumentKey] = []
        for item in jump.needs:
            if item.providers[0].graph == ARGUMENTS:
                argument = position.arguments[item.field.name]
                given.append(ArgumentKey(item.field.name, argument.value, argument.type))
            else:
                needs |= self._item(item, position, places)
        if self._supergraph.is_root(jump.as_type):
            return self._root_step(jump, position)
        for value in jump.contexts:
            for setter in value.setters.items():
                needs |= position.above.get((setter[0], setter[1].key), set())
        entries = self._entries(jump, position, tuple(given))
        is_early = bool(given) and not needs
        step = StepDraft(
            graph=jump.graph,
            kind="entities",
            path=position.path,
            needs=set(position.before) if is_early else needs | position.finders,
            merge_after=set(position.finders) if is_early else set(),
            entries=entries,
            contexts=Contexts(jump.contexts, position.owners) if jump.contexts else None,
        )
        step = self._shared(step)
        return Place(step, step.selection.on(_as_types(entries)))

    def _root_step(self, jump: Jump, position: Position) -> Place:
        """A fresh request to a root type: the operation's, or a field's somewhere below that returns the root."""
        step = self._shared(StepDraft(jump.graph, "query", position.path, set(position.finders)))
        return Place(step, step.selection)

    def _entries(self, jump: Jump, position: Position, given: tuple[ArgumentKey, ...]) -> dict[str, EntryDraft]:
        names = {argument.name for argument in given}
        key = tuple(node for node in jump.key if not (isinstance(node, Field) and node.name in names))
        entries: dict[str, EntryDraft] = {}
        for type_name in sorted(position.types):
            # The plan of a group is that of its first type: the others are entered under their own names.
            as_type = jump.as_type if jump.as_type not in position.types else type_name
            keys: tuple[Selections, ...] = (key,) if key else ()
            entries[type_name] = EntryDraft(as_type, keys, (jump.requires,) if jump.requires else (), given)
        return entries

    def _shared(self, step: StepDraft) -> StepDraft:
        """An equal step that is there already, widened by this one's types; otherwise this one."""
        place = (step.graph, step.kind, tuple(element.key for element in step.path))
        same = self._by_place.setdefault(place, [])
        for other in same:
            if _are_one_call(other, step) and self._agree(other.entries, step.entries):
                _widen(other, step)
                return other
        same.append(step)
        self.steps.append(step)
        return step

    def _agree(self, one: Mapping[str, EntryDraft], other: Mapping[str, EntryDraft]) -> bool:
        return representations_agree(one, other, self._supergraph)


def representations_agree(
    one: Mapping[str, EntryDraft], other: Mapping[str, EntryDraft], supergraph: Supergraph
) -> bool:
    """Whether objects of each type can be presented once for both.

    A representation has one slot per field name, so two requirements on one field with different arguments, anywhere
    inside, need a call each. So do types that are entered under one name, as an interface object, if one comes without
    what the other requires: the subgraph would be asked to compute the fields for both.
    """
    for (name, mine), (other_name, theirs) in product(one.items(), other.items()):
        is_one_name = name != other_name and mine.as_type == theirs.as_type
        if is_one_name and set(mine.requires) != set(theirs.requires):
            return False
    for type_name in one.keys() & other.keys():
        mine, theirs = one[type_name], other[type_name]
        if mine.as_type != theirs.as_type:
            return False
        combined = tuple(
            node for entry in (mine, theirs) for selections in entry.keys + entry.requires for node in selections
        )
        if not _one_value_per_name(combined, type_name, supergraph):
            return False
    return True


def _one_value_per_name(selections: Selections, type_name: str, supergraph: Supergraph) -> bool:
    keys_by_name: dict[str, str] = {}
    for field in collect(selections, type_name, supergraph):
        if keys_by_name.setdefault(field.name, field.key) != field.key:
            return False
        if field.selections:
            named = supergraph.types[type_name].fields[field.name].named
            below = supergraph.possible_anywhere(named)
            if not all(_one_value_per_name(field.selections, child, supergraph) for child in below):
                return False
    return True


def _are_one_call(one: StepDraft, other: StepDraft) -> bool:
    """Whether two steps fetch from one subgraph at one place and time. The last element's types may differ."""
    return (
        one.graph == other.graph
        and one.kind == other.kind
        and one.needs == other.needs
        and one.merge_after == other.merge_after
        and one.contexts == other.contexts
        and len(one.path) == len(other.path)
        and one.path[:-1] == other.path[:-1]
        and [element.key for element in one.path[-1:]] == [element.key for element in other.path[-1:]]
    )


def _widen(step: StepDraft, other: StepDraft) -> None:
    """Let a step fetch for another's types too. Changes `step`."""
    if step.path:
        last, more = step.path[-1], other.path[-1]
        types = None if last.types is None or more.types is None else last.types | more.types
        step.path = (*step.path[:-1], replace(last, types=types))
    for type_name, theirs in other.entries.items():
        mine = step.entries.setdefault(type_name, theirs)
        if mine is not theirs:
            mine.keys = tuple(dict.fromkeys(mine.keys + theirs.keys))
            mine.requires = tuple(dict.fromkeys(mine.requires + theirs.requires))


def _narrowed(places: dict[Origin, Place], types: Types) -> dict[Origin, Place]:
    """The places, for these types only. One that does not know the type selects for all objects."""
    return {
        origin: place if place.is_opaque else Place(place.step, place.selection.on(types))
        for origin, place in places.items()
    }


def _as_types(entries: Mapping[str, EntryDraft]) -> Types:
    return frozenset(entry.as_type for entry in entries.values())
