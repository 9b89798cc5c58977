"""The position solver: the best way to obtain some fields of one object, given the sources that already hold it.

Problem: a field may be readable in several subgraphs, and entering a subgraph takes a key, whose parts may have to come
from other subgraphs, or from deeper inside the object, or may be computed there from yet other fields (`@requires`).
Naive:   list every path to every leaf, then search the combinations for the cheapest set of requests.
Idea:    a request benefits the fields of one object only, so the choice is local to a position (a place in the answer
         and a concrete type), except for the set of sources that is handed down to its children. So solve one position
         at a time, remember the result, and search only over "which further subgraphs do I enter here".
Invariant: what is remembered depends on (type, selections, held sources) alone; `recursion.py` sees to that.

Budget:  combinations multiply where positions with many ways to go are nested. So choices are counted, and when the
         budget is spent, every further position tries two: with no jump but the necessary ones, and with all. A plan
         always comes of it, perhaps not the cheapest one.

Levels are relative to the position: see `solution.py`. Costs are (depth, number of requests, how late the fields come).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from graphql import ListTypeNode, NonNullTypeNode, TypeNode

from gateway.federation.selection import Field, Selections
from gateway.federation.supergraph import Kind, Supergraph
from gateway.planning.reach import Held, Reach, earliest
from gateway.planning.reader import Reader
from gateway.planning.recursion import Recursion
from gateway.planning.solution import (
    ARGUMENTS,
    AbstractPlan,
    Fetch,
    Item,
    Jump,
    ObjectPlan,
    Source,
    abstract_plan,
    item_depth,
    object_plan,
    shallowest,
    thriftiest,
)

# With up to this many optional ways to enter further subgraphs at one position, every combination is tried.
_EXHAUSTIVE_GROUPS = 5

# A choice takes 0.1 to 0.5 ms. An operation of 1,000 fetches in a graph of 100 subgraphs takes 400 of them.
CHOICES = 5_000

Options = dict[str, list[Source]]


class Solver:
    """Solves positions of one supergraph. Keeps what it found for the positions of one planning call."""

    def __init__(self, supergraph: Supergraph, *, lookups: bool = True, choices: int = CHOICES) -> None:
        """choices: how many are tried before the search is cut short."""
        self._left = choices
        self.is_cut_short = False
        self._supergraph = supergraph
        self._lookups = lookups
        self._reader = Reader(supergraph)
        self._solved: dict[tuple[str, Selections, Held], ObjectPlan | None] = {}
        self._argument_views: dict[Field, Selections] = {}
        self._recursion = Recursion()
        self._reach = Reach(supergraph, self._reader, self._recursion, self)

    # -- a position ------------------------------------------------------------------------------------------------

    def solve(self, type_name: str, selections: Selections, held: Held) -> ObjectPlan | None:
        """The cheapest way to obtain the fields, or None when there is none.

        type_name: the object's concrete type, or an interface when its own type cannot be known.
        held:      the sources that deliver the object; () for the root of a query.
        """
        key = (type_name, selections, held)
        if key in self._solved:
            return self._solved[key]
        return self._recursion.remember(self._solved, key, None, lambda: self._solve(type_name, selections, held))

    def _solve(self, type_name: str, selections: Selections, held: Held) -> ObjectPlan | None:
        fields = self._reader.fields(selections, type_name)
        simple = self._all_leaves_held(type_name, fields, held)
        if simple is not None:
            return simple
        options: Options = {}
        available = self._reach.closure(type_name, held)
        for field in fields:
            options[field.key] = self._options(type_name, field, held, available)
            if not options[field.key]:
                return None
        return self._cheapest(type_name, fields, options)

    def _all_leaves_held(self, type_name: str, fields: tuple[Field, ...], held: Held) -> ObjectPlan | None:
        """The usual case: everything asked is a leaf that the earliest held source can read."""
        items: list[Item] = []
        for field in fields:
            provider = next((s for s in held if s.lateness == 0 and self._reader.read(s, type_name, field)), None)
            if provider is None or field.selections:
                return None
            items.append(Item(field, (provider,)))
        return object_plan(type_name, tuple(items))

    def _options(self, type_name: str, field: Field, held: Held, available: Held) -> list[Source]:
        """The sources that can give a field, earliest first."""
        plain = [source for source in available if self._reader.read(source, type_name, field)]
        if not any(source.jump is None for source in plain):
            plain += self._reach.requiring_sources(type_name, field, held)
        return sorted(plain, key=earliest)

    def _cheapest(self, type_name: str, fields: tuple[Field, ...], options: Options) -> ObjectPlan | None:
        """Choose which further subgraphs to enter: those that some field cannot do without, and then what pays."""
        forced: frozenset[Jump] = frozenset()
        for first, *others in options.values():
            forced |= first.chain.intersection(*(source.chain for source in others))
        best = self._evaluate(type_name, fields, options, forced)
        if best is not None and best.fetches <= _fetches_of(forced):
            return best
        groups = {source.chain - forced for sources in options.values() for source in sources}
        ordered = sorted((group for group in groups if group), key=_group_order)
        if ordered and self._left <= 0:
            self.is_cut_short = True
            return _cheaper(best, self._evaluate(type_name, fields, options, forced.union(*ordered)))
        for active in _combinations(forced, ordered):
            best = _cheaper(best, self._evaluate(type_name, fields, options, active))
        if len(ordered) > _EXHAUSTIVE_GROUPS:
            best = self._drop_while_cheaper(type_name, fields, options, forced, ordered, best)
        return best

    def _drop_while_cheaper(
        self,
        type_name: str,
        fields: tuple[Field, ...],
        options: Options,
        forced: frozenset[Jump],
        groups: Sequence[frozenset[Jump]],
        best: ObjectPlan | None,
    ) -> ObjectPlan | None:
        """Too many groups to try all combinations: start with every one, leave out each that is not missed."""
        kept = list(groups)
        for group in groups:
            fewer = [other for other in kept if other is not group]
            plan = self._evaluate(type_name, fields, options, forced.union(*fewer))
            if plan is not None and (best is None or plan.cost <= best.cost):
                best, kept = plan, fewer
        return best

    def _evaluate(
        self, type_name: str, fields: tuple[Field, ...], options: Options, active: frozenset[Jump]
    ) -> ObjectPlan | None:
        """The best plan that makes no jump but the active ones.

        First the least depth is found; then, within that depth, children are chosen again for few requests, which saves
        requests that lie off the critical path.
        """
        self._left -= 1
        alternatives: list[list[Item]] = []
        for field in fields:
            usable = [source for source in options[field.key] if source.chain <= active]
            items = self.alternatives(type_name, field, usable, options[field.key])
            if not items:
                return None
            alternatives.append(items)
        shallow = object_plan(type_name, tuple(min(items, key=shallowest) for items in alternatives))
        thrifty = [
            min((item for item in items if item_depth(item) <= shallow.depth), key=thriftiest) for items in alternatives
        ]
        return _cheaper(shallow, object_plan(type_name, tuple(thrifty)))

    def alternatives(self, type_name: str, field: Field, usable: list[Source], every: list[Source]) -> list[Item]:
        """The ways to read one field from the usable sources: for a leaf the earliest; for an object each source, and
        all of them together, since the object's own fields may lie in several."""
        if not field.selections:
            return [Item(field, (usable[0],))] if usable else []
        found: list[Item] = []
        anchor_sets: list[tuple[Source, ...]] = [(source,) for source in usable]
        if len(usable) > 1:
            anchor_sets.append(tuple(usable))
        for anchors in anchor_sets:
            child = self.children(type_name, field, anchors, every)
            if child is not None:
                found.append(Item(field, self._asked(type_name, field, anchors, child), child))
        return found

    def _asked(self, type_name: str, field: Field, anchors: tuple[Source, ...], child: AbstractPlan) -> Held:
        """The anchors of which the children use something, and at least one that can tell what the objects are.

        Children were solved for each type by itself, as soon as one of the anchors knows types.
        """
        used = [source for source in anchors if source.graph in child.used]
        telling = [s for s in anchors if not self._reader.is_opaque(self._child_source(s, type_name, field, 0))]
        if not any(source in used for source in telling or anchors):
            used.append((telling or anchors)[0])
        return tuple(source for source in anchors if source in used)

    # -- below a field ---------------------------------------------------------------------------------------------

    def children(
        self, type_name: str, field: Field, anchors: tuple[Source, ...], candidates: Sequence[Source]
    ) -> AbstractPlan | None:
        """Solve the objects below a field for every type they can have.

        anchors:    the sources that are asked for the field.
        candidates: all that could be. A shareable field promises the same object everywhere, so a type that one of them
                    does not know cannot occur.
        """
        base = min(source.lateness for source in anchors)
        named = self._supergraph.types[type_name].fields[field.name].named
        is_abstract = self._supergraph.kind(named) is not Kind.OBJECT
        known, opaque = self._sources_below(type_name, field, anchors, base)
        types = self._possible_types(type_name, field, candidates) if known else frozenset[str]()
        if not types and is_abstract:
            return self._opaque_children(field, opaque or tuple(known), base)
        if is_abstract and not self._is_single_sourced(type_name, field, named, types, candidates):
            return None
        plans: list[ObjectPlan] = []
        for child_type in sorted(types):
            held = self._as_type(child_type, known) + opaque
            if not is_abstract:
                held += self._argument_source(type_name, field, anchors, child_type)
            plan = self.solve(child_type, field.selections, held)
            if plan is None:
                return None
            plans.append(plan)
        return abstract_plan(field.key, tuple(plans), base, is_abstract)

    def _sources_below(
        self, type_name: str, field: Field, anchors: Iterable[Source], base: int
    ) -> tuple[list[Source], Held]:
        """The anchors as the objects below the field see them: those that know the objects' types, and the others."""
        below = [self._child_source(source, type_name, field, base) for source in anchors]
        opaque = tuple(source for source in below if self._reader.is_opaque(source))
        return [source for source in below if source not in opaque], opaque

    def _child_source(self, source: Source, type_name: str, field: Field, base: int) -> Source:
        """The source as the objects below the field see it, under the field's type there."""
        named, view = self._reader.below(source, type_name, field)
        return Source(source.graph, named, view, source.lateness - base)

    def _as_type(self, type_name: str, sources: Iterable[Source]) -> Held:
        """The sources that know the runtime type, seen as it."""
        return tuple(
            Source(source.graph, type_name, source.view, source.lateness)
            for source in sources
            if type_name in self._supergraph.possible(source.type, source.graph)
        )

    def _possible_types(self, type_name: str, field: Field, candidates: Iterable[Source]) -> frozenset[str]:
        """Runtime types that every candidate knows for the field; a convention of federation, see `children`.

        Candidates that know the objects as an interface object have no say in it.
        """
        below = (self._child_source(source, type_name, field, 0) for source in candidates)
        first, *others = (
            self._supergraph.possible(source.type, source.graph)
            for source in below
            if not self._reader.is_opaque(source)
        )
        return first.intersection(*others)

    def _is_single_sourced(
        self, type_name: str, field: Field, named: str, types: frozenset[str], candidates: Sequence[Source]
    ) -> bool:
        """Whether each field that is selected on the interface itself can be had for all types from one candidate.

        A convention of federation: one candidate for one type and another for the next are not combined to answer a
        single interface-level field. Fragments on the types may be.
        """
        if len(candidates) < 2:
            return True
        below = [self._child_source(source, type_name, field, 0) for source in candidates]
        return all(
            any(
                all(self.solve(child, (wanted,), self._as_type(child, (source,))) is not None for child in types)
                for source in below
            )
            for wanted in self._reader.fields(field.selections, named)
        )

    def _opaque_children(self, field: Field, held: Held, base: int) -> AbstractPlan | None:
        """Objects whose type none of their sources knows.

        As long as only fields of the interface are wanted, the type is of no interest. Otherwise a subgraph where the
        interface is a real one has to be entered just to learn it, and below that each type has a plan of its own.
        """
        interface = held[0].type
        if not self._reader.needs_type(field.selections, interface):
            plan = self.solve(interface, field.selections, held)
            if plan is not None:
                return abstract_plan(field.key, (plan,), base, False)
        found = [
            self._narrowed_children(field, held, base, source) for source in self._narrowing_sources(interface, held)
        ]
        return min((plan for plan in found if plan is not None), key=lambda plan: plan.cost, default=None)

    # -- what can be had at all ------------------------------------------------------------------------------------

    def providers(self, type_name: str, field: Field, held: Held) -> list[Source]:
        """Every source that can give a field of an object; none when the field cannot be had there."""
        return self._options(type_name, field, held, self._reach.closure(type_name, held))

    def positions_of(self) -> dict[ObjectPlan, Held]:
        """What was solved so far, each plan with the sources that were held: for telling why it is as it is."""
        return {plan: held for (_, _, held), plan in self._solved.items() if plan is not None}

    def positions_below(self, type_name: str, field: Field, providers: Sequence[Source]) -> Iterator[tuple[str, Held]]:
        """The types that objects below a field can be found as, each with what holds them when all providers are asked.

        Objects whose type none of the providers knows are found as their interface first, then as each of the types
        that some subgraph can tell them to be.
        """
        known, opaque = self._sources_below(type_name, field, providers, 0)
        types = self._possible_types(type_name, field, providers) if known else frozenset[str]()
        for child_type in sorted(types):
            yield child_type, _held_already((*self._as_type(child_type, known), *opaque))
        if not types and opaque:
            held = _held_already(opaque)
            yield held[0].type, held
            yield from self.narrowed_positions(held[0].type, held)

    def narrowed_positions(self, interface: str, held: Held) -> Iterator[tuple[str, Held]]:
        """As `positions_below`, of objects known by their interface only: the types that another subgraph may tell."""
        for source in self._narrowing_sources(interface, held):
            for child_type in sorted(self._supergraph.possible(source.type, source.graph)):
                yield child_type, (Source(source.graph, child_type), *held)

    def _narrowing_sources(self, interface: str, held: Held) -> list[Source]:
        """Where an object that is known by its interface only can be entered just to learn its type."""
        reached = self._reach.closure(interface, held)
        return [s for s in reached if s.jump is not None and s.type == interface and not self._reader.is_opaque(s)]

    def _narrowed_children(self, field: Field, held: Held, base: int, narrowing: Source) -> AbstractPlan | None:
        """As `children`, once `narrowing` has told the type. What is held stays readable under the interface's name."""
        opaque = tuple(Source(source.graph, source.type, source.view) for source in held)
        plans: list[ObjectPlan] = []
        for child_type in sorted(self._supergraph.possible(narrowing.type, narrowing.graph)):
            known = (Source(narrowing.graph, child_type), *opaque)
            plan = self.solve(child_type, field.selections, known)
            if plan is None:
                return None
            plans.append(plan)
        return abstract_plan(field.key, tuple(plans), base, True, narrowing)

    def _argument_source(
        self, type_name: str, field: Field, anchors: tuple[Source, ...], child_type: str
    ) -> tuple[Source, ...]:
        """The key that a @lookup field's arguments are: a source that is there before the object is."""
        definition = self._supergraph.types[type_name].fields[field.name]
        is_query = type_name == self._supergraph.roots["query"]
        is_lookup = any(source.graph in definition.lookup_in for source in anchors)
        if not (self._lookups and is_query and is_lookup) or is_list(definition.type):
            return ()
        view = self._argument_views.get(field)
        if view is None:
            # An argument that may be left open is no key: the resolver may put something in its place.
            required = {name for name, type_ in definition.arguments.items() if isinstance(type_, NonNullTypeNode)}
            known = required & self._supergraph.types[child_type].fields.keys()
            view = tuple(Field(name, name, name) for name, _ in field.arguments if name in known)
            self._argument_views[field] = view
        return (Source(ARGUMENTS, child_type, view, -1),)


def _held_already(sources: Iterable[Source]) -> Held:
    """The sources as if they had delivered the object themselves: whether it can be had does not depend on when."""
    return tuple(Source(source.graph, source.type, source.view) for source in sources)


def is_list(type_: TypeNode) -> bool:
    """Whether a type is a list, nullable or not."""
    return isinstance(type_.type if isinstance(type_, NonNullTypeNode) else type_, ListTypeNode)


def _cheaper(one: ObjectPlan | None, other: ObjectPlan | None) -> ObjectPlan | None:
    if one is None or other is None:
        return one or other
    return other if other.cost < one.cost else one


def _fetches_of(jumps: Iterable[Jump]) -> frozenset[Fetch]:
    return frozenset[Fetch]().union(*(jump.fetches for jump in jumps))


def _group_order(group: frozenset[Jump]) -> tuple[int, list[tuple[int, str, str]]]:
    return (len(group), sorted((jump.level, jump.graph, jump.as_type) for jump in group))


def _combinations(forced: frozenset[Jump], groups: Sequence[frozenset[Jump]]) -> Iterable[frozenset[Jump]]:
    """Sets of jumps to try beside the forced ones alone: all, or only the fullest when there are too many."""
    if len(groups) > _EXHAUSTIVE_GROUPS:
        yield forced.union(*groups)
        return
    for size in range(1, len(groups) + 1):
        for chosen in combinations(groups, size):
            yield forced.union(*chosen)
