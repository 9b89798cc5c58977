"""A plan as text, for people and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import parse, print_ast

from gateway.planning.joining import join_documents
from gateway.planning.plan import FetchStep, Path, Plan, Representation, RepresentationField

_CUT_SHORT = "the search was cut short: there may be a cheaper plan (limits.planning_choices)\n"


def print_plan(plan: Plan) -> str:
    """One block per request: of each step in it level, id, subgraph, where, after which steps; then what is sent.

    Below that, for a step that can fall back to parts, what each of them asks for and when it can.
    """
    if not plan.steps:
        return "no fetches\n"
    requests = [_request([plan.steps[number] for number in numbers]) for numbers in plan.requests]
    return "\n".join([_CUT_SHORT, *requests] if plan.is_cut_short else requests)


def plan_as_json(plan: Plan) -> list[dict[str, Any]]:
    """One object per step, for scripts and pages. request: the same number for steps that share a request."""
    request_of = {number: request for request, numbers in enumerate(plan.requests) for number in numbers}
    return [
        {
            "id": step.id,
            "request": request_of[step.id],
            "level": step.level,
            "subgraph": step.graph,
            "kind": step.kind,
            "path": print_path(step.path),
            "after": list(step.dependencies),
            "merged_after": list(step.merge_after),
            "document": step.document,
            "variables": list(step.variables),
            "parts": [{"after": list(part.dependencies), "document": part.document} for part in step.parts],
        }
        for step in plan.steps
    ]


def print_path(path: Path) -> str:
    """`search|Album,Film/director`: keys, with the runtime types to go on with where they matter."""
    parts: list[str] = []
    for element in path:
        types = "|" + ",".join(sorted(element.types)) if element.types is not None else ""
        parts.append(element.key + types)
    return "/".join(parts)


def print_request(step: FetchStep) -> str:
    """What a step sends, over several lines."""
    return _pretty(step.document)


def print_asked(step: FetchStep) -> str:
    """The kind of operation; for entities how they are presented: `Film(id weight), Album(id)`."""
    if step.kind != "entities":
        return step.kind
    return ", ".join(
        f"{name}({_fields(spec.fields, spec)})"
        if name == spec.as_type
        else f"{name} as {spec.as_type}({_fields(spec.fields, spec)})"
        for name, spec in step.representations.items()
    )


def print_place(step: FetchStep) -> str:
    """Where and when: the path, if there is one, and the steps before, each behind two spaces."""
    parts = [f" at {print_path(step.path)}"] if step.path else []
    if step.dependencies:
        parts.append("  after " + ", ".join(f"#{number}" for number in step.dependencies))
    if step.is_early:
        parts.append("  merged after " + ", ".join(f"#{number}" for number in step.merge_after))
    return "".join(parts)


def _fields(fields: tuple[RepresentationField, ...], spec: Representation | None = None) -> str:
    given = [f"{argument.name} from arguments" for argument in spec.from_arguments] if spec is not None else []
    return " ".join([*given, *(_field(wanted) for wanted in fields)])


def _field(wanted: RepresentationField) -> str:
    if wanted.below is None:
        return wanted.key
    below = dict.fromkeys(_fields(fields) for fields in wanted.below.fields.values())
    return f"{wanted.key} {{ {' | '.join(below)} }}"


def _request(steps: Sequence[FetchStep]) -> str:
    first, *others = steps
    lines = [f"level {first.level}  {_head(first)}", *(f"{'and':>7}  {_head(step)}" for step in others)]
    texts = tuple(step.text for step in steps if step.text is not None)
    request = print_request(first) if len(steps) == 1 else _pretty(join_documents(texts).text)
    lines += [f"    {line}" for line in request.splitlines()]
    lines += [print_part(part) for step in steps for part in step.parts]
    return "\n".join(lines) + "\n"


def _head(step: FetchStep) -> str:
    return f"#{step.id} {step.graph}  {print_asked(step)}{print_place(step)}"


def print_part(part: FetchStep) -> str:
    """What a step falls back to when not all that it needs has come, on one line."""
    asked = part.text.selection if part.text is not None else part.document
    return f"    in part: {print_asked(part)}{print_place(part)}  {asked}"


def _pretty(document: str) -> str:
    return print_ast(parse(document, no_location=True))
