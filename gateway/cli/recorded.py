"""Operations that clients sent, as files: a folder of GraphQL documents, or JSON Lines of requests.

The gateway writes none of them: what clients send is nothing for its log. Take them from the clients' sources, from
persisted queries, or from an access log of bodies. A line is a GraphQL request: {"query", "operationName",
"variables"}; one without `variables` was sent with any, one with `"variables": {}` with none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from gateway.cli.baseline import refuse

_ENDINGS = (".graphql", ".gql")


@dataclass(frozen=True, slots=True)
class RecordedOperation:
    """One operation.

    place: file, with line or name. name: None when the document has only one. variables: None when not known.
    """

    place: str
    document: str
    name: str | None
    variables: dict[str, Any] | None


def read_operations(path: Path) -> list[RecordedOperation]:
    """Those in a folder and its folders, a document or a file of JSON Lines. What cannot be read ends the command."""
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.suffix in (*_ENDINGS, ".jsonl") and each.is_file())
        found = [operation for file in files for operation in _read(file)]
    else:
        found = list(_read(path))
    if not found:
        refuse(f"{path} holds no operations: neither *.graphql, *.gql nor *.jsonl with any")
    return found


def _read(path: Path) -> Iterator[RecordedOperation]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        refuse(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        refuse(f"cannot read {path}: it is not UTF-8")
    yield from _document(path, text) if path.suffix in _ENDINGS else _lines(path, text)


def _document(path: Path, text: str) -> Iterator[RecordedOperation]:
    """Every operation of a document."""
    from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse

    try:
        definitions = parse(text, no_location=True).definitions
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        refuse(f"{path}:{line}: {error.message}")
    names = [
        each.name.value if each.name else None for each in definitions if isinstance(each, OperationDefinitionNode)
    ]
    for name in names:
        yield RecordedOperation(f"{path}#{name}" if name else str(path), text, name, None)


def _lines(path: Path, text: str) -> Iterator[RecordedOperation]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except ValueError as error:
            refuse(f"{path}:{number}: not JSON: {error}")
        request = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        query, name, variables = (request.get(key) for key in ("query", "operationName", "variables"))
        if not isinstance(query, str) or not isinstance(name, str | None) or not isinstance(variables, dict | None):
            refuse(f'{path}:{number}: not a request: {{"query": ..., "operationName": ..., "variables": {{...}}}}')
        known = cast("dict[str, Any] | None", variables)
        if known is None and "variables" in request:
            known = {}
        yield RecordedOperation(f"{path}:{number}", query, name, known)
