"""The Loader's machinery, over a subclass that answers from a function: gathering, isolation, cancellation, closing."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from gateway.services.errors import DeadlineExceeded, MalformedSourceResponse, SourceError, SourceTimeout
from gateway.services.loader import Loader, close_loaders, forget_loaded
from gateway.services.request import RequestContext
from tests.unit.services.conftest import MakeContext

pytestmark = pytest.mark.anyio

Fetch = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]


class Squares(Loader[str, str]):
    """Answers key + key; `calls` are the chunks asked for; `fetching` replaces the answer."""

    service = "squares"
    chunk_size = 5

    def __init__(self, context: RequestContext, fetching: Fetch | None = None) -> None:
        super().__init__(context)
        self.calls: list[list[str]] = []
        self.fetching = fetching

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str | Exception]:
        self.calls.append(list(keys))
        if self.fetching is not None:
            return await self.fetching(keys)
        return {key: key + key for key in reversed(keys)}


async def test_loads_of_one_turn_are_one_call_without_duplicates(make_context: MakeContext) -> None:
    """Whatever the order of the answer, each gets its own value; a later load of the same key asks nobody."""
    loader = make_context().loader(Squares)
    assert await asyncio.gather(*map(loader.load, "abcab")) == ["aa", "bb", "cc", "aa", "bb"]
    assert await loader.load("c") == "cc"
    assert await loader.load_many(["a", "d"]) == ["aa", "dd"]
    assert loader.calls == [["a", "b", "c"], ["d"]]


@pytest.mark.parametrize("batching", [True, False])
async def test_each_of_many_keys_has_its_value_or_its_exception(make_context: MakeContext, batching: bool) -> None:
    """In the order asked, keys given twice included; one that fails leaves the others alone."""
    failure = SourceTimeout("squares", "too slow")

    async def fetching(keys: Sequence[str]) -> Mapping[str, Any]:
        return {key: failure if key == "b" else key + key for key in keys}

    context = make_context()
    context.batching = batching
    loader = Squares(context, fetching)
    assert await loader.load_each("abca") == ["aa", failure, "cc", "aa"]
    assert await loader.load_each([]) == []
    assert loader.calls == ([["a", "b", "c"]] if batching else [["a"], ["b"], ["c"], ["a"]])


async def test_cancelling_who_waits_for_many_leaves_the_others_their_values(make_context: MakeContext) -> None:
    """The key is loaded once for both, and only one of them has gone."""
    started = asyncio.Event()

    async def fetching(keys: Sequence[str]) -> Mapping[str, Any]:
        started.set()
        await asyncio.sleep(0.01)
        return {key: key + key for key in keys}

    loader = Squares(make_context(), fetching)
    leaving, staying = asyncio.ensure_future(loader.load_each("ab")), loader.load("a")
    await started.wait()
    leaving.cancel()
    assert await staying == "aa"
    assert leaving.cancelled()


async def test_a_context_has_one_loader_per_kind_and_options(make_context: MakeContext) -> None:
    """Options tell loaders apart, and so do requests: nothing loaded for one client reaches another."""

    class Powers(Squares):
        def __init__(self, context: RequestContext, power: int) -> None:
            super().__init__(context)
            self.power = power

    one, other = make_context(), make_context()
    assert one.loader(Squares) is one.loader(Squares)
    assert one.loader(Powers, power=2) is one.loader(Powers, power=2)
    assert one.loader(Powers, power=2) is not one.loader(Powers, power=3)
    assert one.loader(Squares) is not other.loader(Squares)
    await asyncio.gather(one.loader(Squares).load("a"), other.loader(Squares).load("a"))
    assert one.loader(Squares).calls == other.loader(Squares).calls == [["a"]]


async def test_chunks_go_out_in_parallel_within_bounds(make_context: MakeContext) -> None:
    """12 keys in chunks of 5 are three calls at once; never more than `parallel` at once."""
    now = most = 0

    async def count(keys: Sequence[str]) -> Mapping[str, str]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return dict.fromkeys(keys, "")

    loader = Squares(make_context(), count)
    await loader.load_many([str(n) for n in range(12)])
    assert [len(call) for call in loader.calls] == [5, 5, 2]
    assert most == 3
    await loader.load_many([str(n) for n in range(100, 200)])
    assert most == Squares.parallel == 8


async def test_a_failing_chunk_fails_only_its_own_keys(make_context: MakeContext) -> None:
    """Each of its keys gets the error; the others their values. Asking again in the same request fails the same."""

    async def fail_for_7(keys: Sequence[str]) -> Mapping[str, str]:
        if "7" in keys:
            raise SourceTimeout("squares", "too slow")
        return {key: key for key in keys}

    loader = Squares(make_context(), fail_for_7)
    outcomes = await asyncio.gather(*(loader.load(str(n)) for n in range(12)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str] * 5 + [SourceTimeout] * 5 + [str] * 2
    with pytest.raises(SourceTimeout):
        await loader.load("7")
    assert len(loader.calls) == 3


async def test_an_exception_as_value_fails_one_key(make_context: MakeContext) -> None:
    """`fetch` can say of a single key that it is at fault."""
    bad = MalformedSourceResponse("squares", "twice")
    loader = Squares(make_context(), lambda keys: _done({key: bad if key == "b" else key for key in keys}))
    outcomes = await asyncio.gather(*map(loader.load, "abc"), return_exceptions=True)
    assert outcomes == ["a", bad, "c"]


async def test_a_key_without_an_answer_is_an_error_naming_the_service(make_context: MakeContext) -> None:
    """Silence is not the same as "no such thing"; None is an answer."""
    loader = Squares(make_context(), lambda keys: _done({"a": None}))
    outcomes = await asyncio.gather(*map(loader.load, "ab"), return_exceptions=True)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], MalformedSourceResponse)
    assert "'squares'" in outcomes[1].message


async def test_cancelling_one_waiter_leaves_the_others_alone(make_context: MakeContext) -> None:
    """Also those that ask for the same key later."""
    loader = Squares(make_context(), _slowly)
    first, second = asyncio.create_task(_wait(loader, "a")), asyncio.create_task(_wait(loader, "a"))
    await asyncio.sleep(0.01)
    first.cancel()
    outcomes = await asyncio.gather(first, second, loader.load("a"), return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1:] == ["slow", "slow"]
    assert loader.calls == [["a"]]


async def test_a_waiters_timeout_does_not_spoil_the_key(make_context: MakeContext) -> None:
    """Who comes after the one that gave up still gets the value."""
    loader = Squares(make_context(), _slowly)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await loader.load("a")
    assert await loader.load("a") == "slow"


async def test_a_cancelled_batch_fails_its_waiters(make_context: MakeContext) -> None:
    """CancelledError out of `fetch`, for instance from a library's own timeout, leaves nobody waiting for ever."""

    async def cancelled(keys: Sequence[str]) -> Mapping[str, str]:
        raise asyncio.CancelledError

    loader = Squares(make_context(), cancelled)
    async with asyncio.timeout(1):
        with pytest.raises(SourceError):
            await loader.load("a")


async def test_without_batching_every_load_is_a_call(make_context: MakeContext) -> None:
    """One key per call, nothing shared, nothing kept."""
    loader = make_context(batching=False).loader(Squares)
    assert await asyncio.gather(*map(loader.load, "aba")) == ["aa", "bb", "aa"]
    assert sorted(loader.calls) == [["a"], ["a"], ["b"]]


@pytest.mark.parametrize("batching", [True, False])
@pytest.mark.parametrize("turns", range(6))
async def test_closing_leaves_no_task_behind(make_context: MakeContext, turns: int, batching: bool) -> None:
    """Wherever between load and answer a request ends, its waiters are told and its tasks are gone."""
    context = make_context(batching=batching)
    loader = context.loader(Squares)
    loader.fetching = _never
    before = asyncio.all_tasks()
    waiters = [loader.load(key) for key in "abcdefg"]
    for _ in range(turns):
        await asyncio.sleep(0)
    await close_loaders(context)
    assert asyncio.all_tasks() == before
    assert {type(outcome) for outcome in await asyncio.gather(*waiters, return_exceptions=True)} == {DeadlineExceeded}
    with pytest.raises(DeadlineExceeded):
        await loader.load("later")


async def test_closing_waits_for_what_takes_its_time_to_stop(make_context: MakeContext) -> None:
    """A call that has to close a connection first."""
    stopped = asyncio.Event()

    async def stop_slowly(keys: Sequence[str]) -> Mapping[str, str]:
        try:
            return await _never(keys)
        finally:
            await asyncio.sleep(0.02)
            stopped.set()

    context = make_context()
    loader = context.loader(Squares)
    loader.fetching = stop_slowly
    waiter = loader.load("a")
    await asyncio.sleep(0.01)
    await close_loaders(context)
    assert stopped.is_set()
    with pytest.raises(DeadlineExceeded):
        await waiter


async def test_closing_after_the_waiters_were_cancelled_is_silent(make_context: MakeContext) -> None:
    """The usual end at the deadline: steps are cancelled first, loaders closed after; nothing is logged by asyncio. One
    load was never waited for at all."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
    context = make_context()
    loader = context.loader(Squares)
    loader.fetching = _never
    tasks = [asyncio.create_task(_wait(loader, key)) for key in "aab"]
    loader.load("c")
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await close_loaders(context)
    del loader, tasks, task
    context.loaders.clear()
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []


async def test_closing_what_is_answered_takes_no_turn(make_context: MakeContext) -> None:
    """A request that finished in time pays nothing."""
    context = make_context()
    await context.loader(Squares).load("a")
    with pytest.raises(StopIteration):
        close_loaders(context).send(None)


async def test_forgetting_asks_again(make_context: MakeContext) -> None:
    """After a command, what was loaded before may no longer be true."""
    context = make_context()
    loader = context.loader(Squares)
    await loader.load("a")
    forget_loaded(context)
    await loader.load("a")
    assert loader.calls == [["a"], ["a"]]


async def test_a_service_that_is_not_configured_is_named(make_context: MakeContext) -> None:
    """A missing line of configuration fails the fields of that service with a clear error."""
    with pytest.raises(SourceError, match="'squares' is not configured"):
        _ = make_context().loader(Squares).client


async def _wait(loader: Squares, key: str) -> str:
    return await loader.load(key)


async def _done(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return answer


async def _slowly(keys: Sequence[str]) -> Mapping[str, str]:
    await asyncio.sleep(0.05)
    return dict.fromkeys(keys, "slow")


async def _never(keys: Sequence[str]) -> Mapping[str, str]:
    await asyncio.Event().wait()
    return {}
