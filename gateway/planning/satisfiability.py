"""Satisfiability: can everything that the API schema offers really be had, from wherever it can be selected?

Problem: a composed graph may offer a field that no plan can reach: the subgraph that has it cannot be entered from
         where the object is found, since it has no key, or one whose parts lie nowhere on the way.
Naive:   plan every operation.
Idea:    whether a field can be had depends on the object's type and on the sources that hold it, not on the way there.
         So walk through pairs (type, sources), beginning at the roots, and ask the solver for each field. All providers
         of a field are followed together: a plan may ask all of them.
Invariant: more sources never make a field unreachable. So a pair is passed over when its type was seen with a subset of
         its sources, which leaves few pairs for each type; and pairs are taken in order of distance, so that what is
         reported is reported by a shortest way there.

An argument that a context gives must have an ancestor that sets it on every way, so the values that are set so far are
part of a pair as sources are. `@lookup` arguments count as unknown. Mutations run in one subgraph each, so one subgraph
of each mutation field must do by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_composite_type

from gateway.federation.errors import Problem
from gateway.federation.selection import ContextValue, Field
from gateway.federation.supergraph import Kind, Supergraph
from gateway.federation.uncollected import uncollected
from gateway.planning.contexts import ContextValues, contextual_arguments
from gateway.planning.reach import Held
from gateway.planning.reasons import listed, why_not_had
from gateway.planning.solution import Source
from gateway.planning.solver import Solver

SATISFIABILITY_ERROR = "SATISFIABILITY_ERROR"
SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES = "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"

Way = tuple[tuple[str, str], ...]
"""From the root down: (type, field) for each step."""


@dataclass(frozen=True, slots=True)
class _Position:
    """values: those that arguments can be filled in with: some ancestor sets the context, and has what it needs."""

    type: str
    held: Held
    way: Way
    values: frozenset[ContextValue] = frozenset()


@dataclass(slots=True)
class _Walk:
    """What has been seen. problems: by the type and field that they are about, so that each is told once."""

    seen: dict[str, list[frozenset[Source | ContextValue]]] = field(
        default_factory=dict[str, "list[frozenset[Source | ContextValue]]"]
    )
    problems: dict[tuple[str, str], Problem] = field(default_factory=dict[tuple[str, str], Problem])

    def is_new(self, position: _Position) -> bool:
        """Whether this position can show anything that was not seen; notes it if so."""
        sources = frozenset[Source | ContextValue](position.held) | position.values
        known = self.seen.setdefault(position.type, [])
        if any(other <= sources for other in known):
            return False
        known[:] = [other for other in known if not sources <= other]
        known.append(sources)
        return True


@uncollected()
def unsatisfiable_fields(supergraph: Supergraph) -> list[Problem]:
    """One problem for each field of a type that cannot be had somewhere where it can be selected; none if all can.

    With override labels, so for all of them off, each on alone, and all on: what fails only then names the labels.
    """
    problems = _Check(supergraph).run()
    told = {problem.message for problem in problems}
    alone = [frozenset({label}) for label in sorted(supergraph.labels)]
    for labels in dict.fromkeys((*alone, supergraph.labels)) if alone else ():
        on = ", ".join(f'"{label}"' for label in sorted(labels))
        for problem in _Check(supergraph.under(labels)).run():
            if problem.message not in told:
                told.add(problem.message)
                problems.append(replace(problem, message=f"With override label {on} on: {problem.message}"))
    return problems


class _Check:
    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._solver = Solver(supergraph, lookups=False)
        self._fields: dict[tuple[str, str], Field] = {}
        self._values = ContextValues(supergraph)
        self._every_value = [
            self._values.of(graph, argument)
            for type_name, definition in supergraph.types.items()
            for name in definition.fields
            for graph, argument in contextual_arguments(type_name, name, supergraph)
        ]

    def run(self) -> list[Problem]:
        walk = _Walk()
        for kind, root in sorted(self._supergraph.roots.items()):
            if kind == "query":
                self._follow(deque([_Position(root, (), ())]), walk)
            else:
                self._check_commands(root, walk)
        return list(walk.problems.values())

    def _check_commands(self, root: str, walk: _Walk) -> None:
        """Root fields that run in one subgraph: the best of those that have the field counts."""
        for name in self._visible_fields(root):
            tries: list[_Walk] = []
            for graph, source in self._supergraph.types[root].fields[name].sources.items():
                if not source.external:
                    alone = _Walk({type_: list(known) for type_, known in walk.seen.items()})
                    queue = deque[_Position]()
                    self._look(_Position(root, (Source(graph, root),), ()), name, alone, queue)
                    self._follow(queue, alone)
                    tries.append(alone)
            if tries:
                best = min(tries, key=lambda found: len(found.problems))
                walk.seen = best.seen
                walk.problems |= best.problems

    def _follow(self, queue: deque[_Position], walk: _Walk) -> None:
        """Everything that can be selected from these positions on; both arguments are changed."""
        while queue:
            position = queue.popleft()
            if walk.is_new(position):
                for name in self._visible_fields(position.type):
                    self._look(position, name, walk, queue)

    def _look(self, position: _Position, name: str, walk: _Walk, queue: deque[_Position]) -> None:
        """Whether one field can be had here, and where it leads."""
        wanted = self._bound(self._field(position.type, name), position)
        providers = self._solver.providers(position.type, wanted, position.held)
        way = (*position.way, (position.type, name))
        if not providers:
            if not self._can_be_narrowed(position):
                walk.problems.setdefault((position.type, name), self._unreachable(position, wanted, way))
            return
        if not wanted.selections:
            return
        below = list(self._solver.positions_below(position.type, wanted, providers))
        if not below and (sets := self._differing_types(position.type, name, providers)):
            walk.problems.setdefault((position.type, name), _mismatched(position.type, name, sets))
        values = self._values_below(position)
        queue.extend(_Position(type_, held, way, values) for type_, held in below)

    def _bound(self, wanted: Field, position: _Position) -> Field:
        """The field with the arguments that can be filled in here."""
        if not self._every_value:
            return wanted
        arguments = contextual_arguments(position.type, wanted.name, self._supergraph)
        found = [(argument.name, self._values.of(graph, argument)) for graph, argument in arguments]
        bound = tuple((name, value) for name, value in found if value in position.values)
        return replace(wanted, bound=bound) if bound else wanted

    def _values_below(self, position: _Position) -> frozenset[ContextValue]:
        """What objects below this position can be filled in with: the nearest setter decides."""
        values = set(position.values)
        for value in self._every_value:
            setter = value.setters.get(position.type)
            if setter is not None:
                is_had = self._solver.solve(position.type, (setter,), position.held) is not None
                (values.add if is_had else values.discard)(value)
        return frozenset(values)

    def _can_be_narrowed(self, position: _Position) -> bool:
        """Whether the object is known by its interface only, and some subgraph can tell what it is: then the field is
        looked for on each of the types."""
        return self._supergraph.kind(position.type) is Kind.INTERFACE and any(
            self._solver.narrowed_positions(position.type, position.held)
        )

    def _field(self, type_name: str, name: str) -> Field:
        """The field without arguments, as a client would select it; below an object, whatever there is."""
        found = self._fields.get((type_name, name))
        if found is None:
            named = self._supergraph.types[type_name].fields[name].named
            definition = self._supergraph.types.get(named)  # none for built-in scalars
            is_object = definition is not None and definition.kind.is_composite
            selections = (Field("__typename", "__typename", "__typename"),) if is_object else ()
            found = self._fields[type_name, name] = Field(name, name, name, (), (), selections)
        return found

    def _visible_fields(self, type_name: str) -> Iterator[str]:
        """Names of the fields that clients can select on objects found as this type."""
        visible = self._supergraph.api_schema.get_type(type_name)
        if isinstance(visible, GraphQLObjectType | GraphQLInterfaceType):
            yield from visible.fields

    def _differing_types(self, type_name: str, name: str, providers: list[Source]) -> dict[str, frozenset[str]]:
        """The runtime types of a field by subgraph, when it has some but none that all of the subgraphs know."""
        visible = self._supergraph.api_schema.get_type(type_name)
        assert isinstance(visible, GraphQLObjectType | GraphQLInterfaceType)
        if not is_composite_type(get_named_type(visible.fields[name].type)):
            return {}
        sets: dict[str, frozenset[str]] = {}
        for source in providers:
            info = self._supergraph.source(source.type, name, source.graph)
            if info is not None:
                sets[source.graph] = self._supergraph.possible(info.named, source.graph)
        return sets if len(sets) > 1 and any(sets.values()) else {}

    # -- saying it -------------------------------------------------------------------------------------------------

    def _unreachable(self, position: _Position, wanted: Field, way: Way) -> Problem:
        held = {source.graph for source in position.held}
        told = why_not_had(position.type, wanted.name, held, self._supergraph)
        reasons = "; ".join(reason for _, reason in told) or "no subgraph has it"
        message = (
            f'"{position.type}.{wanted.name}" cannot be had in {self._operation(way, wanted)}: {reasons}.'
            " Give the type a key there, share the field, or hide it with @inaccessible."
        )
        return Problem(SATISFIABILITY_ERROR, message)

    def _operation(self, way: Way, wanted: Field) -> str:
        """A shortest operation that selects the last field of a way: `{ user { ... on Admin { rights } } }`."""
        text = " { __typename }" if wanted.selections else ""
        declared = [way[0][0], *(self._supergraph.types[type_].fields[name].named for type_, name in way)]
        for (type_name, name), known in zip(reversed(way), reversed(declared[:-1]), strict=True):
            selection = f"{name}{text}"
            text = f" {{ {selection} }}" if type_name == known else f" {{ ... on {type_name} {{ {selection} }} }}"
        return f"`{text.strip()}`"


def _mismatched(type_name: str, name: str, sets: dict[str, frozenset[str]]) -> Problem:
    told = ", ".join(
        f'{listed(sorted(types)) if types else "nothing"} in "{graph}"' for graph, types in sorted(sets.items())
    )
    message = (
        f'"{type_name}.{name}" is shared, but no type is possible in all of its subgraphs: {told}.'
        " A shared field must mean the same everywhere; let the subgraphs agree on at least one type."
    )
    return Problem(SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES, message)
