"""What `braid check` finds of projections: modules, where their events come from, whether they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.cli.finding import Finding, Level

if TYPE_CHECKING:
    from gateway.settings import Settings

_NOT_SERVING = "PROJECTION_NOT_SERVING"
_MODULE_ADVICE = "Mend the module or the setting; 'python_path' is where modules are looked for."
_STORE_ADVICE = "See that 'projections.store' is right, and that it is there. Until then its fields are null."
_ADVICE = "`braid projections status` tells more; `braid project` builds what is missing and follows its events."


async def examine_projections(settings: Settings) -> tuple[int, list[Finding]]:
    """How many are as they should be, and what there is to say of the others.

    One that is not built or grows old is no error: the rest of the graph answers.
    """
    if not settings.projections.modules:
        return 0, []
    from gateway.errors import BraidError
    from gateway.read_side import ReadSide, opened

    try:
        async with opened(settings):
            pass
        read_side = ReadSide(settings.projections)
    except BraidError as error:
        return 0, [_finding("error", error.code, "", line, _MODULE_ADVICE) for line in error.message.splitlines()]
    try:
        checks = await read_side.checks()
    finally:
        await read_side.close()
    if read_side.watch.fault:
        return 0, [_finding("error", "PROJECTION_STORE", "projections.store", read_side.watch.fault, _STORE_ADVICE)]
    bad = [check for check in checks if not check.ok]
    found = [_finding("warning", _NOT_SERVING, check.name, f"{check.detail}.", _ADVICE) for check in bad]
    return len(checks) - len(bad), found


def _finding(level: Level, code: str, place: str, message: str, advice: str) -> Finding:
    return Finding(level, "projections", code, place, message, advice)
