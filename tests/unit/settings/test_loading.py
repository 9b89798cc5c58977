"""What is read: the file, the environment and the command line over it, variables in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.operation.limits import Limits
from gateway.settings import Settings, SubgraphSection, load_settings
from tests.unit.settings.reading import SHOP, problems


def test_three_lines_make_a_subgraph(write: Any) -> None:
    """Name, url and schema are enough; everything else has a default."""
    settings = load_settings(write(SHOP), {})
    assert settings.subgraphs == {
        "customers": SubgraphSection(url="http://127.0.0.1:7101", schema_module="schema.customers")
    }
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 4000)
    assert settings.execution.deadline_s == 2.0
    assert settings.transport == "direct"
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
