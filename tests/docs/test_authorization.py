"""docs/authorization.md: its graph, its configuration, its function and its answer are as the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.authorization.authorizer import Authorizer
from gateway.authorization.policies import Policies
from gateway.settings import AuthorizationSection
from tests.federation.restricted import RestrictedGateway
from tests.support.scenario import Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[2] / "docs/authorization.md").read_text(encoding="utf-8")
SDL = re.findall(r"```graphql\n(extend schema.*?)```", PAGE, re.DOTALL)[0]
NEWS = Scenario(
    name="news",
    subgraphs={"news": SDL},
    api="type Query { articles: Int }",
    world=World(
        {"Article": {"a": {"title": "On tides", "draft": "So far"}}, "Account": {"m": {"name": "Mo", "salary": 1}}},
        query={"articles": ["a"], "me": "m"},
    ),
)


def block(kind: str, beginning: str = "") -> str:
    return re.findall(rf"```{kind}\n({re.escape(beginning)}.*?)```", PAGE, re.DOTALL)[0]


def decide() -> Any:
    names: dict[str, Any] = {}
    exec(block("python", "from collections.abc"), names)
    return names["decide"]


async def test_the_answer_is_as_shown():
    answer = await RestrictedGateway(NEWS).ask(block("graphql", "{ articles"))
    assert {"data": answer.data, "errors": answer.errors} == json.loads(block("json"))
    (request,) = answer.fakes["news"].requests
    assert request.document == "{ articles { title } }"


def test_the_section_is_one_that_can_be_configured():
    section = AuthorizationSection.model_validate(yaml.safe_load(block("yaml"))["authorization"])
    assert section.jwt is not None
    assert section.jwt.scopes_claim == ("scope",)


@pytest.mark.parametrize(("department", "allowed"), [("press", True), ("kitchen", False)])
async def test_the_function_decides_who_sees_a_salary(department: str, allowed: bool):
    gateway = RestrictedGateway(NEWS, authorizer=Authorizer(policies=Policies(decide())))
    answer = await gateway.ask("{ me { name salary } }", {"sub": "x", "department": department})
    assert answer.data == {"me": {"name": "Mo", "salary": 1} if allowed else None}
