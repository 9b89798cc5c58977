"""Parameters of paths and queries: one declaration both checks the request and documents it.

A reader turns a parameter's text into its value, or raises BadParameter saying what it must be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mock_services.kit.answers import decode_cursor
from mock_services.kit.problems import Fault, Problem

JsonObject = dict[str, Any]

MAX_IDS = 200
MAX_LIMIT = 200
ID_PATTERN = "^[A-Za-z0-9_-]{1,64}$"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ID_RULE = "must be 1 to 64 of A-Z a-z 0-9 _ -"


class BadParameter(ValueError):
    """The text is not what the parameter must be. `code` is the problem's."""

    def __init__(self, message: str, code: str = "INVALID_PARAMETER") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. `schema` and `description` document it; `default` is its value when it is absent."""

    name: str
    read: Callable[[str], Any]
    schema: JsonObject
    description: str
    default: Any = None


def id_param(name: str, description: str) -> Param:
    """One id. Value: str."""
    return Param(name, _read_id, {"type": "string", "pattern": ID_PATTERN}, description)


def ids_param(name: str, description: str) -> Param:
    """Ids with commas between. Value: list[str], distinct, in the order of asking."""
    schema = {
        "type": "array",
        "items": {"type": "string", "pattern": ID_PATTERN},
        "minItems": 1,
        "maxItems": MAX_IDS,
    }
    return Param(name, _read_ids, schema, f"{description} At most {MAX_IDS} distinct; duplicates are removed.")


def limit_param(default: int, description: str) -> Param:
    """How many items at most, per page or per list. Value: int. Forms may differ in `default`: it is told in words."""
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
    return Param("limit", _read_limit, schema, description, default)


def cursor_param(kind: str, parts: int) -> Param:
    """Where a page begins. Value: tuple of `parts` strings (the sort key to go on after), or None."""
    schema = {"type": "string", "minLength": 1, "maxLength": 400, "pattern": "^[A-Za-z0-9_-]+$"}
    return Param("cursor", partial(_read_cursor, kind, parts), schema, "The `next` of the page before.")


def choice_param(name: str, choices: Sequence[str], description: str) -> Param:
    """One of a few words. Value: str or None."""
    return Param(name, partial(_read_choice, choices), {"type": "string", "enum": list(choices)}, description)


def flag_param(name: str, description: str) -> Param:
    """true or false. Value: bool."""
    return Param(name, _read_flag, {"type": "boolean", "default": False}, description, False)


def pattern_param(name: str, pattern: str, rule: str, description: str) -> Param:
    """Text of a fixed form; `rule` says which, after "must be". Value: str or None."""
    schema = {"type": "string", "pattern": f"^{pattern}$"}
    return Param(name, partial(_read_pattern, re.compile(pattern), rule), schema, description)


def read_params(params: Sequence[Param], given: Mapping[str, str], place: str) -> dict[str, Any]:
    """The value of each parameter by name. place: query or path. Raises one Problem listing every fault."""
    values: dict[str, Any] = {}
    faults: list[tuple[str, Fault]] = []
    for param in params:
        if param.name not in given:
            values[param.name] = param.default
            continue
        try:
            values[param.name] = param.read(given[param.name])
        except BadParameter as bad:
            faults.append((bad.code, Fault(place, str(bad), param.name)))
    if faults:
        raise parameter_problem(faults)
    return values


def parameter_problem(faults: Sequence[tuple[str, Fault]]) -> Problem:
    """One 422 for all faults; its code is the first one's."""
    detail = "; ".join(f"{fault.name} {fault.message}" for _, fault in faults)
    return Problem(422, faults[0][0], detail, [fault for _, fault in faults])


def _read_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise BadParameter(_ID_RULE)
    return text


def _read_ids(text: str) -> list[str]:
    ids = list(dict.fromkeys(text.split(",")))
    for position, each in enumerate(ids, 1):
        if not _ID.fullmatch(each):
            raise BadParameter(f"must be ids with commas between; number {position} of the distinct ones {_ID_RULE}")
    if len(ids) > MAX_IDS:
        raise BadParameter(f"must hold at most {MAX_IDS} distinct ids, not {len(ids)}", "TOO_MANY_IDS")
    return ids


def _read_limit(text: str) -> int:
    if not re.fullmatch("[0-9]{1,6}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise BadParameter(f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _read_cursor(kind: str, parts: int, text: str) -> tuple[str, ...]:
    try:
        return decode_cursor(kind, parts, text)
    except ValueError as error:
        raise BadParameter(str(error), "INVALID_CURSOR") from error


def _read_choice(choices: Sequence[str], text: str) -> str:
    if text not in choices:
        raise BadParameter(f"must be one of {', '.join(choices)}")
    return text


def _read_flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadParameter("must be true or false")
    return text == "true"


def _read_pattern(pattern: re.Pattern[str], rule: str, text: str) -> str:
    if not pattern.fullmatch(text):
        raise BadParameter(f"must be {rule}")
    return text
