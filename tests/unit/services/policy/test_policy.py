"""A service's policy as a whole, around calls that a test makes up. Over real sockets: test_sockets.py."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import aiohttp
import pytest

from gateway.services.body import BodyTooLarge, UnreadableBody
from gateway.services.errors import (
    CircuitOpen,
    DeadlineExceeded,
    MalformedSourceResponse,
    ServiceBusy,
    SourceError,
    SourceHttpError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.policy.breaker import CLOSED, OPEN
from gateway.services.policy.budget import Budget
from gateway.services.policy.options import BreakerOptions, BudgetOptions, PolicyOptions, RetryOptions
from gateway.services.policy.policy import ServicePolicy
from tests.unit.services.conftest import MakeContext
from tests.unit.services.policy.clock import FakeClock

pytestmark = pytest.mark.anyio

QUICK = PolicyOptions(
    timeout_s=5.0,
    retry=RetryOptions(max_retries=2, backoff_s=0.001, max_backoff_s=0.001),
    breaker=BreakerOptions(failures_in_row=5, open_s=1.0),
)
UNREACHABLE = SourceUnreachable("stock", "gone")


def status(code: int, retry_after_s: float | None = None) -> SourceHttpError:
    return SourceHttpError("stock", f"status {code}", code, retry_after_s)


class Service:
    """Ends each call with the next of `endings`, the last one again and again: raises errors, returns others, awaits
    what is callable. made: calls so far. left: the seconds that each was given."""

    def __init__(self, *endings: object) -> None:
        self.endings = list(endings)
        self.made = 0
        self.left: list[float] = []

    async def __call__(self, left_s: float) -> object:
        self.made += 1
        self.left.append(left_s)
        ending = self.endings.pop(0) if len(self.endings) > 1 else self.endings[0]
        if isinstance(ending, BaseException):
            raise ending
        return await ending() if callable(ending) else ending


async def hang() -> None:
    await asyncio.sleep(60)


async def code_of(call: Awaitable[object]) -> object:
    """The answer, or the code of the error."""
    try:
        return await call
    except SourceError as error:
        return error.code


# Retries


async def test_a_read_is_tried_again_and_a_command_never(make_context: MakeContext) -> None:
    """Two faults, then an answer: three calls, or one."""
    for repeatable, answer, made in ((True, "yes", 3), (False, "SUBREQUEST_CONNECTION_ERROR", 1)):
        service, policy = Service(UNREACHABLE, status(503), "yes"), ServicePolicy("stock", QUICK)
        assert await code_of(policy.call(service, make_context(), repeatable=repeatable)) == answer
        assert (service.made, policy.retries) == (made, made - 1)


async def test_each_try_is_told_the_time_that_is_left(make_context: MakeContext) -> None:
    service = Service(UNREACHABLE, UNREACHABLE, "yes")
    await ServicePolicy("stock", QUICK).call(service, make_context(3.0), repeatable=True)
    assert 3.0 >= service.left[0] > service.left[1] > service.left[2] > 2.0


@pytest.mark.parametrize(("left_s", "retry_after_s", "made"), [(5.0, 0.05, 2), (0.03, 0.05, 1), (5.0, 30.0, 1)])
async def test_a_retry_that_would_come_too_late_is_not_waited_for(
    make_context: MakeContext, left_s: float, retry_after_s: float, made: int
) -> None:
    """The error that there is comes at once, not after the deadline, and is not paid for."""
    service = Service(status(503, retry_after_s), "yes")
    policy = ServicePolicy("stock", replace(QUICK, retry=replace(QUICK.retry, max_retry_after_s=1.0)))
    answer = await code_of(policy.call(service, make_context(left_s), repeatable=True))
    assert answer == ("yes" if made == 2 else "SUBREQUEST_HTTP_ERROR")
    assert (service.made, policy.retries) == (made, made - 1)


async def test_retries_end_with_the_budget(make_context: MakeContext) -> None:
    """Of a hundred calls that all fail twenty are tried again, and three of the reserve."""
    unbroken = replace(QUICK, breaker=BreakerOptions(enabled=False))
    service, policy = Service(UNREACHABLE), ServicePolicy("stock", unbroken, clock=FakeClock())
    for _ in range(100):
        assert await code_of(policy.call(service, make_context(), repeatable=True)) == "SUBREQUEST_CONNECTION_ERROR"
    assert service.made == 123


async def test_one_budget_is_shared_by_the_services_of_a_process(make_context: MakeContext) -> None:
    """Here it has two retries for both together."""
    process = Budget(BudgetOptions(0.0, 2), clock=FakeClock())
    services = [(Service(UNREACHABLE), ServicePolicy(name, QUICK, process)) for name in ("a", "b")]
    for service, policy in services:
        await code_of(policy.call(service, make_context(), repeatable=True))
    assert [service.made for service, _ in services] == [3, 1]


async def test_a_call_that_opens_the_breaker_is_not_tried_again(make_context: MakeContext) -> None:
    """It fails with its own error, not with CIRCUIT_OPEN, and pays nothing."""
    options = replace(QUICK, breaker=BreakerOptions(failures_in_row=1))
    service, policy = Service(status(503)), ServicePolicy("stock", options)
    assert await code_of(policy.call(service, make_context(), repeatable=True)) == "SUBREQUEST_HTTP_ERROR"
    assert (service.made, policy.retries) == (1, 0)


# Breaker


async def by_the_client(policy: ServicePolicy, make_context: MakeContext) -> None:
    """A caller that is cancelled while the service hangs."""
    call = asyncio.create_task(policy.call(Service(hang), make_context(), repeatable=False))
    await asyncio.sleep(0.001)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def by_the_deadline(policy: ServicePolicy, make_context: MakeContext) -> None:
    """A request that leaves the service less time than it may take."""
    with pytest.raises(DeadlineExceeded):
        await policy.call(Service(hang), make_context(policy.options.timeout_s / 2), repeatable=False)


async def by_the_timeout(policy: ServicePolicy, make_context: MakeContext) -> None:
    """A service that had all of its time."""
    with pytest.raises(SourceTimeout):
        await policy.call(Service(hang), make_context(), repeatable=False)


async def by_a_full_queue(policy: ServicePolicy, make_context: MakeContext) -> None:
    """Refused, because the only place is taken."""
    calls = [asyncio.create_task(policy.call(Service(hang), make_context(), repeatable=False)) for _ in range(2)]
    await asyncio.sleep(0.001)
    with pytest.raises(ServiceBusy):
        await calls[1]
    calls[0].cancel()
    await asyncio.wait(calls)


def ends_with(ending: object) -> Callable[[ServicePolicy, MakeContext], Awaitable[None]]:
    async def end(policy: ServicePolicy, make_context: MakeContext) -> None:
        with suppress(SourceError, ValueError):
            await policy.call(Service(ending), make_context(), repeatable=False)

    return end


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (ends_with(UNREACHABLE), OPEN),
        (ends_with(aiohttp.ServerDisconnectedError()), OPEN),
        (ends_with(aiohttp.ClientPayloadError()), OPEN),
        (ends_with(ConnectionResetError()), OPEN),
        (ends_with(status(500)), OPEN),
        (ends_with(status(503)), OPEN),
        (by_the_timeout, OPEN),
        (by_the_client, CLOSED),
        (by_the_deadline, CLOSED),
        (by_a_full_queue, CLOSED),
        (ends_with(status(400)), CLOSED),
        (ends_with(status(404)), CLOSED),
        (ends_with(status(429)), CLOSED),
        (ends_with(status(302)), CLOSED),
        (ends_with(MalformedSourceResponse("stock", "m")), CLOSED),
        (ends_with(UnreadableBody()), CLOSED),
        (ends_with(BodyTooLarge()), CLOSED),
        (ends_with(ValueError("a bug of ours")), CLOSED),
        (ends_with("answer"), CLOSED),
    ],
)
async def test_only_what_tells_of_the_services_health_opens_the_breaker(
    make_context: MakeContext, end: Callable[[ServicePolicy, MakeContext], Awaitable[None]], state: str
) -> None:
    """Each way of ending, ten times, on a breaker that opens after five failures."""
    options = replace(QUICK, timeout_s=0.02, max_connections=1, queue=0)
    policy = ServicePolicy("stock", options)
    for _ in range(5 if state == OPEN else 10):
        assert policy.breaker.state == CLOSED
        await end(policy, make_context)
    assert policy.breaker.state == state
    assert policy.bulkhead.in_flight == 0


async def test_a_deadline_of_all_requests_that_is_shorter_than_the_timeout_tells_of_a_service_that_hangs(
    make_context: MakeContext,
) -> None:
    """Where no call ever has all of its timeout, the deadline is what the service must keep; a client's own that is
    shorter still tells nothing."""
    policy = ServicePolicy("stock", replace(QUICK, timeout_s=9.0, patience_s=0.04))
    for left_s, state in ((0.02, CLOSED), (0.05, OPEN)):
        for _ in range(5):
            with pytest.raises(DeadlineExceeded):
                await policy.call(Service(hang), make_context(left_s), repeatable=False)
        assert policy.breaker.state == state


async def test_a_client_that_goes_away_late_tells_nothing_either(make_context: MakeContext) -> None:
    """The service has had what it should need; but it was not the time limit that ended the call."""
    policy = ServicePolicy("stock", replace(QUICK, timeout_s=9.0, patience_s=0.01))
    for _ in range(10):
        call = asyncio.create_task(policy.call(Service(hang), make_context(), repeatable=False))
        await asyncio.sleep(0.02)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()
    assert policy.breaker.state == CLOSED


async def test_time_spent_waiting_for_a_place_does_not_count_against_the_service(make_context: MakeContext) -> None:
    """A call that got its place at the last moment was not at work long enough to tell anything; nor was one that got
    none. The one that had all the time tells."""
    options = replace(QUICK, timeout_s=0.1, max_connections=1, breaker=BreakerOptions(failures_in_row=2))
    policy = ServicePolicy("stock", options)
    calls = [asyncio.create_task(policy.call(Service(hang), make_context(), repeatable=False))]
    await asyncio.sleep(0.03)
    calls += [asyncio.create_task(policy.call(Service(hang), make_context(), repeatable=False)) for _ in range(3)]
    assert [await code_of(call) for call in calls] == ["SUBREQUEST_TIMEOUT"] * 4
    assert policy.breaker.state == CLOSED


async def open_breaker(policy: ServicePolicy, make_context: MakeContext) -> None:
    while policy.breaker.state == CLOSED:
        await code_of(policy.call(Service(UNREACHABLE), make_context(), repeatable=False))


async def test_while_it_is_open_calls_fail_at_once_without_being_made(make_context: MakeContext) -> None:
    clock, service = FakeClock(), Service("yes")
    policy = ServicePolicy("stock", QUICK, clock=clock, jitter=lambda: 0.5)
    await open_breaker(policy, make_context)
    with pytest.raises(CircuitOpen, match="'stock' has failed too often"):
        await policy.call(service, make_context(), repeatable=True)
    assert (service.made, policy.refused) == (0, 1)
    clock.pass_by(1.01)
    assert await policy.call(service, make_context(), repeatable=True) == "yes"
    assert policy.breaker.state == CLOSED


async def test_fifty_callers_of_a_half_open_breaker_make_one_call(make_context: MakeContext) -> None:
    """All at once, with places for all of them: the others fail at once, also when that one fails."""
    for ending, state in (("yes", CLOSED), (UNREACHABLE, OPEN), (status(503), OPEN)):

        async def slowly(ending: object = ending) -> object:
            await asyncio.sleep(0.01)
            if isinstance(ending, Exception):
                raise ending
            return ending

        clock, service = FakeClock(), Service(slowly)
        policy = ServicePolicy("stock", replace(QUICK, max_connections=50), clock=clock, jitter=lambda: 0.5)
        await open_breaker(policy, make_context)
        clock.pass_by(1.01)
        answers = [code_of(policy.call(service, make_context(), repeatable=True)) for _ in range(50)]
        codes = await asyncio.gather(*answers)
        assert service.made == 1
        assert codes.count("CIRCUIT_OPEN") == 49
        assert policy.breaker.state == state


async def test_calls_that_wait_for_a_place_when_it_opens_are_not_made(make_context: MakeContext) -> None:
    """They fail as soon as they would have had their place."""
    options = replace(QUICK, max_connections=1, breaker=BreakerOptions(failures_in_row=1))
    service, policy = Service(lambda: asyncio.sleep(0.01, "a"), status(500)), ServicePolicy("stock", options)
    calls = [code_of(policy.call(service, make_context(), repeatable=False)) for _ in range(5)]
    assert await asyncio.gather(*calls) == ["a", "SUBREQUEST_HTTP_ERROR", *["CIRCUIT_OPEN"] * 3]
    assert service.made == 2


# Bulkhead


async def test_no_more_calls_are_under_way_than_there_are_places(make_context: MakeContext) -> None:
    under_way = most = 0

    async def count() -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return "yes"

    service, policy = Service(count), ServicePolicy("stock", replace(QUICK, max_connections=3, queue=100))
    calls = (policy.call(service, make_context(), repeatable=True) for _ in range(30))
    assert await asyncio.gather(*calls) == ["yes"] * 30
    assert most == 3


async def test_waiting_is_part_of_a_calls_time(make_context: MakeContext) -> None:
    """The timeout ends waiting and the deadline does; beyond the queue nothing is waited."""
    policy = ServicePolicy("stock", replace(QUICK, timeout_s=0.2, max_connections=1, queue=2))
    await policy.bulkhead.room().enter()  # the only place
    service = Service("yes")
    started = asyncio.get_running_loop().time()
    calls = (policy.call(service, make_context(left_s), repeatable=False) for left_s in (5.0, 0.05, 5.0))
    codes = await asyncio.gather(*map(code_of, calls))
    assert codes == ["SUBREQUEST_TIMEOUT", "DEADLINE_EXCEEDED", "SERVICE_BUSY"]
    assert asyncio.get_running_loop().time() - started < 2
    assert service.made == 0
    assert policy.busy == 1
    policy.bulkhead.room().leave()
    assert await policy.call(service, make_context(), repeatable=False) == "yes"


def test_a_policy_outlives_event_loops(make_context: MakeContext) -> None:
    """Calls in three loops, one after the other, each cut off in the middle of others; the breaker remembers."""
    policy = ServicePolicy("stock", replace(QUICK, max_connections=1, breaker=BreakerOptions(failures_in_row=3)))

    async def call_and_leave() -> str:
        first = await policy.call(Service("yes"), make_context(), repeatable=True)
        for _ in range(2):
            task = asyncio.ensure_future(policy.call(Service(hang), make_context(), repeatable=False))
            task.add_done_callback(lambda done: done.cancelled())
        await asyncio.sleep(0.001)
        return str(first)

    for _ in range(3):
        assert asyncio.run(call_and_leave()) == "yes"
    for _ in range(3):
        assert asyncio.run(code_of(one(policy, make_context, UNREACHABLE))) == "SUBREQUEST_CONNECTION_ERROR"
    assert asyncio.run(code_of(one(policy, make_context, "yes"))) == "CIRCUIT_OPEN"


async def one(policy: ServicePolicy, make_context: MakeContext, ending: object) -> object:
    return await policy.call(Service(ending), make_context(), repeatable=False)


async def test_a_failed_call_holds_nothing_of_what_it_had_read(make_context: MakeContext) -> None:
    """Not even while its error is held: a request keeps that until it is answered."""

    class Read:
        """Stands for the bytes of an answer."""

    held: list[weakref.ref[Read]] = []

    async def read_too_much(_: float) -> None:
        read = Read()
        held.append(weakref.ref(read))
        raise BodyTooLarge

    with pytest.raises(SourceResponseTooLarge) as raised:
        await ServicePolicy("stock", QUICK).call(read_too_much, make_context(5.0), repeatable=False)
    assert raised.value.__cause__ is not None
    assert [ref() for ref in held] == [None]
