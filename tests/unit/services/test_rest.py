"""The loaders for the usual forms of REST answers: what they ask, and how they judge the answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from gateway.services.client import ServiceClient
from gateway.services.errors import MalformedSourceResponse, SourceHttpError
from gateway.services.request import RequestContext
from gateway.services.rest import ListLoader, PageLoader, RowLoader, RowPage, SingleLoader
from gateway.services.transport import HttpxTransport
from tests.unit.services.conftest import MakeContext

pytestmark = pytest.mark.anyio


class Row(msgspec.Struct):
    id: str
    name: str


class Rows(RowLoader[Row]):
    service, path, row = "things", "/things", Row


class BySku(RowLoader[Row]):
    service, path, row, key, parameter = "things", "/things", Row, "name", "skus"


class Lists(ListLoader[Row]):
    service, path, row, parameter = "things", "/things", Row, "owner_ids"
    filters = {"status": "open"}  # noqa: RUF012  # a class attribute that nobody changes, as users write it


class Singles(SingleLoader[Row]):
    service, path, row = "things", "/things", Row


class Pages(PageLoader[Row]):
    service, path, row = "things", "/things", Row


class Things:
    """The service: answers each request with `answer(path, params)` and keeps what was asked."""

    def __init__(self, answer: Callable[[str, dict[str, str]], Any]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = (request.url.raw_path.decode().split("?")[0], dict(request.url.params))
        self.asked.append(asked)
        answer = self.answer(*asked)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def context(self, make_context: MakeContext, **fields: Any) -> RequestContext:
        client = ServiceClient("things", "http://things.test", HttpxTransport(httpx.MockTransport(self)))
        return make_context(services={"things": client}, **fields)


def item(key: str) -> dict[str, str]:
    return {"id": key, "name": key.upper()}


async def outcomes(*loads: asyncio.Future[Any]) -> list[Any]:
    return await asyncio.gather(*loads, return_exceptions=True)


async def test_rows_are_matched_by_key(make_context: MakeContext) -> None:
    """The order of the answer does not matter; a key listed as missing is None."""
    things = Things(lambda path, params: {"items": [item("c"), item("a")], "missing": ["b"]})
    loader = things.context(make_context).loader(Rows)
    assert await loader.load_many(["a", "b", "c"]) == [Row("a", "A"), None, Row("c", "C")]
    assert things.asked == [("/things", {"ids": "a,b,c"})]


async def test_key_and_parameter_have_the_names_that_the_service_gave_them(make_context: MakeContext) -> None:
    """Not every service calls it id."""
    things = Things(lambda path, params: {"items": [item("a")]})
    assert await things.context(make_context).loader(BySku).load("A") == Row("a", "A")
    assert things.asked == [("/things", {"skus": "A"})]


async def test_more_keys_than_a_call_may_have_are_several_calls(make_context: MakeContext) -> None:
    """450 keys: 200, 200 and 50."""
    things = Things(lambda path, params: {"items": [item(key) for key in params["ids"].split(",")]})
    keys = [f"k{n}" for n in range(450)]
    rows = await things.context(make_context).loader(Rows).load_many(keys)
    assert [row.id for row in rows if row] == keys
    assert sorted(params["ids"].count(",") + 1 for _, params in things.asked) == [50, 200, 200]


@pytest.mark.parametrize(
    ("answer", "failing", "says"),
    [
        ({"items": [item("a"), item("b"), item("b")], "missing": ["c"]}, "b", "answered twice for one key"),
        ({"items": [item("a"), item("b")], "missing": ["b", "c"]}, "b", "answered twice for one key"),
        ({"items": [item("a")], "missing": ["c"]}, "b", "neither answered a key"),
        ({"items": [item("a"), item("x")], "missing": ["b", "c"]}, "abc", "for a key that it was not asked for"),
        ({"items": [item("a")], "missing": ["b", "c", "x"]}, "abc", "for a key that it was not asked for"),
        ({"items": [{"id": "a", "name": 7}], "missing": []}, "abc", "unexpected data"),
        ({"rows": []}, "abc", "unexpected data"),
        ([], "abc", "unexpected data"),
    ],
)
async def test_an_answer_that_does_not_fit_is_malformed(
    make_context: MakeContext, answer: Any, failing: str, says: str
) -> None:
    """Naming the service, not the key; keys that are not concerned keep their values."""
    loader = Things(lambda path, params: answer).context(make_context).loader(Rows)
    found = dict(zip("abc", await outcomes(*map(loader.load, "abc")), strict=True))
    errors = {key: value for key, value in found.items() if isinstance(value, Exception)}
    assert "".join(errors) == failing
    for error in errors.values():
        assert isinstance(error, MalformedSourceResponse)
        assert "'things'" in error.message
        assert says in error.message
    assert failing == "abc" or found["a"] == Row("a", "A")


async def test_a_number_as_key_is_matched_by_its_text(make_context: MakeContext) -> None:
    """Services whose ids are integers: GraphQL ids are strings."""

    class Numbered(msgspec.Struct):
        id: int

    class Numbers(RowLoader[Numbered]):
        service, path, row = "things", "/things", Numbered

    things = Things(lambda path, params: {"items": [{"id": 7}], "missing": []})
    assert await things.context(make_context).loader(Numbers).load("7") == Numbered(7)


@pytest.mark.parametrize("kind", [Rows, Lists, Singles])
@pytest.mark.parametrize("key", ["", "a,b", "a b", "..", ".", "a\n", "\x00"])
async def test_a_key_that_cannot_exist_is_not_sent(make_context: MakeContext, kind: type[Rows], key: str) -> None:
    """Whatever a client sends as an id, it neither fails the keys beside it nor changes the path."""
    things = Things(lambda path, params: item("good") if kind is Singles else both(params))

    def both(params: dict[str, str]) -> Any:
        empty = {"items": [], "next": None}
        return {"items": [item("good")], "missing": [], "lists": {"good": empty}}

    loader = things.context(make_context).loader(kind)
    impossible, good = await outcomes(loader.load(key), loader.load("good"))
    assert impossible == (RowPage([], None) if kind is Lists else None)
    assert not isinstance(good, Exception)
    assert [(path, params.get("ids", params.get("owner_ids", "good"))) for path, params in things.asked] == [
        ("/things/good" if kind is Singles else "/things", "good")
    ]


async def test_the_form_of_keys_can_be_narrowed(make_context: MakeContext) -> None:
    """A service that refuses a whole batch for one key in the wrong form is not asked for that key."""

    class Narrow(Rows):
        key_form = re.compile(r"[a-z]{1,8}")

    things = Things(lambda path, params: {"items": [item("a")]})
    loader = things.context(make_context).loader(Narrow)
    assert await loader.load_many(["a", "A", "123"]) == [Row("a", "A"), None, None]
    assert things.asked == [("/things", {"ids": "a"})]


async def test_lists_are_matched_by_owner(make_context: MakeContext) -> None:
    """Fixed filters and the loader's options are parameters; options make separate calls."""
    lists = {"b": {"items": [], "next": None}, "a": {"items": [item("x")], "next": "n", "total": 9}}
    things = Things(lambda path, params: {"lists": {key: lists[key] for key in params["owner_ids"].split(",")}})
    context = things.context(make_context)
    assert await outcomes(
        context.loader(Lists, limit=5).load("a"),
        context.loader(Lists, limit=5).load("b"),
        context.loader(Lists, limit=7, with_total=True).load("b"),
    ) == [RowPage([Row("x", "X")], "n", 9), RowPage([], None), RowPage([], None)]
    assert things.asked == [
        ("/things", {"owner_ids": "a,b", "status": "open", "limit": "5"}),
        ("/things", {"owner_ids": "b", "status": "open", "limit": "7", "with_total": "true"}),
    ]


async def test_an_owner_left_out_or_invented_is_malformed(make_context: MakeContext) -> None:
    """Even an empty list must be said."""
    page = {"items": [], "next": None}
    loader = Things(lambda path, params: {"lists": {"a": page}}).context(make_context).loader(Lists)
    a, b = await outcomes(loader.load("a"), loader.load("b"))
    assert a == RowPage([], None)
    assert isinstance(b, MalformedSourceResponse)
    assert "neither answered a key" in b.message
    loader = Things(lambda path, params: {"lists": {"a": page, "x": page}}).context(make_context).loader(Lists)
    with pytest.raises(MalformedSourceResponse, match="not asked for"):
        await loader.load("a")


async def test_without_a_batch_endpoint_there_are_bounded_parallel_calls(make_context: MakeContext) -> None:
    """One call per distinct key; 404 is None; another failure fails its key only."""
    answers = {"/things/a": item("a"), "/things/b%2Fc": item("b/c"), "/things/gone": httpx.Response(404)}
    things = Things(lambda path, params: answers.get(path, httpx.Response(500)))
    loader = things.context(make_context).loader(Singles)
    a, bc, gone, broken, again = await outcomes(*map(loader.load, ["a", "b/c", "gone", "broken", "a"]))
    assert (a, bc, gone, again) == (Row("a", "A"), Row("b/c", "B/C"), None, Row("a", "A"))
    assert isinstance(broken, SourceHttpError)
    assert len(things.asked) == 4


async def test_a_page_asked_for_twice_is_fetched_once(make_context: MakeContext) -> None:
    """Two aliases over the same list; another page is another call; None parameters are left out."""
    things = Things(lambda path, params: {"items": [item("a")], "next": params.get("cursor")})
    pages = things.context(make_context).loader(Pages)
    same = await asyncio.gather(pages.page(limit=5, cursor=None), pages.page(cursor=None, limit=5))
    other = await pages.page(limit=5, cursor="n")
    assert [page.next for page in (*same, other)] == [None, None, "n"]
    assert things.asked == [("/things", {"limit": "5"}), ("/things", {"limit": "5", "cursor": "n"})]


@pytest.mark.parametrize(("status", "code"), [(422, "BAD_USER_INPUT"), (404, "SUBREQUEST_HTTP_ERROR")])
async def test_refused_parameters_of_a_page_are_the_clients(make_context: MakeContext, status: int, code: str) -> None:
    """A cursor that the service does not know is told in its words; for keys it would be our fault."""
    problem = {"code": "INVALID_CURSOR", "detail": "cursor is not one of ours"}
    refusal = httpx.Response(status, json=problem, headers={"content-type": "application/problem+json"})
    context = Things(lambda path, params: refusal).context(make_context)
    with pytest.raises(SourceHttpError) as page:
        await context.loader(Pages).page(cursor="x")
    assert page.value.code == code
    assert (page.value.message == problem["detail"]) == (status == 422)
    with pytest.raises(SourceHttpError) as row:
        await context.loader(Rows).load("a")
    assert row.value.code == "SUBREQUEST_HTTP_ERROR"


async def test_without_batching_every_key_is_a_call(make_context: MakeContext) -> None:
    """The naive fan-out, for comparison: 20 orders, 20 calls, also for one and the same customer."""
    things = Things(lambda path, params: {"items": [item(params["ids"])]})
    loader = things.context(make_context, batching=False).loader(Rows)
    await loader.load_many(["a"] * 20)
    assert [params for _, params in things.asked] == [{"ids": "a"}] * 20


async def test_a_command_makes_loaders_ask_again(make_context: MakeContext) -> None:
    """Also when it failed: who knows how far it got."""
    things = Things(lambda path, params: {"items": [item("a")]} if params else httpx.Response(500))
    context = things.context(make_context)
    await context.loader(Rows).load("a")
    with pytest.raises(SourceHttpError):
        await context.services["things"].post_json("/things/a/close", None, context=context)
    await context.loader(Rows).load("a")
    assert [params for _, params in things.asked] == [{"ids": "a"}, {}, {"ids": "a"}]
