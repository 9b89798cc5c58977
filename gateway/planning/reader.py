"""What a source can read of an object: the rules of @external, @provides and @requires at one place."""

from __future__ import annotations

from gateway.federation.selection import Field, Selections
from gateway.federation.supergraph import FieldSource, Supergraph
from gateway.operation.specialise import collect
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
        if info is None:
            return None
        if info.external:
            return info if self._sees(source.view, type_name, (field,)) else None
        if info.requires:
            return info if source.view and self._sees(source.view, type_name, info.requires) else None
        return info

    def _sees(self, view: Selections, type_name: str, selections: Selections) -> bool:
        """Whether a view makes all these fields readable."""
        seen = {field.key: field for field in self.fields(view, type_name)} if view else {}
        return all(field.key in seen for field in self.fields(selections, type_name))

    def below(self, source: Source, type_name: str, field: Field) -> tuple[str, Selections]:
        """The field's type in the source's subgraph, and the view that the objects below it are seen through."""
        info = self._supergraph.source(source.type, field.name, source.graph)
        assert info is not None, "only sources that have the field are asked for it"
        view = info.provides
        for seen in self.fields(source.view, type_name):
            if seen.key == field.key:
                view += seen.selections
        return info.named, view
