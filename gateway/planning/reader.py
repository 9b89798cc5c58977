"""What a source can read of an object: the rules of @external, @provides and @requires at one place.

Problem: a field that a subgraph declares is not always one that it can be asked for. External, it is there to be named;
         below a field that provides it, it can be read all the same; with a requirement, it needs more than the object.
Idea:    a source carries the view through which it came, so that the answer follows from source, type and field alone.
Invariant: yes means that one more field in the request that holds the object is enough. All else is a jump's business.
"""

from __future__ import annotations

from gateway.federation.selection import TYPENAME, Field, Fragment, Selections
from gateway.federation.supergraph import FieldSource, Kind, Supergraph
from gateway.operation.specialise import applies, collect
from gateway.planning.solution import Source


class Reader:
    """Answers from the supergraph alone; keeps the fields that it collected."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._collected: dict[tuple[Selections, str], tuple[Field, ...]] = {}

    def fields(self, selections: Selections, type_name: str) -> tuple[Field, ...]:
        """The fields to fetch for objects of this type; `__typename` and introspection are not fetched as fields."""
        key = (selections, type_name)
        found = self._collected.get(key)
        if found is None:
            every = collect(selections, type_name, self._supergraph)
            found = self._collected[key] = tuple(field for field in every if not field.name.startswith("__"))
        return found

    def read(self, source: Source, type_name: str, field: Field) -> FieldSource | None:
        """The field as the source can plainly read it: neither external (unless provided) nor in need of more."""
        info = self._supergraph.source(source.type, field.name, source.graph)
        if info is None or not self._is_served(source, type_name, field):
            return None
        if info.external:
            return info if self._sees(source.view, type_name, (field,)) else None
        if info.contexts:
            return None  # its arguments come in variables, of a request of its own
        if info.requires:
            return info if source.view and self._sees(source.view, type_name, info.requires) else None
        return info

    def _is_served(self, source: Source, type_name: str, field: Field) -> bool:
        """Whether the source's type there stands for the object's own type, as far as this field goes."""
        if source.type != type_name:
            # An interface object gives a concrete type only what that type does not define itself, and its own key.
            own = self._supergraph.types[type_name].fields[field.name].sources.values()
            return all(known.external for known in own) or self._is_key(source, field)
        if self._supergraph.kind(type_name) is Kind.INTERFACE and not self.is_opaque(source):
            # Through a real interface a field can be read when every type that it can be there has it.
            types = self._supergraph.possible(type_name, source.graph)
            return all(self.read(Source(source.graph, name), name, field) is not None for name in types)
        return True

    def _is_key(self, source: Source, field: Field) -> bool:
        keys = self._supergraph.types[source.type].sources[source.graph].keys
        return any(named.name == field.name for key in keys for named in self.fields(key.fields, source.type))

    def is_opaque(self, source: Source) -> bool:
        """Whether objects come from this source without their own type: it knows them as an interface object."""
        return self._supergraph.is_interface_object(source.type, source.graph)

    def _sees(self, view: Selections, type_name: str, selections: Selections) -> bool:
        """Whether a view makes all these fields readable."""
        seen = {field.key: field for field in self.fields(view, type_name)} if view else {}
        return all(field.key in seen for field in self.fields(selections, type_name))

    def needs_type(self, selections: Selections, interface: str) -> bool:
        """Whether these selections cannot be answered, or not even told apart, without the objects' own type."""
        for node in selections:
            if isinstance(node, Field):
                if node.name == TYPENAME:
                    return True
            elif _selects_nothing(node.selections):
                continue
            elif not applies(node.type_condition, interface, self._supergraph) or self.needs_type(
                node.selections, interface
            ):
                return True
        return False

    def below(self, source: Source, type_name: str, field: Field) -> tuple[str, Selections]:
        """The field's type in the source's subgraph, and the view that the objects below it are seen through."""
        info = self._supergraph.source(source.type, field.name, source.graph)
        assert info is not None, "only sources that have the field are asked for it"
        view = info.provides
        for seen in self.fields(source.view, type_name):
            if seen.key == field.key:
                view += seen.selections
        return info.named, view


def _selects_nothing(selections: Selections) -> bool:
    """Whether conditions left nothing of a fragment, nor of those inside it."""
    return all(isinstance(node, Fragment) and _selects_nothing(node.selections) for node in selections)
