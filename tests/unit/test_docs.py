"""Documents that must say what the code does: they are compared with it."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_origin

import pytest

from gateway.settings import Section, Settings, load_settings, settings_json_schema

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
GATEWAY = REPOSITORY / "gateway"
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def codes_in(module: ast.Module) -> Iterator[str]:
    """Codes that a module gives to errors.

    They are classes' `code`, constants named as their value, the values of CODES, {"code": ...} and Problem(...).
    """
    for node in ast.walk(module):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            values = node.value.values if isinstance(node.value, ast.Dict) and names == ["CODES"] else [node.value]
            constants = [value.value for value in values if isinstance(value, ast.Constant)]
            texts = [value for value in constants if isinstance(value, str)]
            yield from (text for text in texts if names in (["code"], ["CODES"], [text]))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
            yield from (argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant))
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            constants = ((key, value) for key, value in pairs if isinstance(key, ast.Constant))
            yield from (
                value.value for key, value in constants if key.value == "code" and isinstance(value, ast.Constant)
            )


def modules_in(package: Path) -> Iterator[Path]:
    """The package's modules and those of its packages; not what npm puts beside them."""
    yield from package.glob("*.py")
    for folder in package.iterdir():
        if (folder / "__init__.py").is_file():
            yield from modules_in(folder)


def is_composition(path: Path) -> bool:
    """What composes, and what makes a contract of it."""
    return path.parent.name == "compose" or path.parts[-2:] == ("federation", "contract.py")


def codes_of_the_gateway() -> set[str]:
    """All of them but those of composition, whose messages say more than a table could."""
    paths = [path for path in modules_in(GATEWAY) if not is_composition(path)]
    found = {code for path in paths for code in codes_in(ast.parse(path.read_text(encoding="utf-8")))}
    return {code for code in found if CODE.fullmatch(code)}


def rows(document: str, *, columns: int) -> list[list[str]]:
    """The cells of a document's tables of this many columns, heads and rules left out."""
    lines = re.findall(r"^\|(.*)\|$", document, re.MULTILINE)
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]
    return [row for row in cells if len(row) == columns and row[0].startswith("`")]


def test_every_error_code_has_its_cause_and_its_cure() -> None:
    """docs/errors.md lists the codes that there are, each once, and no others."""
    table = rows((DOCS / "errors.md").read_text(encoding="utf-8"), columns=3)
    codes = [row[0].strip("`") for row in table]
    assert sorted(codes) == sorted(codes_of_the_gateway())
    assert all(cause and cure for _, cause, cure in table)


NO_CODES = {
    "PACT_DO_NOT_TRACK": "a variable of pact-python's",
    "POSITION_BEYOND_HEAD": "a code of services' feeds, which no client sees",
}
"""Texts in the gateway that have the form of a code; names of its environment variables begin with BRAID_, SQLite's own
codes with SQLITE_."""


def test_nothing_in_the_gateway_that_looks_like_a_code_is_left_out() -> None:
    """Whatever the way in which it is given: an argument, a member, a comparison."""
    told = (DOCS / "errors.md").read_text(encoding="utf-8")
    for path in modules_in(GATEWAY):
        if is_composition(path):
            continue
        texts = {n.value for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Constant)}
        codes = {text for text in texts if isinstance(text, str) and CODE.fullmatch(text) and text not in NO_CODES}
        left_out = {code for code in codes if not code.startswith(("BRAID_", "SQLITE_")) and f"`{code}`" not in told}
        assert left_out == set(), path


def test_the_scan_finds_each_way_of_giving_a_code() -> None:
    """Else the comparison above could be satisfied by finding nothing."""
    module = ast.parse(
        'A_B = "A_B"\nOTHER = "NOT_A_CODE"\nCODES = {1: "C_D"}\n'
        'class E(BraidError):\n    code = "E_F"\nclass G:\n    code: str = "G_H"\nProblem("I_J", "text")\n'
        '{"code": "K_L", "other": "NOT_A_CODE"}\n'
    )
    assert set(codes_in(module)) == {"A_B", "C_D", "E_F", "G_H", "I_J", "K_L"}
    assert {"SUBREQUEST_TIMEOUT", "GRAPHQL_PARSE_FAILED", "SETTINGS_ERROR"} <= codes_of_the_gateway()


def test_the_published_json_schema_is_the_settings() -> None:
    """`braid config schema > docs/braid.schema.json` makes it anew."""
    published = json.loads((DOCS / "braid.schema.json").read_text(encoding="utf-8"))
    assert published == settings_json_schema()


def settings_by_path(section: type[Section] = Settings, above: str = "") -> dict[str, object]:
    """Every setting's path with its default, as docs/configuration.md names it; NAME stands for any key."""
    found: dict[str, object] = {}
    for name, field in section.model_fields.items():
        path = f"{above}{field.alias or name}"
        inner = next((kind for kind in sections_of(field.annotation) if isinstance(kind, type)), None)
        if inner is None:
            found[path] = "required" if field.is_required() else field.default
        else:
            found |= settings_by_path(inner, f"{path}.NAME." if get_origin(field.annotation) is dict else f"{path}.")
    return found


def sections_of(annotation: object) -> Iterator[type[Section]]:
    """The section types inside `Section`, `Section | None` and `dict[..., Section]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from sections_of(argument)


def as_documented(value: object) -> str:
    """A default as YAML would say it."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"`[{', '.join(str(item) for item in value)}]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return value if value == "required" else f"`{value}`"


def test_every_setting_is_documented_with_its_default() -> None:
    """docs/configuration.md lists the settings that there are, and no others."""
    table = rows((DOCS / "configuration.md").read_text(encoding="utf-8"), columns=3)
    documented = {row[0].strip("`"): row[1] for row in table}
    assert documented == {path: as_documented(default) for path, default in settings_by_path().items()}
    assert all(meaning for _, _, meaning in table)


def test_every_dependency_has_its_reason() -> None:
    """docs/dependencies.md lists what pyproject.toml asks for, and no others."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    wanted = {re.split(r"[\[<>=!~;, ]", requirement)[0] for group in groups for requirement in group}
    table = rows((DOCS / "dependencies.md").read_text(encoding="utf-8"), columns=3)
    assert {row[0].strip("`") for row in table} == wanted
    assert all(reason and instead for _, reason, instead in table)


def test_the_shops_configuration_can_be_loaded() -> None:
    """What the repository ships works as it is, with an empty environment."""
    settings = load_settings(REPOSITORY / "braid.yaml", {})
    assert list(settings.subgraphs) == [
        *("customers", "catalog", "orders", "inventory", "payments", "support", "reviews", "search", "reports"),
    ]
    assert settings.demo is not None


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", (DOCS / "configuration.md").read_text(), re.DOTALL))
def test_the_examples_of_the_configuration_can_be_loaded(block: str, tmp_path: Path) -> None:
    path = tmp_path / "braid.yaml"
    path.write_text(block)
    assert load_settings(path, {"REVIEWS_HOST": "reviews.example"})
