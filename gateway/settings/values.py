"""The forms that settings have, and what every section of the file shares."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OptionsT = TypeVar("OptionsT", bound="DataclassInstance")

_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_OF_THE_CONNECTION = frozenset(("connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"))
_OF_THE_BODY = frozenset(("accept-encoding", "content-encoding", "content-length", "content-type"))


def split_list(value: object) -> object:
    """`a, b` is a list of two, so that an environment variable can set one."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("must be an absolute http or https URL")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password, which would end up in logs; forward a header instead")
    return url


def _check_origin(origin: str) -> str:
    parts = urlsplit(origin)
    if origin != "*" and (parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}"):
        raise ValueError("must be '*' or scheme://host[:port], with nothing behind it")
    return origin


def _check_header(name: str) -> str:
    name = name.lower()
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("is not a header name")
    if name in _OF_THE_CONNECTION | _OF_THE_BODY or name.startswith("proxy-"):
        raise ValueError("belongs to one connection, or describes one body, and cannot be forwarded")
    return name


Url = Annotated[str, AfterValidator(_check_url)]
Origin = Annotated[str, AfterValidator(_check_origin)]
HeaderName = Annotated[str, AfterValidator(_check_header)]
ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
SubgraphName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """One mapping of the file. Unknown keys are refused; field docstrings are the published descriptions."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_by_name=True, validate_by_alias=True
    )

    def to_options(self, kind: type[OptionsT], **others: object) -> OptionsT:
        """The options that a package takes: a value for each of its names, from `others` or else from this section.

        Options that neither names keep their own default. Sections take their defaults from the same value, so that
        code without a configuration gets what an empty configuration says.
        """
        shared = {option.name for option in fields(kind)} & type(self).model_fields.keys()
        return kind(**({name: getattr(self, name) for name in shared} | others))
