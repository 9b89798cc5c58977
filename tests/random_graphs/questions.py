"""Questions to a graph: random operations, with values moved into variables and fragments given names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    print_ast,
    value_from_ast_untyped,
    visit,
)
from graphql.language import ast

from tests.random_graphs.choices import Choices
from tests.random_graphs.strictness import asking_what_is_kept
from tests.support.queries import RandomQueries


@dataclass(frozen=True, slots=True)
class Question:
    """An operation, its variables, and the override labels that are on when it is asked."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    labels: tuple[str, ...] = ()


def draw_question(schema: GraphQLSchema, choose: Choices, ids: list[str], labels: Sequence[str] = ()) -> Question:
    """A valid question. ids: of objects. labels: override labels that may be on."""
    queries = RandomQueries(schema, choose.random(), [*ids, *ids, "x"], widest=5, shallowest=3)
    is_mutation = schema.mutation_type is not None and choose.chance(50)
    kind = "mutation" if is_mutation else "query"
    text = asking_what_is_kept(queries.next(kind, drafts=choose.number(2, 3)))
    question = _rephrased(text, schema, choose) if choose.chance(60) else Question(text)
    return replace(question, labels=tuple(label for label in labels if choose.chance(50)))


def _rephrased(text: str, schema: GraphQLSchema, choose: Choices) -> Question:
    """The same question with other means. Values that are alike become one variable, fragments that are, one name."""
    type_info = TypeInfo(schema)
    rephrasing = _Rephrasing(type_info, choose)
    document = visit(parse(text, no_location=True), TypeInfoVisitor(type_info, rephrasing))
    operation = document.definitions[0]
    declared = [print_ast(definition) for definition in operation.variable_definitions or ()]
    declared += rephrasing.declared.values()
    kind = operation.operation.value
    head = f"{kind} Asked({', '.join(declared)})" if declared else kind
    fragments = "".join(f" {fragment}" for fragment in rephrasing.fragments.values())
    return Question(f"{head} {print_ast(operation.selection_set)}{fragments}", rephrasing.sent)


class _Rephrasing(Visitor):
    """declared: what the operation declares; sent: values of variables; fragments: definitions, each by its text."""

    def __init__(self, type_info: TypeInfo, choose: Choices) -> None:
        super().__init__()
        self._type_info = type_info
        self._choose = choose
        self._variables: dict[str, str | None] = {}
        self._names: dict[str, str] = {}
        self.declared: dict[str, str] = {}
        self.sent: dict[str, Any] = {}
        self.fragments: dict[str, str] = {}

    def leave_argument(self, node: ast.ArgumentNode, *_: Any) -> Any:
        return self._with_variable(node)

    def leave_object_field(self, node: ast.ObjectFieldNode, *_: Any) -> Any:
        return self._with_variable(node)

    def _with_variable(self, node: Any) -> Any:
        declared = self._type_info.get_input_type()
        if declared is None or "$" in print_ast(node.value):
            return None
        key = f"{declared} {print_ast(node.value)}"
        if key not in self._variables:
            self._variables[key] = self._declare(str(declared), node.value) if self._choose.chance(40) else None
        name = self._variables[key]
        if name is None:
            return None
        value = ast.VariableNode(name=ast.NameNode(value=name))
        return type(node)(name=node.name, value=value)

    def _declare(self, declared: str, value: ast.ValueNode) -> str:
        """A variable that is sent, or has a default, or (where null is allowed) is left open."""
        name = f"v{len(self.declared)}"
        how = self._choose.one(["sent", "default", "sent over default", "open"])
        if how == "open" and declared.endswith("!"):
            how = "sent"
        with_default = how in ("default", "sent over default")
        self.declared[name] = f"${name}: {declared}{f' = {print_ast(value)}' if with_default else ''}"
        if how in ("sent", "sent over default"):
            self.sent[name] = value_from_ast_untyped(value)
        return name

    def leave_inline_fragment(self, node: ast.InlineFragmentNode, *_: Any) -> Any:
        if node.type_condition is None or not self._choose.chance(40):
            return None
        condition = node.type_condition.name.value
        body = f"on {condition} {print_ast(node.selection_set)}"
        name = self._names.setdefault(body, f"Part{len(self._names)}")
        self.fragments[name] = f"fragment {name} {body}"
        return ast.FragmentSpreadNode(name=ast.NameNode(value=name), directives=node.directives)
