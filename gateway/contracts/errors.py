"""ContractsError: contracts cannot be written or verified; it is not that a service breaks one."""

from __future__ import annotations

from gateway.errors import BraidError


class ContractsError(BraidError):
    """The operations, the recorded calls or the contract files cannot be used. The message lists every reason."""

    code = "INVALID_CONTRACTS"
