"""Example queries for the explorer, read from a folder of .graphql files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from gateway.errors import BraidError
from gateway.server.settings import ExampleQuery


class ExamplesError(BraidError):
    """The folder of examples, or a file in it, cannot be used. The message names it."""

    code = "INVALID_EXAMPLES"


def load_examples(folder: Path) -> tuple[ExampleQuery, ...]:
    """The examples of a folder, by file name.

    A file's first comment line is its title; without one its name is. `orders.json` beside `orders.graphql` holds that
    query's variables. Raises ExamplesError.
    """
    if not folder.is_dir():
        raise ExamplesError(f"The folder of example queries does not exist: {folder}")
    return tuple(_load(path) for path in sorted(folder.glob("*.graphql")))


def _load(path: Path) -> ExampleQuery:
    query = _read(path)
    first = query.lstrip().partition("\n")[0]
    title = first.removeprefix("#").strip() if first.startswith("#") else path.stem.replace("-", " ")
    return ExampleQuery(title, query, _variables(path.with_suffix(".json")))


def _variables(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = json.loads(_read(path))
    except ValueError as error:
        raise ExamplesError(f"The variables in {path} are not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ExamplesError(f"The variables in {path} must be a JSON object.")
    return cast("dict[str, Any]", values)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExamplesError(f"Cannot read {path}: {error}") from error
