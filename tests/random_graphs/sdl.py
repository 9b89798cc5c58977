"""The schemas of a split graph: one for the monolith, one for each subgraph."""

from __future__ import annotations

from itertools import chain

from tests.random_graphs.graph import VEILED, AbstractType, Choosable, FieldDef, Graph, ObjectType, Part, Placement
from tests.support.scenario import FEDERATION_2


def api_sdl(graph: Graph) -> str:
    """The monolith's schema: what clients see."""
    lines = [_api_type(graph, t) for t in graph.types.values() if t.parts and not t.opaque]
    lines += [_api_abstract(graph, abstract) for abstract in graph.abstract.values() if abstract.held]
    for choosable in graph.choosable.values():
        users = graph.users(choosable.name)
        if users:
            names = choosable.names(users)
            lines.append(_choosable(choosable, [choosable.declaration(name, users) for name in names]))
    return "\n".join(line for line in lines if line)


def subgraph_sdls(graph: Graph) -> dict[str, str]:
    """Each subgraph's SDL; those without a type are left out."""
    printed = {name: _subgraph(graph, name) for name in graph.names}
    return {name: FEDERATION_2 + "\n".join(lines) for name, lines in printed.items() if lines}


def _api_type(graph: Graph, object_type: ObjectType) -> str:
    fields = visible_fields(object_type)
    above = [a for a in graph.above(object_type) if any(object_type.name in held for held in a.held.values())]
    opaque = graph.opaque
    if opaque is not None and any(abstract.name == opaque.name for abstract in above):
        fields |= {name: f for name, f in visible_fields(opaque).items() if name not in fields}
    return _type(object_type.name, above, "", [_plain(f) for f in fields.values()]) if fields else ""


def visible_fields(object_type: ObjectType) -> dict[str, FieldDef]:
    """The fields of a type that clients see, by name."""
    return {name: object_type.fields[name] for name in object_type.known() if name not in object_type.hidden}


def _api_abstract(graph: Graph, abstract: AbstractType) -> str:
    if not abstract.is_interface:
        return _union(abstract, [m for m in abstract.members if any(m in held for held in abstract.held.values())])
    member = graph.types[abstract.members[0]]
    names = dict.fromkeys(["id", *chain.from_iterable(abstract.declared.values())])
    fields = {name: member.fields[name] for name in names}
    if graph.opaque is not None and graph.opaque.name == abstract.name:
        fields |= visible_fields(graph.opaque)
    return f"interface {abstract.name} {{ {' '.join(_plain(f) for f in fields.values())} }}"


def _subgraph(graph: Graph, name: str) -> list[str]:
    lines: list[str] = []
    for object_type in graph.types.values():
        part = object_type.parts.get(name)
        if part is not None and part.fields:
            above = [a for a in graph.above(object_type) if object_type.name in a.held.get(name, ())]
            marks = (" @interfaceObject" if object_type.opaque else "") + _keys(part)
            body = [_field(object_type, field_name, part.fields[field_name]) for field_name in part.fields]
            lines.append(_type(object_type.name, above, marks, body))
    lines += [_abstract(graph, a, name) for a in graph.abstract.values() if name in a.held]
    for choosable in graph.choosable.values():
        if name in graph.users(choosable.name):
            lines.append(_choosable(choosable, list(choosable.parts[name].values())))
    return lines


def _keys(part: Part) -> str:
    return "".join(
        f' @key(fields: "{key}"{"" if resolvable else ", resolvable: false"})' for key, resolvable in part.keys.items()
    )


def _plain(definition: FieldDef) -> str:
    return f"{definition.name}{definition.arguments}: {definition.type}"


def _field(object_type: ObjectType, name: str, placement: Placement) -> str:
    definition = object_type.fields[name]
    arguments = definition.arguments
    more = placement.more_arguments or (VEILED if placement.external and object_type.is_veiled(name) else "")
    if more:
        arguments = f"({', '.join([*([arguments[1:-1]] if arguments else []), more])})"
    marks = [f"{name}{arguments}: {definition.type}{'!' if placement.strict else ''}"]
    if placement.external:
        marks.append("@external")
    elif object_type.is_shared(name):
        marks.append("@shareable")
    if placement.hidden:
        marks.append("@inaccessible")
    if placement.requires:
        marks.append(f'@requires(fields: "{placement.requires}")')
    if placement.provides:
        marks.append(f'@provides(fields: "{placement.provides}")')
    if placement.overrides:
        label = f', label: "{placement.label}"' if placement.label else ""
        marks.append(f'@override(from: "{placement.overrides}"{label})')
    if placement.lookup:
        marks.append("@lookup")
    return " ".join(marks)


def _type(name: str, above: list[AbstractType], marks: str, fields: list[str]) -> str:
    interfaces = [abstract.name for abstract in above if abstract.is_interface]
    implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
    return f"type {name}{implements}{marks} {{ {' '.join(fields)} }}"


def _abstract(graph: Graph, abstract: AbstractType, name: str) -> str:
    if not abstract.is_interface:
        return _union(abstract, abstract.held[name])
    member = graph.types[abstract.members[0]]
    fields = " ".join(_plain(member.fields[field_name]) for field_name in abstract.declared.get(name, ["id"]))
    key = ' @key(fields: "id")' if name in abstract.keys else ""
    return f"interface {abstract.name}{key} {{ {fields} }}"


def _union(abstract: AbstractType, members: list[str]) -> str:
    return f"union {abstract.name} = {' | '.join(members)}"


def _choosable(choosable: Choosable, parts: list[str]) -> str:
    return f"{'input' if choosable.is_input else 'enum'} {choosable.name} {{ {' '.join(parts)} }}"
