"""How large an operation may be: tokens, depth, and what its fragments expand to.

Problem: n fragments that each spread the next one twice are n lines of text and 2^n selections.
Naive:   walk what every spread stands for, which takes time proportional to the answer.
Idea:    every measure is a sum or a maximum, so a fragment needs to be measured once: a definition is its own
         selections plus, for each of its spreads, the fragment's measure moved down to where the spread stands.
Invariant: each selection of the document is looked at once, and each spread is combined once, whatever they expand to.
         Both passes keep their own stack, so no document is too deep for them.

Spreads of unknown fragments, and spreads that close a cycle, count for nothing inside: validation reports those. What
an operation costs in calls and rows is not measured here, only its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from gateway.federation.syntax import syntax_message
from gateway.operation.errors import GRAPHQL_PARSE_FAILED, OPERATION_TOO_LARGE, RequestError

# Counts stop here: an exact 2^1000 helps nobody, and Python refuses to print an integer of more than 4,300 digits.
COUNT_CEILING = 10**12

_INTROSPECTION_ROOTS = frozenset(("__schema", "__type"))
# How graphql-core ends the message of every limit of its parser, and of no other syntax error.
_PARSER_LIMIT = " Parsing aborted."


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest operation that is still answered. All are counts; those after `tokens` are of one operation.

    For scale: the public federation benchmark's query is 93 tokens, 8 deep, 67 selections; GraphiQL's introspection
    query 183 tokens, 15 deep, 239 selections.
    """

    characters: int = 100_000
    """Of the document. Bounds what reading it costs: 0.2 us each in a string, and more where a long name is wrong."""
    tokens: int = 2000
    """Lexical tokens of the document, and separately comments. Bounds what parsing and validation cost."""
    depth: int = 12
    """Fields on the longest path from the root."""
    introspection_depth: int = 15
    """The same below `__schema` and `__type`, which lead into metadata of bounded size; 15 is what GraphiQL asks."""
    nesting: int = 100
    """Fields, inline fragments and spreads on the longest path. Keeps later stages far from the recursion limit."""
    root_fields: int = 20
    """Root fields, fragments expanded: each may cost a call of its own."""
    selections: int = 2000
    """Fields, inline fragments and spreads, fragments expanded. Bounds what planning costs."""
    aliases: int = 30
    """Aliased fields, fragments expanded: aliases let one request ask the same thing many times over."""
    directives: int = 50
    """Directives, fragments expanded."""
    values: int = 20_000
    """Values in the variables, lists and objects with all that is in them. Coercing takes up to 3 us each."""
    fetches: int = 40
    """Steps of the plan: fetches from subgraphs. Known, and refused, once the operation is planned."""
    planning_choices: int = 5_000
    """Choices that planning tries before it takes what it has. Nothing is refused."""


class Spread(NamedTuple):
    """One `...name`: how many fields and how many selections of its definition lie above it."""

    name: str
    depth: int
    nesting: int
    introspects: bool


@dataclass(slots=True)
class Measure:
    """What one definition holds itself, or, once its spreads are added, what it stands for."""

    selections: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    depth: int = 0
    deepest: FieldNode | None = None
    introspection_depth: int = 0
    nesting: int = 0
    spreads: list[Spread] = field(default_factory=list[Spread])


def parse_within(text: str, limits: Limits) -> DocumentNode:
    """Parse a client's document, giving up at the first token beyond the limit.

    graphql-core's parser recurses, four Python frames for each level; it refuses a document nested 200 levels deep, and
    that, too, is answered as too large here.

    Raises RequestError: GRAPHQL_PARSE_FAILED for a syntax error, OPERATION_TOO_LARGE for a limit.
    """
    if len(text) > limits.characters:
        raise RequestError([_exceeding("characters", f"The document has {len(text):,} characters", len(text), limits)])
    try:
        return parse(
            text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens, allow_empty_selection_sets=False
        )
    except GraphQLSyntaxError as error:
        locations = [{"line": place.line, "column": place.column} for place in error.locations or ()]
        code, message = GRAPHQL_PARSE_FAILED, syntax_message(error)
        if message.endswith(_PARSER_LIMIT):
            code, message = OPERATION_TOO_LARGE, message.removeprefix("Syntax Error: ").removesuffix(_PARSER_LIMIT)
        raise RequestError([{"message": message, "locations": locations, "extensions": {"code": code}}]) from error


def check_values(variables: Mapping[str, Any], limits: Limits) -> None:
    """Raises RequestError (OPERATION_TOO_LARGE) when the variables hold more values than allowed; counts no further."""
    waiting: list[Any] = list(variables.values())
    count = len(waiting)
    while waiting and count <= limits.values:
        value = waiting.pop()
        if isinstance(value, dict | list):
            value = cast("dict[str, Any] | list[Any]", value)
            inside = value.values() if isinstance(value, dict) else value
            count += len(inside)
            if count <= limits.values:
                waiting.extend(inside)
    if count > limits.values:
        raise RequestError([_exceeding("values", f"The variables hold at least {count} values", count, limits)])


def check_limits(document: DocumentNode, operation_name: str | None, limits: Limits) -> list[dict[str, Any]]:
    """One GraphQL error, as JSON, for each limit that the operation exceeds; empty when it fits.

    operation_name: picks the operation; when it picks none, every operation of the document is checked.

    `extensions` say `limit` (a field of Limits), `measured` and `allowed`; `locations` point at the deepest field for
    `depth`, at the operation for everything else.
    """
    totals = measure_fragments(document)
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = [node for node in operations if node.name and node.name.value == operation_name]
    return [
        error
        for operation in chosen or operations
        for error in _exceeded(operation, measure_operation(operation, totals), limits)
    ]


def measure_operation(operation: OperationDefinitionNode, fragments: Mapping[str, Measure]) -> Measure:
    """What the operation stands for, given what its fragments stand for."""
    own = _measure_own(operation.selection_set)
    own.directives += len(operation.directives or ())
    own.directives += sum(len(variable.directives or ()) for variable in operation.variable_definitions or ())
    return _add_spreads(own, fragments)


def measure_fragments(document: DocumentNode) -> dict[str, Measure]:
    """What each fragment of the document stands for, by name. Fragments are finished before those that spread them."""
    own: dict[str, Measure] = {}
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            own[node.name.value] = measure = _measure_own(node.selection_set)
            measure.directives += len(node.directives or ())
    totals: dict[str, Measure] = {}
    entered: set[str] = set()
    stack = list(own)
    while stack:
        name = stack[-1]
        if name not in entered:
            entered.add(name)
            stack.extend(
                spread.name for spread in own[name].spreads if spread.name in own and spread.name not in entered
            )
            continue
        stack.pop()
        if name not in totals:
            totals[name] = _add_spreads(own[name], totals)
    return totals


def _measure_own(root: SelectionSetNode) -> Measure:
    """Measure one definition, spreads counted as selections and noted down, but not followed."""
    measure = Measure()
    # (selections, fields above them, selections above them, inside __schema or __type)
    stack = [(root, 0, 0, False)]
    while stack:
        selection_set, depth, nesting, introspects = stack.pop()
        measure.selections += len(selection_set.selections)
        if selection_set.selections:
            measure.nesting = max(measure.nesting, nesting + 1)
        for node in selection_set.selections:
            measure.directives += len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                measure.spreads.append(Spread(node.name.value, depth, nesting + 1, introspects))
                continue
            below, inside = depth, introspects
            if isinstance(node, FieldNode):
                below, inside = _count_field(measure, node, depth, introspects)
            inner: SelectionSetNode | None = getattr(node, "selection_set", None)
            if inner is not None:
                stack.append((inner, below, nesting + 1, inside))
    return measure


def _count_field(measure: Measure, node: FieldNode, above: int, introspects: bool) -> tuple[int, bool]:
    """Count a field into the measure, which is changed. Gives its depth, and whether it lies in introspection."""
    measure.aliases += node.alias is not None
    measure.root_fields += above == 0 and not introspects
    if node.name.value in _INTROSPECTION_ROOTS:
        above, introspects = 0, True
    depth = above + 1
    if introspects:
        measure.introspection_depth = max(measure.introspection_depth, depth)
    elif depth > measure.depth:
        measure.depth, measure.deepest = depth, node
    return depth, introspects


def _add_spreads(own: Measure, totals: Mapping[str, Measure]) -> Measure:
    """The measure with all of its spreads expanded; `own` is changed. A fragment not in `totals` adds nothing."""
    for spread in own.spreads:
        fragment = totals.get(spread.name)
        if fragment is None:
            continue
        own.selections = min(own.selections + fragment.selections, COUNT_CEILING)
        own.aliases = min(own.aliases + fragment.aliases, COUNT_CEILING)
        own.directives = min(own.directives + fragment.directives, COUNT_CEILING)
        own.nesting = max(own.nesting, spread.nesting + fragment.nesting)
        own.introspection_depth = max(own.introspection_depth, fragment.introspection_depth)
        if spread.introspects:
            own.introspection_depth = max(own.introspection_depth, spread.depth + fragment.depth)
            continue
        if spread.depth == 0:
            own.root_fields = min(own.root_fields + fragment.root_fields, COUNT_CEILING)
        if spread.depth + fragment.depth > own.depth:
            own.depth, own.deepest = spread.depth + fragment.depth, fragment.deepest
    return own


_SAYS = {
    "depth": "is {} fields deep",
    "introspection_depth": "introspects {} fields deep",
    "nesting": "nests {} fields and fragments in each other",
    "root_fields": "asks for {} root fields",
    "selections": "selects {} fields and fragments once its fragments are expanded",
    "aliases": "uses {} aliases once its fragments are expanded",
    "directives": "uses {} directives once its fragments are expanded",
}


def _exceeded(operation: OperationDefinitionNode, measure: Measure, limits: Limits) -> Iterable[dict[str, Any]]:
    subject = f"The operation '{operation.name.value}'" if operation.name else "The operation"
    for limit in fields(limits):
        if limit.name not in _SAYS:
            continue
        measured, allowed = getattr(measure, limit.name), getattr(limits, limit.name)
        if measured <= allowed:
            continue
        says = _SAYS[limit.name].format(f"at least {measured}" if measured == COUNT_CEILING else measured)
        place = _place((measure.deepest if limit.name == "depth" else None) or operation)
        yield {**_exceeding(limit.name, f"{subject} {says}", measured, limits), **place}


def _exceeding(limit: str, says: str, measured: int, limits: Limits) -> dict[str, Any]:
    """The GraphQL error for a limit, as JSON. says: the message up to what is allowed."""
    allowed = getattr(limits, limit)
    extensions = {"code": OPERATION_TOO_LARGE, "limit": limit, "measured": measured, "allowed": allowed}
    return {"message": f"{says}; at most {allowed} are allowed.", "extensions": extensions}


def _place(node: Node) -> dict[str, Any]:
    """`locations` of a node; nothing when the document was parsed without them."""
    if node.loc is None:
        return {}
    token = node.loc.start_token
    return {"locations": [{"line": token.line, "column": token.column}]}
