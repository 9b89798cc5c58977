"""Configuration: one file with environment over it, and every fault listed with its place."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.operation.limits import Limits
from gateway.services.client import MAX_RESPONSE_BYTES
from gateway.services.policy.options import BudgetOptions, PolicyOptions
from gateway.services.transport import CONNECTIONS
from gateway.settings import (
    LimitsSection,
    RetryBudgetSection,
    Settings,
    SettingsError,
    SettingsProblem,
    SubgraphSection,
    load_settings,
    settings_json_schema,
)

SHOP = """\
subgraphs:
  customers:
    url: http://127.0.0.1:7101
    schema: schema.customers
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "braid.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path: Path | None, environment: dict[str, str] | None = None) -> list[str]:
    """What is wrong, as `line:column path: message`, in the order reported."""
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environment or {})
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


# What loads


def test_three_lines_make_a_subgraph(write: Any) -> None:
    """Name, url and schema are enough; everything else has a default."""
    settings = load_settings(write(SHOP), {})
    assert settings.subgraphs == {
        "customers": SubgraphSection(url="http://127.0.0.1:7101", schema_module="schema.customers")
    }
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 4000)
    assert settings.execution.deadline_s == 2.0
    assert settings.transport == "aiohttp"
    assert settings.limits.to_limits() == Limits()


def test_no_file_is_needed_for_a_supergraph() -> None:
    settings = load_settings(None, {}, {"supergraph": "graph.graphql", "server.port": 0})
    assert settings.supergraph == Path("graph.graphql")
    assert settings.server.port == 0
    assert settings.subgraph("anything") == SubgraphSection()


def test_settings_can_be_built_in_code() -> None:
    """Tests and embedders need no file."""
    settings = Settings(subgraphs={"reviews": SubgraphSection(url="http://127.0.0.1:7107/graphql")})
    assert settings.subgraph("reviews").url == "http://127.0.0.1:7107/graphql"
    with pytest.raises(ValidationError, match="frozen"):
        settings.transport = "httpx"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="nothing to serve"):
        Settings()


def test_paths_in_the_file_are_relative_to_the_file(write: Any, tmp_path: Path) -> None:
    """`braid serve --config elsewhere/braid.yaml` works from any folder."""
    settings = load_settings(write("supergraph: graph.graphql\nserver: {examples: queries}\n"), {})
    assert settings.supergraph == tmp_path / "graph.graphql"
    assert settings.server.examples == tmp_path / "queries"
    assert settings.python_path == tmp_path
    overridden = load_settings(write("supergraph: graph.graphql\n"), {"BRAID_SUPERGRAPH": "other.graphql"})
    assert overridden.supergraph == Path("other.graphql")


def test_anchors_and_merges_share_what_subgraphs_have_in_common(write: Any) -> None:
    settings = load_settings(
        write(
            "subgraphs:\n"
            "  a: &common {url: 'http://a', timeout_s: 0.5, max_connections: 3}\n"
            "  b: {<<: *common, url: 'http://b'}\n"
            "  c: &c {<<: *common, timeout_s: 1}\n"
            "  d: *c\n"
        ),
        {},
    )
    assert settings.subgraphs["d"] == settings.subgraphs["c"]
    assert settings.subgraphs["b"] == SubgraphSection(url="http://b", timeout_s=0.5, max_connections=3)
    assert settings.subgraphs["c"] == SubgraphSection(url="http://a", timeout_s=1, max_connections=3)


# Environment


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("BRAID_SERVER__PORT", "4001", lambda s: s.server.port == 4001),
        ("BRAID_SERVER__EXPLORER", "false", lambda s: s.server.explorer is False),
        (
            "BRAID_SERVER__CORS_ORIGINS",
            "https://a, https://b:1",
            lambda s: s.server.cors_origins == ("https://a", "https://b:1"),
        ),
        ("BRAID_SERVER__CORS_ORIGINS", '["https://a"]', lambda s: s.server.cors_origins == ("https://a",)),
        ("BRAID_EXECUTION__DEADLINE_S", "0.5", lambda s: s.execution.deadline_s == 0.5),
        ("BRAID_TRANSPORT", "httpx", lambda s: s.transport == "httpx"),
        ("BRAID_LIMITS__ALIASES", "0", lambda s: s.limits.aliases == 0),
        ("BRAID_SUBGRAPHS__CUSTOMERS__URL", "http://c", lambda s: s.subgraphs["customers"].url == "http://c"),
        ("BRAID_SUBGRAPHS__CUSTOMERS__SCHEMA", "a.b", lambda s: s.subgraphs["customers"].schema_module == "a.b"),
        ("BRAID_SUBGRAPHS__PRODUCT_REVIEWS__TIMEOUT_S", "9", lambda s: s.subgraphs["product-reviews"].timeout_s == 9),
        ("BRAID_SUBGRAPHS__STOCKLEVELS__URL", "http://s", lambda s: s.subgraphs["StockLevels"].url == "http://s"),
        ("BRAID_SUBGRAPHS__NEW__URL", "http://n", lambda s: s.subgraph("new").url == "http://n"),
        ("BRAID_SUBGRAPHS", '{"x": {"url": "http://x"}}', lambda s: list(s.subgraphs) == ["x"]),
    ],
)
def test_an_environment_variable_overrides_the_file(write: Any, name: str, value: str, read: Any) -> None:
    """Also where the file's names hold dashes or capitals, which names of variables cannot or should not."""
    path = write(SHOP + "  product-reviews: {url: 'http://r'}\n  StockLevels: {url: 'http://l'}\n")
    assert not read(load_settings(path, {}))
    assert read(load_settings(path, {name: value}))


def test_the_command_line_overrides_the_environment(write: Any) -> None:
    settings = load_settings(write(SHOP), {"BRAID_SERVER__PORT": "4001"}, {"server.port": 4002})
    assert settings.server.port == 4002


def test_variables_of_others_are_left_alone(write: Any) -> None:
    """Kubernetes sets these for every service named braid; an empty variable counts as not set."""
    environment = {
        "BRAID_SERVICE_HOST": "10.0.0.1",
        "BRAID_PORT": "tcp://10.0.0.1:4000",
        "BRAID_PORT_4000_TCP": "tcp://10.0.0.1:4000",
        "BRAID_CONFIG": "braid.yaml",
        "BRAID_TRANSPORT": "",
        "HOME": "/nowhere",
    }
    assert load_settings(write(SHOP), environment) == load_settings(write(SHOP), {})


def test_a_subgraph_of_a_supergraph_file_is_found_by_its_variable() -> None:
    """No section spells its name, so the variable alone must do."""
    settings = load_settings(
        None, {"BRAID_SUBGRAPHS__PRODUCT_REVIEWS__URL": "http://r"}, {"supergraph": "graph.graphql"}
    )
    assert settings.subgraph("product-reviews").url == "http://r"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("BRAID_SERVER__PRT", "1", "server.prt: unknown key; did you mean 'port'?"),
        ("BRAID_SERVR__PORT", "1", "servr: unknown key; did you mean 'server'?"),
        ("BRAID_TRANSPROT", "httpx", "transprot: unknown setting; did you mean BRAID_TRANSPORT?"),
        ("BRAID_SERVER__PORT", "many", "server.port: must be a whole number"),
        ("BRAID_SERVER__CORS_ORIGINS", "[1", "server.cors_origins: begins like JSON, but is not JSON"),
        ("BRAID_SUBGRAPHS__A_B__URL", "http://x", "subgraphs: means both 'a-b' and 'a_b'"),
    ],
)
def test_a_faulty_variable_is_named(write: Any, name: str, value: str, problem: str) -> None:
    path = write(SHOP + "  a-b: {url: 'http://x'}\n  a_b: {url: 'http://x'}\n")
    assert problems(path, {name: value}) == [f"environment variable {name}: {problem}"]


# ${VARIABLE}


@pytest.mark.parametrize(
    ("text", "environment", "value"),
    [
        ("http://${HOST}:1", {"HOST": "h"}, "http://h:1"),
        ("http://${HOST:-d}", {}, "http://d"),
        ("http://${HOST:-d}", {"HOST": ""}, "http://d"),
        ("http://${HOST:-d}", {"HOST": "h"}, "http://h"),
        ("http://a${EMPTY}", {"EMPTY": ""}, "http://a"),
        ("http://a/$${b}", {}, "http://a/${b}"),
        ("http://a/$b", {}, "http://a/$b"),
        ("http://a/${X}", {"X": "${Y}"}, "http://a/${Y}"),
    ],
)
def test_variables_are_put_in(write: Any, text: str, environment: dict[str, str], value: str) -> None:
    """As a shell would, except that what is put in is not read again."""
    settings = load_settings(write(f"subgraphs:\n  a:\n    url: {text}\n"), environment)
    assert settings.subgraphs["a"].url == value


def test_a_number_may_come_from_a_variable(write: Any) -> None:
    path = write(SHOP + "server:\n  port: ${PORT:-4005}\n  explorer: ${EXPLORER:-false}\n")
    settings = load_settings(path, {})
    assert (settings.server.port, settings.server.explorer) == (4005, False)


def test_a_variable_that_is_not_set_is_a_problem(write: Any) -> None:
    assert problems(write("subgraphs:\n  a:\n    url: http://${HOST}\n")) == [
        "3:5: subgraphs.a.url: environment variable HOST is not set; set it, or give a default: ${HOST:-...}"
    ]


def test_an_override_heals_what_it_replaces(write: Any) -> None:
    settings = load_settings(
        write("subgraphs:\n  a:\n    url: http://${HOST}\n"), {"BRAID_SUBGRAPHS__A__URL": "http://a"}
    )
    assert settings.subgraphs["a"].url == "http://a"


# Problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servr: {}\n", ["5:1: servr: unknown key; did you mean 'server'?"]),
        ("server: {prt: 1}\n", ["5:10: server.prt: unknown key; did you mean 'port'?"]),
        (
            "cache:\n  nonsense: 1\n",
            ["6:3: cache.nonsense: unknown key; known are operations, plans"],
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
        ("transport: urllib\n", ["5:1: transport: must be 'aiohttp' or 'httpx'"]),
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
        "environment variable BRAID_TRANSPORT: transport: must be 'aiohttp' or 'httpx'",
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


# Services


def test_what_a_service_does_not_say_it_takes_from_the_defaults_for_all(write: Any) -> None:
    """Setting by setting, also inside nested blocks; what neither says is built in."""
    defaults = "service_defaults: {timeout_s: 0.5, breaker: {open_s: 2, min_calls: 7}}\n"
    settings = load_settings(write(SHOP + "    breaker: {open_s: 3}\n" + defaults), {})
    section = settings.subgraph("customers")
    assert (section.timeout_s, section.breaker.open_s, section.breaker.min_calls) == (0.5, 3.0, 7)
    assert (section.url, section.max_connections, section.breaker.window_s) == ("http://127.0.0.1:7101", 20, 10.0)
    assert settings.subgraph("elsewhere").timeout_s == 0.5
    assert settings.in_force().subgraphs == {"customers": section}


def test_a_default_for_all_never_replaces_what_a_service_says(write: Any) -> None:
    """Also where what it says happens to be the built-in value."""
    settings = load_settings(write(SHOP + "    queue: 100\nservice_defaults: {queue: 5}\n"), {})
    assert settings.subgraph("customers").queue == 100


def test_a_services_policy_has_the_defaults_of_the_package() -> None:
    assert SubgraphSection().to_policy(2.0) == PolicyOptions(patience_s=PolicyOptions().timeout_s)
    assert RetryBudgetSection().to_budget() == BudgetOptions()


def test_every_setting_of_a_policy_arrives(write: Any) -> None:
    """One value other than the default in each part."""
    text = "    queue: 1\n    retry: {max_retries: 0}\n    breaker: {enabled: false}\n    hedge: {enabled: true}\n"
    policy = load_settings(write(SHOP + text), {}).subgraph("customers").to_policy(2.0)
    assert (policy.queue, policy.retry.max_retries, policy.breaker.enabled, policy.hedge.enabled) == (1, 0, False, True)


# What else must agree with the settings


def test_every_limit_can_be_set() -> None:
    assert set(LimitsSection.model_fields) == {limit.name for limit in fields(Limits)}


def test_a_subgraphs_defaults_are_those_of_the_code_that_calls_it() -> None:
    """Whoever builds a client in code gets the same bounds as whoever writes three lines of configuration."""
    block = SubgraphSection()
    assert block.max_response_bytes == MAX_RESPONSE_BYTES
    assert block.max_connections == CONNECTIONS


def test_the_json_schema_describes_every_setting() -> None:
    """Editors show the description; a setting without one is a setting nobody understands."""
    schema = settings_json_schema()
    sections = [schema, *schema["$defs"].values()]
    for section in sections:
        assert section["additionalProperties"] is False
        for name, setting in section["properties"].items():
            assert "description" in setting or "$ref" in json.dumps(setting), name
    assert "schema" in schema["$defs"]["SubgraphSection"]["properties"]
    subgraphs = schema["properties"]["subgraphs"]
    assert list(subgraphs["patternProperties"]) == ["^[A-Za-z_][A-Za-z0-9_-]*$"]
    assert subgraphs["additionalProperties"] is False


def test_the_json_schema_lets_variables_stand_for_numbers() -> None:
    port = settings_json_schema()["$defs"]["ServerSection"]["properties"]["port"]
    assert port["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 65535}
    assert re.search(port["anyOf"][1]["pattern"], "${PORT:-4000}")
    assert port["default"] == 4000
