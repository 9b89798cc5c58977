"""Operation x unmet rules -> what of it may be fetched, and what is null instead. Pure; the result is cached.

A field is denied to a requester when a rule is unmet of the object's type, of the field, or of the type that the field
returns. Whether it is denied may depend on the object that is met: of an interface's implementations, one may be open
and another not. So selections are looked at with the object types that can occur where they stand. What holds for all
of them stays as it is, what holds for none is dropped, and what holds for some is fetched from these only, in
fragments. Since this happens before planning, nothing is fetched for what is denied; keys and requirements are the
planner's own and are fetched as ever, for they go to subgraphs, not to the client.

An object whose type is hidden is null as a whole, `__typename` and all: that it is there, and what it is, is what the
rule hides. Where only some types are hidden, `__typename` is asked for, so that it can be told which object is one.

The answer is shaped by the operation as the client wrote it. There, too, `Sight` decides, object by object: were the
selections wrong, data might be fetched in vain, but not shown.

Invariant: a field of an object is in what `permit` gives if and only if `Sight.denies` says no for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from gateway.federation.access import AUTHENTICATED, NO_RULES, Rules
from gateway.federation.selection import TYPENAME, Field, Fragment, Selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.operation import Operation
from gateway.operation.specialise import NO_FIELDS, applies

UNAUTHORIZED_FIELD_OR_TYPE = "UNAUTHORIZED_FIELD_OR_TYPE"
SIGN_IN = "Sign in to see this."
NOT_AUTHORIZED = "Not authorized to see this."
_TYPENAME_FIELD = Field(TYPENAME, TYPENAME, TYPENAME)


@dataclass(frozen=True, slots=True)
class Denied:
    """What is null for a requester.

    coordinate: `Type.field`, or `Type` for objects that are hidden as a whole.
    path:       response keys from the root, without the indexes of lists.
    message:    what the client is told.
    """

    coordinate: str
    path: tuple[str, ...]
    message: str


class Sight:
    """What a requester sees of a graph, for whom these rules are unmet."""

    def __init__(self, supergraph: Supergraph, unmet: Rules) -> None:
        self._supergraph = supergraph
        self._unmet = unmet
        self._known: dict[tuple[str, str], Rules] = {}

    def hides(self, type_name: str) -> bool:
        """Whether no value of this type may be seen: of an abstract type, when that is so for all of its objects."""
        return all(self._missing(name) for name in objects_of(type_name, self._supergraph))

    def hides_some(self, type_name: str) -> bool:
        return any(self._missing(name) for name in objects_of(type_name, self._supergraph))

    def denies(self, type_name: str, field_name: str) -> bool:
        """Whether a field of an object may not be seen. Of an interface, whose objects' type is not known: of any."""
        return bool(self._missing_at(type_name, field_name))

    def why(self, type_name: str, field_name: str = "") -> str:
        """What to tell of a field that is denied, or of an object that is hidden.

        That signing in is missing is told, for clients act on it; which scopes and policies there are is not.
        """
        missing = self._missing_at(type_name, field_name) if field_name else self._missing(type_name)
        return SIGN_IN if AUTHENTICATED in missing else NOT_AUTHORIZED

    def _missing(self, type_name: str) -> Rules:
        """The rules of this very type that are unmet."""
        return self._supergraph.access.types.get(type_name, NO_RULES) & self._unmet

    def _missing_at(self, type_name: str, field_name: str) -> Rules:
        found = self._known.get((type_name, field_name))
        if found is None:
            names = objects_of(type_name, self._supergraph)
            found = NO_RULES.union(*(self._missing_for(name, field_name) for name in names))
            self._known[type_name, field_name] = found
        return found

    def _missing_for(self, type_name: str, field_name: str) -> Rules:
        """For one type of object. What a field returns denies it when nothing of that could be seen."""
        definition = self._supergraph.field(type_name, field_name)
        if definition is None:  # meta fields
            return NO_RULES
        own = self._supergraph.access.fields.get((type_name, field_name), NO_RULES) & self._unmet
        found = own | self._missing(type_name)
        if self.hides(definition.named):
            found = found.union(*map(self._missing, objects_of(definition.named, self._supergraph)))
        return found


def objects_of(type_name: str, supergraph: Supergraph) -> frozenset[str]:
    """The types of which values of this type can be; itself when it is no abstract one, or nothing implements it."""
    definition = supergraph.types.get(type_name)
    if definition is None or not definition.kind.is_composite:
        return frozenset((type_name,))
    return supergraph.possible_anywhere(type_name) or frozenset((type_name,))


def permit(
    selections: Selections, root_type: str, sight: Sight, supergraph: Supergraph
) -> tuple[Selections, list[Denied]]:
    """The selections that may be fetched, and what may not."""
    permitting = _Permitting(sight, supergraph)
    permitted = permitting.below(selections, frozenset((root_type,)), ())
    return permitted, list(permitting.denied.values())


class _Permitting:
    """One walk over selections. denied: by coordinate and path."""

    def __init__(self, sight: Sight, supergraph: Supergraph) -> None:
        self._sight = sight
        self._supergraph = supergraph
        self.denied: dict[tuple[str, tuple[str, ...]], Denied] = {}

    def below(self, selections: Selections, types: frozenset[str], path: tuple[str, ...]) -> Selections:
        """What may be fetched of an object that can be of any of these types."""
        hidden = frozenset(name for name in types if self._sight.hides(name))
        for name in sorted(hidden):
            self._note(name, path, self._sight.why(name))
        found = self._visible(selections, types - hidden, types, path)
        return (_TYPENAME_FIELD, *found) if hidden else found

    def _visible(
        self, selections: Selections, seen: frozenset[str], types: frozenset[str], path: tuple[str, ...]
    ) -> Selections:
        """types: those that can occur within the fragments around. seen: those of them that are not hidden."""
        found: list[Field | Fragment] = []
        for node in selections:
            if isinstance(node, Fragment):
                inside = frozenset(name for name in types if applies(node.type_condition, name, self._supergraph))
                below = self._visible(node.selections, seen & inside, inside, path)
                found.append(Fragment(node.type_condition, below))
            else:
                found += self._field(node, seen, types, path)
        return tuple(found)

    def _field(
        self, node: Field, seen: frozenset[str], types: frozenset[str], path: tuple[str, ...]
    ) -> Sequence[Field | Fragment]:
        if node.name.startswith("__"):
            return (node,)
        here = (*path, node.response_key)
        allowed = frozenset(name for name in seen if not self._sight.denies(name, node.name))
        for name in sorted(seen - allowed):
            self._note(f"{name}.{node.name}", here, self._sight.why(name, node.name))
        if not allowed:
            return ()
        kept = self._with_permitted(node, allowed, here)
        if allowed == types:
            return (kept,)
        return [Fragment(name, (kept,)) for name in sorted(allowed)]

    def _with_permitted(self, node: Field, types: frozenset[str], path: tuple[str, ...]) -> Field:
        if not node.selections:
            return node
        definitions = [self._supergraph.field(name, node.name) for name in types]
        below = frozenset[str]().union(
            *(objects_of(definition.named, self._supergraph) for definition in definitions if definition is not None)
        )
        selections = self.below(node.selections, below, path)
        return Field(node.name, node.key, node.response_key, node.arguments, node.variables, selections or NO_FIELDS)

    def _note(self, coordinate: str, path: tuple[str, ...], message: str) -> None:
        self.denied.setdefault((coordinate, path), Denied(coordinate, path, message))


class RuleIndex:
    """Which rules an operation can meet; kept for as long as the operation is."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._known: WeakKeyDictionary[Operation, Rules] = WeakKeyDictionary()

    def rules_of(self, operation: Operation) -> Rules:
        """All rules of what the operation names, whatever @skip and @include say, and of objects that it may meet."""
        if not self._supergraph.access:
            return NO_RULES
        found = self._known.get(operation)
        if found is None:
            found = self._known[operation] = _find_rules(operation, self._supergraph)
        return found


def _find_rules(operation: Operation, supergraph: Supergraph) -> Rules:
    found: set[Rules] = set()
    walked: set[tuple[str, str]] = set()
    access = supergraph.access

    def walk(node: SelectionSetNode, types: frozenset[str]) -> None:
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                visit(selection, types)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition.name.value if selection.type_condition else None
                walk(selection.selection_set, types if condition is None else within(types, condition))
            else:
                assert isinstance(selection, FragmentSpreadNode)
                definition = operation.fragments[selection.name.value]
                inside = within(types, definition.type_condition.name.value)
                # Once for each type, however often it is spread.
                fresh = frozenset(name for name in inside if (selection.name.value, name) not in walked)
                walked.update((selection.name.value, name) for name in fresh)
                if fresh:
                    walk(definition.selection_set, fresh)

    def within(types: frozenset[str], condition: str) -> frozenset[str]:
        return frozenset(name for name in types if applies(condition, name, supergraph))

    def visit(node: FieldNode, types: frozenset[str]) -> None:
        below: set[str] = set()
        for name in types:
            definition = supergraph.field(name, node.name.value)
            if definition is not None:
                found.add(access.fields.get((name, definition.name), NO_RULES))
                below |= objects_of(definition.named, supergraph)
        found.update(access.types.get(name, NO_RULES) for name in below)
        if node.selection_set is not None:
            walk(node.selection_set, frozenset(below))

    found.add(access.types.get(operation.root_type, NO_RULES))
    walk(operation.definition.selection_set, frozenset((operation.root_type,)))
    return NO_RULES.union(*found)


def unauthorized_errors(denied: Sequence[Denied]) -> list[dict[str, Any]]:
    """One error for every place because of which a whole operation is refused."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in denied:
        place = {"path": list(one.path)} if one.path else {}
        extensions = {"code": UNAUTHORIZED_FIELD_OR_TYPE}
        found.setdefault(one.path, {"message": one.message, **place, "extensions": extensions})
    return list(found.values())
