from __future__ import annotations

import pytest

from tests.support.verdicts import Verdicts


def test_one_broken_promise_is_the_verdict_on_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Also when others are kept after it; what is only noted changes nothing."""
    verdicts = Verdicts()
    verdicts.tell("tasks left", 0, good=True)
    verdicts.note("12 s")
    assert verdicts.exit_status == 0
    verdicts.tell("MB grown", 7.5, good=False)
    verdicts.tell("no odd answers", good=True)
    assert (verdicts.exit_status, verdicts.broken) == (1, 1)
    assert capsys.readouterr().out.splitlines() == [
        "ok     tasks left: 0",
        "       12 s",
        "BROKEN MB grown: 7.5",
        "ok     no odd answers",
    ]
