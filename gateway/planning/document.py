"""Selection drafts -> the GraphQL text that goes to a subgraph, and what has to be renamed when the answer is back.

A subgraph refuses a document in which two fields of one name have different types at one place, even on objects of
different types: `... on A { size: Int! } ... on B { size: Float }`. The gateway keeps both under `size`, so on a clash
the second gets another name on the wire, for that request only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import ListTypeNode, NonNullTypeNode, TypeNode, print_ast

from gateway.federation.supergraph import FieldSource, Kind, Supergraph
from gateway.planning.draft import FieldDraft, SelectionDraft, StepDraft
from gateway.planning.plan import EntitiesText, RenameTree

WirePath = tuple[str, ...]


@dataclass(slots=True)
class Written:
    """document: GraphQL text. variables: the client's variables it uses. rename: None when every name is its own.

    representations_as: for entities: name of the variable that takes the representations; no variable of the client's.
    text: for entities: the parts of the document.
    """

    document: str
    variables: tuple[str, ...]
    rename: RenameTree | None
    representations_as: str = ""
    text: EntitiesText | None = None


def write_document(step: StepDraft, variable_definitions: Mapping[str, str], supergraph: Supergraph) -> Written:
    """The request of one step. variable_definitions: of the client's operation, as text by name."""
    writer = _Writer(step.graph, supergraph)
    rename = RenameTree()
    used = {name for drafted in step.selection.every_field() for name in drafted.variables}
    variables = tuple(name for name in variable_definitions if name in used)
    definitions = [variable_definitions[name] for name in variables]
    if step.contexts is not None:
        definitions += [f"${value.variable}: {value.type}" for value in step.contexts.values]
    representations_as, text = "", None
    if step.kind == "entities":
        representations_as = "representations"
        while representations_as in variables:
            representations_as += "_"
        text = EntitiesText(tuple(definitions), writer.entities(step.selection, rename))
        definitions.insert(0, f"${representations_as}: [_Any!]!")
        body = f"{{ _entities(representations: ${representations_as}) {text.selection} }}"
    else:
        kind = "query" if step.path else step.kind
        body = writer.object(step.selection, supergraph.roots[kind], (), rename)
    declared = f"({', '.join(definitions)}) " if definitions else ""
    keyword = "mutation " if step.kind == "mutation" else "query " if declared else ""
    return Written(f"{keyword}{declared}{body}", variables, rename or None, representations_as, text)


@dataclass(slots=True)
class _Writer:
    """One document. shapes: what is at each wire path, to notice clashes."""

    graph: str
    supergraph: Supergraph
    shapes: dict[WirePath, str] = field(default_factory=dict[WirePath, str])

    def entities(self, selection: SelectionDraft, rename: RenameTree) -> str:
        parts: list[str] = []
        for types, below in selection.by_type.items():
            parts += [f"... on {name} {self.object(below, name, (), rename)}" for name in sorted(types)]
        return "{ " + " ".join(parts) + " }"

    def object(self, selection: SelectionDraft, static: str, path: WirePath, rename: RenameTree) -> str:
        """A selection set on objects whose declared type in this subgraph is `static`."""
        parts = ["__typename"] if selection.typename else []
        parts += self._fields(selection, static, path, rename)
        for types, below in selection.by_type.items():
            relevant = types & self.supergraph.possible(static, self.graph)
            if self._fits_on(below, static, frozenset(relevant)):
                parts += self._fields(below, static, path, rename)
                parts += ["__typename"] if below.typename else []
                continue
            for name in sorted(relevant):
                if below.fields or below.typename:
                    parts.append(f"... on {name} {self.object(below, name, path, rename)}")
        return "{ " + (" ".join(dict.fromkeys(parts)) or "__typename") + " }"

    def _fields(self, selection: SelectionDraft, static: str, path: WirePath, rename: RenameTree) -> list[str]:
        return [self._field(drafted, static, path, rename) for drafted in selection.fields.values()]

    def _field(self, drafted: FieldDraft, static: str, path: WirePath, rename: RenameTree) -> str:
        info = self._info(drafted, static)
        shape = _wrappers(info.type) if drafted.below is not None else print_ast(info.type)
        wire = self._free_name(drafted.key, shape, path)
        if wire != drafted.key:
            rename.names[wire] = drafted.key
        text = drafted.name if wire == drafted.name else f"{wire}: {drafted.name}"
        if drafted.arguments:
            text += "(" + ", ".join(f"{name}: {print_ast(value)}" for name, value in drafted.arguments) + ")"
        if drafted.below is not None:
            below = rename.below.setdefault(wire, RenameTree())
            text += " " + self.object(drafted.below, info.named, (*path, wire), below)
        return text

    def _info(self, drafted: FieldDraft, static: str) -> FieldSource:
        info = self.supergraph.source(static, drafted.name, self.graph)
        assert info is not None, f"{static}.{drafted.name} is not in {self.graph}"
        return info

    def _free_name(self, key: str, shape: str, path: WirePath) -> str:
        name, n = key, 0
        while self.shapes.setdefault((*path, name), shape) != shape:
            n += 1
            name = f"{key}__as{n}"
        return name

    def _fits_on(self, selection: SelectionDraft, static: str, types: frozenset[str]) -> bool:
        """Whether selections for these types can stand on the declared type itself, without fragments."""
        if types != self.supergraph.possible(static, self.graph):
            return False
        if self.supergraph.kind(static) is Kind.OBJECT:
            return True
        for drafted in selection.fields.values():
            declared = self.supergraph.source(static, drafted.name, self.graph)
            if declared is None or declared.external:
                return False
            text = print_ast(declared.type)
            if any(print_ast(self._info(drafted, name).type) != text for name in types):
                return False
        return True


def _wrappers(node: TypeNode) -> str:
    """The lists and non-nulls of a type: all that has to agree for objects."""
    if isinstance(node, NonNullTypeNode):
        return _wrappers(node.type) + "!"
    if isinstance(node, ListTypeNode):
        return "[" + _wrappers(node.type) + "]"
    return ""
