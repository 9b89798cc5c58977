"""Configuration as a tree of plain values, each with the place where it was set.

Reads YAML, puts `${VARIABLE}`s in, and lays environment variables over it. It knows no setting by name: what the keys
mean, and which of them exist, is for `settings.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.constructor import SafeConstructor

from gateway.settings.errors import SettingsProblem

ENVIRONMENT_PREFIX = "BRAID_"
_BETWEEN_KEYS = "__"
# `$${` stands for a literal `${`; anything else that begins with `${` must be a complete reference.
_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{")

KeyPath = tuple[str | int, ...]


@dataclass(slots=True)
class SettingsTree:
    """values: nested dicts, lists and scalars. places: for each path that was set, where. problems: found so far."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    places: dict[KeyPath, str] = field(default_factory=dict[KeyPath, str])
    problems: list[SettingsProblem] = field(default_factory=list[SettingsProblem])

    def place_of(self, path: KeyPath) -> str:
        """Where this path was set, or else the nearest setting around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return ""

    def complain(self, path: KeyPath, message: str, place: str = "") -> None:
        """Note a problem."""
        self.problems.append(SettingsProblem(message, dotted(path), place or self.place_of(path)))

    def put(self, path: KeyPath, value: object, place: str) -> None:
        """Set one value, making the mappings above it. Whatever was set there or below is forgotten, faults and all."""
        *above, last = path
        target: Any = self.values
        for depth, key in enumerate(above, 1):
            if not isinstance(target.get(key), dict):
                target[key] = {}
                self.places[path[:depth]] = place
            target = target[key]
        target[last] = value
        self.places = {known: where for known, where in self.places.items() if known[: len(path)] != path}
        self.places[path] = place
        self.problems = [problem for problem in self.problems if problem.path != dotted(path)]


def dotted(path: KeyPath) -> str:
    """`subgraphs.customers.url`, `server.cors_origins[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def as_mapping(value: object) -> dict[str, Any]:
    """The value itself when it is a mapping, so that changing one changes the other; else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def read_yaml(path: Path, environment: Mapping[str, str]) -> SettingsTree:
    """The tree in a YAML file. What cannot be read becomes a problem of the tree, with its line."""
    tree = SettingsTree()
    try:
        text = path.read_text(encoding="utf-8")
        node = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType] - untyped
    except FileNotFoundError:
        tree.complain((), "there is no such file", str(path))
    except OSError as error:
        tree.complain((), f"cannot be read: {error.strerror}", str(path))
    except UnicodeDecodeError as error:
        tree.complain((), f"is not UTF-8 (byte {error.start})", str(path))
    except yaml.MarkedYAMLError as error:
        tree.complain((), f"is not valid YAML: {error.problem or error.context}", _marked(path, error.problem_mark))
    except yaml.YAMLError as error:
        tree.complain((), f"is not valid YAML: {error}", str(path))
    else:
        _Reader(path, environment, tree).read(node)
    return tree


def overlay_environment(tree: SettingsTree, environment: Mapping[str, str], top_keys: frozenset[str]) -> None:
    """Lay `BRAID_A__B` over `a.b` of the tree, which is changed. An empty variable counts as not set.

    A segment matches a key whatever its case, and `_` matches any character that no variable's name can hold:
    BRAID_SUBGRAPHS__PRODUCT_REVIEWS__URL sets the url of `product-reviews` if that is what the file calls it.
    A variable without `__` is ours only if it names one of top_keys: Kubernetes sets BRAID_SERVICE_HOST by itself.
    """
    for name in sorted(environment):
        if not name.startswith(ENVIRONMENT_PREFIX) or not environment[name]:
            continue
        segments = name.removeprefix(ENVIRONMENT_PREFIX).split(_BETWEEN_KEYS)
        place = f"environment variable {name}"
        if len(segments) == 1 and segments[0].lower() not in top_keys:
            for near in get_close_matches(segments[0].lower(), sorted(top_keys), 1, 0.85):
                tree.complain(
                    (segments[0].lower(),), f"unknown setting; did you mean {ENVIRONMENT_PREFIX}{near.upper()}?", place
                )
            continue
        path = _match_keys(tree, segments, place)
        if path is not None:
            _put_variable(tree, path, environment[name], place)


def _match_keys(tree: SettingsTree, segments: list[str], place: str) -> KeyPath | None:
    """The path that a variable's name means in this tree; None, with a problem noted, when it may mean two."""
    path: list[str] = []
    level = tree.values
    for segment in segments:
        found = [key for key in level if variable_form(key) == segment.upper()]
        if len(found) > 1:
            tree.complain(tuple(path), f"means both '{found[0]}' and '{found[1]}'", place)
            return None
        path.append(found[0] if found else segment.lower())
        level = as_mapping(level.get(path[-1]))
    return tuple(path)


def variable_form(key: str) -> str:
    """How a key is spelled in a variable's name: `product-reviews` is PRODUCT_REVIEWS."""
    return re.sub(r"[^A-Z0-9]", "_", key.upper())


def _put_variable(tree: SettingsTree, path: KeyPath, text: str, place: str) -> None:
    """Set a JSON list or object; anything else is text, which the settings read as the type they need."""
    tree.put(path, text, place)
    if text.lstrip().startswith(("[", "{")):
        try:
            tree.put(path, json.loads(text), place)
        except ValueError:
            tree.put(path, None, place)
            tree.complain(path, "begins like JSON, but is not JSON")


class _Reader:
    """Turns one YAML file's nodes into a tree."""

    def __init__(self, path: Path, environment: Mapping[str, str], tree: SettingsTree) -> None:
        self._path = path
        self._environment = environment
        self._tree = tree
        self._constructor = SafeConstructor()
        self._open: set[int] = set()
        self._merged: set[int] = set()

    def read(self, root: yaml.Node | None) -> None:
        """Fill the tree. An empty file is an empty mapping."""
        if isinstance(root, yaml.MappingNode):
            self._tree.values = self._convert(root, (), root.start_mark)
        elif root is not None and root.tag != "tag:yaml.org,2002:null":
            self._tree.complain((), "must be a mapping of settings", _marked(self._path, root.start_mark))
        self._tree.places.setdefault((), str(self._path))

    def _convert(self, node: yaml.Node, path: KeyPath, mark: yaml.Mark) -> Any:
        """The node's value. mark: the place to remember, a key's rather than its value's."""
        self._tree.places[path] = _marked(self._path, mark)
        if id(node) in self._open:
            self._tree.complain(path, "refers to itself")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                pairs = self._pairs(node, path)
                return {name: self._convert(value, (*path, name), at) for name, at, value in pairs}
            if isinstance(node, yaml.SequenceNode):
                items = enumerate(node.value)
                return [self._convert(item, (*path, index), item.start_mark) for index, item in items]
            return self._convert_scalar(node, path)
        finally:
            self._open.discard(id(node))

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, yaml.Mark, yaml.Node]]:
        """(key, its place, its value), `<<` merged in; later ones win. A key written twice is a problem."""
        if id(node) not in self._merged:  # an aliased mapping comes again, and by then holds what was merged into it
            self._merged.add(id(node))
            self._check_keys(node, path)
            try:
                self._constructor.flatten_mapping(node)
            except yaml.MarkedYAMLError as error:
                self._tree.complain(path, f"cannot be merged: {error.problem}", _marked(self._path, error.problem_mark))
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield str(key.value), key.start_mark, value

    def _check_keys(self, node: yaml.MappingNode, path: KeyPath) -> None:
        seen: dict[str, yaml.Mark] = {}
        for key, _value in node.value:
            name, mark = str(key.value), key.start_mark
            if not isinstance(key, yaml.ScalarNode):
                self._tree.complain(path, "has a key that is not text", _marked(self._path, mark))
            elif name in seen:
                first = seen[name].line + 1
                self._tree.complain((*path, name), f"is set twice; first in line {first}", _marked(self._path, mark))
            seen[name] = mark

    def _convert_scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        try:
            value = cast("object", self._constructor.construct_object(node))  # pyright: ignore[reportUnknownMemberType] - untyped
        except (yaml.YAMLError, ValueError):
            self._tree.complain(path, "cannot be read as the type that YAML takes it for; put it in quotes")
            return None
        return self._expand(value, path) if isinstance(value, str) else value

    def _expand(self, text: str, path: KeyPath) -> str:
        """Put environment variables in. `${A:-b}` is b when A is empty or not set."""

        def replace(match: re.Match[str]) -> str:
            name, default = match["name"], match["default"]
            if match[0] == "$${":
                return "${"
            if name is None:
                self._tree.complain(path, "has a '${' without a name and a '}'; write '$${' for a literal '${'")
                return ""
            value = self._environment.get(name, "")
            if value or default is not None:
                return value or default
            if name not in self._environment:
                hint = f"set it, or give a default: ${{{name}:-...}}"
                self._tree.complain(path, f"environment variable {name} is not set; {hint}")
            return value

        return _REFERENCE.sub(replace, text)


def _marked(path: Path, mark: yaml.Mark | None) -> str:
    return str(path) if mark is None else f"{path}:{mark.line + 1}:{mark.column + 1}"
