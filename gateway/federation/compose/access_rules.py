"""Access rules across the graph: from interface objects to objects, from objects to interfaces, along requirements.

* A rule on a field of an interface object holds for that field of every implementation, which it adds the field to.
* An interface, and each of its fields, is printed with what all implementations ask for together. Gateways that look at
  the interface alone then show no more than they may; ours looks at the objects (gateway.federation.access).
* Who sees a field could see what was fetched to compute it. So a field must ask for at least what the fields ask for
  that it requires, or is given from a context.

Interfaces have no rules of their own: `validate_marks` refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode, parse

from gateway.federation.access import NO_RULES, Access, Rule, RuleKind, Rules, all_of, read_access
from gateway.federation.compose.context import context_use
from gateway.federation.compose.field_sets import FieldSetError, parse_field_set
from gateway.federation.compose.merge_directives import merge_access_rules
from gateway.federation.compose.merged import MergedSchema, MergedType
from gateway.federation.compose.model import FieldDef, FieldSet, Kind, Place, Subgraph
from gateway.federation.compose.positions import problem
from gateway.federation.compose.sources import MergeContext
from gateway.federation.compose.type_text import named
from gateway.federation.errors import Problem
from gateway.federation.links import ACCESS_SPECS, read_links


def spread_access_rules(context: MergeContext, types: Mapping[str, MergedType]) -> dict[str, MergedType]:
    """The same types, with the rules of interface objects on implementations, and those of implementations on
    interfaces.
    """
    spread = dict(types)
    interfaces = {
        name: [found for found in context.implementations(name) if found in types]
        for name, merged in types.items()
        if merged.kind is Kind.INTERFACE
    }
    for interface, implementations in interfaces.items():
        for name in implementations:
            spread[name] = _with_rules_of(spread[name], spread[interface])
    for interface, implementations in interfaces.items():
        spread[interface] = _sum_of(spread[interface], [spread[name] for name in implementations])
    return spread


def _with_rules_of(target: MergedType, interface: MergedType) -> MergedType:
    fields = {
        name: replace(field, directives=merge_access_rules([field.directives, interface.fields[name].directives]))
        if name in interface.fields
        else field
        for name, field in target.fields.items()
    }
    return replace(target, fields=fields)


def _sum_of(interface: MergedType, implementations: Sequence[MergedType]) -> MergedType:
    fields = {
        name: replace(
            field,
            directives=merge_access_rules(
                [field.directives, *(one.fields[name].directives for one in implementations if name in one.fields)]
            ),
        )
        for name, field in interface.fields.items()
    }
    directives = merge_access_rules([interface.directives, *(one.directives for one in implementations)])
    return replace(interface, fields=fields, directives=directives)


def transitive_problems(schema: MergedSchema, supergraph_sdl: str, subgraphs: Sequence[Subgraph]) -> Iterator[Problem]:
    """Fields that ask for less than what they are made of."""
    if ACCESS_SPECS.isdisjoint(schema.specs):
        return
    document = parse(supergraph_sdl, no_location=True)
    links, _ = read_links(document)
    check = _Transitive(schema, read_access(document, links))
    for subgraph in subgraphs:
        for type_def, field in subgraph.object_fields():
            if field.requires is not None:
                yield from check.problems(subgraph, type_def.name, field, type_def.name, field.requires)
            for argument in field.arguments.values():
                use = context_use(argument)
                for setter in subgraph.types.values() if use is not None else ():
                    if use is not None and use.context in setter.contexts:
                        selection = FieldSet(use.selection, argument.place)
                        yield from check.problems(subgraph, type_def.name, field, setter.name, selection)


class _Transitive:
    def __init__(self, schema: MergedSchema, access: Access) -> None:
        self._schema = schema
        self._access = access

    def problems(
        self, subgraph: Subgraph, owner: str, field: FieldDef, selected_on: str, selection: FieldSet
    ) -> Iterator[Problem]:
        """One problem at most: the first field that asks for more."""
        try:
            selected = parse_field_set(selection.text or "")
        except FieldSetError:
            return  # told elsewhere
        for name in self._objects(owner):
            given = self._rules(name) | self._field_rules(name, field.name)
            for coordinate, rules in self._needs(selected, self._objects(selected_on)):
                missing = [rule for rule in rules if not _implies(given, rule)]
                if missing:
                    yield _problem(subgraph.name, f"{owner}.{field.name}", coordinate, missing, selection.place)
                    return

    def _needs(self, selected: SelectionSetNode, types: Sequence[str]) -> Iterator[tuple[str, Rules]]:
        """Every field selected on objects of these types, with what seeing it asks for."""
        for node in selected.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                within = types if condition is None else [name for name in self._objects(condition) if name in types]
                yield from self._needs(node.selection_set, within)
            elif isinstance(node, FieldNode):
                for name in types:
                    definition = self._schema.types[name].fields.get(node.name.value)
                    if definition is not None:
                        yield f"{name}.{definition.name}", self._rules(name) | self._field_rules(name, definition.name)
                        if node.selection_set is not None:
                            yield from self._needs(node.selection_set, self._objects(named(definition.type)))

    def _rules(self, type_name: str) -> Rules:
        return self._access.types.get(type_name, NO_RULES)

    def _field_rules(self, type_name: str, field_name: str) -> Rules:
        """Of the field and of what it returns. Where that can be of several types, none of theirs is sure to be met."""
        definition = self._schema.types[type_name].fields.get(field_name)
        own = self._access.fields.get((type_name, field_name), NO_RULES)
        return own if definition is None else own | self._rules(named(definition.type))

    def _objects(self, type_name: str) -> list[str]:
        """The object types of which a type's values can be."""
        merged = self._schema.types.get(type_name)
        if merged is None:
            return []
        if merged.kind is Kind.UNION:
            return sorted({member for _, member in merged.members})
        if merged.kind is Kind.INTERFACE:
            types = self._schema.types.values()
            return [one.name for one in types if one.kind is Kind.OBJECT and type_name in one.interfaces]
        return [type_name]


def _implies(given: Rules, rule: Rule) -> bool:
    """Whether whoever fulfils the given rules fulfils this one."""
    if rule in given:
        return True
    if rule.kind is RuleKind.AUTHENTICATED:
        return False
    same = all_of(one.alternatives for one in given if one.kind is rule.kind)
    return all(any(needed <= had for needed in rule.alternatives) for had in same)


def _problem(subgraph: str, owner: str, coordinate: str, missing: Sequence[Rule], place: Place) -> Problem:
    rules = " and ".join(sorted(map(str, missing)))
    message = (
        f'"{owner}" is made of "{coordinate}", which asks for {rules}. Give "{owner}" at least the same: who sees it'
        " could see what it was made of."
    )
    return problem(subgraph, place, "MISSING_TRANSITIVE_AUTH_REQUIREMENTS", message)
