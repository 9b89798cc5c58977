"""Policies: the operator's code says which hold, and whatever else it does is a no."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.authorization.policies import Policies

pytestmark = pytest.mark.anyio

ASKED = frozenset({"a", "b"})
SECRET = "sk-canary"


async def holding(hook: Any, timeout_s: float = 5.0) -> frozenset[str]:
    policies = Policies(hook, timeout_s)
    try:
        return await policies.holding(ASKED, {"sub": SECRET}, {"authorization": SECRET})
    finally:
        await policies.close()


async def test_a_plain_function_runs_beside_the_loop():
    seen: list[Any] = []

    def decide(policies: frozenset[str], claims: Mapping[str, Any], headers: Mapping[str, str]) -> list[str]:
        seen.extend([policies, claims, headers, threading.current_thread() is threading.main_thread()])
        return ["a"]

    assert await holding(decide) == {"a"}
    assert seen == [ASKED, {"sub": SECRET}, {"authorization": SECRET}, False]


async def test_an_asynchronous_function_and_an_object_with_one():
    class Decider:
        async def __call__(self, *question: Any) -> set[str]:
            await asyncio.sleep(0)
            return {"b", "c"}

    assert await holding(Decider()) == {"b"}
    assert await holding(Decider().__call__) == {"b"}


@pytest.mark.parametrize("answer", [None, True, 1, "a", b"a", {"a": 1}.__iter__, 1.5, object()])
async def test_an_answer_that_is_none(answer: Any):
    assert await holding(lambda *question: answer) == frozenset()


async def test_a_mapping_answers_its_keys_and_strangers_in_it_are_passed_over():
    assert await holding(lambda *question: {"a": True, "z": True, 7: True}) == {"a"}


def failing(*question: Any) -> Any:
    raise ValueError(SECRET)


def leaving(*question: Any) -> Any:
    sys.exit(SECRET)


async def failing_later(*question: Any) -> Any:
    await asyncio.sleep(0)
    raise RuntimeError(SECRET)


@pytest.mark.parametrize("hook", [failing, leaving, failing_later])
async def test_an_exception_denies_and_its_message_is_not_logged(hook: Any):
    with capture_logs() as logs:
        assert await holding(hook) == frozenset()
    assert [entry["event"] for entry in logs] == ["policies not decided"]
    assert SECRET not in str(logs)


async def hanging(*question: Any) -> Any:
    await asyncio.Event().wait()


def sleeping(*question: Any) -> Any:
    time.sleep(0.3)
    return ASKED


@pytest.mark.parametrize("hook", [hanging, sleeping])
async def test_too_late_is_no(hook: Any):
    with capture_logs() as logs:
        assert await holding(hook, 0.05) == frozenset()
    assert logs[0]["error"] == "TimeoutError"


async def test_who_asked_may_go_away():
    policies = Policies(hanging)
    waiting = asyncio.ensure_future(policies.holding(ASKED, None, {}))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_the_code_does_to_the_headers_changes_nothing():
    def decide(policies: Any, claims: Any, headers: Any) -> list[str]:
        headers.clear()
        return []

    headers = {"a": "b"}
    await Policies(decide).holding(ASKED, None, headers)
    assert headers == {"a": "b"}
