"""`overrides`: how the labels of progressive overrides are decided."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.settings.values import HeaderName, Seconds, Section

FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")]


class OverridesSection(Section):
    """Which requests get a field from its new owner while an `@override(label:)` is being rolled out."""

    decide: FunctionName | None = None
    """Async Python function that decides labels with names, as in `flags.labels:decide`. It takes a
    `gateway.overrides.LabelQuestion` and gives the labels that are on. Without it, all of them are off."""
    timeout_s: Seconds = 0.1
    """Seconds that it may take; when it is late or fails, the labels are off and the log says so."""
    sticky_header: HeaderName | None = None
    """Header that makes `percent(x)` stick: the same value gets the same owner every time. Without it, or where it is
    missing, each request is drawn anew."""
    sticky_operation: bool = False
    """The operation's name sticks too: with `sticky_header` both together, without it the name alone."""
