"""What all commands of the graph share: the argument that names one, so that it can be given again safely."""

from __future__ import annotations

from typing import Annotated

import strawberry

IdempotencyKey = Annotated[
    str | None,
    strawberry.argument(
        description="Names this command: given again with the same key and input within a day, it is answered as "
        "before and not done again. Errors: `IDEMPOTENCY_KEY_REUSED`, `ERASED`."
    ),
]
