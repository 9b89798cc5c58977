"""Straight shaping: for answers in which nothing is missing, Python code made for one operation.

Problem. Shaping by walking over shapes takes 1.2 us for each object, most of it for asking what is known beforehand: is
this a leaf, may it be null, is this a list. It was a fifth of what a request cost.

Idea. Nearly every answer is whole. For those a function per place in the operation is enough, written out once:

    def s1(o):                                          # { users { id name reviews { id } } }, users: [User!]
        if o.__class__ is not dict: raise Unusual
        v0 = o.get("id")
        if v0 is None: raise Unusual
        return {"id": v0, "name": o.get("name"), "reviews": None if (v := o.get("reviews")) is None else l2(v)}

Whatever is not as it should be (a null where none may be, something else than a list) raises Unusual, and everything is
shaped again by `shape_response`, which knows what to tell. Fields that are not leaves or objects of a known type
(abstract types, enums, lists of leaves or lists) are shaped by it in the first place, and are Unusual when there is
anything to tell of them.

Invariant: a straight answer equals the one of `shape_response`, with no error and no note. Nothing of the client's gets
into the code but names, which are looked at once more; all else stands in a table beside it. Making it takes about a
millisecond, so it is made for an operation that comes a third time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gateway.response.shape import FieldShape, ObjectShape, is_list, is_non_null

JsonObject = dict[str, Any]
Straight = Callable[[JsonObject], JsonObject]
Plain = Callable[[FieldShape, Any], Any]
"""Shapes a field's value in the plain way; raises Unusual when there is anything to tell of it."""

_USES = 3
_NAME = re.compile("[_A-Za-z][_0-9A-Za-z]*")


class Unusual(Exception):
    """An answer that has to be shaped in the plain way."""


def find_straight(shape: ObjectShape, plain: Plain) -> Straight | None:
    """The function for a whole answer; None until the shape has been asked for a few times, or when there is none."""
    if shape.straight is None and shape.uses < _USES:
        shape.uses += 1
        if shape.uses == _USES:
            shape.straight = _Writer(plain).compile(shape)
    return shape.straight


class _Writer:
    """Writes the functions of one operation: s1 for the object of a place, l1 for a list of such objects."""

    def __init__(self, plain: Plain) -> None:
        self._names: dict[str, Any] = {"Unusual": Unusual, "plain": plain}
        self._lines: list[str] = []
        self._count = 0

    def compile(self, shape: ObjectShape) -> Straight | None:
        name = self._object(shape)
        if name is None:
            return None
        exec(compile("\n".join(self._lines), "<straight>", "exec"), self._names)
        return self._names[name]

    def _object(self, shape: ObjectShape) -> str | None:
        """Writes `sN` and `lN`; gives the first one's name. None for what can only be shaped in the plain way."""
        fields = None if shape.is_abstract else shape.fields(shape.declared)
        if fields is None or not all(_is_straight(field) for field in fields):
            return None
        self._count += 1
        number = self._count
        given: list[str] = []
        required: list[str] = []
        before: list[str] = []
        for place, field in enumerate(fields):
            value = f'o.get("{field.key}")'
            if field.meta:
                value = f'"{shape.declared}"'
            elif not field.plain:
                value = self._below(field, value)
            elif is_non_null(field.type):
                before.append(f"    v{place} = {value}")
                value = f"v{place}"
                required.append(f"{value} is None")
            given.append(f'"{field.response_key}": {value}')
        if required:
            before.append(f"    if {' or '.join(required)}: raise Unusual")
        self._lines += [
            f"def s{number}(o):",
            "    if o.__class__ is not dict: raise Unusual",
            *before,
            f"    return {{{', '.join(given)}}}",
        ]
        return f"s{number}"

    def _below(self, field: FieldShape, value: str) -> str:
        """An expression for a field that is no plain leaf. value: expression for what is there."""
        may_be_null = not is_non_null(field.type)
        inner = field.type if may_be_null else field.type.of_type
        item = inner.of_type if is_list(inner) else None
        is_deeper = item is not None and is_list(item.of_type if is_non_null(item) else item)
        made = None if field.below is None or is_deeper else self._object(field.below)
        if made is None:
            self._count += 1
            self._names[f"f{self._count}"] = field
            return f"plain(f{self._count}, {value})"
        if item is not None:
            each = f"{made}(x)" if is_non_null(item) else f"None if x is None else {made}(x)"
            made = "l" + made[1:]
            self._lines += [
                f"def {made}(v):",
                "    if v.__class__ is not list: raise Unusual",
                f"    return [{each} for x in v]",
            ]
        return f"None if (v := {value}) is None else {made}(v)" if may_be_null else f"{made}({value})"


def _is_straight(field: FieldShape) -> bool:
    """Only what looks like a name gets into the code. It does anyway: it comes out of a document that was parsed."""
    names = (field.key, field.response_key)
    return field.meta in ("", "typename") and all(_NAME.fullmatch(name) for name in names)
