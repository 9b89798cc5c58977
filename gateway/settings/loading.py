"""load_settings: from a file, environment and command line to Settings, or to a list of everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.settings.errors import SettingsError
from gateway.settings.file import KeyPath, SettingsTree, as_mapping, dotted, overlay_environment, read_yaml
from gateway.settings.projections import DEFAULT_STORE, is_database
from gateway.settings.settings import Settings, missing_sources
from gateway.settings.values import Section


def load_settings(
    path: Path | None, environment: Mapping[str, str], options: Mapping[str, object] | None = None
) -> Settings:
    """Read the configuration.

    path:        the file; None for none. Paths in it are relative to its folder, others to the current one.
    environment: variables that `${NAME}` in the file refers to, and that override it when they begin with BRAID_.
    options:     settings from the command line by dotted path, as in {"server.port": 4001}; they win.

    Raises SettingsError with every problem that was found.
    """
    tree = SettingsTree() if path is None else read_yaml(path, environment)
    if path is not None:
        _anchor_paths(tree, path.parent)
    overlay_environment(tree, environment, frozenset(Settings.model_fields))
    for name, value in (options or {}).items():
        tree.put(tuple(name.split(".")), value, "command line")
    settings = _validate(tree)
    if settings is None or tree.problems:
        raise SettingsError(tree.problems)
    return settings


def _anchor_paths(tree: SettingsTree, folder: Path) -> None:
    """Make the paths that the file sets relative to its folder; `tree` is changed."""
    values = tree.values
    values.setdefault("python_path", ".")
    server = as_mapping(values.get("server"))
    for section, key in ((values, "python_path"), (values, "supergraph"), (server, "examples")):
        if isinstance(section.get(key), str):
            section[key] = str(folder / section[key])
    jwt = as_mapping(as_mapping(values.get("authorization")).get("jwt"))
    for key in ("jwks", "secret_file"):
        if isinstance(jwt.get(key), str) and "://" not in jwt[key]:
            jwt[key] = str(folder / jwt[key])
    projections = as_mapping(values.get("projections"))
    if projections:
        store = projections.setdefault("store", DEFAULT_STORE)
        if isinstance(store, str) and store and not is_database(store):
            projections["store"] = str(folder / store)


def _validate(tree: SettingsTree) -> Settings | None:
    """The settings in the tree; None, and problems in the tree, when it has faults."""
    faulty = {problem.path for problem in tree.problems}
    sources = list(missing_sources(tree.values.get("supergraph"), as_mapping(tree.values.get("subgraphs"))))
    try:
        settings = Settings.model_validate(tree.values)
    except ValidationError as error:
        settings = None
        for details in error.errors(include_url=False, include_input=False):
            path = tuple(part for part in details["loc"] if part != "[key]")
            if path and dotted(path) not in faulty:  # without a path it is missing_sources' again
                tree.complain(path, _say(details, path))
    for path, message in sources:
        if dotted(path) not in faulty:
            tree.complain(path, message)
    return settings


_WORDS = {
    "model_type": "must be a mapping of settings",
    "dict_type": "must be a mapping of names to settings",
    "tuple_type": "must be a list",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text; put it in quotes",
    "path_type": "must be a path",
    "missing": "is missing",
    "string_pattern_mismatch": "has a form that is not allowed here: it must match {pattern}",
    "string_too_short": "must not be empty",
}


def _say(details: ErrorDetails, path: KeyPath) -> str:
    """One of pydantic's complaints in this module's words, without the value."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return _say_unknown(path)
    if kind in _WORDS:
        return _WORDS[kind].format(**context)
    if kind == "value_error":
        return str(context["error"])
    return details["msg"].replace("Input should be", "must be", 1)


def _say_unknown(path: KeyPath) -> str:
    known = _known_keys(path[:-1])
    near = get_close_matches(str(path[-1]), known, 1)
    return f"unknown key; did you mean '{near[0]}'?" if near else f"unknown key; known are {', '.join(known)}"


def _known_keys(path: KeyPath) -> list[str]:
    """The keys that the section at this path may have."""
    section: type[Section] = Settings
    for part in path:
        field = next((f for name, f in section.model_fields.items() if part in (name, f.alias)), None)
        if field is not None:
            candidates = (field.annotation, *get_args(field.annotation))
            section = next(kind for kind in candidates if isinstance(kind, type) and issubclass(kind, Section))
    return [field.alias or name for name, field in section.model_fields.items()]
