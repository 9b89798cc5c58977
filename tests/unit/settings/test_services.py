"""How services are called: what a block says, what it takes from the defaults, and what must agree with the code."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

from gateway.operation.limits import Limits
from gateway.services.client import MAX_RESPONSE_BYTES
from gateway.services.policy.options import BudgetOptions, PolicyOptions
from gateway.services.transport import CONNECTIONS
from gateway.settings import LimitsSection, RetryBudgetSection, SubgraphSection, load_settings, settings_json_schema
from tests.unit.settings.reading import SHOP


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
