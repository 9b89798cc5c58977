"""A service of the shop that its owners have changed: a process of its own, beside the unchanged ones.

    python -m tests.contracts.changed_service orders '{"rename": {"total_cents": "total"}}' --db orders.db --port 0

rename:    members of answers, wherever they stand.       remove: the same, gone.
as_text:   members whose values are strings now.          add:    members that every object has now.
parameter: a query parameter that has another name now.   path:   one that is at another place now.
without:   a route that is no longer there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_services.kit.database import Database
from mock_services.kit.problems import Problem
from mock_services.kit.serve import main
from mock_services.kit.service import Service

REPOSITORY = Path(__file__).parents[2]


@contextmanager
def changed(service: str, directory: Path, **change: Any) -> Generator[str]:
    """The URL of the service, so changed, over its database in `directory`, as long as the block runs."""
    command = [sys.executable, "-m", __name__, service, json.dumps(change)]
    process = subprocess.Popen(
        [*command, "--db", str(directory / f"{service}.db"), "--port", "0"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().removeprefix("listening ").strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def change_service(service: Service, change: dict[str, Any]) -> Service:
    def routes(database: Database) -> list[Route]:
        kept = [route for route in service.routes(database) if route.path != change.get("without")]
        return [_changed_route(route, change) for route in kept]

    return replace(service, routes=routes)


def _changed_route(route: Route, change: dict[str, Any]) -> Route:
    answer: Callable[[Request], Awaitable[Response]] = route.endpoint

    async def endpoint(request: Request) -> Response:
        if "parameter" in change:
            renamed = f"new_{change['parameter']}=".encode()
            query = request.scope["query_string"].replace(f"{change['parameter']}=".encode(), renamed)
            request = Request(request.scope | {"query_string": query}, request.receive)
        try:
            response = await answer(request)
        except Problem as problem:
            response = problem.response()
        body = json.dumps(change_answer(json.loads(bytes(response.body)), change)).encode()
        return Response(body, response.status_code, media_type=response.media_type)

    path = route.path.replace(change["path"], f"/new{change['path']}") if "path" in change else route.path
    return Route(path, endpoint, methods=list(route.methods or ()))


def change_answer(value: Any, change: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [change_answer(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    rename, as_text = change.get("rename", {}), change.get("as_text", ())
    kept = {name: member for name, member in value.items() if name not in change.get("remove", ())}
    answer = {
        rename.get(name, name): str(member) if name in as_text else change_answer(member, change)
        for name, member in kept.items()
    }
    by_key = bool(answer) and all(isinstance(member, dict) for member in answer.values())
    return answer if by_key else answer | change.get("add", {})


if __name__ == "__main__":
    name, what, *rest = sys.argv[1:]
    main(change_service(import_module(f"mock_services.{name}.app").SERVICE, json.loads(what)), rest)
