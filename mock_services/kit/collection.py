"""The operations that most services have: one thing by id, a new thing, a command on a thing.

Lists are declared by hand: what they can be asked for differs from service to service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mock_services.kit.operations import Form, Operation
from mock_services.kit.params import Param

_NONE: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class Collection:
    """Things under one path, such as `/orders`.

    thing:   what one is called, for what is said of those that are missing.
    answers: the type of one.
    id:      the last part of a thing's own path, `/orders/{id}`.
    """

    path: str
    thing: str
    answers: Any
    id: Param

    @property
    def item_path(self) -> str:
        return f"{self.path}/{{{self.id.name}}}"

    def one(self, handler: Callable[..., Any], summary: str) -> Operation:
        """GET /orders/{id}."""
        return Operation(
            "GET",
            self.item_path,
            summary,
            (Form(handler, self.answers),),
            path_params=(self.id,),
            problems=self._missing,
        )

    def new(
        self, handler: Callable[..., Any], summary: str, body: Any, problems: Mapping[int, str] = _NONE
    ) -> Operation:
        """POST /orders, answered with the thing and its place."""
        return Operation(
            "POST",
            self.path,
            summary,
            (Form(handler, self.answers),),
            body=body,
            status=HTTPStatus.CREATED,
            location=self.item_path,
            problems=problems,
        )

    def command(
        self,
        verb: str,
        handler: Callable[..., Any],
        summary: str,
        *,
        body: Any = None,
        answers: Any = None,
        problems: Mapping[int, str] = _NONE,
    ) -> Operation:
        """POST /orders/{id}/verb. answers: None for the thing itself. problems: beside its absence, or in its place."""
        return Operation(
            "POST",
            f"{self.item_path}/{verb}",
            summary,
            (Form(handler, answers or self.answers),),
            path_params=(self.id,),
            body=body,
            problems={**self._missing, **problems},
        )

    @property
    def _missing(self) -> Mapping[int, str]:
        return {HTTPStatus.NOT_FOUND: f"there is no such {self.thing}"}
