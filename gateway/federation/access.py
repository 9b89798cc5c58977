"""Access rules: what `@authenticated`, `@requiresScopes` and `@policy` ask of whoever wants to see a part of the graph.

An element's rules all have to hold. One rule is either "somebody is signed in", or alternatives: sets of scopes (or
policies) of which one set must be had whole. What a requester does not fulfil is the set of *unmet* rules, and an
element is hidden from it when one of the element's own rules is among them. So nothing but set operations is left for
a request, and requesters with equal sets see the same graph.

**Interfaces.** Objects are of object types, so in the end every rule is one of an object type or of its field:

* Composers of today refuse rules that somebody writes on an interface, and print there themselves what all of its
  implementations ask for together. That is a summary for gateways which look no closer; it is dropped here, since the
  rules of the object that is met say more precisely what may be seen.
* Where the interfaces say anything else, somebody wrote it, with an older composer. It then binds every implementation
  too. Otherwise a fragment on the implementation would walk around it.

Sources: the Federation directives' reference, and `https://specs.apollo.dev/authenticated/v0.1`,
`requiresScopes/v0.1` and `policy/v0.1`, as supergraphs link them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    value_from_ast_untyped,
)

from gateway.federation.errors import Problem, SchemaError
from gateway.federation.links import ACCESS_SPECS, Link

Alternatives = frozenset[frozenset[str]]
"""Any one of the sets is enough; all members of a set are needed."""
_MOST_ALTERNATIVES = 4096


class RuleKind(Enum):
    AUTHENTICATED = "authenticated"
    SCOPES = "requiresScopes"
    POLICIES = "policy"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to be fulfilled. alternatives: for scopes and policies; none at all can never be fulfilled."""

    kind: RuleKind
    alternatives: Alternatives = frozenset()

    def holds(self, *, authenticated: bool, scopes: frozenset[str], policies: frozenset[str]) -> bool:
        """Whether a requester with these scopes, and for whom these policies hold, fulfils the rule."""
        if self.kind is RuleKind.AUTHENTICATED:
            return authenticated
        had = scopes if self.kind is RuleKind.SCOPES else policies
        return any(group <= had for group in self.alternatives)

    def __str__(self) -> str:
        if self.kind is RuleKind.AUTHENTICATED:
            return "@authenticated"
        groups = sorted(sorted(group) for group in self.alternatives)
        return f"@{self.kind.value}({groups})"


Rules = frozenset[Rule]
"""All of them have to hold."""
NO_RULES: Rules = frozenset()
AUTHENTICATED = Rule(RuleKind.AUTHENTICATED)


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of a graph. types: by name, of objects, scalars and enums. fields: by (type, field), of objects.

    An interface is in it only as long as it has no implementation whose rules would do.
    """

    types: Mapping[str, Rules] = field(default_factory=dict[str, Rules])
    fields: Mapping[tuple[str, str], Rules] = field(default_factory=dict[tuple[str, str], Rules])

    def __bool__(self) -> bool:
        return bool(self.types or self.fields)

    def all_rules(self) -> Rules:
        """Every rule that stands anywhere in the graph."""
        return NO_RULES.union(*self.types.values(), *self.fields.values())


def policies_in(rules: Rules) -> frozenset[str]:
    """The names of all policies that decide any of the rules."""
    groups = (group for rule in rules if rule.kind is RuleKind.POLICIES for group in rule.alternatives)
    return frozenset[str]().union(*groups)


def all_of(alternatives: Iterable[Alternatives]) -> Alternatives:
    """What fulfils every one of them, again as alternatives, without those that ask for more than another one.

    There can be as many as the product of their numbers, so what is superfluous is dropped after each.
    """
    combined: Alternatives = frozenset((frozenset[str](),))
    for one in dict.fromkeys(alternatives):
        combined = _smallest(frozenset(left | right for left in combined for right in one))
    return combined


def _smallest(alternatives: Alternatives) -> Alternatives:
    return frozenset(group for group in alternatives if not any(other < group for other in alternatives))


def read_access(document: DocumentNode, links: Mapping[str, Link]) -> Access:
    """The rules of a supergraph. Raises SchemaError for one that cannot be read: it must not be left out."""
    return _Reader(document, links).read()


class _Reader:
    def __init__(self, document: DocumentNode, links: Mapping[str, Link]) -> None:
        self.definitions = [node for node in document.definitions if isinstance(node, TypeDefinitionNode)]
        self.kinds = {links[kind.value].directive(kind.value): kind for kind in RuleKind if kind.value in links}
        self.known = {link.directive(link.name) for link in links.values()} | {
            name.removeprefix("@") for link in links.values() for name in link.imports.values()
        }
        self.types: dict[str, Rules] = {}
        self.fields: dict[tuple[str, str], Rules] = {}

    def read(self) -> Access:
        for node in self.definitions:
            name = node.name.value
            self.types[name] = self._rules(node, name)
            for member in getattr(node, "fields", None) or ():
                self.fields[name, member.name.value] = self._rules(member, f"{name}.{member.name.value}")
        implementations = self._implementations()
        if not self._are_summaries(implementations):
            self._bind(implementations)
        for interface in (name for name, found in implementations.items() if found):
            self.types.pop(interface, None)
            self.fields = {key: rules for key, rules in self.fields.items() if key[0] != interface}
        return Access(
            {name: rules for name, rules in self.types.items() if rules},
            {key: rules for key, rules in self.fields.items() if rules},
        )

    def _rules(self, node: Any, coordinate: str) -> Rules:
        found: set[Rule] = set()
        for directive in node.directives or ():
            name = directive.name.value
            if name in self.kinds:
                found.add(_read_rule(self.kinds[name], directive, coordinate))
            elif name in ACCESS_SPECS and name not in self.known:
                message = (
                    f"'{coordinate}' has @{name}, but the supergraph does not link the specification '{name}';"
                    " compose it again, so that it says what is meant"
                )
                raise SchemaError([Problem("UNSUPPORTED_SUPERGRAPH", message)])
        return frozenset(found)

    def _implementations(self) -> dict[str, list[ObjectTypeDefinitionNode]]:
        """By interface. Composed types list the interfaces of their interfaces, too."""
        found: dict[str, list[ObjectTypeDefinitionNode]] = {
            node.name.value: [] for node in self.definitions if isinstance(node, InterfaceTypeDefinitionNode)
        }
        for node in self.definitions:
            if isinstance(node, ObjectTypeDefinitionNode):
                for interface in node.interfaces or ():
                    found.setdefault(interface.name.value, []).append(node)
        return found

    def _are_summaries(self, implementations: Mapping[str, list[ObjectTypeDefinitionNode]]) -> bool:
        """Whether what interfaces say is nowhere more or less than what their implementations say together."""
        for interface, nodes in implementations.items():
            if not nodes:
                continue
            if not _is_sum(self.types.get(interface, NO_RULES), [self.types[node.name.value] for node in nodes]):
                return False
            for owner, name in self.fields:
                if owner == interface:
                    below = [self.fields.get((node.name.value, name), NO_RULES) for node in nodes]
                    if not _is_sum(self.fields[owner, name], below):
                        return False
        return True

    def _bind(self, implementations: Mapping[str, list[ObjectTypeDefinitionNode]]) -> None:
        for interface, nodes in implementations.items():
            for node in nodes:
                name = node.name.value
                self.types[name] |= self.types.get(interface, NO_RULES)
                for member in node.fields or ():
                    key = (name, member.name.value)
                    self.fields[key] |= self.fields.get((interface, member.name.value), NO_RULES)


def _is_sum(said: Rules, parts: list[Rules]) -> bool:
    """Whether the rules are what all parts ask for together."""
    everything = NO_RULES.union(*parts)
    if said == everything:
        return True
    for kind in RuleKind:
        mine = [rule.alternatives for rule in said if rule.kind is kind]
        theirs = [rule.alternatives for rule in everything if rule.kind is kind]
        if bool(mine) != bool(theirs):
            return False
        size = 1
        for alternatives in theirs:
            size *= len(alternatives)
        # Nobody writes so many; if somebody does, the interface's rules bind, which shows less, not more.
        if kind is not RuleKind.AUTHENTICATED and (size > _MOST_ALTERNATIVES or all_of(mine) != all_of(theirs)):
            return False
    return True


def _read_rule(kind: RuleKind, directive: DirectiveNode, coordinate: str) -> Rule:
    if kind is RuleKind.AUTHENTICATED:
        return AUTHENTICATED
    argument = "scopes" if kind is RuleKind.SCOPES else "policies"
    values = {node.name.value: value_from_ast_untyped(node.value) for node in directive.arguments or ()}
    try:
        return Rule(kind, frozenset(_groups(values[argument])))
    except (KeyError, TypeError):
        message = f"'{argument}' of @{directive.name.value} on '{coordinate}' is not a list of lists of names"
        raise SchemaError([Problem("UNSUPPORTED_SUPERGRAPH", message)]) from None


def _groups(value: Any) -> Iterator[frozenset[str]]:
    """Alternatives as written. A single value stands for a list of it, as GraphQL coerces."""
    for group in _as_list(value):
        names = _as_list(group)
        if not all(isinstance(name, str) for name in names):
            raise TypeError
        yield frozenset(names)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        raise TypeError
    return cast("list[Any]", value) if isinstance(value, list) else [value]
