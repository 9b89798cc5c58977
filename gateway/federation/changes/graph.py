"""Changes of who resolves what: keys, resolvers, requirements, provided fields, interface objects, labels, subgraphs.

None of them shows in the API schema, and a graph that composes answers every operation all the same. What they change
is which requests an operation costs, and what other subgraphs can count on: so they are dangerous at most. Whether a
field can still be had at all is asked elsewhere, of satisfiability and of the recorded operations' plans.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.federation.changes.change import Change, ChangeLevel
from gateway.federation.selection import Selections, print_selections
from gateway.federation.supergraph import FieldDefinition, FieldSource, Supergraph, TypeDefinition


def graph_changes(old: Supergraph, new: Supergraph) -> list[Change]:
    """In the order of the types. What is gone or new as a whole is told by the API's changes, not here again."""
    found = list(_subgraphs(old, new))
    before_all = {graph.name for graph in old.graphs.values()}
    after_all = {graph.name for graph in new.graphs.values()}
    gone, come = before_all - after_all, after_all - before_all
    for name, before in old.types.items():
        after = new.types.get(name)
        if after is None:
            continue
        found += _keys(before, after, gone)
        found += _interface_objects(before, after)
        for field_name, field_before in before.fields.items():
            field_after = after.fields.get(field_name)
            if field_after is not None:
                found += _resolvers(name, field_before, field_after, gone | come)
                found += _conditions(name, field_before, field_after)
    return found


def _subgraphs(old: Supergraph, new: Supergraph) -> Iterator[Change]:
    before = {graph.name for graph in old.graphs.values()}
    after = {graph.name for graph in new.graphs.values()}
    for name in sorted(before - after):
        message = f'The graph has no subgraph "{name}" any more.'
        yield Change("dangerous", "SUBGRAPH_REMOVED", name, message, "See below what it resolved, and who does now.")
    for name in sorted(after - before):
        yield Change("safe", "SUBGRAPH_ADDED", name, f'"{name}" is a new subgraph.', "")


def _keys(before: TypeDefinition, after: TypeDefinition, gone: set[str]) -> Iterator[Change]:
    name = before.name
    for graph, source in before.sources.items():
        if graph in gone:
            continue
        known = after.sources.get(graph)
        opened = _resolvable(before, graph)
        opens = _resolvable(after, graph)
        fields = tuple(frozenset({f"{name}.{each}"}) for each, one in before.fields.items() if _resolves(one, graph))
        for key in sorted(opened - opens):
            stub = known is not None and any(print_selections(each.fields) == key for each in known.keys)
            how = "is there, but not resolvable any more" if stub else "is gone"
            left = f"by {_quoted(opens)} only" if opens else "not at all"
            message = f'The key "{key}" of {name} in "{graph}" {how}: it can be entered {left}.'
            advice = "Keep it as long as other subgraphs hold only these fields; braid compose --explain tells who."
            yield Change("dangerous", "KEY_REMOVED", name, message, advice, fields)
        for key in sorted(opens - opened):
            if source.keys or known is not None:
                yield Change("safe", "KEY_ADDED", name, f'"{graph}" can be entered for {name} by "{key}".', "")


def _resolvable(definition: TypeDefinition, graph: str) -> set[str]:
    source = definition.sources.get(graph)
    return {print_selections(key.fields) for key in source.keys if key.resolvable} if source else set()


def _interface_objects(before: TypeDefinition, after: TypeDefinition) -> Iterator[Change]:
    name = before.name
    for graph in before.sources.keys() & after.sources.keys():
        was, is_ = before.sources[graph].is_interface_object, after.sources[graph].is_interface_object
        if was != is_:
            told = "is an interface object no more" if was else "is an interface object now"
            message = f'{name} {told} in "{graph}": its objects are entered in another way.'
            advice = "Compare the plans of your operations (braid plan) before and after."
            yield Change("dangerous", "INTERFACE_OBJECT_CHANGED", name, message, advice, (frozenset({name}),))


def _resolves(definition: FieldDefinition, graph: str) -> bool:
    source = definition.sources.get(graph)
    return source is not None and (not source.external or source.override_label is not None)


def _resolvers(type_name: str, before: FieldDefinition, after: FieldDefinition, told: set[str]) -> Iterator[Change]:
    """Who can be asked for the field.

    told: subgraphs that are gone or new as a whole: what else resolves a field makes no difference then.
    """
    coordinate = f"{type_name}.{before.name}"
    touches = (frozenset({coordinate}),)
    did = {graph for graph in before.sources if _resolves(before, graph)}
    does = {graph for graph in after.sources if _resolves(after, graph)}
    if did & does:
        did, does = did - told, does - told
    if len(did) > 1 and len(does) == 1 and does <= did:
        message = (
            f"{coordinate} is not shared any more: only {_quoted(does)} resolves it, no longer {_quoted(did - does)}."
        )
        advice = "Operations that had it along the way now make a request more; keep @shareable and the resolver."
        yield Change("dangerous", "SHARING_LOST", coordinate, message, advice, touches)
        return
    taken = {source.override for source in after.sources.values() if source.override}
    for graph in sorted(did - does):
        is_taken = graph in taken
        level: ChangeLevel = "safe" if is_taken else "dangerous"
        others = _quoted(does) if does else "no subgraph by itself"
        how = "gave away" if is_taken else "no longer resolves"
        message = f'"{graph}" {how} {coordinate}; {others} resolves it.'
        advice = "" if is_taken else "Use @override in the new owner, so that both can serve it while you deploy."
        yield Change(level, "RESOLVER_REMOVED", coordinate, message, advice, touches)
    for graph in sorted(does - did):
        yield Change("safe", "RESOLVER_ADDED", coordinate, f'"{graph}" resolves {coordinate} now.', "", touches)


def _conditions(type_name: str, before: FieldDefinition, after: FieldDefinition) -> Iterator[Change]:
    """Under which conditions those that resolved it, and still do, can be asked."""
    coordinate = f"{type_name}.{before.name}"
    touches = (frozenset({coordinate}),)
    for graph in sorted(before.sources.keys() & after.sources.keys()):
        was, is_ = before.sources[graph], after.sources[graph]
        if _resolves(before, graph) and _resolves(after, graph):
            yield from _requirements(coordinate, graph, was, is_, touches)
        lost = _field_set(was.provides) - _field_set(is_.provides)
        gained = _field_set(is_.provides) - _field_set(was.provides)
        if lost:
            message = f'{coordinate} in "{graph}" no longer provides {_quoted(lost)}.'
            advice = "Operations that select it there now make a request more; keep it provided if they are hot."
            yield Change("dangerous", "PROVIDES_REMOVED", coordinate, message, advice, touches)
        if gained:
            message = f'{coordinate} in "{graph}" now provides {_quoted(gained)}.'
            yield Change("safe", "PROVIDES_ADDED", coordinate, message, "", touches)
        if was.override_label != is_.override_label:
            labels = f"from {_label(was)} to {_label(is_)}"
            message = f'The override label of {coordinate} in "{graph}" has changed {labels}.'
            advice = "Look at what decides the label: other requests go to another subgraph now."
            yield Change("dangerous", "OVERRIDE_LABEL_CHANGED", coordinate, message, advice, touches)
    if before.lookup_in - after.lookup_in:
        message = f"{coordinate} is no @lookup any more in {_quoted(before.lookup_in - after.lookup_in)}."
        advice = "Fields of other subgraphs now wait for it: a level more."
        yield Change("dangerous", "LOOKUP_REMOVED", coordinate, message, advice, touches)


def _requirements(
    coordinate: str, graph: str, was: FieldSource, is_: FieldSource, touches: tuple[frozenset[str], ...]
) -> Iterator[Change]:
    more = _field_set(is_.requires) - _field_set(was.requires)
    less = _field_set(was.requires) - _field_set(is_.requires)
    if more:
        message = f'{coordinate} in "{graph}" now requires {_quoted(more)}.'
        advice = "It comes later by what fetching that takes; make sure that everyone who selects it can afford it."
        yield Change("dangerous", "REQUIREMENT_ADDED", coordinate, message, advice, touches)
    elif less:
        message = f'{coordinate} in "{graph}" no longer requires {_quoted(less)}.'
        yield Change("safe", "REQUIREMENT_REMOVED", coordinate, message, "", touches)


def _field_set(selections: Selections) -> set[str]:
    return {print_selections((node,)) for node in selections}


def _quoted(names: set[str] | frozenset[str]) -> str:
    return " and ".join(f'"{name}"' for name in sorted(names))


def _label(source: FieldSource) -> str:
    return f'"{source.override_label}"' if source.override_label is not None else "none"
