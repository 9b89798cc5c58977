"""Where the other gateway is wrong, and why we say so. Every difference of a run must be one of these.

None is an excuse for ours: it counts only where our data is the monolith's, which knows no federation and is computed
without either gateway, or where both have the same data and only one has errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.oracle.compare import Compared


@dataclass(frozen=True, slots=True)
class Fault:
    """scenarios: where it shows; none: anywhere. told: a pattern in the difference's text. reason: for people."""

    name: str
    scenarios: tuple[str, ...]
    told: str
    reason: str

    def explains(self, compared: Compared) -> bool:
        """Whether it is this one. Ours must be right."""
        if self.scenarios and compared.scenario not in self.scenarios:
            return False
        ours = compared.ours.data
        is_right = not compared.ours.errors and ours == compared.truth
        return (is_right or ours == compared.theirs.data) and bool(re.search(self.told, compared.difference()))


FAULTS = (
    Fault(
        "type of a required object is left out",
        ("farm", "pantry"),
        r"unknown fields \[|lacks __typename",
        "A requirement such as `crop { ... on Wheat { gluten } }` is sent without `__typename` beside `gluten` unless"
        " the field set names it. The subgraph gets an object of an abstract type and cannot tell which one it is.",
    ),
    Fault(
        "requiring field asked for at the root",
        ("flights",),
        r"needs a representation and was reached without one",
        "`offer` requires `fare`, which itself requires `litres`. `fare` is selected right where the object is found,"
        " in a subgraph that owns it but has not been given `litres`; what requires it gets null.",
    ),
    Fault(
        "requirements with different arguments share a field",
        ("freight",),
        r"",
        "Two requirements `weight(unit: KG)` and `weight(unit: LB)`, or one and the client's own `weight`, are fetched"
        " under one name. Either the request is not valid, or one of them gets the other's value.",
    ),
    Fault(
        "interface's name over the object's own",
        ("awards", "league", "store"),
        r"",
        "A subgraph with an interface object answers the interface as `__typename`. That replaces the concrete type"
        " that was known, and the object is null; fragments on members lose data, some operations cannot be planned.",
    ),
    Fault(
        "fragments on a recursive interface lose data",
        ("media", "radio"),
        r"and (\{\}|'nothing')",
        "What is selected through fragments on interfaces, below other fragments on them, is fetched, as its plan"
        " shows, and is not in the answer.",
    ),
    Fault(
        "requirements of some objects demanded of all",
        ("trips",),
        r"and None|lacks its requirement",
        "`tax` of trains' towns requires `size`, `climb` of all towns requires `height`: one fetch at the wider path is"
        " made of both. Towns that `size` was not fetched for are sent without it, or not at all.",
    ),
    Fault(
        "field that a condition leaves out cannot be planned",
        ("copies", "garage"),
        r"Was not able to find any options",
        "A field that no subgraph can give stands under a condition that leaves it out. Planning fails all the same.",
    ),
    Fault(
        "key of another subgraph",
        ("theatre",),
        r"no key of Seat is complete",
        "Of several keys, resolvable and not, it sends one that the subgraph it enters cannot be entered by.",
    ),
    Fault(
        "null where a key must have a value",
        ("records",),
        r"is null, which ID! does not allow",
        "The object's key is null, since the subgraph it came from does not know it. It is sent all the same, and the"
        " client gets an error for an object that is merely absent. The data is the same.",
    ),
    Fault(
        "missing value without an error",
        (),
        r"^errors: \['A value is missing that the schema promises\.'.* and \[\]",
        "A value that is null where the schema forbids it takes its parent with it. The specification asks for an error"
        " then, which ours has. The data is the same.",
    ),
    Fault(
        "object whose whole selection is left out",
        (),
        r"^/\w+: \{\} and None",
        "Conditions leave nothing of a root field's selection, so it is not fetched and null. The object is there:"
        " `{}`.",
    ),
)


def fault_of(compared: Compared, faults: Iterable[Fault] = FAULTS) -> Fault | None:
    """The first that explains a difference."""
    return next((fault for fault in faults if fault.explains(compared)), None)
