"""Why an operation cannot be planned: the selected fields that no combination of subgraphs can give.

Problem: the solver says that a selection has no plan, not which part of it is to blame, and it may be one field
         of a hundred.
Naive:   let it carry reasons upwards; every answer would then cost what only a failure needs.
Idea:    plan each leaf alone, with nothing but the fields that lead to it. Those that fail alone are the reason.
Invariant: a field that is named cannot be had in this place whatever else is asked. If none fails alone, none is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from gateway.federation.selection import Fragment, Selections

_MOST_TRIED = 500
_MOST_NAMED = 5


def unanswerable_fields(selections: Selections, is_answerable: Callable[[Selections], bool]) -> list[str]:
    """Paths of fields that fail even when nothing else is asked, as `desk.channels`; at most a few.

    Empty when each field can be had alone, and only the combination cannot.

    selections:    the operation's, or one root field's.
    is_answerable: tries to plan other selections of the same root.
    """
    failing = (
        ".".join(names) for names, alone in islice(_single_fields(selections), _MOST_TRIED) if not is_answerable(alone)
    )
    return list(islice(dict.fromkeys(failing), _MOST_NAMED))


def _single_fields(selections: Selections) -> Iterator[tuple[tuple[str, ...], Selections]]:
    """Every leaf with the selections that lead to it and to nothing else."""
    for node in selections:
        if isinstance(node, Fragment):
            for names, alone in _single_fields(node.selections):
                yield names, (Fragment(node.type_condition, alone),)
        elif not node.selections:
            yield (node.response_key,), (node,)
        else:
            for names, alone in _single_fields(node.selections):
                parent = replace(node, selections=alone)
                yield (node.response_key, *names), (parent,)
