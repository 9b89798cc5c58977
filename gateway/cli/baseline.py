"""The graph that `braid check --against` compares with: a file, a file in git, or a gateway that runs."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import typer

from gateway.cli.console import complain

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from gateway.federation.supergraph import Supergraph

UNREADABLE = 2
"""Exit code: what to compare with, or the recorded operations, cannot be read."""

GIT = "git:"
_TIMEOUT_S = 10
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Baseline:
    """api: what clients see. supergraph: who resolves what; None where only the API is known."""

    api: GraphQLSchema
    supergraph: Supergraph | None


def refuse(message: str) -> NoReturn:
    """End the command: nothing was compared."""
    complain(message)
    raise typer.Exit(UNREADABLE)


def read_baseline(place: str) -> Baseline:
    """What lies at a path, at `git:REVISION:PATH`, or is served at a URL. What cannot be read ends the command."""
    if place.startswith(("http://", "https://")):
        return _of_introspection(_ask(place), place)
    text = _from_git(place) if place.startswith(GIT) else _from_file(place)
    if text.lstrip().startswith("{"):
        try:
            return _of_introspection(json.loads(text), place)
        except ValueError as error:
            refuse(f"{place} is neither GraphQL nor JSON: {error}")
    return _of_sdl(text, place)


def _from_file(place: str) -> str:
    try:
        return Path(place).read_text(encoding="utf-8")
    except OSError as error:
        hint = f"; a file in git is {GIT}{place}" if ":" in place else ""
        refuse(f"cannot read {place}: {error.strerror}{hint}")
    except UnicodeDecodeError:
        refuse(f"cannot read {place}: it is not UTF-8")


def _from_git(place: str) -> str:
    revision, colon, path = place.removeprefix(GIT).partition(":")
    if not (revision and colon and path) or revision.startswith("-"):
        refuse(f"'{place}' names no file in git: write {GIT}REVISION:PATH, for instance {GIT}main:supergraph.graphql")
    try:
        shown = subprocess.run(
            ["git", "show", f"{revision}:./{path}" if not path.startswith("/") else f"{revision}:{path[1:]}"],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        refuse("git is not installed, or not found")
    if shown.returncode != 0:
        told = shown.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        refuse(f"git has no {path} at {revision}: {told}")
    try:
        return shown.stdout.decode()
    except UnicodeDecodeError:
        refuse(f"cannot read {place}: it is not UTF-8")


def _ask(url: str) -> Any:
    from graphql import get_introspection_query

    body = json.dumps({"query": get_introspection_query(input_value_deprecation=True)}).encode()
    headers = {"content-type": "application/json", "accept": "application/json", "user-agent": "braid-check"}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            return json.loads(response.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        refuse(f"{url} answers with HTTP status {error.code}: is introspection on (server.introspection)?")
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        refuse(f"{url} cannot be asked: {getattr(error, 'reason', error)}")
    except ValueError:
        refuse(f"{url} does not answer JSON: is it a gateway's GraphQL address?")


def _of_introspection(answer: Any, place: str) -> Baseline:
    from graphql import build_client_schema

    answered = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
    data = answered.get("data", answered)
    if not isinstance(data, dict) or "__schema" not in data:
        refuse(f"{place} tells no schema: is introspection on (server.introspection)?")
    try:
        return Baseline(build_client_schema(cast("Any", data)), None)
    except (TypeError, ValueError, KeyError) as error:
        refuse(f"{place} tells no whole schema: {error}")


def _of_sdl(text: str, place: str) -> Baseline:
    from graphql import GraphQLError, build_schema

    from gateway.federation.errors import SchemaError
    from gateway.federation.read_supergraph import load_supergraph

    if "join__Graph" in text:
        try:
            supergraph = load_supergraph(text)
        except SchemaError as error:
            refuse(f"{place} is no supergraph that can be read: {error.problems[0]}")
        return Baseline(supergraph.api_schema, supergraph)
    try:
        return Baseline(build_schema(text), None)
    except (GraphQLError, TypeError) as error:
        refuse(f"{place} is neither a supergraph nor a schema: {error}")
