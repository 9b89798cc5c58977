"""A 300 ms deadline of the client's, while one source hangs: the queries, and what holds of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_services.estate import Estate
from tests.chaos.asking import Asker, Timed, ask_many, quantile
from tests.shop.queries import DASHBOARD

DEADLINE_MS = 300
BOUND_S = 0.340
HURRIED = {"Braid-Timeout-Ms": str(DEADLINE_MS)}
VICTIM = "support"
VICTIM_FIELD = "openTickets"

# Breakers would refuse at once what is to hang here; admission, on a machine that others keep busy, what is to be
# answered. Both have their own tests.
UNGUARDED = {"BRAID_SERVICE_DEFAULTS__BREAKER__ENABLED": "false", "BRAID_OVERLOAD__ADAPTIVE": "false"}


def customers(count: int) -> list[str]:
    """Ids of customers of the shop."""
    return [f"c-{number:06}" for number in range(1, count + 1)]


@dataclass(slots=True)
class Hurried:
    """Dashboards asked with the deadline, and what was answered.

    whole: the dashboards of these customers when nothing hangs, asked without the deadline.
    """

    asker: Asker
    whole: Mapping[str, Any]
    answers: list[Timed] = field(default_factory=list[Timed])

    @classmethod
    async def prepare(cls, asker: Asker, ids: list[str]) -> Hurried:
        """Every dashboard is whole now: that is what the answers are compared with."""
        whole: dict[str, Any] = {}
        for id in ids:
            answer = await asker.ask(DASHBOARD, {"id": id})
            assert (answer.status, answer.body.get("errors")) == (200, None), answer.body
            whole[id] = answer.body["data"]["customer"]
        return cls(asker, whole)

    async def run(self, count: int, at_once: int) -> None:
        """Ask so many. Each answer has all that does not hang, and the one error."""
        ids = list(self.whole)

        async def ask(number: int) -> None:
            id = ids[number % len(ids)]
            answer = await self.asker.ask(DASHBOARD, {"id": id}, HURRIED)
            self._check(answer, self.whole[id])
            self.answers.append(answer)

        await ask_many(count, at_once, ask, spread_s=DEADLINE_MS / 1000)

    def telling(self) -> int:
        """How many answers tell: of a machine that is too busy, too few."""
        return sum(answer.tells for answer in self.answers)

    def seconds(self, share: float) -> float:
        """This quantile of the times of all answers that tell; infinity without any."""
        return quantile((answer.seconds for answer in self.answers if answer.tells), share)

    def _check(self, answer: Timed, whole: dict[str, Any]) -> None:
        assert answer.status == 200
        assert {error["extensions"]["code"] for error in answer.body["errors"]} == {"DEADLINE_EXCEEDED"}
        if not answer.tells:
            return
        assert answer.body["data"]["customer"] == whole | {VICTIM_FIELD: None}, answer.body
        (error,) = answer.body["errors"]
        assert error["path"] == ["customer", VICTIM_FIELD]
        assert error["extensions"]["service"] == VICTIM


def asked_of_victim(estate: Estate) -> int:
    """Requests that reached it since its counters were reset."""
    return estate.call_counts(VICTIM)["total"]
