"""Traits: what of a request, beside its operation, decides how the operation is planned."""

from __future__ import annotations

from typing import NamedTuple

from gateway.federation.access import Rules


class Traits(NamedTuple):
    """With the operation, the identity of a plan.

    conditions: the values of `Operation.condition_variables`.
    labels:     of the override labels that the operation can touch, those that are on.
    access:     of the access rules that the operation can meet, those that are unmet; None for none.
    """

    conditions: tuple[bool, ...] = ()
    labels: frozenset[str] = frozenset()
    access: Rules | None = None
