"""Loaders for the usual forms of REST answers. A resolver module's loader is a subclass of about five lines:

    class Customers(RowLoader[CustomerRow]):
        service, path, row = "customers", "/customers", CustomerRow

    row = await context.loader(Customers).load("c-000123")      # CustomerRow, or None when there is no such customer

RowLoader     rows by key            GET /x?ids=a,b                -> {"items": [...], "missing": ["b"]}
ListLoader    a list for each owner  GET /x?owner_ids=a,b&limit=5  -> {"lists": {"a": {"items": [...], "next": ...}}}
SingleLoader  rows one by one        GET /x/a                      -> the row, or 404
PageLoader    one page of a list     GET /x?limit=20&cursor=...    -> {"items": [...], "next": ...}

Rows are msgspec Structs, decoded strictly: a wrong type is a MalformedSourceResponse. Members that the Struct does not
name are ignored, so that a service may add some. Loaded rows are shared by all who asked: do not change them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import quote

import msgspec

from gateway.services.client import SourceProblem, SourceRefused
from gateway.services.errors import MalformedSourceResponse, SourceHttpError
from gateway.services.loader import Loader
from gateway.services.request import RequestContext

RowT = TypeVar("RowT", bound=msgspec.Struct)
ValueT = TypeVar("ValueT")

BAD_USER_INPUT = "BAD_USER_INPUT"

Parameter = str | int | bool | None
Page = tuple[tuple[str, Parameter], ...]


class RowPage(msgspec.Struct, Generic[RowT]):
    """Some rows of a list. `next` is the cursor of the rows after them, or None; `total` only when it was asked for."""

    items: list[RowT]
    next: str | None
    total: int | None = None


class _Batch(msgspec.Struct, Generic[RowT]):
    items: list[RowT]
    missing: list[str] = []


class _Lists(msgspec.Struct, Generic[RowT]):
    lists: dict[str, RowPage[RowT]]


class KeyedLoader(Loader[str, ValueT], Generic[RowT, ValueT]):
    """What the loaders by key have in common.

    path:     of the collection, for instance "/customers".
    row:      the msgspec Struct of one row.
    key_form: what a key looks like. A key of another form, which a client may well send, cannot exist: it is answered
              like an unknown one and never sent, so that it cannot spoil the call that it would share with others.
    """

    path: ClassVar[str]
    row: type[RowT]
    key_form: ClassVar[re.Pattern[str]] = re.compile(r"(?!\.{1,2}$)[^\s,\x00-\x1f\x7f]+")

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, ValueT | Exception]:
        possible = {key: None for key in keys if self.key_form.fullmatch(key)}
        found: dict[str, ValueT | Exception] = {key: self.unknown() for key in keys if key not in possible}
        if possible:
            found |= await self.fetch_rows(list(possible))
        return found

    async def fetch_rows(self, keys: Sequence[str]) -> Mapping[str, ValueT | Exception]:
        """As `fetch`, of keys in the right form only."""
        raise NotImplementedError

    def unknown(self) -> ValueT:
        """The value of a key that does not exist."""
        raise NotImplementedError

    def malformed(self, what: str) -> MalformedSourceResponse:
        """The message goes to clients, so it names no key: keys are data of services."""
        return MalformedSourceResponse(self.service, f"Service '{self.service}' answered {what}.")


class RowLoader(KeyedLoader[RowT, RowT | None]):
    """One row per key, or None when the service lists the key as missing.

    key:       attribute of the row that holds its key.
    parameter: name of the query parameter for the keys.

    A key answered twice, or both answered and listed as missing, fails alone. An answer for a key that nobody asked
    for fails the whole call: the service did not do what it was asked.
    """

    key: ClassVar[str] = "id"
    parameter: ClassVar[str] = "ids"

    async def fetch_rows(self, keys: Sequence[str]) -> Mapping[str, RowT | Exception | None]:
        answer: _Batch[RowT] = await self.client.get_json(
            self.path,
            params={self.parameter: ",".join(keys)},
            context=self.context,
            decode_as=_Batch[self.row],
        )
        asked = frozenset(keys)
        found: dict[str, RowT | Exception | None] = dict.fromkeys(answer.missing)
        for row in answer.items:
            key = str(getattr(row, self.key))
            found[key] = self.malformed("twice for one key") if key in found else row
        for key in found:
            if key not in asked:
                raise self.malformed("for a key that it was not asked for")
        return found

    def unknown(self) -> RowT | None:
        return None


class ListLoader(KeyedLoader[RowT, RowPage[RowT]]):
    """A list of rows for each owner; an owner that nobody knows has an empty one.

    parameter: name of the query parameter for the owners' keys.
    filters:   further query parameters that hold for every call of this loader.
    Options of `context.loader(Kind, limit=5)` are query parameters too.
    """

    parameter: ClassVar[str]
    filters: ClassVar[Mapping[str, Parameter]] = {}

    def __init__(self, context: RequestContext, **options: Parameter) -> None:
        super().__init__(context)
        self._parameters = {**self.filters, **options}

    async def fetch_rows(self, keys: Sequence[str]) -> Mapping[str, RowPage[RowT] | Exception]:
        answer: _Lists[RowT] = await self.client.get_json(
            self.path,
            params={self.parameter: ",".join(keys), **self._parameters},
            context=self.context,
            decode_as=_Lists[self.row],
        )
        if answer.lists.keys() - set(keys):
            raise self.malformed("for a key that it was not asked for")
        return answer.lists

    def unknown(self) -> RowPage[RowT]:
        return RowPage([], None)


class SingleLoader(KeyedLoader[RowT, RowT | None]):
    """One row per key from a service that can only be asked for one at a time: `GET path/key`; 404 gives None."""

    chunk_size = 1

    async def fetch_rows(self, keys: Sequence[str]) -> Mapping[str, RowT | Exception | None]:
        return {key: await self._fetch_row(key) for key in keys}

    async def _fetch_row(self, key: str) -> Any:
        path = f"{self.path}/{quote(key, safe='')}"
        try:
            return await self.client.get_json(path, context=self.context, decode_as=self.row)
        except SourceHttpError as error:
            if error.status == 404:
                return None
            raise

    def unknown(self) -> RowT | None:
        return None


class PageLoader(Loader[Page, RowPage[RowT]], Generic[RowT]):
    """Pages of one list. Asked for the same page twice within a request, it fetches it once."""

    chunk_size = 1
    path: ClassVar[str]
    row: type[RowT]

    async def page(self, **parameters: Parameter) -> RowPage[RowT]:
        """The page with these query parameters; None values are left out.

        They usually come from the client, so a 422 with a problem document is the client's fault: SourceRefused.
        """
        try:
            return await self.load(tuple(sorted(parameters.items())))
        except SourceProblem as problem:
            if problem.status != 422:
                raise
            raise SourceRefused(problem, BAD_USER_INPUT) from problem

    async def fetch(self, keys: Sequence[Page]) -> Mapping[Page, RowPage[RowT] | Exception]:
        return {page: await self._fetch_page(dict(page)) for page in keys}

    async def _fetch_page(self, parameters: Mapping[str, Parameter]) -> RowPage[RowT]:
        return await self.client.get_json(
            self.path,
            params=parameters,
            context=self.context,
            decode_as=RowPage[self.row],
        )
