"""An explained plan as text: a tree of steps, each below the last that it waits for, with its request and its reasons.

A plan is no tree: a step may wait for several. It hangs below the latest of them; its head line names the others too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.planning.explain import Alternative, ExplainedPlan, Reason
from gateway.planning.plan import FetchStep, Plan
from gateway.planning.printing import print_asked, print_part, print_place, print_request


def print_explained(explained: ExplainedPlan) -> str:
    """The whole tree, with a summary in front."""
    plan = explained.plan
    if not plan.steps:
        return "no fetches\n"
    children = _children(plan)
    lines = [print_summary(plan), ""]
    if plan.is_cut_short:
        lines.insert(1, "the search was cut short (limits.planning_choices): there may be a cheaper plan")
    for step in children[None]:
        lines += _tree(step, children, explained)
        lines.append("")
    return "\n".join(lines)


def print_summary(plan: Plan) -> str:
    """`3 requests in 2 levels, to catalog, customers and orders`."""
    graphs = sorted({step.graph for step in plan.steps})
    names = f"{', '.join(graphs[:-1])} and {graphs[-1]}" if len(graphs) > 1 else "".join(graphs)
    return f"{_counted(len(plan.requests), 'request')} in {_counted(plan.depth, 'level')}, to {names or 'nobody'}"


def print_reasons(reasons: Sequence[Reason]) -> list[str]:
    """One line for fields that have the same reason: `Film.title, Film.year: already holds the object`."""
    by_text: dict[str, dict[str, None]] = {}
    for reason in reasons:
        by_text.setdefault(_told(reason), {})[reason.coordinate] = None
    return [f"{', '.join(names)}: {text}" for text, names in by_text.items()]


def _told(reason: Reason) -> str:
    parts = [reason.how] if reason.how else []
    parts += [_other(other) for other in reason.alternatives]
    if reason.how and not reason.alternatives and not reason.coordinate.endswith(".__typename"):
        parts.append("no other subgraph has it")
    if reason.serves:
        parts.append("serves: " + ", ".join(reason.serves))
    return "; ".join(parts)


def _other(other: Alternative) -> str:
    return f"{other.graph} instead: {other.told}" if other.possible else f"not {other.graph}: {other.told}"


def _children(plan: Plan) -> dict[int | None, list[FetchStep]]:
    """Steps by the one that they hang below; None for those at the top."""
    levels = {step.id: step.level for step in plan.steps}
    found: dict[int | None, list[FetchStep]] = {None: []}
    for step in plan.steps:
        awaited = (*step.dependencies, *step.merge_after)
        above = max(awaited, key=lambda need: (levels[need], need), default=None)
        found.setdefault(above, []).append(step)
    return found


def _tree(
    step: FetchStep,
    children: dict[int | None, list[FetchStep]],
    explained: ExplainedPlan,
    first: str = "",
    more: str = "",
) -> Iterator[str]:
    """A step's lines and those of the steps below it. first, more: what stands before the first line and the others."""
    below = children.get(step.id, [])
    head = f"#{step.id} {step.graph}  level {step.level}  {print_asked(step)}{print_place(step)}"
    yield f"{first}{head}{_shared(step, explained.plan)}"
    bar = more + ("│   " if below else "    ")
    for line in print_request(step).splitlines():
        yield f"{bar}{line}"
    for part in step.parts:
        yield f"{bar}{print_part(part).strip()}"
    for line in print_reasons(explained.reasons[step.id]):
        yield f"{bar}· {line}"
    for child in below:
        is_last = child is below[-1]
        yield f"{more}│"
        yield from _tree(
            child, children, explained, f"{more}{'└─ ' if is_last else '├─ '}", more + ("   " if is_last else "│  ")
        )


def _shared(step: FetchStep, plan: Plan) -> str:
    """The steps that go out in the same request, if any do."""
    together = next(numbers for numbers in plan.requests if step.id in numbers)
    others = ", ".join(f"#{number}" for number in together if number != step.id)
    return f"  in one request with {others}" if others else ""


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
