"""Labels of progressive overrides: `@override(from: "old", label: "percent(10)")`.

As long as a label is off the field stays with its old owner; when it is on, the new one has it. A label is a share of
the requests, `percent(10)`, or a name that the operator's own code switches.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9_\-:./]*$")
_PERCENT = re.compile(r"^percent\((\d{1,3}(?:\.\d{1,8})?)\)$")


def is_label(label: str) -> bool:
    """`percent(0..100)`, at most eight decimals, or a name."""
    percent = percent_of(label)
    return percent <= 100 if percent is not None else _NAME.match(label) is not None


def percent_of(label: str) -> float | None:
    """10.0 for `percent(10)`; None for a label with a name."""
    found = _PERCENT.match(label)
    return float(found[1]) if found is not None else None
