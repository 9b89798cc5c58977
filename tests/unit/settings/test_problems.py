"""Every fault of a configuration is listed, with its place and its cure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import SettingsError, SettingsProblem, load_settings
from tests.unit.settings.reading import SHOP, problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servr: {}\n", ["5:1: servr: unknown key; did you mean 'server'?"]),
        ("server: {prt: 1}\n", ["5:10: server.prt: unknown key; did you mean 'port'?"]),
        (
            "cache:\n  nonsense: 1\n",
            ["6:3: cache.nonsense: unknown key; known are megabytes, operations, plans"],
        ),
        ("    timout_s: 3\n", ["5:5: subgraphs.customers.timout_s: unknown key; did you mean 'timeout_s'?"]),
        ("    schema_module: a\n", ["5:5: subgraphs.customers.schema_module: unknown key; did you mean 'schema'?"]),
        (
            "demo: {service: x}\n",
            ["5:1: demo.services: is missing", "5:8: demo.service: unknown key; did you mean 'services'?"],
        ),
        ("    timeout_s: 0\n", ["5:5: subgraphs.customers.timeout_s: must be greater than 0"]),
        ("    timeout_s: .inf\n", ["5:5: subgraphs.customers.timeout_s: must be a finite number"]),
        ("server: {port: 70000}\n", ["5:10: server.port: must be less than or equal to 65535"]),
        ("server: {port: 1.5}\n", ["5:10: server.port: must be a whole number"]),
        ("server: {explorer: 7}\n", ["5:10: server.explorer: must be true or false"]),
        ("server: 7\n", ["5:1: server: must be a mapping of settings"]),
        (
            "server: {path: graphql}\n",
            ["5:10: server.path: has a form that is not allowed here: it must match ^/[^\\s?#]*$"],
        ),
        (
            "server: {cors_origins: [a.b]}\n",
            ["5:25: server.cors_origins[0]: must be '*' or scheme://host[:port], with nothing behind it"],
        ),
        ("server: {cors_origins: {a: b}}\n", ["5:10: server.cors_origins: must be a list"]),
        (
            "server: {forward_headers: [Content-Length]}\n",
            [
                "5:28: server.forward_headers[0]: belongs to one connection, or describes one body, "
                "and cannot be forwarded"
            ],
        ),
        ("server: {forward_headers: ['a b']}\n", ["5:28: server.forward_headers[0]: is not a header name"]),
        ("transport: urllib\n", ["5:1: transport: must be 'direct', 'aiohttp' or 'httpx'"]),
        ("  reviews:\n", ["5:3: subgraphs.reviews: must be a mapping of settings"]),
        (
            "  'a b': {url: 'http://x'}\n",
            ["5:3: subgraphs.a b: has a form that is not allowed here: it must match ^[A-Za-z_][A-Za-z0-9_-]*$"],
        ),
        (
            "  reviews: {}\n",
            ["5:3: subgraphs.reviews: needs 'url' (a GraphQL service), or 'schema' and the 'url' of its service"],
        ),
        ("  reviews: {url: 7101}\n", ["5:13: subgraphs.reviews.url: must be text; put it in quotes"]),
        ("  reviews: {url: localhost}\n", ["5:13: subgraphs.reviews.url: must be an absolute http or https URL"]),
        ("    url: http://again\n", ["5:5: subgraphs.customers.url: is set twice; first in line 3"]),
        ("subgraphs: {a: {url: 'http://a'}}\n", ["5:1: subgraphs: is set twice; first in line 1"]),
        (
            "    timeout_s: ${oops\n",
            ["5:5: subgraphs.customers.timeout_s: has a '${' without a name and a '}'; write '$${' for a literal '${'"],
        ),
        (
            "transport: 2026-99-99\n",
            ["5:1: transport: cannot be read as the type that YAML takes it for; put it in quotes"],
        ),
        ("server: &s {examples: *s}\n", ["5:13: server.examples: refers to itself"]),
        ("? [a]\n: b\n", ["5:3: has a key that is not text"]),
    ],
)
def test_each_fault_has_its_place_and_its_cure(write: Any, text: str, expected: list[str]) -> None:
    """Line, column and path, and words that say what would be right."""
    assert problems(write(SHOP + text)) == expected


def test_all_faults_are_listed_at_once(write: Any) -> None:
    """Nobody should have to start a gateway five times to find five faults."""
    text = "server: {prt: 1}\nsubgraphs:\n  a: {timout_s: 1, url: '${GONE}'}\n  a: {}\n  b: {url: 'ftp://x'}\n"
    assert sorted(problems(write(text), {"BRAID_TRANSPORT": "urllib"})) == [
        "1:10: server.prt: unknown key; did you mean 'port'?",
        "3:20: subgraphs.a.url: environment variable GONE is not set; set it, or give a default: ${GONE:-...}",
        "4:3: subgraphs.a: is set twice; first in line 3",
        "5:7: subgraphs.b.url: must be an absolute http or https URL",
        "environment variable BRAID_TRANSPORT: transport: must be 'direct', 'aiohttp' or 'httpx'",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: [1\nb: 2\n", r":2:2: is not valid YAML: expected ',' or ']'"),
        (b"a: 'x\n", r":2:1: is not valid YAML: found unexpected end of stream"),
        (b"a: \x00\n", r": is not valid YAML: "),
        (b"a: 1\n---\nb: 2\n", r":2:1: is not valid YAML: but found another document"),
        (b"- a\n", r":1:1: must be a mapping of settings"),
        (b"a: \xff\n", r": is not UTF-8 \(byte 3\)"),
        (b"", r": there is nothing to serve: list the 'subgraphs', or name a 'supergraph' file"),
    ],
)
def test_an_unreadable_file_is_one_located_problem(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "braid.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    [found] = caught.value.problems
    assert re.match(re.escape(str(path)) + problem, str(found))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path / "gone.yaml") == [" there is no such file"]


def test_values_never_show_in_problems(write: Any) -> None:
    """A value may be a secret, wherever it came from."""
    text = "transport: ${SECRET}\nsubgraphs:\n  a: {url: 'http://user:${SECRET}@host'}\n  b: {url: '${SECRET}'}\n"
    environment = {"SECRET": "hunter2", "BRAID_SERVER__PORT": "hunter2", "BRAID_LIMITS__DEPTH": '{"hunter2'}
    found = problems(write(text), environment)
    assert len(found) == 5
    assert "hunter2" not in "\n".join(found)
    assert "3:7: subgraphs.a.url: must not hold a user name or password" in found[3]


def test_a_settings_error_lists_its_problems() -> None:
    error = SettingsError([SettingsProblem("is wrong", "a.b", "braid.yaml:1:2"), SettingsProblem("is odd")])
    assert str(error) == "The configuration has 2 problems:\n  braid.yaml:1:2: a.b: is wrong\n  is odd"
    assert error.code == "SETTINGS_ERROR"
