"""Which steps share a request: those of one subgraph and one level, each under an alias of its own.

Problem: objects of one subgraph lie at several places of an answer, and each place is a step. A request is most of what
         a small fetch costs, to both sides.
Idea:    steps of one level start at about the same time, in a healthy graph. So they are written down as one request,
         and whoever is ready first waits a moment for the others: never for long (gateway.execution.joint), and never
         for one that has nothing to fetch.
Rule:    of one level only. A step that waited for one of a later level would push back whatever is behind it, and the
         answer with it; within a level the plan stays as deep as it was.
Left out: subgraphs that do not take such requests, and the root's steps, of which there is one for each subgraph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gateway.planning.draft import StepDraft


def share_requests(ordered: Iterable[tuple[StepDraft, int]], joins: Collection[str]) -> tuple[tuple[int, ...], ...]:
    """The places in `ordered` of the steps that each request is for; every step is in one.

    ordered: steps with their levels. joins: subgraphs that take several entity fetches in a request.
    """
    shared: dict[tuple[object, ...], list[int]] = {}
    for number, (step, level) in enumerate(ordered):
        is_joining = step.kind == "entities" and step.graph in joins
        shared.setdefault((step.graph, level) if is_joining else (number,), []).append(number)
    return tuple(tuple(numbers) for numbers in shared.values())
