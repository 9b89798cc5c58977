"""A plan as text, for people and for tests."""

from __future__ import annotations

from typing import Any

from graphql import parse, print_ast

from gateway.planning.plan import FetchStep, Path, Plan, Representation, RepresentationField


def print_plan(plan: Plan) -> str:
    """One block per step: level, id, subgraph, where, after which steps; then its request."""
    if not plan.steps:
        return "no fetches\n"
    return "\n".join(_step(step) for step in plan.steps)


def plan_as_json(plan: Plan) -> list[dict[str, Any]]:
    """One object per step, for scripts and pages."""
    return [
        {
            "id": step.id,
            "level": step.level,
            "subgraph": step.graph,
            "kind": step.kind,
            "path": print_path(step.path),
            "after": list(step.dependencies),
            "merged_after": list(step.merge_after),
            "document": step.document,
            "variables": list(step.variables),
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
    return print_ast(parse(step.document, no_location=True))


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


def _step(step: FetchStep) -> str:
    head = f"level {step.level}  #{step.id} {step.graph}  {print_asked(step)}{print_place(step)}"
    return head + "\n" + "\n".join(f"    {line}" for line in print_request(step).splitlines()) + "\n"
