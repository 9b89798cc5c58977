"""Operations: what a REST service offers, declared once. The declaration routes, checks and documents the requests.

A handler is a plain function `handler(connection, *, path parameters, query parameters, body)` that runs on a database
thread: reading for GET, in one transaction for POST, which makes it a command (kit/commands.py). It returns the answer
or raises Problem.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_services.kit.bodies import read_body
from mock_services.kit.commands import Command, carry_out
from mock_services.kit.connection import Connection
from mock_services.kit.database import Database
from mock_services.kit.params import Param, parameter_problem, read_params
from mock_services.kit.problems import Fault


@dataclass(frozen=True, slots=True)
class Form:
    """One way to ask an operation. It is meant when the parameter `when` is given; None: when no other form is.

    answers: the type of the handler's result, for the document.
    """

    handler: Callable[..., Any]
    answers: Any
    params: tuple[Param, ...] = ()
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path.

    body:     the type of its JSON body; None when it takes none.
    location: where to find what it made, with members of the answer in braces; for the Location header.
    problems: the statuses it answers beside success and the kit's own, and when.
    """

    method: str
    path: str
    summary: str
    forms: tuple[Form, ...]
    path_params: tuple[Param, ...] = ()
    body: Any = None
    status: int = 200
    location: str | None = None
    problems: Mapping[int, str] = field(default_factory=dict[int, str])

    @property
    def name(self) -> str:
        """As in counters: `GET /orders/{id}`."""
        return f"{self.method} {self.path}"


def routes_of(operations: Sequence[Operation], database: Database) -> list[Route]:
    """One route per path, so that a wrong method is answered with all that the path has in Allow."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [Route(path, _endpoint(by_method, database), methods=list(by_method)) for path, by_method in by_path.items()]


def _endpoint(by_method: Mapping[str, Operation], database: Database) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        operation = by_method["GET" if request.method == "HEAD" else request.method]
        form, values = read_query(operation, request.query_params)
        values |= read_params(operation.path_params, request.path_params, "path")
        if operation.body is not None:
            values["body"] = await read_body(request, operation.body)
        if operation.method == "GET":
            return await database.read(_answer, operation, form, values)
        command = Command.of(request, values.get("body"))
        return await database.write(_carry_out, command, operation, form, values)

    return endpoint


def _answer(connection: Connection, operation: Operation, form: Form, values: dict[str, Any]) -> Response:
    """Run the handler and encode what it answers, both on the database's thread: long lists cost as much as queries."""
    return _encode(operation, form.handler(connection, **values))


def _carry_out(
    connection: Connection, command: Command, operation: Operation, form: Form, values: dict[str, Any]
) -> Response:
    def change() -> tuple[Response, str]:
        answer = form.handler(connection, **values)
        subject = values[operation.path_params[0].name] if operation.path_params else answer.id
        return _encode(operation, answer), subject

    return carry_out(connection, command, change)


def _encode(operation: Operation, answer: Any) -> Response:
    headers: dict[str, str] = {}
    if operation.location is not None:
        headers["Location"] = operation.location.format_map(msgspec.structs.asdict(answer))
    return Response(msgspec.json.encode(answer), operation.status, headers, "application/json")


def read_query(operation: Operation, query: QueryParams) -> tuple[Form, dict[str, Any]]:
    """The form asked for, and the value of each of its parameters. Raises one Problem for all that is wrong."""
    given = dict(query)
    form = next((form for form in operation.forms if form.when in given), None)
    form = form or next((form for form in operation.forms if form.when is None), None)
    if form is None:
        required = " or ".join(str(form.when) for form in operation.forms)
        raise parameter_problem([("INVALID_PARAMETER", Fault("query", "is required", required))])
    faults = _misplaced(operation, form, query)
    if faults:
        raise parameter_problem(faults)
    return form, read_params(form.params, given, "query")


def _misplaced(operation: Operation, form: Form, query: QueryParams) -> list[tuple[str, Fault]]:
    """Parameters that are unknown, of another form, or given more than once."""
    known = {param.name for each in operation.forms for param in each.params}
    mine = {param.name for param in form.params}
    faults: list[tuple[str, Fault]] = []
    for name in query:
        if name not in known:
            there_are = ", ".join(sorted(known)) or "none"
            faults.append(
                ("UNKNOWN_PARAMETER", Fault("query", f"is not a parameter here; there are: {there_are}", name))
            )
        elif name not in mine:
            faults.append(("INVALID_PARAMETER", Fault("query", f"cannot be given {_beside(form)}", name)))
        elif len(query.getlist(name)) > 1:
            faults.append(("INVALID_PARAMETER", Fault("query", "must be given once", name)))
    return faults


def _beside(form: Form) -> str:
    return "in a list" if form.when is None else f"together with {form.when}"
